"""What a housing bureau says a subject bought, read contract by contract and field by field. Pure; the words are the bureau's own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.asset_type import CoOwner
from contracts.assets.real_estate import ASSET_TYPE
from contracts.messages import Unread
from services.real_estate.places import UNIT, first_of, one_for_each_unit, place_of
from services.runtime.port import Found
from services.runtime.reading import forms
from services.runtime.reading.items import Entry, Sheet, read_items, unknown_fields, unread

RIGHT_STATUSES = {"filed": "current", "signing": "pending", "cancelled": "historical"}
CO_OWNERSHIPS = {"alone": "sole", "together": "joint", "by_share": "by_shares", "other": "other"}
#: Where a word has one meaning; the rest is not known.
ID_TYPES: Mapping[str, str | None] = {
    "citizen": "resident_id", "household": "household_book", "passport": None, "permit": None, "officer": None, "credit_code": "uscc",
    "organisation": "organisation_code", "licence": "business_licence", "unlisted": "other"}
HOLDS = {"seal": "seal", "pre_seal": "pre_seal"}
LOANS = {"mortgage": "mortgage", "maximum": "maximum_mortgage"}
#: What a reply says beside its contracts.
_REPLY = frozenset({"result", "ticket", "contracts"})

_FELLOW = Sheet(CoOwner, {
    "name": Entry("name", forms.text, always=True), "card_kind": Entry("id_type", forms.code(ID_TYPES)), "card_no": Entry("id_no", forms.text),
    "share": Entry("share_ratio", forms.share),
})
_HOLD = Sheet.of_measures({
    "kind": Entry("kind", forms.code(HOLDS), always=True), "by": Entry("authority", forms.text, always=True),
    "paper_no": Entry("document_no", forms.text), "order": Entry("rank", forms.whole), "since": Entry("from_on", forms.day),
    "until": Entry("until_on", forms.day), "ticket": Entry("request_no", forms.text),
})
_LOAN = Sheet.of_rights({
    "bank": Entry("holder", forms.text, always=True), "kind": Entry("kind", forms.code(LOANS), always=True),
    "amount": Entry("amount_fen", forms.unsigned(forms.yuan)),
})
CONTRACT = Sheet.of_assets(ASSET_TYPE, {
    "filing_no": Entry("business_no", forms.text, always=True), "house_code": Entry("unit_code", UNIT, always=True),
    "address": Entry("location", forms.text, always=True), "district": Entry("region_code", forms.compact, always=True),
    "state": Entry("right_status", forms.code(RIGHT_STATUSES), always=True), "buyer": Entry("holder_name", forms.text, always=True),
    "holding": Entry("co_ownership", forms.code(CO_OWNERSHIPS), always=True), "share": Entry("share_ratio", forms.share),
    "fellow_buyers": Entry("co_owners", _FELLOW), "use": Entry("planned_use", forms.text), "nature": Entry("house_nature", forms.text),
    "area": Entry("area_building_m2", forms.area), "area_inside": Entry("area_private_m2", forms.area),
    "area_shared": Entry("area_shared_m2", forms.area), "floors": Entry("total_floors", forms.whole),
    "filed_with": Entry("registry", forms.text, always=True), "holds": Entry("prior_measures", _HOLD), "loans": Entry("priority_rights", _LOAN),
}, stands={"right_type": "advance_notice"})


def found(as_of: datetime | None, reply: Mapping[str, Any], around: Sequence[Unread]) -> Found:
    """Read one buyer's contracts; `around` is what was not read of the body they came in.

    Raises: ValueError if the reply says that there are contracts and lists none
    """
    marks, listed = [*around, *unknown_fields(reply, _REPLY)], reply.get("contracts")
    if isinstance(listed, Mapping):  # one that stands alone
        listed = [listed]
    if reply["result"] == "nothing":
        if not listed:
            return Found(as_of, [], (), tuple(marks))
        marks.append(unread("result", "result", "implausible", "nothing"))
    if not isinstance(listed, list) or not listed:
        raise ValueError("a reply without its contracts")
    places = [place_of(contract, "house_code") for contract in listed]
    items = one_for_each_unit(read_items(ASSET_TYPE, CONTRACT, listed), first_of(places), CONTRACT.wires)
    return Found(as_of, items.assets, tuple(items.unreadable), tuple(marks))
