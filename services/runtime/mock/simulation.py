"""All mock agencies together: one register, one ledger, one clock, a desk for each agency, and the faults scripted for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any, Protocol

from contracts.agency import Agency
from services.runtime.mock.answers import Answers
from services.runtime.mock.desk import AgencyDesk
from services.runtime.mock.faults import Script
from services.runtime.mock.happenings import Happening
from services.runtime.mock.journal import Journal
from services.runtime.mock.ledger import Entry, Ledger
from services.runtime.mock.port import Later, MockAgency, MockRequest, MockResponse, RegisteredSubject
from services.runtime.mock.register import Register
from services.runtime.mock.settings import MockSettings


class AdvancingClock(Protocol):
    """A clock that a tester can put forward."""

    def now(self) -> datetime:
        """Return the simulated instant, aware, UTC."""
        ...

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        ...

    def reset(self) -> None:
        """Take back what it was put forward by."""
        ...


class Simulation:
    """What the mock agencies' server serves."""

    def __init__(
        self, settings: MockSettings, agencies: Sequence[Agency], mocks: Mapping[str, MockAgency], clock: AdvancingClock,
    ) -> None:
        folder = settings.ledger_dir and settings.ledger_dir / f"seed-{settings.seed}"
        self.clock = clock
        self.register = Register(settings.seed, agencies, mocks, most_cached=settings.most_cached, odd_share=settings.odd_share)
        self.ledger = Ledger(self.register, Journal(folder and folder / "effects.jsonl"))
        self.answers = Answers(folder and folder / "answers.jsonl", settings.delays, most=settings.most_kept)
        self.script = Script(settings.seed, settings.faults, clock.now())
        self._mocks = mocks
        self.desks = {code: AgencyDesk(agency, self.register, self.ledger, self.answers, clock)
                      for code, agency in self.register.agencies.items()}

    def answer(
        self, desk: AgencyDesk, request: MockRequest, *, late_s: float = 0, times: int = 1, odd: Random | None = None,
    ) -> MockResponse:
        """Let an agency answer one call; what it answers later is kept, `late_s` longer, and called back so many `times`.

        Shape: with `odd`, one field of one item is written oddly, now or later
        """
        mock = self._mocks[desk.agency.asset_type]
        answered = mock.answer(desk, request)
        if odd is not None:
            answered = _oddly(mock, answered, odd)
        if isinstance(answered, Later):
            self.answers.keep(desk.agency, answered, desk.now(), late_s=late_s, times=times)
            return answered.received
        return answered

    def error(self, desk: AgencyDesk, request: MockRequest, kind: str) -> MockResponse:
        """Let an agency answer one call with a scripted fault in its own words."""
        return self._mocks[desk.agency.asset_type].error(desk, request, kind)

    def truth(self, subject: RegisteredSubject) -> list[dict[str, Any]]:
        """Return what a subject holds today, at every agency."""
        return [_asset(desk.agency, holding.key, holding.record)
                for desk in self.desks.values() for holding in desk.holdings(subject)]

    def effects(self, agency: Agency, request_no: str | None, id_no: str | None) -> list[dict[str, Any]]:
        """Return what the orders at an agency did, each measure as it stands now; refusals are no effects."""
        now = self.clock.now()
        return [_effect(self.ledger, agency, entry, now) for entry in self.ledger.entries(agency, request_no, id_no)
                if entry.effect.state != "refused"]

    def refusals(self, agency: Agency, request_no: str | None, id_no: str | None) -> list[dict[str, Any]]:
        """Return the orders an agency declined."""
        return [{"request_no": entry.order.request_no, "action": entry.order.action, "key": entry.order.key, "at": entry.at,
                 "code": entry.effect.code, "times_received": entry.times_received}
                for entry in self.ledger.entries(agency, request_no, id_no) if entry.effect.state == "refused"]

    def happen(self, agency: Agency, happening: Happening) -> list[dict[str, Any]]:
        """Let something happen at an agency that no court ordered; return what the orders on that asset are now.

        Raises: NotFound, IllegalTransition
        """
        now = self.clock.now()
        return [_effect(self.ledger, agency, entry, now) for entry in self.ledger.happen(agency, happening, now)
                if entry.effect.state != "refused"]

    def reset(self) -> None:
        """Go back to the start: ledger, kept answers, faults and clock; the register is the seed's."""
        self.clock.reset()
        self.ledger.clear()
        self.answers.clear()
        self.script.reset(self.clock.now())

    def close(self) -> None:
        """Close the files."""
        self.ledger.close()
        self.answers.close()


def _oddly(mock: MockAgency, answered: MockResponse | Later, rng: Random) -> MockResponse | Later:
    if isinstance(answered, Later):
        return replace(answered, answers={number: mock.odd(one, rng) for number, one in answered.answers.items()})
    return mock.odd(answered, rng)


def _asset(agency: Agency, key: str, record: Any) -> dict[str, Any]:
    asset = {"agency": agency.agency, "asset_type": agency.asset_type, "key": key, "value_fen": record.value_fen()}
    return asset | {"quantity": record.quantity} if hasattr(record, "quantity") else asset


def _effect(ledger: Ledger, agency: Agency, entry: Entry, now: datetime) -> dict[str, Any]:
    effect = ledger.as_it_stands(agency, entry, now)
    return {"request_no": effect.request_no, "action": effect.action, "key": effect.key, "amount_fen": effect.amount_fen,
            "actual_fen": effect.actual_fen, "unfunded_fen": effect.unfunded_fen, "quantity": effect.quantity,
            "marked_quantity": effect.marked_quantity, "waiting_quantity": effect.waiting_quantity,
            "state": effect.state, "rank": effect.rank, "until_on": effect.until_on, "deducted_fen": effect.deducted_fen,
            "agency_control_no": effect.agency_control_no, "at": entry.at, "times_received": entry.times_received}
