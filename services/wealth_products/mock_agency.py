"""The banks' wealth products, simulated: they read their own messages, look into register and ledger, and answer in their own words.

One freeze is for one amount over a pot: what of the product can be controlled here, and what it paid back to its return account.
The money on the account is taken first. It shares no translation with the adapter, so that a wrong table shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.assets.wealth_products import WealthProductRecord
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.wealth_products import products, said
from services.wealth_products.agency_api import CONTROL_PATH, QUERY_PATH, Control, ControlItem, Head, Query, QueryList

_ACTIONS = {"01": "freeze", "02": "renew", "04": "release", "05": "release"}
_NO_DOCUMENT, _NO_CREDENTIAL, _OTHER_NAME, _NOT_OFFERED, _NOT_THERE, _REVIEWED, _UNKNOWN_REQUEST, _NO_AMOUNT = (
    "01", "03", "04", "08", "09", "19", "20", "22")
_WAIT_S, _WAIT_MANUAL_S = "1", "3600"


@dataclass(frozen=True, slots=True)
class _Call:
    """What one HTTP call asks: queries or one control with the numbers they have, or how a number stands (no messages)."""

    path: str
    numbers: Sequence[str]
    messages: Sequence[Head] = ()


class Banks:
    """Every bank of the directory that keeps wealth products."""

    asset_type = "wealth_products"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Make what one subject has at one bank. See port.MockAgency."""
        return products.holdings(agency, subject, rng, shared)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See port.MockAgency."""
        call = _read(request)
        if not isinstance(call, _Call):
            return call
        if not call.messages:
            return _status(desk, call)
        items = [_item(desk, message) for message in call.messages]
        if desk.agency.answers_by == "response":
            return said.message(said.ok(items))
        return Later(
            said.message(said.taken(call.numbers, _wait_s(desk))),
            {number: said.message(said.ok([item])) for number, item in zip(call.numbers, items, strict=True)},
            {one.request_no: one.callback_url for one in call.messages if one.callback_url})

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer one call with a scripted fault. See port.MockAgency."""
        if kind == "office_closed":
            return said.message(said.CLOSED)
        call = _read(request)
        if kind == "refused" and isinstance(call, _Call):
            return said.message(said.ok([_declined(desk, call.path, number, _REVIEWED) for number in call.numbers]))
        answered = self.answer(desk, request)
        right = answered.received if isinstance(answered, Later) else answered
        if kind == "malformed":
            return replace(right, body=right.body[:len(right.body) // 2])
        return replace(right, body=said.spoilt(right.body, kind))


MOCK = Banks()


def _read(request: MockRequest) -> _Call | MockResponse:
    """Read a call in the banks' words; what a bank cannot read is answered at once."""
    try:
        if (request.method, request.path) == ("POST", QUERY_PATH):
            queries = QueryList.model_validate_json(request.body).queries
            return _Call(QUERY_PATH, [one.request_no for one in queries], queries)
        if (request.method, request.path) == ("POST", CONTROL_PATH):
            control = Control.model_validate_json(request.body)
            return _Call(CONTROL_PATH, [control.request_no], [control])
    except ValidationError:
        return said.message(said.UNREADABLE)
    path, _, number = request.path.rpartition("/")
    known = request.method == "GET" and path in (QUERY_PATH, CONTROL_PATH)
    return _Call(path, [number]) if known else MockResponse(404, b'{"error":"no such path"}')


def _wait_s(desk: Desk) -> str:
    return _WAIT_MANUAL_S if desk.agency.mode == "manual" else _WAIT_S


def _status(desk: Desk, call: _Call) -> MockResponse:
    """Say how an earlier request stands: a control as it is now, a query as it was answered."""
    (number,) = call.numbers
    effect = desk.effect(number) if call.path == CONTROL_PATH else None
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = said.message(said.ok([_declined(desk, call.path, number, _UNKNOWN_REQUEST)]))
    if kept is None:
        return said.message(said.taken([number], _wait_s(desk)))
    holding = None if effect is None else desk.holding(effect.key)
    if effect is None or holding is None:
        return kept
    results = said.controlled(effect, _record(holding))
    return said.message(said.ok([said.control_item(number, said.stamp(desk.now()), results)]))


def _record(holding: Holding) -> WealthProductRecord:
    assert isinstance(holding.record, WealthProductRecord)
    return holding.record


def _declined(desk: Desk, path: str, number: str, reason: str) -> said.Said:
    at = said.stamp(desk.now())
    if path == QUERY_PATH:
        return said.query_declined(number, at, reason)
    return said.control_item(number, at, said.declined(reason, reason))


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
    found = [said.product(seq, holding, desk.measures(holding.key, query.id_no)) for seq, holding in enumerate(held, start=1)]
    return said.query_item(query.request_no, at, found)


def _controlled(desk: Desk, control: Control) -> said.Said:
    (item,), at = control.items, said.stamp(desk.now())
    subject, key = desk.subject(control.id_no), f"{item.wealth_account}/{item.product_code}"
    holding = None if subject is None else desk.holding(key, control.id_no)
    refusal = _refusal(control, subject) or _not_controlled(desk, item, holding)
    if refusal is not None or holding is None:
        reason = refusal or _NOT_THERE
        return said.control_item(control.request_no, at, said.declined(reason, reason, item.measure))
    of_product, of_account = said.out_of_hand(_record(holding))
    if of_product and of_account:
        return said.control_item(control.request_no, at, said.declined(of_product, of_account, item.measure))
    repeated = desk.agency.idempotent and desk.effect(control.request_no) is not None
    effect = desk.order(_order(control, item, key))
    record = _record(desk.holding(key, control.id_no) or holding)
    return said.control_item(control.request_no, at, said.controlled(effect, record), repeated=repeated)


def _not_controlled(desk: Desk, item: ControlItem, holding: Holding | None) -> str | None:
    """Say why the bank does not take this measure on this product."""
    if item.measure not in _ACTIONS or not desk.agency.can(_ACTIONS[item.measure]):
        return _NOT_OFFERED
    if holding is None or item.return_account not in (None, _record(holding).cash_return_account):
        return _NOT_THERE
    return _NO_AMOUNT if item.measure == "01" and item.amount is None else None


def _order(control: Control, item: ControlItem, key: str) -> Order:
    return Order(
        request_no=control.request_no, action=_ACTIONS[item.measure], key=key, authority=control.court_name,
        document_no=item.ruling_no or control.case_no, amount_fen=item.amount, term_months=item.months,
        until_on=item.until_on, original_request_no=item.original_request_no, agency_control_no=item.freeze_no,
        holder_id_no=control.id_no)
