"""How fast measures go: ordered, renewed and released by the thousand, planned over a long report. On a mesh of its own: make bench.

Every figure is seconds on this machine, of one run; quote ratios.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from deploy import issuer
from deploy.clock import new_id
from deploy.demo import COURT, OFFICER, case, own_mesh
from services.runtime.mock.register import Register
from services.runtime.registry import mock_agencies

Json = dict[str, Any]
BANKS = ("icbc", "abc", "boc", "ccb", "bocom", "psbc", "cmb", "cgb", "spdb", "cib")
#: So many controls are made, so many subjects stand in one request, so many items in one order.
CONTROLS, SUBJECTS, ITEMS = 5_000, 100, 500
_PATIENCE_S = 120.0


@contextmanager
def judge() -> Iterator[httpx.Client]:
    """Start a mesh and give a client that bears a judge's token."""
    with tempfile.TemporaryDirectory() as folder, own_mesh(Path(folder), {"CHAKONG_CLOCK_START": ""}) as addresses:
        token = issuer.token(Path(folder), court_code=COURT, officer=OFFICER, roles=["judge"], now=datetime.now(UTC))
        with httpx.Client(base_url=addresses["ready"], headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:
            yield client


def post(client: httpx.Client, path: str, body: Json) -> Json:
    """Post and return the answer. Raises: httpx.HTTPStatusError."""
    answer: Json = client.post(path, json=body, headers={"Idempotency-Key": new_id()}).raise_for_status().json()
    return answer


def until(reached: Callable[[], object], every_s: float = 0.02) -> None:
    """Ask until it is so. Raises: RuntimeError after two minutes."""
    deadline = time.monotonic() + _PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError("the bench waited in vain")
        time.sleep(every_s)


def papers(*kinds: str) -> Json:
    """Return the officer and the documents of an action."""
    made = case(datetime.now(UTC))
    return {"officer": made["officer"], "documents": [{"kind": kind, "document_no": "（2026）粤5302执1234号之一"} for kind in kinds]}


def asked(client: httpx.Client, number: int, subjects: Sequence[Json]) -> Json:
    """Ask every bank about the subjects of a case and return the report."""
    body = case(datetime.now(UTC))
    body["case"]["case_no"] = f"（2026）粤5302执{number}号"
    body |= {"subjects": list(subjects), "asset_types": ["deposits"], "agencies": list(BANKS)}
    path = f"/v1/requests/{post(client, '/v1/requests', body)['request_id']}"
    until(lambda: client.get(path).json()["state"] == "ended")
    report: Json = client.get(f"{path}/report").raise_for_status().json()
    return report


def accounts(report: Json) -> list[Json]:
    """Return what may be frozen."""
    return [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"] if asset["controllable_fen"]]


def ordered(client: httpx.Client, report: Json, found: Sequence[Json]) -> list[str]:
    """Freeze a little of each account and return the controls."""
    items = [{"asset_id": one["asset_id"], "measure": "freeze", "amount_fen": 100, "term_months": 12} for one in found]
    made: list[str] = []
    for first in range(0, len(items), ITEMS):
        body = {"request_id": report["request_id"], **papers("ruling", "assist_freeze_notice"), "items": items[first:first + ITEMS]}
        made += [one["control_id"] for one in post(client, "/v1/controls", body)["controls"]]
    return made


def batch(client: httpx.Client, action: str, controls: Sequence[str], **more: object) -> tuple[float, float]:
    """Take a step on all controls; return the seconds until it is accepted, and until every bank has answered."""
    began = time.monotonic()
    taken = post(client, "/v1/control-batches", {"action": action, "items": [{"control_id": one} for one in controls], **more})
    accepted_s = time.monotonic() - began
    until(lambda: client.get(f"/v1/control-batches/{taken['batch_id']}").json()["counts"]["awaiting"] == 0, 0.5)
    counts = client.get(f"/v1/control-batches/{taken['batch_id']}").json()["counts"]
    if counts["done"] != len(controls):
        raise RuntimeError(f"not all were done: {counts}")
    return accepted_s, time.monotonic() - began


def main() -> None:
    """Play and print."""
    register = Register(1, (), mock_agencies())
    persons = [{"kind": one.kind, "name": one.name, "id_type": one.id_type, "id_no": one.id_no} for one in register.subjects(limit=6_000) if one.kind == "person"]
    controls: list[str] = []
    with judge() as client:
        ordering_s, began, longest = 0.0, time.monotonic(), Json()
        for first in range(0, len(persons), SUBJECTS):
            if len(controls) >= CONTROLS:
                break
            report = asked(client, first + 1, persons[first:first + SUBJECTS])
            found = accounts(report)[: CONTROLS - len(controls)]
            longest = report if len(found) > len(accounts(longest) if longest else ()) else longest
            before = time.monotonic()
            controls += ordered(client, report, found)
            ordering_s += time.monotonic() - before
        until(lambda: not client.get("/v1/controls", params={"state": "requested", "limit": 1}).json()["items"])
        print(f"{len(controls)} accounts found and frozen in {time.monotonic() - began:.1f} s; the orders alone {1000 * ordering_s / len(controls):.2f} ms each")
        before = time.monotonic()
        made = post(client, "/v1/control-plans", {"request_id": longest["request_id"]})
        print(f"a plan over {len(made['lines']) + len(made['left_out'])} assets in {1000 * (time.monotonic() - before):.0f} ms")
        for action, more in (("renew", {**papers("ruling", "assist_freeze_notice"), "term_months": 12}),
                             ("release", {**papers("release_ruling", "assist_release_notice"), "reason": "bench"})):
            accepted_s, answered_s = batch(client, action, controls, **more)
            print(f"{action} {len(controls)} in one call: accepted in {accepted_s:.2f} s, answered by every bank in {answered_s:.1f} s")


if __name__ == "__main__":
    main()
