"""A simulated vehicle office: JSON in, JSON out, as its document says (vehicle_office.openapi.yaml). It shares no code with the adapter.

Its tables are its own, so that a wrong code in the adapter is found by asking it. Source: domain.md §5, §6.1, §7.3; GA/T 16
"""

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.vehicles import VehicleRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from contracts.money import fen_to_yuan
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.vehicles.fleet import invent

Said = dict[str, Any]

_QUERY_PATH, _CONTROL_PATH, _STATUS_PATH = "/api/jdc/cx", "/api/jdc/kz", "/api/jdc/jg"
_PLATE_KINDS = {"large": "01", "small": "02", "motorcycle": "07", "trailer": "15", "large_new_energy": "51", "small_new_energy": "52"}
_VEHICLE_KINDS = {
    "大型普通客车": "K11", "小型普通客车": "K31", "小型越野客车": "K32", "小型轿车": "K33", "重型普通货车": "H11", "中型普通货车": "H21",
    "轻型普通货车": "H31", "重型半挂牵引车": "Q11", "重型普通半挂车": "B11", "普通二轮摩托车": "M21"}
_COLOURS = {"白": "A", "灰": "B", "黄": "C", "粉": "D", "红": "E", "紫": "F", "绿": "G", "蓝": "H", "棕": "I", "黑": "J", "其他": "Z"}
_USES = {"非营运": "A", "公路客运": "B", "公交客运": "C", "出租客运": "D", "旅游客运": "E", "货运": "F", "租赁": "G"}
_LETTERS = {
    "normal": "A", "transferred_out": "B", "stolen": "C", "out_of_service": "D", "deregistered": "E",
    "violation_unsettled": "G", "customs_supervision": "H", "accident_unsettled": "I", "suspect": "J", "sealed": "K",
    "detained": "L", "compulsory_scrap": "M", "hit_and_run": "N", "locked": "O", "scrapped": "P", "inspection_overdue": "Q",
}
_FIRST = {"seal": "1", "seize": "3", "watchlist": "5"}
_WAITING = {"seal": "2", "seize": "4"}
_STATES = {
    "in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "transferred": "6", "reversed": "7"}
_ACTIONS = {"01": "seal", "02": "renew", "03": "release", "04": "transfer", "05": "seize", "06": "watchlist"}
_REFUSALS = {
    "document_missing": "1001", "document_mismatch": "1002", "credential_missing": "1003", "identity_mismatch": "1004",
    "identity_incomplete": "1005", "not_authorised": "1006", "measure_unsupported": "2001", "asset_not_found": "2002",
    "asset_exempt": "2003", "no_original_measure": "2004", "term_over_cap": "2005", "already_expired": "2006",
    "quota_exceeded": "2007", "rejected_by_agency": "2099",
}
_NO_SUCH_REQUEST = "2008"
_TEXTS = {
    "1001": "缺少法律文书", "1002": "法律文书与请求不一致", "1003": "缺少执行人员证件", "1004": "姓名与证件号码不一致",
    "1005": "身份信息不完整", "1006": "无权办理", "2001": "不支持该措施", "2002": "查无此车", "2003": "依法不得查封",
    "2004": "无原查封记录", "2005": "期限超过法定上限", "2006": "查封已到期", "2007": "超过受理限额", "2008": "无此请求单号",
    "2099": "业务审核未通过",
}
_TROUBLES: Mapping[str, tuple[str, HTTPStatus]] = {
    "9001": ("报文格式错误", HTTPStatus.BAD_REQUEST), "9002": ("系统繁忙", HTTPStatus.OK), "9003": ("非受理时间", HTTPStatus.OK),
    "9004": ("系统未授权", HTTPStatus.FORBIDDEN)}
_SECONDS = 1
#: What every request says of who asks about whom, and what a control says besides.
_ASKER, _CONTROL = ("qqdh", "xm", "sfzmmc", "sfzmhm", "fymc", "fydm", "ah"), ("kzcs", "hphm")
#: How vehicle offices write beside their document.
ODDITIES = (
    Oddity("clsbdh", "WVGZZZ5NZEW069297"), Oddity("clsbdh", "8A0123456"), Oddity("clsbdh", "LFV2A21J8K3000001"),
    Oddity("csys", "AJ"), Oddity("csys", "W"), Oddity("hpzl", "16"), Oddity("hpzl", "77"), Oddity("cllx", "K13"), Oddity("cllx", "K99"),
    Oddity("clpp", ""), Oddity("syxz", "非营运"), Oddity("ccdjrq", "20190305"), Oddity("ccdjrq", "0001-01-01"), Oddity("yxqz", "2027年3月"),
    Oddity("qzbfqz", "9999-12-31"), Oddity("fdjh", None), Oddity("bz", "新增字段"), Oddity("cf.0.jsrq", "9999-12-31"), Oddity("cf.0.cfwh", GONE),
    Oddity("hphm", "粤A1234应急", telling=False), Oddity("hphm", "粤W·A8K21", telling=False), Oddity("hphm", "无牌", telling=False),
    Oddity("zt", "AX", telling=False), Oddity("syr", "", telling=False), Oddity("dybj", "是", telling=False),
    Oddity("cf.0.cflx", "8", telling=False), Oddity("dy.0.je", "98600", telling=False),
)


class VehicleOffice:
    """The simulated vehicle offices."""

    asset_type = "vehicles"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:  # noqa: ARG002 - the port
        """Give some subjects vehicles. See MockAgency."""
        return invent(agency, subject, rng)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See MockAgency."""
        try:
            match request.method, request.path:
                case "POST", path if path == _QUERY_PATH:
                    askers = [_checked(one, _ASKER) for one in _asked(request)["qq"]]
                    return _deliver(desk, askers, [_query(desk, asker) for asker in askers])
                case "POST", path if path == _CONTROL_PATH:
                    control = _checked(_asked(request), (*_ASKER, *_CONTROL))
                    return _deliver(desk, [control], [_control(desk, control)])
                case "GET", path if path.startswith(f"{_STATUS_PATH}/"):
                    return _status(desk, *_asked_about(path))
        except (KeyError, TypeError, ValueError):
            return _trouble(desk, "9001")
        return MockResponse(status=404)

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one vehicle oddly. See MockAgency."""
        body = json.loads(response.body)
        write_oddly([vehicle for row in body.get("jg", ()) for vehicle in row.get("cl", ())], ODDITIES, rng)
        return MockResponse(body=_written(body), status=response.status)

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer wrongly, or decline. See MockAgency."""
        if kind == "office_closed":
            return _trouble(desk, "9003")
        if kind == "refused":
            return _answers(desk, [_declined(number, "2099") for number in _numbers(request)])
        answered = self.answer(desk, request)
        right = (answered.received if isinstance(answered, Later) else answered).body
        return MockResponse(body=right[: len(right) // 2] if kind == "malformed" else _spoilt(right, kind))


MOCK = VehicleOffice()


def _asked(request: MockRequest) -> Said:
    asked: Said = json.loads(request.body)
    return asked


def _checked(asked: Said, needed: Sequence[str]) -> Said:
    """Refuse what leaves out what the document asks for. Raises: ValueError."""
    if any(not isinstance(asked[name], str) or not asked[name] for name in needed):
        raise ValueError("not what the document asks for")
    return asked


def _numbers(request: MockRequest) -> list[str]:
    if request.method == "GET":
        return [_asked_about(request.path)[1]]
    body = _asked(request)
    return [asker["qqdh"] for asker in body.get("qq", [body])]


def _asked_about(path: str) -> tuple[str, str]:
    about, _, number = path.removeprefix(f"{_STATUS_PATH}/").partition("/")
    return about, unquote(number)


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every answer a field that the document does not have, or a code that its list does not have."""
    body = json.loads(right)
    for row in body.get("jg", [body]):
        row.update({"xzzd": "新增字段"} if kind == "unknown_field" else {"code": "7777"})
    return _written(body)


def _deliver(desk: Desk, asked: Sequence[Said], rows: Sequence[Said]) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _answers(desk, rows)
    return Later(
        received=_answers(desk, [_received(desk, one["qqdh"]) for one in asked]),
        answers={one["qqdh"]: _answers(desk, [row]) for one, row in zip(asked, rows, strict=True)},
        callbacks={one["qqdh"]: one["hddz"] for one in asked if one.get("hddz")})


def _status(desk: Desk, about: str, number: str) -> MockResponse:
    """Answer how an earlier request stands: what was kept for it, or the effect as it is now."""
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = _answers(desk, [_declined(number, _NO_SUCH_REQUEST)])
    if kept is None:
        return _answers(desk, [_received(desk, number)])
    effect = desk.effect(number) if about == "kz" else None
    return kept if effect is None else _answers(desk, [_effect(effect)])


def _query(desk: Desk, asker: Said) -> Said:
    subject = desk.subject(asker["sfzmhm"])
    objection = _objection(asker, subject, {"2"})
    if objection:
        return _declined(asker["qqdh"], objection)
    owned = [] if subject is None else [
        _vehicle(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject)]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(owned, ODDITIES, rng, telling_only=True)
    return {"code": "0000", "qqdh": asker["qqdh"], "sl": len(owned), "cl": owned}


def _control(desk: Desk, control: Said) -> Said:
    objection = _objection(control, desk.subject(control["sfzmhm"]), {"1", "2"})
    if objection or (control["kzcs"] == "04" and control.get("gh") is None):
        return _declined(control["qqdh"], objection or "1005")
    until = control.get("jsrq")
    return _effect(desk.order(Order(
        request_no=control["qqdh"], action=_ACTIONS[control["kzcs"]], key=control["hphm"], authority=control["fymc"],
        document_no=control.get("cdsh") or control["ws"][0]["wsbh"], term_months=control.get("cfqx"),
        until_on=date.fromisoformat(until) if until else None, original_request_no=control.get("ydjdh"),
        agency_control_no=control.get("ycfdh"), holder_id_no=control["sfzmhm"])))


def _objection(asker: Said, subject: RegisteredSubject | None, needed: set[str]) -> str | None:
    """Look at papers, cards and name before anything else (domain.md §7.4)."""
    papers = asker.get("ws", [])
    if not needed <= {document["wslb"] for document in papers}:
        return "1001"
    if any("wsnr" in document and sha256(b64decode(document["wsnr"])).hexdigest() != document.get("jyz") for document in papers):
        return "1002"
    if not (asker.get("gzzbh") and asker.get("gwzbh")):
        return "1003"
    return "1004" if subject and subject.name != asker["xm"] else None


def _vehicle(holding: Holding, measures: Sequence[PriorMeasure]) -> Said:
    record = holding.record
    assert isinstance(record, VehicleRecord)
    return _told({
        "hphm": record.plate_no, "hpzl": _PLATE_KINDS.get(record.plate_type or ""), "clsbdh": record.vin,
        "cllx": _VEHICLE_KINDS.get(record.vehicle_type or ""), "clpp": record.brand, "syr": record.owner_name,
        "zt": "".join(_LETTERS[code] for code in record.status_codes), "dybj": "1" if record.mortgage_flag else "0",
        "fdjh": record.engine_no, "clxh": record.model, "csys": _COLOURS.get(record.colour or ""), "syxz": _USES.get(record.use_nature or ""),
        "sfzmhm": record.owner_id_no, "ccdjrq": _day(record.first_registered_on), "yxqz": _day(record.inspection_valid_to),
        "qzbfqz": _day(record.scrap_by), "fzjg": record.issuing_office, "glbm": record.managing_office,
        "djzsbh": record.registration_certificate_no, "dabh": record.archive_no, "cf": [_seal(one) for one in measures],
        "dy": [_mortgage(one) for one in holding.priority_rights]})


def _told(fields: Said) -> Said:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _seal(measure: PriorMeasure) -> Said:
    kinds = _FIRST if measure.rank in (None, 1) else _WAITING
    return _told({
        "cflx": kinds[measure.kind], "cfjg": measure.authority, "cfwh": measure.document_no, "cfsx": measure.rank,
        "ksrq": _day(measure.from_on), "jsrq": _day(measure.until_on), "qqdh": measure.request_no})


def _mortgage(right: PriorityRight) -> Said:
    return _told({"dyqr": right.holder, "je": None if right.amount_fen is None else fen_to_yuan(right.amount_fen)})


def _effect(effect: Effect) -> Said:
    if effect.state == "refused":
        return _declined(effect.request_no, _REFUSALS[effect.code or "rejected_by_agency"])
    return _told({
        "code": "0000", "qqdh": effect.request_no, "hphm": effect.key, "cfzt": _STATES[effect.state], "cfsx": effect.rank,
        "cfdh": effect.agency_control_no, "sdsj": _instant(effect.served_at), "sxsj": _instant(effect.effective_at),
        "jsrq": _day(effect.until_on), "cf": [_seal(one) for one in effect.prior_measures],
        "dy": [_mortgage(one) for one in effect.priority_rights]})


def _declined(number: str, code: str) -> Said:
    return {"code": code, "qqdh": number, "msg": _TEXTS[code]}


def _received(desk: Desk, number: str) -> Said:
    soon = {"yjms": _SECONDS} if desk.agency.mode == "automatic" else {}
    return {"code": "0001", "qqdh": number, "sldh": f"JG{number}", **soon}


def _answers(desk: Desk, rows: Sequence[Said]) -> MockResponse:
    return MockResponse(body=_written({"code": "0000", "sj": _instant(desk.now()), "jg": list(rows)}))


def _trouble(desk: Desk, code: str) -> MockResponse:
    text, status = _TROUBLES[code]
    return MockResponse(status=status, body=_written({"code": code, "msg": text, "sj": _instant(desk.now())}))


def _written(body: Said) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
