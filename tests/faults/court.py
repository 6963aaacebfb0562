"""The load: a court's system over plain HTTP. Whatever it cannot know the outcome of it sends again with the same key."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults import world
from tests.faults.client_log import ClientLog

_TIMEOUT_S = 10.0
_DEFINITE = range(400, 500)
#: Of the 4xx these say: not now.
_NOT_NOW = {408, 409, 425, 429}


@dataclass(frozen=True)
class Order:
    """One call to be made: where, what, and whom or what it is about (id numbers, or asset ids)."""

    path: str
    body: dict[str, Any]
    about: list[str]


@dataclass
class Load:
    """Makes its calls at a rate, in a thread of its own; `impatient` is the share of attempts that hang up before the answer comes."""

    url: Callable[[], str]
    headers: dict[str, str]
    log: ClientLog
    orders: Sequence[Order]
    prefix: str
    rate_per_s: float = 8.0
    impatient: float = 0.08
    seed: int = 1
    at_once: int = 24
    #: gives a call up whose outcome is still unknown after so long
    patience_s: float = 400.0
    made: int = 0
    settled: int = 0
    #: (when it was sent, seconds until the answer), of the attempts that were answered
    answered_s: list[tuple[float, float]] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    failed: BaseException | None = None

    def start(self) -> "Load":
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    @property
    def busy(self) -> bool:
        """Tell whether calls are still to be made or their outcome to be learnt."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def share(self) -> float:
        """Return which share of the calls has been begun."""
        return self.made / max(1, len(self.orders))

    def until_share(self, share: float, within_s: float = 120) -> None:
        """Wait until such a share of the calls has been begun, or all are over."""
        deadline = time.monotonic() + within_s
        while self.busy and self.share < share and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        """Begin no further call; those under way are brought to their end."""
        self._stop.set()

    def join(self, within_s: float = 500) -> None:
        assert self._thread is not None
        self._thread.join(within_s)
        assert not self._thread.is_alive(), f"{self.settled} of {self.made} calls have an outcome"
        if self.failed is not None:
            raise self.failed

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except BaseException as error:  # noqa: BLE001 - told where it is waited for
            self.failed = error

    async def _send(self) -> None:
        rng, room = random.Random(self.seed), asyncio.Semaphore(self.at_once)
        limits = httpx.Limits(max_connections=self.at_once + 8, max_keepalive_connections=8)
        async with httpx.AsyncClient(headers=self.headers, timeout=_TIMEOUT_S, trust_env=False, verify=False, limits=limits) as client, asyncio.TaskGroup() as group:
            began_s = time.monotonic()
            for number, order in enumerate(self.orders):
                await asyncio.sleep(max(0.0, began_s + number / self.rate_per_s - time.monotonic()))
                await room.acquire()
                if self._stop.is_set():
                    break
                self.made += 1
                group.create_task(self._settle(client, f"{self.prefix}-{number:06d}", order, random.Random(rng.random()), room))

    async def _settle(self, client: httpx.AsyncClient, key: str, order: Order, rng: random.Random, room: asyncio.Semaphore) -> None:
        """Send until the outcome is known. A refusal that may pass is not taken for one."""
        give_up_s, pause_s = time.monotonic() + self.patience_s, 0.2
        try:
            while time.monotonic() < give_up_s:
                self.log.sending(key, order.path, order.about)
                if await self._attempt(client, key, order, rng):
                    self.settled += 1
                    return
                await asyncio.sleep(pause_s * (0.5 + rng.random()))
                pause_s = min(2.0, pause_s * 1.6)
        finally:
            room.release()

    async def _attempt(self, client: httpx.AsyncClient, key: str, order: Order, rng: random.Random) -> bool:
        hurried, began_s = rng.random() < self.impatient, time.monotonic()
        timeout = httpx.Timeout(_TIMEOUT_S, read=0.001 + 0.03 * rng.random()) if hurried else httpx.Timeout(_TIMEOUT_S)
        try:
            answer = await client.post(self.url() + order.path, content=json.dumps(order.body), timeout=timeout,
                                       headers={"Idempotency-Key": key, "Content-Type": "application/json"})
        except httpx.HTTPError as error:
            self.log.unknown(key, type(error).__name__)
            return False
        self.answered_s.append((began_s, time.monotonic() - began_s))
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code == 202:
            self.log.accepted(key, answer.json())
            return True
        if answer.status_code in _DEFINITE and answer.status_code not in _NOT_NOW:
            self.log.refused(key, answer.status_code, _code_of(answer))
            return True
        self.log.unknown(key, str(answer.status_code))
        return False


def _code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except ValueError:
        return ""


def case() -> dict[str, Any]:
    """Return what every call says of the case and of who calls."""
    return {
        "case": {"case_no": world.CASE_NO, "cause": "民间借贷纠纷", "enforcement_title": "（2026）粤5302民初88号",
                 "claim": {"principal_fen": 120000000000, "interest_fen": 0, "litigation_costs_fen": 0, "enforcement_fee_fen": 0, "paid_fen": 0,
                           "as_of_on": "2026-11-20"}},
        "officer": {"name": "李明", "work_card_no": world.OFFICER, "duty_card_no": "44530200031", "phone": "0766-8830000"}}


def query(subjects: Sequence[dict[str, Any]], agencies: Sequence[str] = world.ASKED) -> Order:
    """Return a request about subjects of the register."""
    body = {**case(), "purpose": "enforcement", "subjects": [{**one, "role": "debtor"} for one in subjects], "agencies": list(agencies),
            "documents": [{"kind": "assist_query_notice", "document_no": f"{world.CASE_NO}之一", "issued_on": "2026-11-20"}]}
    return Order(world.SUBMIT, body, [one["id_no"] for one in subjects])


def freeze(request_id: str, asset_id: str, amount_fen: int) -> Order:
    """Return an order to freeze money on one account of a report."""
    papers = [{"kind": kind, "document_no": f"{world.CASE_NO}之一", "issued_on": "2026-11-20"} for kind in world.PAPERS]
    item = {"asset_id": asset_id, "measure": "freeze", "amount_fen": amount_fen, "term_months": 12}
    return Order(world.ORDER, {"request_id": request_id, "officer": case()["officer"], "documents": papers, "items": [item]}, [asset_id])
