"""A mesh running in a process of its own, as a user starts it, with the calls a court system would make."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

import deploy
from deploy import issuer
from deploy.clock import SystemClock, mesh_clock, new_id
from deploy.demo import COURT, OFFICER, case
from deploy.mesh import load_directory
from deploy.settings import DeploySettings
from gateway.domain.deadlines import next_open

AGENCIES = Path(deploy.__path__[0]) / "agencies.yaml"
CHAKONG = [sys.executable, "-m", "deploy.cli"]
#: When the clock of a mesh starts: a Monday morning with ordinary weeks around it, unless whoever runs the tests wants another day.
START = os.environ.get("CHAKONG_CLOCK_START") or "2026-11-23T09:00:00+08:00"


@dataclass
class RunningMesh:
    """One process of the mesh; `url` is the API's, `agencies_url` that of the mock agencies, `clock` says what theirs says."""

    folder: Path
    process: "subprocess.Popen[str]"
    url: str
    agencies_url: str
    clock: SystemClock
    client: httpx.Client = field(init=False)
    agencies: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, headers=self.headers(), timeout=30, trust_env=False)
        self.agencies = httpx.Client(base_url=self.agencies_url, timeout=30, trust_env=False)

    def headers(self, court: str = COURT, officer: str = OFFICER, role: str = "judge") -> dict[str, str]:
        """Return the header of a development token."""
        token = issuer.token(self.folder, court_code=court, officer=officer, roles=[role], now=datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    def submit(self, **changes: Any) -> str:
        """Submit the demo's case with changes and return the request id."""
        answer = self.post("/v1/requests", {**case(self.clock.now()), **changes})
        assert answer.status_code == 202, answer.text
        return answer.json()["request_id"]

    def post(self, path: str, body: Any, key: str | None = None, **more: Any) -> httpx.Response:
        """Post JSON with an idempotency key, a new one unless given."""
        return self.client.post(path, json=body, headers={"Idempotency-Key": key or new_id(), **more.pop("headers", {})}, **more)

    def status(self, request_id: str) -> dict[str, Any]:
        """Return how far a request is."""
        return self.client.get(f"/v1/requests/{request_id}").raise_for_status().json()

    def until(self, request_id: str, reached: Any, within_s: float = 30) -> dict[str, Any]:
        """Ask for the status until `reached(status)`."""
        return until(lambda: self.status(request_id), reached, within_s)

    def ended(self, request_id: str, within_s: float = 30) -> dict[str, Any]:
        """Wait until a request has ended."""
        return self.until(request_id, lambda status: status["state"] == "ended", within_s)

    def report(self, request_id: str, version: int | None = None) -> dict[str, Any]:
        """Return a report."""
        query = {} if version is None else {"version": version}
        return self.client.get(f"/v1/requests/{request_id}/report", params=query).raise_for_status().json()

    def faults(self, agency: str, *kinds: str, **more: Any) -> None:
        """Script faults for an agency; none lets it work again."""
        faults = [{"kind": kind, **more} for kind in kinds]
        self.agencies.put(f"/admin/agencies/{agency}/faults", json={"faults": faults}).raise_for_status()

    def effects(self, agency: str, **query: str) -> list[dict[str, Any]]:
        """Return what really happened at an agency, one entry an effect."""
        return self.agencies.get(f"/admin/agencies/{agency}/ledger", params=query).raise_for_status().json()["effects"]

    def advance(self, **by: float) -> None:
        """Put the clock forward that all roles of the process share."""
        seconds = timedelta(**by).total_seconds()
        self.agencies.post("/admin/clock", json={"advance_s": seconds}).raise_for_status()
        self.clock.advance(seconds)

    def advance_to(self, at: datetime) -> None:
        """Put the clock forward to an instant, which has not passed."""
        self.advance(seconds=(at - self.clock.now()) / timedelta(seconds=1))

    def advance_to_opening(self, agency: str, **after: float) -> None:
        """Put the clock forward by so much, and on until the agency's office is open."""
        hours = load_directory(AGENCIES).by_code[agency].office_hours
        self.advance_to(next_open(self.clock.now() + timedelta(**after), hours))

    def until_office_says(self, agency: str, ask: Callable[[], Any], reached: Callable[[Any], Any], within_s: float = 30) -> Any:
        """Ask until the answer is so, while an agency that works by hand is asked every half hour that its office is open."""
        deadline = time.monotonic() + within_s
        while not reached(answer := ask()):
            assert time.monotonic() < deadline, json.dumps(answer, ensure_ascii=False)[:3000]
            time.sleep(1)
            self.advance_to_opening(agency, minutes=31)
        return answer

    def reset(self) -> None:
        """Take the agencies, and the clock, back to where they were at the start."""
        self.agencies.post("/admin/reset").raise_for_status()
        self.clock.reset()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.agencies.close()

    def kill(self) -> None:
        """Kill the process as kill -9 does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def until(ask: Callable[[], Any], reached: Callable[[Any], Any] = bool, within_s: float = 30) -> Any:
    """Ask until the answer is so, and return it."""
    deadline = time.monotonic() + within_s
    while not reached(answer := ask()):
        assert time.monotonic() < deadline, json.dumps(answer, ensure_ascii=False)[:3000]
        time.sleep(0.05)
    return answer


def directory_file(path: Path, **changes: Any) -> Path:
    """Write the agency directory with something different in every row, such as how long a call may take."""
    written = yaml.safe_load(AGENCIES.read_text(encoding="utf-8"))
    rows = [{**row, **changes} for row in written["agencies"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**written, "agencies": rows}, allow_unicode=True), encoding="utf-8")
    return path


def clock_of(folder: Path, start: str) -> SystemClock:
    """Return the clock of the mesh that has this data folder, as its processes make it."""
    return mesh_clock(DeploySettings.model_validate({"clock_start": start}).clock_start, folder)


@contextmanager
def running_mesh(folder: Path, *roles: str, **environment: str) -> Iterator[RunningMesh]:
    """Start `chakong serve` with roles (all without) and end it in order, however it was left."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "mesh.log"
    settings = {**os.environ, "CHAKONG_DATA_DIR": str(folder), "CHAKONG_CLOCK_START": START, **environment}
    with log.open("a") as errors:
        process = subprocess.Popen([*CHAKONG, "serve", *roles, "--port", "0"], stdout=subprocess.PIPE, stderr=errors, text=True, env=settings)
    with process:
        try:
            mesh = _reached(folder, process, log, clock_of(folder, settings["CHAKONG_CLOCK_START"]))
            with closing(mesh):
                yield mesh
        finally:
            process.terminate()
            process.wait(timeout=40)


def _reached(folder: Path, process: "subprocess.Popen[str]", log: Path, clock: SystemClock) -> RunningMesh:
    addresses: dict[str, str] = {}
    for line in process.stdout or ():
        name, _, url = line.strip().partition(" ")
        addresses[name] = url
        if name == "ready":
            return RunningMesh(folder, process, url, addresses.get("mock-agencies", ""), clock)
    raise AssertionError(f"the mesh did not start: {log.read_text()[-3000:]}")
