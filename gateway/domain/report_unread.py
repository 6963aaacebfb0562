"""What of the agencies' answers was not read: checked on arrival whoever wrote the reply, and shown with what each field is. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pydantic import ValidationError

from contracts.asset_type import AssetRecord, AssetType, deciding_fields
from contracts.control import DECIDING_WITHIN, PriorityRight, PriorMeasure
from contracts.messages import FoundAsset, Unread, UnreadableItem
from contracts.raw import raw_of
from contracts.report import ReportUnread, ReportUnreadable
from contracts.words import Text
from gateway.domain.report_views import TaskView

_LISTS = {"prior_measures": Text(zh="在先措施", en="prior measure"), "priority_rights": Text(zh="优先权", en="priority right"),
          "co_owners": Text(zh="共有人", en="co-owner"), "pledges": Text(zh="质押", en="pledge"), "marks": Text(zh="司法标记", en="judicial mark"),
          "parts": Text(zh="分项", en="part"), "portions": Text(zh="分笔", en="portion")}
#: What a field is called on a wire, without a number in it that could be a person's.
_IS_NAME = re.compile(r"[#@]?(?!.*[0-9]{5})[A-Za-z][A-Za-z0-9_:-]{0,40}|#[0-9]{1,4}|")
_FIELDS = {
    "kind": "种类", "authority": "机关", "document_no": "文号", "amount_fen": "金额", "quantity": "数量", "rank": "顺位", "from_on": "起始日期",
    "until_on": "截止日期", "request_no": "请求单号", "holder": "权利人", "name": "姓名或者名称", "id_type": "证件类型", "id_no": "证件号码",
    "share_ratio": "份额", "pledgee": "质权人", "capital_fen": "出资额", "registered_on": "登记日期", "registration_no": "登记编号", "serial": "序号",
    "count": "件数", "as_of": "答复时间", "code": "代码", "detail": "说明", "agency_ref": "受理编号", "elapsed_s": "用时", "raw": "原文", "raw_sha256": "原文摘要", "until": "再问时间",
    "line": "整行", "": "整项",
}


def shown(kind: AssetType, marks: Sequence[Unread]) -> tuple[ReportUnread, ...]:
    """Return marks as a court reads them, each with what its field is."""
    return tuple(ReportUnread(**mark.model_dump(), label=_label(kind, mark)) for mark in marks)


def _label(kind: AssetType, mark: Unread) -> Text:
    """Say what a field is, one inside a list with its place from 1: 在先措施1的截止日期."""
    if mark.code == "unknown_field":
        return Text(zh=f"接口文档以外的字段{mark.wire}", en=f"a field outside the agency's document, {mark.wire}")
    first, _, rest = mark.field.partition(".")
    place, _, inner = rest.partition(".")
    if first not in _LISTS or not place.isdigit():
        return _named(kind, mark.field)
    listed, field = _LISTS[first], _named(kind, inner)
    return Text(zh=f"{listed.zh}{int(place) + 1}的{field.zh}", en=f"{field.en} of {listed.en} {int(place) + 1}")


def _named(kind: AssetType, field: str) -> Text:
    if field in _LISTS:
        return _LISTS[field]
    zh = kind.labels().get(field) or _FIELDS.get(field) or field
    return Text(zh=zh.replace("（分）", ""), en=field.removesuffix("_fen").replace("_", " ") or "the whole item")


def shown_unreadable(kind: AssetType, task: TaskView) -> Iterator[ReportUnreadable]:
    """Return the items of one answer that cannot be read."""
    for item in task.unreadable:
        yield ReportUnreadable(agency=task.agency, task_id=task.task_id, position=item.position, record=item.record, unread=shown(kind, item.unread))


def as_read(kind: AssetType, found: FoundAsset, position: int) -> FoundAsset | UnreadableItem:
    """Return an asset of a reply as far as it is one of its type; what is not is kept and marked, whichever adapter wrote it."""
    valid, wrong = _checked(kind, found.record)
    record = {name: value for name, value in found.record.items() if name not in wrong}
    lost = not _needed(kind.record).isdisjoint(wrong) or any(_decides(kind, found, mark) for mark in found.unread)
    keyless = () if lost or kind.key_fields(record) else tuple(Unread(field=name, wire=name, code="missing") for name in kind.key if name not in wrong)
    unread = (*found.unread, *wrong.values(), *keyless)
    if lost or not kind.key_fields(record):
        standing = {"prior_measures": _told(found.prior_measures), "priority_rights": _told(found.priority_rights)}
        return UnreadableItem(position=position, record=record | {name: told for name, told in standing.items() if told}, unread=unread)
    normal = valid or kind.record.model_validate(record)
    doubts = (Unread(field=name, wire=name, code="implausible", raw=_raw(record.get(name)))
              for name in normal.doubtful() if all(mark.field != name for mark in unread))
    return found.model_copy(update={"record": normal.model_dump(mode="json", exclude_unset=True, exclude_none=True), "unread": (*unread, *doubts)})


def _decides(kind: AssetType, found: FoundAsset, mark: Unread) -> bool:
    """Tell whether an asset lacks a deciding field that its adapter says it could not read."""
    name, _, within = mark.field.partition(".")
    if mark.code in ("implausible", "unknown_field"):
        return False
    if name in DECIDING_WITHIN:
        place, _, inner = within.partition(".")
        rows = found.prior_measures if name == "prior_measures" else found.priority_rights
        row = rows[int(place)] if place.isdecimal() and int(place) < len(rows) else None
        return not inner or (inner in DECIDING_WITHIN[name] and getattr(row, inner, None) is None)
    return name in _needed(kind.record) and found.record.get(name) is None


def each_once(kind: AssetType, read: Mapping[int, FoundAsset | UnreadableItem]) -> list[FoundAsset | UnreadableItem]:
    """Return the items of one answer, given by place; one whose key was told before with another record cannot be read: neither may hide the other."""
    records: dict[str, dict[str, object]] = {}
    return [_again(kind, place, one) if isinstance(one, FoundAsset) and records.setdefault(kind.key_text(one.record), one.record) != one.record
            else one for place, one in read.items()]


def _again(kind: AssetType, position: int, found: FoundAsset) -> UnreadableItem:
    name = kind.key_fields(found.record)[0]
    told = tuple(mark for mark in found.unread if mark.field != name)
    return UnreadableItem(position=position, record=found.record, unread=(*told, Unread(
        field=name, wire=name, code="implausible", raw=raw_of(kind.key_text(found.record)))))


def _told(values: Sequence[PriorMeasure] | Sequence[PriorityRight]) -> list[dict[str, object]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in values]


@cache
def _needed(record: type[AssetRecord]) -> frozenset[str]:
    """Return the fields without which a record is none, or does not say which thing it is, whose, how much, and in what state."""
    return deciding_fields(record) | {name for name, field in record.model_fields.items() if field.is_required()}


def _checked(kind: AssetType, record: Mapping[str, object]) -> tuple[AssetRecord | None, dict[str, Unread]]:
    """Return a record that is one, or the marks of what of it is none."""
    wrong = {name: Unread(field=name, wire=name, code="bad_form", raw=_raw(value)) for name, value in record.items() if _garbled(value)}
    try:
        valid = kind.record.model_validate(record)
    except ValidationError as error:
        return None, wrong | {mark.field: mark for mark in _marks(error, record)}
    return (None if wrong else valid), wrong


def _marks(error: ValidationError, record: Mapping[str, object]) -> Iterator[Unread]:
    for one in error.errors(include_url=False, include_context=False):
        name = str(one["loc"][0])
        value = record.get(name)
        code = "missing" if value is None else "unknown_field" if one["type"] == "extra_forbidden" else "bad_form"
        yield Unread.model_validate({"field": name, "wire": name, "code": code, "raw": _raw(value)})


def _raw(value: object) -> str | None:
    return None if value is None else raw_of(value)


def _garbled(value: object) -> bool:
    """Tell whether a value has what stands for characters that could not be decoded, or a number that no store takes."""
    if isinstance(value, Mapping):
        return any(map(_garbled, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(_garbled, value))
    return "\ufffd" in value if isinstance(value, str) else isinstance(value, int | float) and not abs(value) < 2**63  # NaN is none either


def oddities(items: Sequence[FoundAsset | UnreadableItem], around: Sequence[Unread]) -> list[dict[str, str]]:
    """Return what an operator and the agency are told of an answer: field, code and form, never what was in it.

    Shape: each {"field", "wire", "code", "form"} once; `form` has 9 for a digit, A for a letter, 字 for a Chinese character
    """
    marks = [*around, *(mark for one in items for mark in one.unread)]
    told = [{"field": _name(mark.field), "wire": _name(mark.wire), "code": mark.code, "form": form_of(mark.raw)} for mark in marks]
    return list({tuple(one.items()): one for one in told}.values())


def _name(path: str) -> str:
    """Return a field's name without places in lists; only the form of what is no name of a field, since it may be somebody's."""
    steps = (step for step in path.split(".") if not step.isdigit())
    return ".".join(step if _IS_NAME.fullmatch(step) else form_of(step) for step in steps)


def form_of(raw: str | None) -> str:
    """Return the form of a value: nothing that tells whose it is. Shape: at most 40 characters."""
    return "".join(map(_form_of_char, (raw or "")[:40]))


def _form_of_char(char: str) -> str:
    if char.isdigit() or char.isalpha():
        return "9" if char.isdigit() else "字" if char >= "\u2e80" else "A"
    return char if char.isprintable() else "?"
