"""What a mock agency is: it makes its part of the register and answers in its own words; register and ledger are common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from random import Random
from typing import Literal, Protocol

from contracts.agency import Agency
from contracts.asset_type import AssetRecord
from contracts.control import PriorityRight, PriorMeasure


@dataclass(frozen=True, slots=True)
class RegisteredSubject:
    """One person or organisation of the seeded register; valid identifiers, invented."""

    kind: Literal["person", "organisation"]
    name: str
    id_type: str
    id_no: str
    region_code: str
    #: the name before `name`, and the asset types whose registers still have it: theirs is the name of the day of registration
    former_name: str | None = None
    formerly_known_by: tuple[str, ...] = ()

    def told(self) -> dict[str, object]:
        """Return what a tester is told of the subject, fit for the `subjects` of a request."""
        told: dict[str, object] = {"kind": self.kind, "name": self.name, "id_type": self.id_type, "id_no": self.id_no}
        return told | {"former_names": [self.former_name]} if self.former_name else told

    def at(self, agency: Agency) -> "RegisteredSubject":
        """Return the subject as one agency's register has it."""
        if self.former_name is None or agency.asset_type not in self.formerly_known_by:
            return self
        return replace(self, name=self.former_name)


@dataclass(frozen=True, slots=True)
class Holding:
    """One asset the register gives a subject at one agency: the truth, in our neutral record.

    `prior_measures` are measures other authorities had before the simulation began (they take rank before ours).
    """

    key: str
    record: AssetRecord
    priority_rights: tuple[PriorityRight, ...] = ()
    prior_measures: tuple[PriorMeasure, ...] = ()
    #: The agency can take hold of only a part of what a measure is for: of the account a product pays back to, not of the product.
    in_part: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A control step as the mock understood it from its own wire words."""

    request_no: str
    action: str  #: freeze, seal, pre_seal, renew, release, deduct, transfer, freeze_and_deduct …
    key: str
    authority: str
    document_no: str
    amount_fen: int | None = None
    quantity: int | None = None
    term_months: int | None = None
    until_on: date | None = None
    original_request_no: str | None = None
    agency_control_no: str | None = None
    #: id number of the subject the order names: finds the asset at once, and tells shareholders of one company apart
    holder_id_no: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an order did; asking again by the same request number returns the same effect.

    `state` is one of contracts.control.ControlState, or `refused` with `code` from contracts.outcome.REASONS.
    Amounts in fen. A waiting measure has a rank and no `until_on`.
    """

    request_no: str
    action: str
    key: str
    state: str
    code: str | None = None
    amount_fen: int | None = None
    actual_fen: int | None = None
    unfunded_fen: int | None = None
    #: units frozen, marked and waited for
    quantity: int | None = None
    marked_quantity: int | None = None
    waiting_quantity: int | None = None
    rank: int | None = None
    until_on: date | None = None
    served_at: datetime | None = None
    effective_at: datetime | None = None
    agency_control_no: str | None = None
    deducted_fen: int | None = None
    prior_measures: tuple[PriorMeasure, ...] = ()
    priority_rights: tuple[PriorityRight, ...] = ()


@dataclass(frozen=True, slots=True)
class MockRequest:
    """One HTTP call as the mock gets it; `path` is what follows `/agencies/<agency>`."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class MockResponse:
    """One HTTP answer of the mock."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Later:
    """The agency took these requests and answers later; the desk keeps `answer` until it is ready.

    `received` is the immediate response. `answers` has, by request number, the response a status call or a call-back gives.
    `callbacks` has, by request number, the address the caller gave.
    """

    received: MockResponse
    answers: Mapping[str, MockResponse]
    callbacks: Mapping[str, str] = field(default_factory=dict)


class Desk(Protocol):
    """What a mock agency can do with the common ground, bound to one agency. All deterministic by seed and clock."""

    agency: Agency

    def now(self) -> datetime:
        """Return the simulated instant, aware, UTC."""
        ...

    def subject(self, id_no: str, name: str | None = None) -> RegisteredSubject | None:
        """Return the registered subject with this id number (15-digit numbers match their 18-digit form), or None."""
        ...

    def holdings(self, subject: RegisteredSubject) -> Sequence[Holding]:
        """Return what the register gives the subject here, today: ledger effects (deductions, transfers) applied."""
        ...

    def odd(self, subject: RegisteredSubject) -> Random | None:
        """Return what chooses an oddity for this subject, None for most: a few are in this agency's books with one odd telling field."""
        ...

    def holding(self, key: str, holder_id_no: str | None = None) -> Holding | None:
        """Return one asset by its key (for controls), today; give the holder's id number where it is known.

        Without it the asset is found by an index of the whole register. None if it is not there, or no longer.
        """
        ...

    def measures(self, key: str, holder_id_no: str | None = None) -> Sequence[PriorMeasure]:
        """Return all live measures on an asset in rank order, those of other authorities included.

        Amounts and quantities are what a measure really holds; those of a waiting one are what it asks for.
        """
        ...

    def order(self, order: Order) -> Effect:
        """Carry out a control step under the ledger's law; idempotent by request number."""
        ...

    def effect(self, request_no: str) -> Effect | None:
        """Return the effect of an earlier order as it stands now (promotion, expiry applied)."""
        ...

    def answer_later(self, request_no: str) -> MockResponse | None:
        """Return the kept answer of a `Later` request if it is ready, None while it is not.

        Raises: KeyError if no such request was received
        """
        ...


class MockAgency(Protocol):
    """One asset type's agencies, simulated. Registered as `MOCK` in services/<asset_type>/mock_agency.py."""

    asset_type: str

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Make what one agency's register gives one subject; pure in its arguments.

        `rng` is seeded by seed, agency and subject; `shared` by seed, asset type and subject only, for assets that
        several agencies record (registry and housing bureau).
        """
        ...

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call in the agency's own words; `Later` if `desk.agency.answers_by` is not `response`."""
        ...

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Return a right answer with one field of one item written as registers do write it beside their document (fault `oddity`).

        Shape: as it is if it lists no items, or is about no query
        """
        ...

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Write a scripted fault in the agency's own words, for one request.

        kinds: `refused` (its documented refusal), `unknown_field` (a right answer with a field its document does not
        have), `unknown_code` (a right answer with a code its list does not have), `malformed` (cut off or not parseable),
        `office_closed` (its own way to say so).
        """
        ...
