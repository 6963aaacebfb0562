"""The banks, simulated: they read their own messages, look into register and ledger, and answer in their own words.

Their documents are standard.openapi.yaml and yuan.openapi.yaml. It shares no code with the adapter, so that a wrong table shows.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from contracts.agency import Agency
from services.deposits import accounts, heard, said
from services.deposits.heard import Call, Said
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

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


class Banks:
    """Every bank of the directory."""

    asset_type = "deposits"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Make one bank's accounts of one subject. See port.MockAgency."""
        return accounts.holdings(agency, subject, rng, shared)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See port.MockAgency."""
        call = _read(desk, request)
        if not isinstance(call, Call):
            return call
        if not call.messages:
            return _status(desk, call)
        answered = _queried if call.family == _QUERY else _controlled
        items = [answered(desk, message) for message in call.messages]
        if desk.agency.answers_by == "response":
            return _write(desk, said.ok(items))
        return Later(
            _write(desk, said.taken(call.numbers, _wait_s(desk))),
            {number: _write(desk, said.ok([item])) for number, item in zip(call.numbers, items, strict=True)},
            {one["BDHM"]: one["HDDZ"] for one in call.messages if one.get("HDDZ")})

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one account oddly. See port.MockAgency."""
        return replace(response, body=said.oddly(response.body, rng))

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer one call with a scripted fault. See port.MockAgency."""
        if kind == "office_closed":
            return _write(desk, said.CLOSED)
        call = _read(desk, request)
        if kind == "refused" and isinstance(call, Call):
            return _write(desk, said.ok([_declined(desk, call.family, number, _REVIEWED) for number in call.numbers]))
        answered = self.answer(desk, request)
        right = answered.received if isinstance(answered, Later) else answered
        if kind == "malformed":
            return replace(right, body=right.body[:len(right.body) // 2])
        return replace(right, body=said.spoilt(desk.agency.dialect, right.body, kind))


MOCK = Banks()


def _read(desk: Desk, request: MockRequest) -> Call | MockResponse:
    """Read a call in the bank's words; what the bank cannot read is answered at once."""
    try:
        call = heard.call(desk.agency.dialect, request)
    except (KeyError, TypeError, ValueError):
        return _write(desk, said.UNREADABLE)
    return MockResponse(404, b'{"error":"no such path"}') if call is None else call


def _write(desk: Desk, message: Said) -> MockResponse:
    return said.message(desk.agency.dialect, message)


def _wait_s(desk: Desk) -> str:
    return _WAIT_MANUAL_S if desk.agency.mode == "manual" else _WAIT_S


def _status(desk: Desk, call: Call) -> MockResponse:
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


def _declined(desk: Desk, family: str, number: str, reason: str) -> Said:
    at = said.stamp(desk.now())
    if family == _QUERY:
        return said.query_declined(number, at, reason)
    return said.control_item(number, at, said.control_declined(reason))


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
    found = [said.account(seq, holding, desk.measures(holding.key, id_no)) for seq, holding in enumerate(held, start=1)]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(found, said.TELLING, rng, telling_only=True)
    return said.query_item(number, at, found)


def _controlled(desk: Desk, control: Said) -> Said:
    item, at, number, id_no = control["KZZH"], said.stamp(desk.now()), control["BDHM"], control["DSRZJHM"]
    subject = desk.subject(id_no)
    holding = None if subject is None else desk.holding(item["KHZH"], id_no)
    refusal = _refusal(control, subject) or _not_controlled(desk, item, holding)
    if refusal is not None:
        return said.control_item(number, at, said.control_declined(refusal, item["KZCS"], item["KHZH"], item["KZNR"]))
    repeated = desk.agency.idempotent and desk.effect(number) is not None
    effect = desk.order(_order(control, item))
    result = said.controlled(effect, desk.holding(item["KHZH"], id_no))
    return said.control_item(number, at, result, repeated=repeated)


def _not_controlled(desk: Desk, item: Said, holding: Holding | None) -> str | None:
    """Say why the bank does not take this measure on this account."""
    measure = item["KZCS"]
    if measure not in _ACTIONS or not desk.agency.can(_OFFERED_AS[measure]):
        return _NOT_OFFERED
    if holding is None:
        return _NO_ACCOUNT
    account_class = getattr(holding.record, "account_class", None) or ""
    if measure in _HOLDS:
        return _NOT_HELD.get(account_class) or _left_out(item)
    return _NOT_TAKEN.get(account_class) or _left_out(item) if measure in _TAKES else None


def _left_out(item: Said) -> str | None:
    """Say what a measure on money leaves out: the account that the money goes to, or how much it is."""
    if item["KZCS"] in _TAKES and not all(item.get(name) for name in ("ZXKZHKHH", "ZXKZHZH", "ZXKZHHM")):
        return _NO_PAYEE
    return _NO_AMOUNT if item.get("JE") is None and item["KZNR"] != _WHOLE else None


def _order(control: Said, item: Said) -> Order:
    until = item.get("JSRQ")
    return Order(
        request_no=control["BDHM"], action=_ACTIONS[item["KZCS"]], key=item["KHZH"], authority=control["FYMC"],
        document_no=item.get("CKWH") or control["AH"], amount_fen=item.get("JE"), term_months=item.get("KZQX"),
        until_on=datetime.strptime(until, "%Y%m%d%H%M%S").date() if until else None,  # noqa: DTZ007 - a day
        original_request_no=item.get("YDJDH"), agency_control_no=item.get("DJBH"), holder_id_no=control["DSRZJHM"])
