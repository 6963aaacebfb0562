"""The desk of one mock agency: the register, the ledger and the kept answers, bound to that agency and the clock."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.control import PriorMeasure
from services.runtime.mock.answers import Answers
from services.runtime.mock.ledger import Ledger
from services.runtime.mock.port import Effect, Holding, MockResponse, Order, RegisteredSubject
from services.runtime.mock.register import Register


class AgencyDesk:
    """A `Desk` (port.py)."""

    def __init__(self, agency: Agency, register: Register, ledger: Ledger, answers: Answers, clock: Clock) -> None:
        self.agency = agency
        self._register, self._ledger, self._answers, self._clock = register, ledger, answers, clock

    def now(self) -> datetime:
        """Return the simulated instant, aware, UTC."""
        return self._clock.now()

    def subject(self, id_no: str, name: str | None = None) -> RegisteredSubject | None:  # noqa: ARG002 - the agency compares names
        """Return the registered subject with this id number as it is known here, whatever name was asked by."""
        found = self._register.subject(id_no)
        return found and found.at(self.agency)

    def holdings(self, subject: RegisteredSubject) -> Sequence[Holding]:
        """Return what the subject holds here today."""
        now = self.now()
        held = (self._ledger.today(self.agency, holding, subject.id_no, now)
                for holding in self._register.holdings(self.agency, subject))
        return [holding for holding in held if holding is not None]

    def odd(self, subject: RegisteredSubject) -> Random | None:
        """Return what chooses an oddity for this subject, None for most."""
        return self._register.odd(self.agency, subject)

    def holding(self, key: str, holder_id_no: str | None = None) -> Holding | None:
        """Return one asset today, None if it is not there or was transferred."""
        found = self._register.find(self.agency, key, holder_id_no)
        return None if found is None else self._ledger.today(self.agency, found[0], found[1].id_no, self.now())

    def measures(self, key: str, holder_id_no: str | None = None) -> Sequence[PriorMeasure]:
        """Return all live measures on an asset in rank order."""
        found = self._register.find(self.agency, key, holder_id_no)
        return [] if found is None else self._ledger.measures(self.agency, found[0], found[1].id_no, self.now())

    def order(self, order: Order) -> Effect:
        """Carry out a control step under the law."""
        return self._ledger.order(self.agency, order, self.now())

    def effect(self, request_no: str) -> Effect | None:
        """Return the effect of an earlier order as it stands now."""
        return self._ledger.effect(self.agency, request_no, self.now())

    def answer_later(self, request_no: str) -> MockResponse | None:
        """Return a kept answer if it is ready, None while it is not.

        Raises: KeyError if no such request was received
        """
        return self._answers.get(self.agency.agency, request_no, self.now())
