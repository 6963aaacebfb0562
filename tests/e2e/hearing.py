"""A court that listens to everything that happens to it, as its system would: a stream that is left open, and how long ago each event came."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.controlling import Judge


@dataclass
class Hearing:
    """What a court has heard so far: (monotonic seconds, position, kind, data)."""

    heard: list[tuple[float, int, str, dict[str, Any]]] = field(default_factory=list)

    def until(self, wanted: Callable[[str, dict[str, Any]], bool], within_s: float = 20) -> tuple[float, dict[str, Any]]:
        """Wait for an event and return when it came."""
        deadline = time.monotonic() + within_s
        while True:
            for at_s, _, kind, data in list(self.heard):
                if wanted(kind, data):
                    return at_s, data
            assert time.monotonic() < deadline, self.heard[-5:]
            time.sleep(0.01)


@contextmanager
def hearing(judge: Judge, last_event_id: str | None = None) -> Iterator[Hearing]:
    """Listen for a judge's court while the block runs."""
    found, headers = Hearing(), judge.mesh.headers(judge.court, judge.officer)
    headers |= {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    with httpx.Client(base_url=judge.mesh.url, headers=headers, timeout=60, trust_env=False) as client, client.stream("GET", "/v1/events") as response:
        assert response.status_code == 200, response.read()
        reading = threading.Thread(target=_read, args=(response, found), daemon=True)
        reading.start()
        yield found
        found.heard = list(found.heard)


def _read(response: httpx.Response, found: Hearing) -> None:
    fields: dict[str, str] = {}
    try:
        for line in response.iter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                found.heard.append((time.monotonic(), int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}
    except httpx.HTTPError:
        return
