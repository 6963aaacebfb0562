"""The demo: start the mesh, submit a case of the Yuncheng district court, watch the answers come, print the report."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.text import Text

from contracts.clock import china_date
from deploy import issuer
from deploy.clock import new_id
from deploy.printed import print_report

COURT, OFFICER = "粤5302", "粤5302-0031"
#: Every task of the demo is due after so long, so that the agency that works by hand prints as a gap.
ANSWER_WITHIN_S = 5
_PDF = b"%PDF-1.4\n% assistance notice, demo\n%%EOF\n"


def case(now: datetime) -> dict[str, Any]:
    """Return the body of the demo's request, as in interface.md §1, of a case of this year."""
    today = china_date(now)
    case_no = f"（{today.year}）{COURT}执1234号"
    return {
        "case": {
            "case_no": case_no, "cause": "民间借贷纠纷", "enforcement_title": f"（{today.year}）{COURT}民初88号",
            "claim": {"principal_fen": 120000000, "interest_fen": 8600000, "litigation_costs_fen": 500000,
                      "enforcement_fee_fen": 440000, "paid_fen": 0, "as_of_on": today.isoformat()},
        },
        "officer": {"name": "李明", "work_card_no": OFFICER, "duty_card_no": "44530200031", "phone": "0766-8830000"},
        "documents": [{"kind": "assist_query_notice", "document_no": f"{case_no}之一", "issued_on": today.isoformat()}],
        "purpose": "enforcement",
        "subjects": [
            {"kind": "person", "role": "debtor", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"},
            {"kind": "organisation", "role": "debtor", "name": "云浮市新成石材有限公司", "id_type": "uscc", "id_no": "91445300MA4UN0001B"},
        ],
        "answer_by": (today + timedelta(days=3)).isoformat(),
    }


def run(data_dir: Path) -> None:
    """Play the demo in a mesh of its own below the data folder.

    Raises: RuntimeError if the mesh does not start; httpx.HTTPError if it does not answer
    """
    console = Console()
    folder = data_dir / "demo"
    with console.status("启动查控网格… starting the mesh"):
        mesh = own_mesh(folder, {"CHAKONG_ANSWER_WITHIN_S": str(ANSWER_WITHIN_S)})
        addresses = mesh.__enter__()
    try:
        _play(console, addresses, folder)
    finally:
        mesh.__exit__(None, None, None)


def _play(console: Console, addresses: Mapping[str, str], folder: Path) -> None:
    token = issuer.token(folder, court_code=COURT, officer=OFFICER, roles=["judge"], now=datetime.now(UTC))
    with httpx.Client(base_url=addresses["ready"], headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client:
        request_id = _submit(client, case(now_of(addresses)))
        _watch(console, client, request_id)
        report = client.get(f"/v1/requests/{request_id}/report").raise_for_status().json()
        page = client.get(f"/v1/requests/{request_id}/report", headers={"Accept": "text/html"}).raise_for_status().text
    print_report(console, report)
    kept = folder / "report.json"
    kept.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")
    console.print(f"\nJSON: {kept}\nHTML: {folder / 'report.html'}", highlight=False, soft_wrap=True)


def _submit(client: httpx.Client, body: dict[str, Any]) -> str:
    uploaded = client.post("/v1/documents", content=_PDF, headers={"Content-Type": "application/pdf", "Idempotency-Key": new_id()})
    body["documents"][0]["document_id"] = uploaded.raise_for_status().json()["document_id"]
    accepted = client.post("/v1/requests", json=body, headers={"Idempotency-Key": new_id()}).raise_for_status().json()
    request_id: str = accepted["request_id"]
    return request_id


def _watch(console: Console, client: httpx.Client, request_id: str) -> None:
    """Show the stream of events until the request has ended."""
    started_s = time.monotonic()
    with Live(console=console, refresh_per_second=8) as live:
        lines: list[str] = []
        for kind, data in _events(client, request_id):
            if kind == "task":
                lines.append(f"{time.monotonic() - started_s:5.2f} s  {data['asset_type']:<15} {data['agency']:<22} {data['outcome']}")
                live.update(_progress(data["counts"], lines))
            if kind == "ended":
                break
    console.print()


def _events(client: httpx.Client, request_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with client.stream("GET", f"/v1/requests/{request_id}/events") as stream:
        kind = ""
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind:
                yield kind, json.loads(value)


def _progress(counts: dict[str, int], lines: list[str]) -> Text:
    """Show how many answered, and the last ten answers."""
    done = counts["tasks"] - counts["awaiting"]
    bar = "█" * (40 * done // counts["tasks"])
    told = "  ".join(f"{name} {counts[name]}" for name in ("found", "none_found", "overdue"))
    return Text("\n".join([f"{bar:<40} {done}/{counts['tasks']}  {told}", *lines[-10:]]), no_wrap=True)


@contextmanager
def own_mesh(folder: Path, environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Run the mesh in a process of its own and yield what it prints once it is ready: `ready` and `mock-agencies` with addresses.

    Shape:  the folder is emptied first: what a former run left there may be of another day, years ahead
    Raises: RuntimeError if it does not start
    """
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "deploy.cli", "serve", "--port", "0"]
    with (folder / "mesh.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "CHAKONG_DATA_DIR": str(folder), **environment})
        try:
            yield _ready(process, folder / "mesh.log")
        finally:
            process.terminate()
            process.wait(timeout=30)


def now_of(addresses: Mapping[str, str]) -> datetime:
    """Return what the clock of a mesh says. Raises: httpx.HTTPError."""
    answer = httpx.get(f"{addresses['mock-agencies']}/admin/clock", trust_env=False)
    return datetime.fromisoformat(answer.raise_for_status().json()["now_at"])


def _ready(process: "subprocess.Popen[str]", log: Path) -> Mapping[str, str]:
    addresses: dict[str, str] = {}
    for line in process.stdout or ():
        name, _, url = line.strip().partition(" ")
        addresses[name] = url
        if name == "ready":
            return addresses
    raise RuntimeError(f"the mesh did not start; its log is {log}")
