"""The banks, simulated: they read their own messages, look into register and ledger, and answer in their own words.

It shares no translation with the adapter, so that a wrong table shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from pydantic import ValidationError

from contracts.agency import Agency
from services.deposits import accounts, said
from services.deposits.agency_api import STANDARD, Control, ControlItem, Head, Query
from services.deposits.yuan_api import YUAN
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

_WORDS = {"standard": STANDARD, "yuan": YUAN}
_ACTIONS = {"01": "freeze", "02": "renew", "04": "release", "05": "release", "06": "deduct", "07": "withdraw_income",
            "08": "freeze_and_deduct"}
#: What each measure needs of the bank, by its code.
_OFFERED_AS = {"01": "freeze", "02": "renew", "04": "release", "05": "release", "06": "deduct", "07": "deduct", "08": "deduct"}
#: Why a measure on such an account is declined: none of these codes lets money be held, the last only be taken.
_NOT_HELD = {"social_insurance": "10", "migrant_wage": "11", "letter_of_credit_margin": "12", "presale_supervision": "13"}
_NOT_TAKEN = _NOT_HELD | {"acceptance_margin": "14"}
_HOLDS, _TAKES = frozenset({"01"}), frozenset({"06", "07", "08"})
_NO_DOCUMENT, _NO_CREDENTIAL, _OTHER_NAME, _NOT_OFFERED, _NO_ACCOUNT, _REVIEWED, _UNKNOWN_REQUEST, _NO_PAYEE, _NO_AMOUNT = (
    "01", "03", "04", "08", "09", "19", "20", "21", "22")
#: KZNR: the account itself, so that no amount is needed.
_WHOLE = "2"
_WAIT_S, _WAIT_MANUAL_S = "1", "3600"
_QUERY, _CONTROL = "query", "control"


@dataclass(frozen=True, slots=True)
class _Call:
    """What one HTTP call asks: queries or one control with the numbers they have, or how a number stands (no messages)."""

    family: str
    numbers: Sequence[str]
    messages: Sequence[Head] = ()


class Banks:
    """Every bank of the directory."""

    asset_type = "deposits"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Make one bank's accounts of one subject. See port.MockAgency."""
        return accounts.holdings(agency, subject, rng, shared)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See port.MockAgency."""
        call = _read(desk, request)
        if not isinstance(call, _Call):
            return call
        if not call.messages:
            return _status(desk, call)
        items = [_item(desk, message) for message in call.messages]
        if desk.agency.answers_by == "response":
            return _write(desk, said.ok(items))
        return Later(
            _write(desk, said.taken(call.numbers, _wait_s(desk))),
            {number: _write(desk, said.ok([item])) for number, item in zip(call.numbers, items, strict=True)},
            {one.request_no: one.callback_url for one in call.messages if one.callback_url})

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer one call with a scripted fault. See port.MockAgency."""
        if kind == "office_closed":
            return _write(desk, said.CLOSED)
        call = _read(desk, request)
        if kind == "refused" and isinstance(call, _Call):
            return _write(desk, said.ok([_declined(desk, call.family, number, _REVIEWED) for number in call.numbers]))
        answered = self.answer(desk, request)
        right = answered.received if isinstance(answered, Later) else answered
        if kind == "malformed":
            return replace(right, body=right.body[:len(right.body) // 2])
        return replace(right, body=said.spoilt(desk.agency.dialect, right.body, kind))


MOCK = Banks()


def _read(desk: Desk, request: MockRequest) -> _Call | MockResponse:
    """Read a call in the bank's words; what the bank cannot read is answered at once."""
    words = _WORDS[desk.agency.dialect]
    try:
        if (request.method, request.path) == ("POST", words.query_path):
            queries = words.query_list.model_validate_json(request.body).queries
            return _Call(_QUERY, [one.request_no for one in queries], queries)
        if (request.method, request.path) == ("POST", words.control_path):
            control = words.control.model_validate_json(request.body)
            return _Call(_CONTROL, [control.request_no], [control])
    except ValidationError:
        return _write(desk, said.UNREADABLE)
    base, _, number = request.path.rpartition("/")
    family = {words.query_path: _QUERY, words.control_path: _CONTROL}.get(base)
    return _Call(family, [number]) if family and request.method == "GET" else MockResponse(404, b'{"error":"no such path"}')


def _write(desk: Desk, message: said.Said) -> MockResponse:
    return said.message(desk.agency.dialect, message)


def _wait_s(desk: Desk) -> str:
    return _WAIT_MANUAL_S if desk.agency.mode == "manual" else _WAIT_S


def _status(desk: Desk, call: _Call) -> MockResponse:
    """Say how an earlier request stands: a control as it is now, a query as it was answered."""
    (number,) = call.numbers
    try:
        kept = desk.answer_later(number)
    except KeyError:
        pass
    else:
        if kept is None:
            return _write(desk, said.taken([number], _wait_s(desk)))
        if call.family == _QUERY or desk.effect(number) is None:
            return kept
    effect = desk.effect(number) if call.family == _CONTROL else None
    if effect is None:
        return _write(desk, said.ok([_declined(desk, call.family, number, _UNKNOWN_REQUEST)]))
    result = said.controlled(effect, None)
    return _write(desk, said.ok([said.control_item(number, said.stamp(desk.now()), result)]))


def _declined(desk: Desk, family: str, number: str, reason: str) -> said.Said:
    at = said.stamp(desk.now())
    if family == _QUERY:
        return said.query_declined(number, at, reason)
    return said.control_item(number, at, said.control_declined(reason))


def _item(desk: Desk, message: Head) -> said.Said:
    if isinstance(message, Query):
        return _queried(desk, message)
    assert isinstance(message, Control)
    return _controlled(desk, message)


def _refusal(message: Head, subject: RegisteredSubject | None) -> str | None:
    """Say why the bank does not act on a message at all."""
    if not message.documents:
        return _NO_DOCUMENT
    if not message.work_card_no.strip() or not message.duty_card_no.strip():
        return _NO_CREDENTIAL
    return _OTHER_NAME if subject is not None and subject.name != message.name else None


def _queried(desk: Desk, query: Query) -> said.Said:
    at, subject = said.stamp(desk.now()), desk.subject(query.id_no)
    refusal = _refusal(query, subject)
    if refusal is not None:
        return said.query_declined(query.request_no, at, refusal)
    held = () if subject is None else desk.holdings(subject)
    found = [said.account(seq, holding, desk.measures(holding.key, query.id_no)) for seq, holding in enumerate(held, start=1)]
    return said.query_item(query.request_no, at, found)


def _controlled(desk: Desk, control: Control) -> said.Said:
    (item,), at = control.items, said.stamp(desk.now())
    subject = desk.subject(control.id_no)
    holding = None if subject is None else desk.holding(item.account_no, control.id_no)
    refusal = _refusal(control, subject) or _not_controlled(desk, item, holding)
    if refusal is not None:
        result = said.control_declined(refusal, item.measure, item.account_no, item.scope)
        return said.control_item(control.request_no, at, result)
    repeated = desk.agency.idempotent and desk.effect(control.request_no) is not None
    effect = desk.order(_order(control, item))
    result = said.controlled(effect, desk.holding(item.account_no, control.id_no))
    return said.control_item(control.request_no, at, result, repeated=repeated)


def _not_controlled(desk: Desk, item: ControlItem, holding: Holding | None) -> str | None:
    """Say why the bank does not take this measure on this account."""
    if item.measure not in _ACTIONS or not desk.agency.can(_OFFERED_AS[item.measure]):
        return _NOT_OFFERED
    if holding is None:
        return _NO_ACCOUNT
    account_class = getattr(holding.record, "account_class", "")
    if item.measure in _HOLDS:
        return _NOT_HELD.get(account_class) or _left_out(item)
    return _NOT_TAKEN.get(account_class) or _left_out(item) if item.measure in _TAKES else None


def _left_out(item: ControlItem) -> str | None:
    """Say what a measure on money leaves out: the account that the money goes to, or how much it is."""
    if item.measure in _TAKES and not (item.funds_bank and item.funds_account_no and item.funds_name):
        return _NO_PAYEE
    return _NO_AMOUNT if item.amount is None and item.scope != _WHOLE else None


def _order(control: Control, item: ControlItem) -> Order:
    return Order(
        request_no=control.request_no, action=_ACTIONS[item.measure], key=item.account_no, authority=control.court_name,
        document_no=item.ruling_no or control.case_no, amount_fen=item.amount, term_months=item.months,
        until_on=item.until_on, original_request_no=item.original_request_no, agency_control_no=item.freeze_no,
        holder_id_no=control.id_no)
