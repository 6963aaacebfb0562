"""A simulated registry: SOAP in, SOAP out, as its document says (registry.wsdl, registry.xsd). It shares no code with the adapter.

Its tables are its own, so that a wrong code over there is found by asking here. Source: domain.md §4.1, §4.5, §5, §7.3
"""

from base64 import b64decode
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import md5
from random import Random

from contracts.clock import CHINA
from services.real_estate import mock_soap
from services.real_estate.mock_registry_rows import (
    ODDITIES,
    gathered,
    mortgage,
    record_of,
    right,
    seal,
    spread,
    told,
    unit,
)
from services.real_estate.mock_soap import Words
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import Desk, Effect, Later, MockRequest, MockResponse, Order, RegisteredSubject

_PATH = "/services/bdcck"
_CONTENT_TYPE = "text/xml; charset=utf-8"
#: How answers are named: operation and item.
_QUERIES, _CONTROLS = ("cxBdcQLResponse", "CXFK"), ("kzBdcQLResponse", "KZFK")
_STATES = {"in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "transferred": "6", "reversed": "7"}
_ACTIONS = {"11": "seal", "12": "renew", "14": "release", "15": "transfer"}
_REFUSALS = {
    "document_missing": "01", "document_mismatch": "02", "credential_missing": "03", "identity_mismatch": "04",
    "identity_incomplete": "05", "not_authorised": "06", "measure_unsupported": "11", "asset_not_found": "12",
    "asset_exempt": "13", "no_original_measure": "14", "term_over_cap": "15", "already_expired": "16",
    "quota_exceeded": "17", "rejected_by_agency": "99",
}
_NO_SUCH_REQUEST = "18"
_TEXTS = {
    "01": "缺少法律文书", "02": "法律文书与请求不一致", "03": "缺少执行人员证件", "04": "姓名与证件号码不一致", "05": "身份信息不完整",
    "06": "无权办理", "11": "不支持该控制措施", "12": "不动产单元不存在", "13": "依法不得查封", "14": "无原查封记录",
    "15": "期限超过法定上限", "16": "查封已到期", "17": "超过受理限额", "18": "无此请求单号", "99": "业务审核未通过",
}
_TROUBLES = {"9001": "报文格式错误", "9002": "系统繁忙", "9003": "非受理时间", "9004": "未经授权"}
_SECONDS = "1"
#: What every request says of who asks about whom.
_ASKER = ("BDHM", "XM", "ZJZL", "ZJH", "FYMC", "FYDM", "AH")


def answer(desk: Desk, request: MockRequest) -> MockResponse | Later:
    """Answer one envelope. See MockAgency."""
    if (request.method, request.path) != ("POST", _PATH):
        return MockResponse(status=404)
    try:
        letter = mock_soap.read(request.body)
        match letter.operation:
            case "cxBdcQL":
                asked = _items(letter, "CXQQ", _ASKER)
                return _deliver(desk, _QUERIES, asked, [_query(desk, one) for one in asked])
            case "kzBdcQL":
                asked = _items(letter, "KZQQ", (*_ASKER, "KZCS"))
                return _deliver(desk, _CONTROLS, asked, [_control(desk, one) for one in asked])
            case "cxZt":
                return _status(desk, _items(letter, "ZTCX", ("BDHM", "XZ"))[0])
    except (KeyError, ValueError):
        return _trouble(desk, "9001")
    return _trouble(desk, "9001")


def odd(response: MockResponse, rng: Random) -> MockResponse:
    """Write one field of one right oddly. See MockAgency."""
    letter = mock_soap.read(response.body)
    rows = [(tag, gathered(words)) for tag, words in letter.items]
    write_oddly([one for _, (_, rights) in rows for _, one in rights], ODDITIES, rng)
    return _send(mock_soap.write(letter.operation, [(tag, spread(around, rights)) for tag, (around, rights) in rows], letter.head))


def error(desk: Desk, request: MockRequest, kind: str) -> MockResponse:
    """Answer wrongly, or decline. See MockAgency."""
    if kind == "office_closed":
        return _trouble(desk, "9003")
    if kind == "refused":
        letter = mock_soap.read(request.body)
        named = _QUERIES if letter.operation == "cxBdcQL" or letter.items[0][1].get("XZ") == "1" else _CONTROLS
        return _answers(desk, named, [_declined(desk, words["BDHM"], "99") for _, words in letter.items])
    answered = answer(desk, request)
    right = (answered.received if isinstance(answered, Later) else answered).body
    return _send(right[: len(right) // 2] if kind == "malformed" else _spoilt(right, kind))


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every item an attribute that the document does not have, or a code that its list does not have."""
    letter = mock_soap.read(right)
    extra = {"XZZD": "新增字段"} if kind == "unknown_field" else {"RESULT": "7777"}
    return mock_soap.write(letter.operation, [(tag, {**words, **extra}) for tag, words in letter.items], letter.head)


def _items(letter: mock_soap.Letter, tag: str, needed: Sequence[str]) -> list[Words]:
    """Return what is asked. Raises: ValueError for what leaves out what the document asks for."""
    if not letter.items or any(named != tag or not all(words.get(name) for name in needed) for named, words in letter.items):
        raise ValueError("not what the document asks for")
    return [words for _, words in letter.items]


def _deliver(desk: Desk, named: tuple[str, str], asked: Sequence[Words], rows: Sequence[Words]) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _answers(desk, named, rows)
    return Later(
        received=_answers(desk, named, [_received(desk, one["BDHM"]) for one in asked]),
        answers={one["BDHM"]: _answers(desk, named, [row]) for one, row in zip(asked, rows, strict=True)},
        callbacks={one["BDHM"]: one["HDDZ"] for one in asked if one.get("HDDZ")})


def _status(desk: Desk, asked: Words) -> MockResponse:
    """Answer how an earlier request stands: what was kept for it, or the effect as it is now."""
    named, number = _QUERIES if asked["XZ"] == "1" else _CONTROLS, asked["BDHM"]
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = _answers(desk, named, [_declined(desk, number, _NO_SUCH_REQUEST)])
    if kept is None:
        return _answers(desk, named, [_received(desk, number)])
    effect = None if named is _QUERIES else desk.effect(number)
    return kept if effect is None else _answers(desk, named, [_effect(desk, effect)])


def _query(desk: Desk, asked: Words) -> Words:
    subject = desk.subject(asked["ZJH"])
    objection = _objection(asked, subject, {"2"})
    if objection:
        return _declined(desk, asked["BDHM"], objection)
    held = [] if subject is None else [right(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject)]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly([one for _, one in held], ODDITIES, rng, telling_only=True)
    around = {"RESULT": "0000", "BDHM": asked["BDHM"], "FKSJ": _stamp(desk.now()), "JGS": str(len(held))}
    return spread(around, held)


def _control(desk: Desk, asked: Words) -> Words:
    objection = _objection(asked, desk.subject(asked["ZJH"]), {"1", "2"})
    if objection or (asked["KZCS"] == "15" and not asked.get("GHDX")):
        return _declined(desk, asked["BDHM"], objection or "05")
    return _effect(desk, desk.order(_order(desk, asked)))


def _objection(asked: Words, subject: RegisteredSubject | None, needed: set[str]) -> str | None:
    """Look at papers, cards and name before anything else (domain.md §7.4)."""
    papers = asked.get("WS", [])
    if not needed <= {paper["WSLB"] for paper in papers}:
        return "01"
    if not all(map(_whole, papers)):
        return "02"
    if not (asked.get("GZZBH") and asked.get("GWZBH")):
        return "03"
    return "04" if subject and subject.name != asked["XM"] else None


def _whole(paper: Words) -> bool:
    content = paper.get("WSNR")
    return content is None or md5(b64decode(content), usedforsecurity=False).hexdigest() == paper.get("MD5")


def _order(desk: Desk, asked: Words) -> Order:
    key, until = _key(desk, asked), asked.get("JSRQ")
    return Order(
        request_no=asked["BDHM"], action=_action(desk, asked, key), key=key, authority=asked["FYMC"],
        document_no=asked.get("CKWH") or asked["WS"][0]["WSBH"], term_months=int(asked["CFQX"]) if "CFQX" in asked else None,
        until_on=None if until is None else date.fromisoformat(until),
        original_request_no=asked.get("YDJDH"), agency_control_no=asked.get("YCFYWH"), holder_id_no=asked["ZJH"])


def _key(desk: Desk, asked: Words) -> str:
    """Find the unit by its code, or by the certificate where the order names none."""
    if asked.get("BDCDYH"):
        return str(asked["BDCDYH"])
    certificate, subject = asked["BDCQZH"], desk.subject(asked["ZJH"])
    held = [] if subject is None else desk.holdings(subject)
    return next((one.key for one in held if record_of(one).certificate_no == certificate), f"certificate_no:{certificate}")


def _action(desk: Desk, asked: Words, key: str) -> str:
    """Seal what is registered, pre-seal what is not yet (domain.md §7.3)."""
    action = _ACTIONS[asked["KZCS"]]
    holding = desk.holding(key, asked["ZJH"]) if action == "seal" else None
    return "pre_seal" if holding and record_of(holding).right_type == "advance_notice" else action


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"


def _effect(desk: Desk, effect: Effect) -> Words:
    about = {"BDHM": effect.request_no, "FKSJ": _stamp(desk.now())}
    if effect.state == "refused":
        code = _REFUSALS[effect.code or "rejected_by_agency"]
        return {"RESULT": "0000", "KZZT": "2", **about, "CWDM": code, "WNKZYY": _TEXTS[code]}
    return {**told({
        "RESULT": "0000", "KZZT": "1", **about, **unit(effect.key), "CFZT": _STATES[effect.state],
        "CFSX": None if effect.rank is None else str(effect.rank), "SDSJ": _stamp_or_none(effect.served_at),
        "CSKSRQ": _stamp_or_none(effect.effective_at), "CSJSRQ": None if effect.until_on is None else f"{effect.until_on:%Y%m%d}",
        "CFYWH": effect.agency_control_no,
    }), "DYAQ": [mortgage(effect.key, one) for one in effect.priority_rights], "CFDJ": [seal(effect.key, one) for one in effect.prior_measures]}


def _stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else _stamp(at)


def _declined(desk: Desk, number: str, code: str) -> Words:
    return {"RESULT": "2040", "BDHM": number, "FKSJ": _stamp(desk.now()), "CWDM": code, "MESSAGE": _TEXTS[code]}


def _received(desk: Desk, number: str) -> Words:
    soon = {"YJSC": _SECONDS} if desk.agency.mode == "automatic" else {}
    return {"RESULT": "0001", "BDHM": number, "FKSJ": _stamp(desk.now()), "SLBH": f"SL{number}", **soon}


def _answers(desk: Desk, named: tuple[str, str], rows: Sequence[Words]) -> MockResponse:
    operation, tag = named
    return _send(mock_soap.write(operation, [(tag, row) for row in rows], _head(desk, "0000", "成功")))


def _trouble(desk: Desk, code: str) -> MockResponse:
    return _send(mock_soap.write(_QUERIES[0], (), _head(desk, code, _TROUBLES[code])))


def _head(desk: Desk, code: str, info: str) -> dict[str, str]:
    return {"CREATETIME": _stamp(desk.now()), "RESPONSECODE": code, "RESPONSEINFO": info}


def _send(body: bytes) -> MockResponse:
    return MockResponse(body=body, content_type=_CONTENT_TYPE)
