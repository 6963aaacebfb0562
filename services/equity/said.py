"""What the simulated registrar writes, by its document (registrar.openapi.yaml). It shares no code with the adapter."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import orjson

from contracts.assets.equity import EquityPledge, EquityRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from services.equity import stakes
from services.runtime.mock.port import Effect, Holding, MockResponse

Said = dict[str, Any]

TASK_PREFIX = "RW"
_COMPANY_STATES = {"in_operation": "1", "revoked": "2", "deregistered": "3", "moved_out": "4", "suspended": "5"}
_CONTRIBUTIONS = {"货币": "1", "实物": "2", "知识产权": "3", "债权": "4", "土地使用权": "6", "股权": "7", "其他": "9"}
_MATTERS = {"freeze": "1", "renew": "2", "release": "3", "transfer": "4"}
#: State of a freeze, and why it lapsed.
_STATES: dict[str, tuple[str, str | None]] = {
    "in_force": ("1", None), "released": ("2", None), "expired": ("3", "1"), "lapsed": ("3", "9"), "waiting": ("4", None),
    "transferred": ("5", None), "reversed": ("6", None),
}
_RIGHTS = {"pledge": "2", "other": "9"}
_REASONS = {
    "document_missing": "01", "document_mismatch": "02", "credential_missing": "03", "identity_mismatch": "04",
    "identity_incomplete": "05", "not_authorised": "06", "measure_unsupported": "07", "asset_not_found": "08",
    "no_original_measure": "09", "term_over_cap": "10", "already_expired": "11", "rejected_by_agency": "12",
    "quota_exceeded": "13", "asset_exempt": "14",
}
_CURRENCIES = {"CNY": "156", "HKD": "344", "USD": "840"}


def written(message: Said) -> bytes:
    """Write a message."""
    return orjson.dumps(message)


def _response(message: Said) -> MockResponse:
    return MockResponse(body=written(message))


UNREADABLE = _response({"fhm": "3", "fhxx": "报文不符合规范"})
CLOSED = _response({"fhm": "1", "fhxx": "非工作时间", "ddms": "1800"})


def answer(tasks: Sequence[Said]) -> MockResponse:
    """Say how tasks stand; what is not known is left out."""
    return _response({"fhm": "0", "fhxx": "成功", "rw": [_without_none(task) for task in tasks]})


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


def at_work(request_no: str, wait_s: str) -> Said:
    """Say that a task is in and not done."""
    return {"qqdh": request_no, "rwlsh": f"{TASK_PREFIX}{request_no}", "zt": "1", "ddms": wait_s}


def sent_back(request_no: str, now: datetime, reason: str) -> Said:
    """Say that a task is sent back, and why."""
    return {"qqdh": request_no, "zt": "9", "fksj": _time(now), "thyy": reason}


def query_done(request_no: str, now: datetime, found: Sequence[Said]) -> Said:
    """Say what stakes there are, and how many."""
    return _done(request_no, now) | {"cxjg": {"sl": str(len(found)), "gq": list(found)}}


def matter_done(request_no: str, now: datetime, effect: Effect) -> Said:
    """Say what a matter did, as it stands now."""
    if effect.state == "refused":
        return sent_back(request_no, now, _REASONS[effect.code or ""])
    return _done(request_no, now) | {"zxjg": _result(effect)}


def _done(request_no: str, now: datetime) -> Said:
    return {"qqdh": request_no, "rwlsh": f"{TASK_PREFIX}{request_no}", "zt": "2", "fksj": _time(now)}


def _result(effect: Effect) -> Said:
    state, lapse = _STATES[effect.state]
    return {
        "zxsx": _MATTERS[effect.action], "tyshxydm": effect.key, "zxzt": state, "sxyy": lapse,
        "gqse": _wan(effect.actual_fen), "wdjse": _wan(effect.unfunded_fen), "bz": _CURRENCIES[stakes.currency_of(effect.key)],
        "lhsx": effect.rank and str(effect.rank), "sdsj": effect.served_at and _time(effect.served_at),
        "gssj": effect.effective_at and _time(effect.effective_at), "qxz": _day(effect.until_on),
        "lhbh" if effect.state == "waiting" else "gsbh": effect.agency_control_no,
        "sfxz": [_publicity(one) for one in effect.prior_measures], "yxq": [_right(one) for one in effect.priority_rights],
    }


def stake(holding: Holding, measures: Sequence[PriorMeasure]) -> Said:
    """Say what the register has of one stake."""
    record = holding.record
    assert isinstance(record, EquityRecord)
    pledges = zip(record.pledges, holding.priority_rights, strict=True)
    return {
        "tyshxydm": record.uscc, "qymc": record.company_name, "djzt": _COMPANY_STATES[record.registration_status],
        "gdmc": record.holder_name, "rjcze": _wan(record.subscribed_capital_fen), "sjcze": _wan(record.paid_in_capital_fen),
        "bz": currency_of(holding), "cgbl": _percent(record.share_ratio),
        "czfs": record.contribution_form and _CONTRIBUTIONS[record.contribution_form],
        "gqcz": [_pledge(pledge, right) for pledge, right in pledges], "gsrq": _day(record.publicised_on),
        "sfxz": [_publicity(one) for one in measures],
    }


def currency_of(holding: Holding) -> str:
    """Return the number of the currency that a stake's capital is in."""
    assert isinstance(holding.record, EquityRecord)
    return _CURRENCIES[holding.record.currency]


def _pledge(pledge: EquityPledge, right: PriorityRight) -> Said:
    return {"zqr": pledge.pledgee, "czse": _wan(pledge.capital_fen), "zqse": _wan(right.amount_fen),
            "djrq": _day(pledge.registered_on), "djbh": pledge.registration_no}


def _right(right: PriorityRight) -> Said:
    return {"qllx": _RIGHTS[right.kind], "qlr": right.holder, "zqse": _wan(right.amount_fen)}


def _publicity(prior: PriorMeasure) -> Said:
    return {"lhsx": str(prior.rank), "zxfy": prior.authority, "wsh": prior.document_no, "gqse": _wan(prior.amount_fen),
            "qxq": _day(prior.from_on), "qxz": _day(prior.until_on), "qqdh": prior.request_no}


def _wan(fen: int | None) -> str | None:
    return None if fen is None else f"{Decimal(fen) / 1_000_000:.6f}"


def _percent(ratio: str) -> str:
    """Write a share; what is left after a part was transferred may have to be rounded."""
    share = Fraction(ratio)
    percent = Decimal(share.numerator * 100) / share.denominator
    return f"{percent.quantize(Decimal('0.0001'), ROUND_HALF_EVEN)}%"


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day.year}年{day.month}月{day.day}日"


def _time(instant: datetime) -> str:
    local = instant.astimezone(CHINA)
    return f"{_day(local.date())} {local:%H:%M:%S}"


def spoilt(body: bytes, kind: str) -> bytes:
    """Put a field or a code into a right answer that the registrar's document does not have: in each task, or in the head."""
    message = orjson.loads(body)
    for task in message.get("rw") or [message]:
        if kind == "unknown_field":
            task["xzd"] = "新增字段"
        elif "zxjg" in task:
            task["zxjg"]["zxzt"] = "8"
        else:
            task["zt" if "zt" in task else "fhm"] = "8"
    return written(message)
