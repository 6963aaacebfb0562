"""A simulated vehicle office: JSON in, JSON out. It must not import the adapter.

Its tables are its own, so that a wrong code in the adapter is found by asking it. Source: domain.md §5, §6.1, §7.3
"""

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from random import Random
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.vehicles import VehicleRecord
from contracts.control import PriorityRight, PriorMeasure
from contracts.words import Model
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.vehicles import agency_api as wire
from services.vehicles.fleet import invent

_PLATE_KINDS: Mapping[str, wire.PlateKind] = {
    "large": "01", "small": "02", "motorcycle": "07", "trailer": "15", "large_new_energy": "51", "small_new_energy": "52"}
_VEHICLE_KINDS: Mapping[str, wire.VehicleKind] = {
    "大型普通客车": "K11", "小型普通客车": "K31", "小型越野客车": "K32", "小型轿车": "K33", "重型普通货车": "H11", "中型普通货车": "H21",
    "轻型普通货车": "H31", "重型半挂牵引车": "Q11", "重型普通半挂车": "B11", "普通二轮摩托车": "M21"}
_COLOURS: Mapping[str, wire.Colour] = {
    "白": "A", "灰": "B", "黄": "C", "粉": "D", "红": "E", "紫": "F", "绿": "G", "蓝": "H", "棕": "I", "黑": "J", "其他": "Z"}
_USES: Mapping[str, wire.Use] = {
    "非营运": "A", "公路客运": "B", "公交客运": "C", "出租客运": "D", "旅游客运": "E", "货运": "F", "租赁": "G"}
_LETTERS = {
    "normal": "A", "transferred_out": "B", "stolen": "C", "out_of_service": "D", "deregistered": "E",
    "violation_unsettled": "G", "customs_supervision": "H", "accident_unsettled": "I", "suspect": "J", "sealed": "K",
    "detained": "L", "compulsory_scrap": "M", "hit_and_run": "N", "locked": "O", "scrapped": "P", "inspection_overdue": "Q",
}
_FIRST: Mapping[str, wire.SealKind] = {"seal": "1", "seize": "3", "watchlist": "5"}
_WAITING: Mapping[str, wire.SealKind] = {"seal": "2", "seize": "4"}
_STATES: Mapping[str, wire.SealState] = {
    "in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "transferred": "6", "reversed": "7"}
_ACTIONS = {"01": "seal", "02": "renew", "03": "release", "04": "transfer", "05": "seize", "06": "watchlist"}
_REFUSALS: Mapping[str, wire.Refusal] = {
    "document_missing": "1001", "document_mismatch": "1002", "credential_missing": "1003", "identity_mismatch": "1004",
    "identity_incomplete": "1005", "not_authorised": "1006", "measure_unsupported": "2001", "asset_not_found": "2002",
    "asset_exempt": "2003", "no_original_measure": "2004", "term_over_cap": "2005", "already_expired": "2006",
    "quota_exceeded": "2007", "rejected_by_agency": "2099",
}
_NO_SUCH_REQUEST: wire.Refusal = "2008"
_TEXTS: Mapping[wire.Refusal, str] = {
    "1001": "缺少法律文书", "1002": "法律文书与请求不一致", "1003": "缺少执行人员证件", "1004": "姓名与证件号码不一致",
    "1005": "身份信息不完整", "1006": "无权办理", "2001": "不支持该措施", "2002": "查无此车", "2003": "依法不得查封",
    "2004": "无原查封记录", "2005": "期限超过法定上限", "2006": "查封已到期", "2007": "超过受理限额", "2008": "无此请求单号",
    "2099": "业务审核未通过",
}
_TROUBLES: Mapping[wire.TroubleCode, tuple[str, HTTPStatus]] = {
    "9001": ("报文格式错误", HTTPStatus.BAD_REQUEST), "9002": ("系统繁忙", HTTPStatus.OK), "9003": ("非受理时间", HTTPStatus.OK),
    "9004": ("系统未授权", HTTPStatus.FORBIDDEN)}
_SECONDS = 1


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
                case "POST", wire.QUERY_PATH:
                    queries = wire.Queries.model_validate_json(request.body).qq
                    return _deliver(desk, queries, [_query(desk, asker) for asker in queries])
                case "POST", wire.CONTROL_PATH:
                    control = wire.Control.model_validate_json(request.body)
                    return _deliver(desk, [control], [_control(desk, control)])
                case "GET", path if path.startswith(f"{wire.STATUS_PATH}/"):
                    return _status(desk, *_asked_about(path))
        except ValueError:
            return _trouble(desk, "9001")
        return MockResponse(status=404)

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


def _numbers(request: MockRequest) -> list[str]:
    if request.method == "GET":
        return [_asked_about(request.path)[1]]
    body = json.loads(request.body)
    return [asker["qqdh"] for asker in body.get("qq", [body])]


def _asked_about(path: str) -> tuple[str, str]:
    about, _, number = path.removeprefix(f"{wire.STATUS_PATH}/").partition("/")
    return about, unquote(number)


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every answer a field that the document does not have, or a code that its list does not have."""
    body = json.loads(right)
    for row in body.get("jg", [body]):
        row.update({"xzzd": "新增字段"} if kind == "unknown_field" else {"code": "7777"})
    return json.dumps(body, ensure_ascii=False).encode()


def _deliver(desk: Desk, asked: Sequence[wire.Asker], rows: Sequence[Model]) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _answers(desk, rows)
    return Later(
        received=_answers(desk, [_received(desk, one.qqdh) for one in asked]),
        answers={one.qqdh: _answers(desk, [row]) for one, row in zip(asked, rows, strict=True)},
        callbacks={one.qqdh: one.hddz for one in asked if one.hddz})


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


def _query(desk: Desk, asker: wire.Asker) -> Model:
    subject = desk.subject(asker.sfzmhm)
    objection = _objection(asker, subject, {"2"})
    if objection:
        return _declined(asker.qqdh, objection)
    owned = () if subject is None else tuple(
        _vehicle(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject))
    return wire.Vehicles.model_construct(qqdh=asker.qqdh, sl=len(owned), cl=owned)


def _control(desk: Desk, control: wire.Control) -> Model:
    objection = _objection(control, desk.subject(control.sfzmhm), {"1", "2"})
    if objection or (control.kzcs == "04" and control.gh is None):
        return _declined(control.qqdh, objection or "1005")
    return _effect(desk.order(Order(
        request_no=control.qqdh, action=_ACTIONS[control.kzcs], key=control.hphm, authority=control.fymc,
        document_no=control.cdsh or control.ws[0].wsbh, term_months=control.cfqx, until_on=control.jsrq,
        original_request_no=control.ydjdh, agency_control_no=control.ycfdh, holder_id_no=control.sfzmhm)))


def _objection(asker: wire.Asker, subject: RegisteredSubject | None, needed: set[str]) -> wire.Refusal | None:
    """Look at papers, cards and name before anything else (domain.md §7.4)."""
    if not needed <= {document.wslb for document in asker.ws}:
        return "1001"
    if any(document.wsnr is not None and sha256(b64decode(document.wsnr)).hexdigest() != document.jyz for document in asker.ws):
        return "1002"
    if not (asker.gzzbh and asker.gwzbh):
        return "1003"
    return "1004" if subject and subject.name != asker.xm else None


def _vehicle(holding: Holding, measures: Sequence[PriorMeasure]) -> wire.Vehicle:
    record = holding.record
    assert isinstance(record, VehicleRecord)
    return wire.Vehicle.model_construct(
        hphm=record.plate_no, hpzl=_PLATE_KINDS[record.plate_type], clsbdh=record.vin, cllx=_VEHICLE_KINDS[record.vehicle_type],
        clpp=record.brand, syr=record.owner_name, zt="".join(_LETTERS[code] for code in record.status_codes),
        dybj="1" if record.mortgage_flag else "0", fdjh=record.engine_no, clxh=record.model,
        csys=_COLOURS[record.colour] if record.colour else None, syxz=_USES[record.use_nature] if record.use_nature else None,
        sfzmhm=record.owner_id_no, ccdjrq=record.first_registered_on, yxqz=record.inspection_valid_to, qzbfqz=record.scrap_by,
        fzjg=record.issuing_office, glbm=record.managing_office, djzsbh=record.registration_certificate_no,
        dabh=record.archive_no, cf=tuple(map(_seal, measures)), dy=tuple(map(_mortgage, holding.priority_rights)))


def _seal(measure: PriorMeasure) -> wire.Seal:
    kinds = _FIRST if measure.rank in (None, 1) else _WAITING
    return wire.Seal.model_construct(
        cflx=kinds[measure.kind], cfjg=measure.authority, cfwh=measure.document_no, cfsx=measure.rank, ksrq=measure.from_on,
        jsrq=measure.until_on, qqdh=measure.request_no)


def _mortgage(right: PriorityRight) -> wire.Mortgage:
    return wire.Mortgage.model_construct(dyqr=right.holder, je=right.amount_fen)


def _effect(effect: Effect) -> Model:
    if effect.state == "refused":
        return _declined(effect.request_no, _REFUSALS[effect.code or "rejected_by_agency"])
    return wire.Done.model_construct(
        qqdh=effect.request_no, hphm=effect.key, cfzt=_STATES[effect.state], cfsx=effect.rank, cfdh=effect.agency_control_no,
        sdsj=effect.served_at, sxsj=effect.effective_at, jsrq=effect.until_on, cf=tuple(map(_seal, effect.prior_measures)),
        dy=tuple(map(_mortgage, effect.priority_rights)))


def _declined(number: str, code: wire.Refusal) -> Model:
    return wire.Declined.model_construct(code=code, qqdh=number, msg=_TEXTS[code])


def _received(desk: Desk, number: str) -> Model:
    soon = _SECONDS if desk.agency.mode == "automatic" else None
    return wire.Received.model_construct(qqdh=number, sldh=f"JG{number}", yjms=soon)


def _answers(desk: Desk, rows: Sequence[Model]) -> MockResponse:
    jg = tuple(row.model_dump(mode="json", exclude_none=True) for row in rows)
    return MockResponse(body=wire.Answers.model_construct(sj=desk.now(), jg=jg).model_dump_json().encode())


def _trouble(desk: Desk, code: wire.TroubleCode) -> MockResponse:
    text, status = _TROUBLES[code]
    body = wire.Trouble.model_construct(code=code, msg=text, sj=desk.now())
    return MockResponse(status=status, body=body.model_dump_json().encode())
