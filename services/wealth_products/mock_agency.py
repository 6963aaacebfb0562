"""The banks' wealth products, simulated: they read their own messages, look into register and ledger, and answer in their own words.

One freeze is for one amount over a pot: what of the product can be controlled here, and what it paid back to its return account.
The money on the account is taken first. Their document is standard.openapi.yaml; it shares no code with the adapter, so that a wrong table
shows.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from contracts.agency import Agency
from contracts.assets.wealth_products import WealthProductRecord
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.wealth_products import heard, products, said
from services.wealth_products.heard import Call, Said

_ACTIONS = {"01": "freeze", "02": "renew", "04": "release", "05": "release"}
_NO_DOCUMENT, _NO_CREDENTIAL, _OTHER_NAME, _NOT_OFFERED, _NOT_THERE, _REVIEWED, _UNKNOWN_REQUEST, _NO_AMOUNT = (
    "01", "03", "04", "08", "09", "19", "20", "22")
_WAIT_S, _WAIT_MANUAL_S = "1", "3600"
_QUERY, _CONTROL = "query", "control"


class Banks:
    """Every bank of the directory that keeps wealth products."""

    asset_type = "wealth_products"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Make what one subject has at one bank. See port.MockAgency."""
        return products.holdings(agency, subject, rng, shared)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See port.MockAgency."""
        call = _read(request)
        if not isinstance(call, Call):
            return call
        if not call.messages:
            return _status(desk, call)
        answered = _queried if call.family == _QUERY else _controlled
        items = [answered(desk, message) for message in call.messages]
        if desk.agency.answers_by == "response":
            return said.message(said.ok(items))
        return Later(
            said.message(said.taken(call.numbers, _wait_s(desk))),
            {number: said.message(said.ok([item])) for number, item in zip(call.numbers, items, strict=True)},
            {one["BDHM"]: one["HDDZ"] for one in call.messages if one.get("HDDZ")})

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one product oddly. See port.MockAgency."""
        return replace(response, body=said.oddly(response.body, rng))

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer one call with a scripted fault. See port.MockAgency."""
        if kind == "office_closed":
            return said.message(said.CLOSED)
        call = _read(request)
        if kind == "refused" and isinstance(call, Call):
            return said.message(said.ok([_declined(desk, call.family, number, _REVIEWED) for number in call.numbers]))
        answered = self.answer(desk, request)
        right = answered.received if isinstance(answered, Later) else answered
        if kind == "malformed":
            return replace(right, body=right.body[:len(right.body) // 2])
        return replace(right, body=said.spoilt(right.body, kind))


MOCK = Banks()


def _read(request: MockRequest) -> Call | MockResponse:
    """Read a call in the banks' words; what a bank cannot read is answered at once."""
    try:
        call = heard.call(request)
    except (KeyError, TypeError, ValueError):
        return said.message(said.UNREADABLE)
    return MockResponse(404, b'{"error":"no such path"}') if call is None else call


def _wait_s(desk: Desk) -> str:
    return _WAIT_MANUAL_S if desk.agency.mode == "manual" else _WAIT_S


def _status(desk: Desk, call: Call) -> MockResponse:
    """Say how an earlier request stands: a control as it is now, a query as it was answered."""
    (number,) = call.numbers
    effect = desk.effect(number) if call.family == _CONTROL else None
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = said.message(said.ok([_declined(desk, call.family, number, _UNKNOWN_REQUEST)]))
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


def _declined(desk: Desk, family: str, number: str, reason: str) -> Said:
    at = said.stamp(desk.now())
    if family == _QUERY:
        return said.query_declined(number, at, reason)
    return said.control_item(number, at, said.declined(reason, reason))


def _refusal(message: Said, subject: RegisteredSubject | None) -> str | None:
    """Say why the bank does not act on a message at all."""
    if not message["WSXX"]:
        return _NO_DOCUMENT
    if not message["GZZBH"].strip() or not message["GWZBH"].strip():
        return _NO_CREDENTIAL
    return _OTHER_NAME if subject is not None and subject.name != message["XM"] else None


def _queried(desk: Desk, query: Said) -> Said:
    at, number, id_no = said.stamp(desk.now()), query["BDHM"], query["DSRZJHM"]
    subject = desk.subject(id_no)
    refusal = _refusal(query, subject)
    if refusal is not None:
        return said.query_declined(number, at, refusal)
    held = () if subject is None else desk.holdings(subject)
    found = [said.product(seq, holding, desk.measures(holding.key, id_no)) for seq, holding in enumerate(held, start=1)]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(found, said.ODDITIES, rng, telling_only=True)
    return said.query_item(number, at, found)


def _controlled(desk: Desk, control: Said) -> Said:
    item, at, number, id_no = control["KZZH"], said.stamp(desk.now()), control["BDHM"], control["DSRZJHM"]
    subject, key = desk.subject(id_no), f"{item['LCZH']}/{item['JRCPBH']}"
    holding = None if subject is None else desk.holding(key, id_no)
    refusal = _refusal(control, subject) or _not_controlled(desk, item, holding)
    if refusal is not None or holding is None:
        reason = refusal or _NOT_THERE
        return said.control_item(number, at, said.declined(reason, reason, item["KZCS"]))
    of_product, of_account = said.out_of_hand(_record(holding))
    if of_product and of_account:
        return said.control_item(number, at, said.declined(of_product, of_account, item["KZCS"]))
    repeated = desk.agency.idempotent and desk.effect(number) is not None
    effect = desk.order(_order(control, item, key))
    record = _record(desk.holding(key, id_no) or holding)
    return said.control_item(number, at, said.controlled(effect, record), repeated=repeated)


def _not_controlled(desk: Desk, item: Said, holding: Holding | None) -> str | None:
    """Say why the bank does not take this measure on this product."""
    measure = item["KZCS"]
    if measure not in _ACTIONS or not desk.agency.can(_ACTIONS[measure]):
        return _NOT_OFFERED
    if holding is None or item.get("ZJHKZH") not in (None, _record(holding).cash_return_account):
        return _NOT_THERE
    return _NO_AMOUNT if measure == "01" and item.get("JE") is None else None


def _order(control: Said, item: Said, key: str) -> Order:
    until = item.get("JSRQ")
    return Order(
        request_no=control["BDHM"], action=_ACTIONS[item["KZCS"]], key=key, authority=control["FYMC"],
        document_no=item.get("CKWH") or control["AH"], amount_fen=item.get("JE"), term_months=item.get("KZQX"),
        until_on=datetime.strptime(until, "%Y%m%d%H%M%S").date() if until else None,  # noqa: DTZ007 - a day
        original_request_no=item.get("YDJDH"), agency_control_no=item.get("DJBH"), holder_id_no=control["DSRZJHM"])
