"""What a court's system keeps of its own calls: one line before each attempt and one after, on the disk before anything goes on."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Call:
    """One idempotency key: what it was sent for, and every answer that it got."""

    key: str
    path: str
    about: list[str]
    sent: int = 0
    unknown: int = 0
    #: the bodies of its 202s; more than one is the same one again, or a fault
    accepted: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Tell whether the caller knows what became of it."""
        return bool(self.accepted or self.refused)


class ClientLog:
    """Lines appended with fsync; `calls` reads them back by key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def sending(self, key: str, path: str, about: list[str]) -> None:
        """Note an attempt before it is made."""
        self._append({"key": key, "path": path, "about": about})

    def accepted(self, key: str, body: dict[str, Any]) -> None:
        self._append({"key": key, "ok": body})

    def refused(self, key: str, status: int, code: str) -> None:
        """Note an answer that says that nothing was and nothing will be done."""
        self._append({"key": key, "err": status, "code": code})

    def unknown(self, key: str, why: str) -> None:
        """Note that it is not known whether the call did anything."""
        self._append({"key": key, "unknown": why})

    def close(self) -> None:
        self._file.close()

    def _append(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        os.fsync(self._file.fileno())


def read_calls(path: Path) -> dict[str, Call]:
    """Read a log back; half a line at its end is an attempt that was never made."""
    calls: dict[str, Call] = {}
    for line in path.read_bytes().split(b"\n")[:-1]:
        one = json.loads(line)
        call = calls.get(one["key"]) or calls.setdefault(one["key"], Call(one["key"], one.get("path", ""), one.get("about", [])))
        call.sent += "path" in one
        call.unknown += "unknown" in one
        if "ok" in one:
            call.accepted.append(one["ok"])
        if "err" in one:
            call.refused.append((one["err"], one["code"]))
    return calls
