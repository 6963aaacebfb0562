"""A simulated registry: SOAP requests in, SOAP answers out. It must not import the translation of `registry.py`.

Its tables are its own, so that a wrong code over there is found by asking here. Source: domain.md §4.1, §4.5, §5, §7.3
"""

from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any, TypeVar

from contracts.assets.real_estate import RealEstateRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from contracts.words import Model
from services.real_estate import agency_api as wire
from services.real_estate import envelope
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

AnyItem = TypeVar("AnyItem", bound=Model)

_ID_KINDS: Mapping[str, wire.IdKind] = {
    "resident_id": "1", "household_book": "4", "organisation_code": "6", "business_licence": "7", "uscc": "8"}
_RIGHTS: Mapping[str, tuple[str, wire.RightKind]] = {
    "land_ownership": ("TDSYQ", "2"), "construction_land": ("JSYDSYQ", "3"), "homestead": ("JSYDSYQ", "5"),
    "house": ("FDCQ", "4"), "contracted_land": ("NYDSYQ", "9"), "forest": ("LQ", "12"), "sea": ("HYSYQ", "15"),
    "structure": ("GJZWSYQ", "16"), "advance_notice": ("YGDJ", "96"),
}
_STATUSES: Mapping[str, wire.RightStatus] = {"pending": "0", "current": "1", "historical": "2"}
_CO_OWNERSHIPS: Mapping[str, wire.CoOwnership] = {"sole": "0", "joint": "1", "by_shares": "2", "other": "3"}
_FIRST: Mapping[str, wire.SealKind] = {"seal": "1", "pre_seal": "3"}
_WAITING: Mapping[str, wire.SealKind] = {"seal": "2", "pre_seal": "4"}
_STATES: Mapping[str, wire.SealState] = {
    "in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "transferred": "6", "reversed": "7"}
_ACTIONS = {"11": "seal", "12": "renew", "14": "release", "15": "transfer"}
_REFUSALS: Mapping[str, wire.Refusal] = {
    "document_missing": "01", "document_mismatch": "02", "credential_missing": "03", "identity_mismatch": "04",
    "identity_incomplete": "05", "not_authorised": "06", "measure_unsupported": "11", "asset_not_found": "12",
    "asset_exempt": "13", "no_original_measure": "14", "term_over_cap": "15", "already_expired": "16",
    "quota_exceeded": "17", "rejected_by_agency": "99",
}
_NO_SUCH_REQUEST: wire.Refusal = "18"
_TEXTS: Mapping[wire.Refusal, str] = {
    "01": "缺少法律文书", "02": "法律文书与请求不一致", "03": "缺少执行人员证件", "04": "姓名与证件号码不一致", "05": "身份信息不完整",
    "06": "无权办理", "11": "不支持该控制措施", "12": "不动产单元不存在", "13": "依法不得查封", "14": "无原查封记录",
    "15": "期限超过法定上限", "16": "查封已到期", "17": "超过受理限额", "18": "无此请求单号", "99": "业务审核未通过",
}
_TROUBLES: Mapping[wire.ResponseCode, str] = {"9001": "报文格式错误", "9002": "系统繁忙", "9003": "非受理时间", "9004": "未经授权"}
_SECONDS = 1
#: How answers are named: operation and item.
_QUERIES = (wire.QUERY_ANSWER, wire.QUERY_ANSWER_ITEM)
_CONTROLS = (wire.CONTROL_ANSWER, wire.CONTROL_ANSWER_ITEM)


def answer(desk: Desk, request: MockRequest) -> MockResponse | Later:
    """Answer one envelope. See MockAgency."""
    if (request.method, request.path) != ("POST", wire.PATH):
        return MockResponse(status=404)
    try:
        received = envelope.read(request.body)
        match received.operation:
            case wire.QUERY:
                return _queries(desk, _items(received, wire.QUERY_ITEM, wire.QueryItem))
            case wire.CONTROL:
                return _controls(desk, _items(received, wire.CONTROL_ITEM, wire.ControlItem))
            case wire.STATUS:
                return _status(desk, _items(received, wire.STATUS_ITEM, wire.StatusItem)[0])
    except ValueError:
        return _trouble(desk, "9001")
    return _trouble(desk, "9001")


def error(desk: Desk, request: MockRequest, kind: str) -> MockResponse:
    """Answer wrongly, or decline. See MockAgency."""
    if kind == "office_closed":
        return _trouble(desk, "9003")
    if kind == "refused":
        received = envelope.read(request.body)
        words = [envelope.words(element) for element in received.items]
        named = _QUERIES if received.operation == wire.QUERY or words[0].get("XZ") == "1" else _CONTROLS
        return _answers(desk, named, [_declined(desk, row["BDHM"], "99") for row in words])
    answered = answer(desk, request)
    right = (answered.received if isinstance(answered, Later) else answered).body
    return _send(right[: len(right) // 2] if kind == "malformed" else _spoilt(right, kind))


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every item an attribute that the document does not have, or a code that its list does not have."""
    sent = envelope.read(right)
    extra = {"XZZD": "新增字段"} if kind == "unknown_field" else {"RESULT": "7777"}
    return envelope.write(sent.operation, [(item.tag, {**envelope.words(item), **extra}) for item in sent.items], sent.head)


def _items(received: envelope.Envelope, tag: str, model: type[AnyItem]) -> list[AnyItem]:
    if not received.items or any(element.tag != tag for element in received.items):
        raise ValueError("not the items of this operation")
    return [model.model_validate(envelope.words(element)) for element in received.items]


def _queries(desk: Desk, items: Sequence[wire.QueryItem]) -> MockResponse | Later:
    return _deliver(desk, _QUERIES, items, [_query(desk, item) for item in items])


def _controls(desk: Desk, items: Sequence[wire.ControlItem]) -> MockResponse | Later:
    return _deliver(desk, _CONTROLS, items, [_control(desk, item) for item in items])


def _deliver(
    desk: Desk, named: tuple[str, str], items: Sequence[wire.Asker], rows: Sequence[Model],
) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _answers(desk, named, rows)
    return Later(
        received=_answers(desk, named, [_received(desk, item.BDHM) for item in items]),
        answers={item.BDHM: _answers(desk, named, [row]) for item, row in zip(items, rows, strict=True)},
        callbacks={item.BDHM: item.HDDZ for item in items if item.HDDZ})


def _status(desk: Desk, item: wire.StatusItem) -> MockResponse:
    """Answer how an earlier request stands: what was kept for it, or the effect as it is now."""
    named = _QUERIES if item.XZ == "1" else _CONTROLS
    try:
        kept = desk.answer_later(item.BDHM)
    except KeyError:
        kept = _answers(desk, named, [_declined(desk, item.BDHM, _NO_SUCH_REQUEST)])
    if kept is None:
        return _answers(desk, named, [_received(desk, item.BDHM)])
    effect = None if named is _QUERIES else desk.effect(item.BDHM)
    return kept if effect is None else _answers(desk, named, [_effect(desk, effect)])


def _query(desk: Desk, item: wire.QueryItem) -> Model:
    subject = desk.subject(item.ZJH)
    objection = _objection(item, subject, {"2"})
    if objection:
        return _declined(desk, item.BDHM, objection)
    held = [] if subject is None else [(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject)]
    return _rights(desk, item.BDHM, held)


def _control(desk: Desk, item: wire.ControlItem) -> Model:
    objection = _objection(item, desk.subject(item.ZJH), {"1", "2"})
    if objection or (item.KZCS == "15" and not item.GHDX):
        return _declined(desk, item.BDHM, objection or "05")
    return _effect(desk, desk.order(_order(desk, item)))


def _objection(item: wire.Asker, subject: RegisteredSubject | None, needed: set[str]) -> wire.Refusal | None:
    """Look at papers, cards and name before anything else (domain.md §7.4)."""
    if not needed <= {document.WSLB for document in item.WS}:
        return "01"
    if not all(map(_whole, item.WS)):
        return "02"
    if not (item.GZZBH and item.GWZBH):
        return "03"
    return "04" if subject and subject.name != item.XM else None


def _whole(document: wire.Document) -> bool:
    if document.WSNR is None:
        return True
    return md5(envelope.file_bytes(document.WSNR), usedforsecurity=False).hexdigest() == document.MD5


def _order(desk: Desk, item: wire.ControlItem) -> Order:
    return Order(
        request_no=item.BDHM, action=_action(desk, item), key=item.BDCDYH, authority=item.FYMC,
        document_no=item.CKWH or item.WS[0].WSBH, term_months=item.CFQX, until_on=item.JSRQ,
        original_request_no=item.YDJDH, agency_control_no=item.YCFYWH, holder_id_no=item.ZJH)


def _action(desk: Desk, item: wire.ControlItem) -> str:
    """Seal what is registered, pre-seal what is not yet (domain.md §7.3)."""
    action = _ACTIONS[item.KZCS]
    holding = desk.holding(item.BDCDYH, item.ZJH) if action == "seal" else None
    return "pre_seal" if holding and _record(holding).right_type == "advance_notice" else action


def _record(holding: Holding) -> RealEstateRecord:
    assert isinstance(holding.record, RealEstateRecord)
    return holding.record


def _rights(desk: Desk, number: str, held: Sequence[tuple[Holding, Sequence[PriorMeasure]]]) -> Model:
    lists: dict[str, list[wire.Right]] = {}
    for holding, _ in held:
        name, kind = _RIGHTS[_record(holding).right_type]
        lists.setdefault(name, []).append(_right(_record(holding), kind))
    rows: dict[str, Any] = {name: tuple(rights) for name, rights in lists.items()}
    return wire.Rights.model_construct(
        BDHM=number, FKSJ=desk.now(), JGS=len(held), **rows,
        DYAQ=tuple(_mortgage(holding.key, right) for holding, _ in held for right in holding.priority_rights),
        CFDJ=tuple(_seal(holding.key, measure) for holding, measures in held for measure in measures))


def _right(record: RealEstateRecord, kind: wire.RightKind) -> wire.Right:
    return wire.Right.model_construct(
        BDCDYH=record.unit_code, QLLX=kind, QSZT=_STATUSES[record.right_status], ZL=record.location, QLR=record.holder_name,
        GYFS=_CO_OWNERSHIPS[record.co_ownership], DJJG=record.registry, QXDM=record.region_code,
        BDCQZH=record.certificate_no, GHYT=record.planned_use, FWXZ=record.house_nature, JZMJ=record.area_building_m2,
        ZYJZMJ=record.area_private_m2, FTJZMJ=record.area_shared_m2, JGSJ=record.completed_on,
        TDSYQSSJ=record.land_use_from, TDSYJSSJ=record.land_use_to, ZCS=record.total_floors, QLBL=record.share_ratio,
        YWH=record.business_no, PGJ=record.assessed_value_fen, GYR=tuple(
            wire.Owner.model_construct(XM=owner.name, ZJZL=_ID_KINDS.get(owner.id_type or ""), ZJH=owner.id_no,
                                       QLBL=owner.share_ratio) for owner in record.co_owners))


def _mortgage(key: str, right: PriorityRight) -> wire.Mortgage:
    return wire.Mortgage.model_construct(
        BDCDYH=key, DYQR=right.holder, DYFS="2" if right.kind == "maximum_mortgage" else "1", BDBZZQSE=right.amount_fen)


def _seal(key: str, measure: PriorMeasure) -> wire.Seal:
    kinds = _FIRST if measure.rank == 1 else _WAITING
    return wire.Seal.model_construct(
        BDCDYH=key, CFLX=kinds[measure.kind], CFJG=measure.authority, CFWH=measure.document_no, CFSX=measure.rank,
        CFQSSJ=measure.from_on, CFJSSJ=measure.until_on, BDHM=measure.request_no)


def _effect(desk: Desk, effect: Effect) -> Model:
    if effect.state == "refused":
        code = _REFUSALS[effect.code or "rejected_by_agency"]
        return wire.NotDone.model_construct(BDHM=effect.request_no, FKSJ=desk.now(), CWDM=code, WNKZYY=_TEXTS[code])
    return wire.Done.model_construct(
        BDHM=effect.request_no, FKSJ=desk.now(), BDCDYH=effect.key, CFZT=_STATES[effect.state], CFSX=effect.rank,
        SDSJ=effect.served_at, CSKSRQ=effect.effective_at, CSJSRQ=effect.until_on, CFYWH=effect.agency_control_no,
        DYAQ=tuple(_mortgage(effect.key, right) for right in effect.priority_rights),
        CFDJ=tuple(_seal(effect.key, measure) for measure in effect.prior_measures))


def _declined(desk: Desk, number: str, code: wire.Refusal) -> Model:
    return wire.Declined.model_construct(BDHM=number, FKSJ=desk.now(), CWDM=code, MESSAGE=_TEXTS[code])


def _received(desk: Desk, number: str) -> Model:
    soon = _SECONDS if desk.agency.mode == "automatic" else None
    return wire.Received.model_construct(BDHM=number, FKSJ=desk.now(), SLBH=f"SL{number}", YJSC=soon)


def _answers(desk: Desk, named: tuple[str, str], rows: Sequence[Model]) -> MockResponse:
    operation, tag = named
    items = ((tag, row.model_dump(mode="json", exclude_none=True)) for row in rows)
    return _send(envelope.write(operation, items, _head(desk, "0000", "成功")))


def _trouble(desk: Desk, code: wire.ResponseCode) -> MockResponse:
    return _send(envelope.write(wire.QUERY_ANSWER, (), _head(desk, code, _TROUBLES[code])))


def _head(desk: Desk, code: wire.ResponseCode, info: str) -> Mapping[str, str]:
    return {"CREATETIME": f"{desk.now().astimezone(CHINA):%Y%m%d%H%M%S}", "RESPONSECODE": code, "RESPONSEINFO": info}


def _send(body: bytes) -> MockResponse:
    return MockResponse(body=body, content_type=envelope.CONTENT_TYPE)
