"""Whom the load asks about, and which accounts it freezes: persons of the seeded register, read through the mesh's own command line."""

import json
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from tests.faults import world
from tests.faults.court import Order, freeze, query
from tests.faults.ground import CHAKONG, Ground


@cache
def persons() -> tuple[dict[str, Any], ...]:
    """Return the persons of the register who have accounts."""
    printed = subprocess.run([*CHAKONG, "mock-agencies", "subjects", "--with", "deposits"], check=True, capture_output=True, text=True).stdout
    everyone = [json.loads(line) for line in printed.splitlines()]
    return tuple({name: one[name] for name in ("kind", "name", "id_type", "id_no")} for one in everyone
                 if one["kind"] == "person" and len(one["id_no"]) == 18)


@dataclass(frozen=True)
class Account:
    """One account that may be frozen, and the request whose report shows it."""

    request_id: str
    asset_id: str
    agency: str


@dataclass
class Town:
    """Hands out persons and accounts, each once until all were used; repeatable by its seed."""

    seed: int
    accounts: list[Account] = field(default_factory=list)
    _next_person: int = 0
    _next_account: int = 0

    def __post_init__(self) -> None:
        self._persons = list(persons())
        random.Random(self.seed).shuffle(self._persons)

    def people(self, count: int) -> list[dict[str, Any]]:
        first, self._next_person = self._next_person, self._next_person + count
        return [self._persons[number % len(self._persons)] for number in range(first, first + count)]

    def queries(self, requests: int, subjects: int = 2, agencies: Sequence[str] = world.ASKED) -> list[Order]:
        return [query(self.people(subjects), agencies) for _ in range(requests)]

    def freezes(self, count: int, agencies: Sequence[str] = world.BANKS) -> list[Order]:
        """Return orders on the next accounts at these banks."""
        chosen = (one for one in self._round() if one.agency in agencies)
        return [freeze(one.request_id, one.asset_id, 100) for one, _ in zip(chosen, range(count), strict=False)]

    def mixed(self, requests: int, freezes: int, *, subjects: int = 2, at_cib: float = 0.4) -> list[Order]:
        """Return queries and freezes in a seeded order, a share of the freezes at the bank that is not idempotent."""
        some = int(freezes * at_cib)
        orders = [*self.queries(requests, subjects), *self.freezes(some, (world.NOT_IDEMPOTENT,)), *self.freezes(freezes - some)]
        random.Random(f"{self.seed}-{self._next_person}").shuffle(orders)
        return orders

    def _round(self) -> Iterator[Account]:
        for _ in range(len(self.accounts)):
            self._next_account = (self._next_account + 1) % len(self.accounts)
            yield self.accounts[self._next_account]

    def settle(self, ground: Ground, people: int) -> list[str]:
        """Ask about people in quiet and keep the accounts that may be frozen; return the requests. Few people each: an order reads the whole report."""
        requests = []
        with httpx.Client(base_url=ground.url, headers=ground.headers(), timeout=30, trust_env=False, verify=False) as client:
            for number, order in enumerate(self.queries(-(-people // 4), 4, world.BANKS)):
                answer = client.post(order.path, json=order.body, headers={"Idempotency-Key": f"town-{self.seed}-{number}-{time.time_ns()}"})
                requests.append(answer.raise_for_status().json()["request_id"])
            for request_id in requests:
                ground.until(lambda request_id=request_id: client.get(f"/v1/requests/{request_id}").raise_for_status().json()["state"] == "ended")
                report = client.get(f"/v1/requests/{request_id}/report").raise_for_status().json()
                self.accounts += _accounts_of(request_id, report)
        random.Random(self.seed).shuffle(self.accounts)
        return requests


def _accounts_of(request_id: str, report: dict[str, Any]) -> list[Account]:
    found = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    return [Account(request_id, one["asset_id"], one["sources"][0]["agency"]) for one in found
            if (one["controllable_fen"] or 0) >= 10_000 and one["record"].get("account_class", "").startswith("personal")]
