"""What `make run` prints once it is ready: an address, a token, and a curl that works. Pure but for the key it signs with."""

import json
from datetime import datetime
from pathlib import Path

from deploy import issuer
from deploy.demo import COURT, OFFICER, case


def greet(url: str, folder: Path, now: datetime) -> str:
    """Return the text; the curl submits the demo's case."""
    token = issuer.token(folder, court_code=COURT, officer=OFFICER, roles=["judge"], now=now)
    body = json.dumps(case(now), ensure_ascii=False)
    return f"""
URL    {url}      docs {url}/docs
TOKEN  {token}

curl -sS {url}/v1/requests -H 'Authorization: Bearer {token}' \\
  -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" -d '{body}'
"""
