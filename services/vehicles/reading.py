"""What a vehicle office says a subject owns, read vehicle by vehicle and field by field. Pure. Source: domain.md §5, §6.1."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.assets.vehicles import ASSET_TYPE
from contracts.identifiers import plate_no, vin_may_be
from contracts.messages import FoundAsset, Unread
from services.runtime.port import Found
from services.runtime.reading import forms
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.items import Entry, Sheet, not_as_many, read_items, unknown_fields, unread
from services.vehicles import codes

_SEAL = Sheet.of_measures({
    "cflx": Entry("kind", forms.code(codes.SEALS), always=True), "cfjg": Entry("authority", forms.text, always=True),
    "cfwh": Entry("document_no", forms.text), "cfsx": Entry("rank", forms.whole), "ksrq": Entry("from_on", forms.day),
    "jsrq": Entry("until_on", forms.day), "qqdh": Entry("request_no", forms.text),
})
_MORTGAGE = Sheet.of_rights({"dyqr": Entry("holder", forms.text, always=True), "je": Entry("amount_fen", forms.unsigned(forms.yuan))}, stands={"kind": "mortgage"})
VEHICLE = Sheet.of_assets(ASSET_TYPE, {
    "hphm": Entry("plate_no", forms.fit(plate_no), always=True), "hpzl": Entry("plate_type", forms.code(codes.PLATE_KINDS), always=True),
    "clsbdh": Entry("vin", forms.doubtful(vin_may_be, forms.compact), always=True),
    "cllx": Entry("vehicle_type", forms.code(codes.VEHICLE_KINDS), always=True), "clpp": Entry("brand", forms.text, always=True),
    "syr": Entry("owner_name", forms.text, always=True),
    "zt": Entry("status_codes", forms.letters(codes.STATUSES, most=codes.MOST_STATUSES), always=True),
    "dybj": Entry("mortgage_flag", forms.code({"0": False, "1": True}), always=True), "fdjh": Entry("engine_no", forms.text),
    "clxh": Entry("model", forms.text), "csys": Entry("colour", codes.colours), "syxz": Entry("use_nature", forms.code(codes.USES)),
    "sfzmhm": Entry("owner_id_no", forms.text), "ccdjrq": Entry("first_registered_on", forms.day),
    "yxqz": Entry("inspection_valid_to", forms.day), "qzbfqz": Entry("scrap_by", forms.day), "fzjg": Entry("issuing_office", forms.text),
    "glbm": Entry("managing_office", forms.text), "djzsbh": Entry("registration_certificate_no", forms.text),
    "dabh": Entry("archive_no", forms.text), "cf": Entry("prior_measures", _SEAL), "dy": Entry("priority_rights", _MORTGAGE),
})
#: What a row of vehicles says beside them.
_ROW = frozenset({"code", "qqdh", "sl", "cl"})


def found(as_of: datetime | None, row: Mapping[str, Any], around: Sequence[Unread]) -> Found:
    """Read one owner's vehicles; `around` is what was not read of the body they came in.

    Raises: ValueError if the row lists none and does not say that there are none
    """
    marks = [*around, *unknown_fields(row, _ROW)]
    stated, listed = read_or_mark(forms.whole, row, "sl", "count", marks), row.get("cl")
    if listed is None and stated == 0:
        listed = []
    if not isinstance(listed, list):
        raise ValueError("a row without its list of vehicles")  # noqa: TRY004 - what an agency says is a value
    items = read_items(ASSET_TYPE, VEHICLE, listed)
    unreadable = items.unreadable if stated is None else [*items.unreadable, *not_as_many(stated, len(listed), "sl")]
    return Found(as_of, [_contradicted(one) for one in items.assets], tuple(unreadable), tuple(marks))


def _contradicted(vehicle: FoundAsset) -> FoundAsset:
    """Mark a mortgage on a vehicle that is said to be free of them."""
    if not vehicle.priority_rights or vehicle.record["mortgage_flag"]:
        return vehicle
    return vehicle.model_copy(update={"unread": (*vehicle.unread, unread("mortgage_flag", "dybj", "implausible", "0"))})
