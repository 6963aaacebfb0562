"""What a submit costs with 6, 600 and 4,000 listed agencies of which the same six are asked.

`python -m bench.directory_size`: milliseconds and bytes on this machine, of one run; quote ratios.
"""

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy import issuer
from deploy.clock import new_id
from deploy.demo import COURT, OFFICER, case, own_mesh

SIZES, WARM, SUBMITS = (6, 600, 4_000), 50, 300
#: Kinds that six agencies of Yunfu keep; whoever else is listed registers vehicles in another province.
KINDS = ("real_estate", "vehicles", "equity", "deposits", "securities", "provident_fund")


def row(code: str, kind: str, region: str) -> dict[str, Any]:
    return {"agency": code, "name": {"zh": code, "en": code}, "asset_type": kind, "region_code": region, "channel": "p2p_local"}


def directory(size: int) -> str:
    rows = [row(f"near-{kind.replace('_', '-')}", kind, "445300") for kind in KINDS]
    return yaml.safe_dump({"agencies": rows + [row(f"far-{number}", "vehicles", "330100") for number in range(size - len(rows))]})


def submit(client: httpx.Client, body: dict[str, Any]) -> tuple[float, int]:
    """Return how long one submit took, in seconds, and the bytes of its answer."""
    before = time.perf_counter()
    answer = client.post("/v1/requests", json=body, headers={"Idempotency-Key": new_id()}).raise_for_status()
    taken = time.perf_counter() - before
    assert answer.json()["tasks"] == len(KINDS)
    return taken, len(answer.content)


def measure(size: int) -> dict[str, Any]:
    body = case(datetime.now(UTC))
    body["subjects"] = body["subjects"][:1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "agencies.yaml").write_text(directory(size), encoding="utf-8")
        with own_mesh(folder, {"CHAKONG_AGENCIES": str(folder / "agencies.yaml")}) as addresses:
            token = issuer.token(folder, court_code=COURT, officer=OFFICER, roles=["judge"], now=datetime.now(UTC))
            with httpx.Client(base_url=addresses["ready"], headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60) as client:
                for _ in range(WARM):
                    submit(client, body)
                taken, lengths = zip(*(submit(client, body) for _ in range(SUBMITS)), strict=True)
    return {"listed": size, "p50_ms": round(1000 * statistics.median(taken), 2), "p95_ms": round(1000 * statistics.quantiles(taken, n=20)[-1], 2),
            "answer_bytes": lengths[0]}


if __name__ == "__main__":
    for listed in SIZES:
        print(json.dumps(measure(listed)), flush=True)
