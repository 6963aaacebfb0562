"""What `make run` prints once it is ready: an address, a token, and a curl that works. Pure but for the key it signs with."""

import json
from datetime import datetime
from pathlib import Path

from deploy import issuer
from deploy.demo import COURT, OFFICER, case


def greet(url: str, folder: Path, now: datetime, *, signed_at: datetime) -> str:
    """Return the text; the curl submits the demo's case of the mesh's present, the token is signed at an instant of the machine's."""
    token = issuer.token(folder, court_code=COURT, officer=OFFICER, roles=["judge"], now=signed_at)
    body = json.dumps(case(now), ensure_ascii=False)
    return f"""
URL    {url}      docs {url}/docs
TOKEN  {token}

curl -sS {url}/v1/requests -H 'Authorization: Bearer {token}' \\
  -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" -d '{body}'
"""
