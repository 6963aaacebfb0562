"""The code lists of the registries and what each code means. Sources: 不动产登记数据库标准 (权利类型 1-22, 99), domain.md §4.1, §4.5, §5.

A code that a list does not have is never given a meaning: from 23 on registries number the kinds of right each in their own way. States and
refusals are constructed.
"""

from collections.abc import Mapping
from typing import Any

from contracts.control import ControlState, Measure
from services.runtime.reading.forms import Form, Odd, compact

#: QLLX: what a kind of right is to us, and the list it belongs to, if there is one
RIGHTS: Mapping[str, tuple[str, str | None]] = {
    "1": ("land_ownership", "TDSYQ"), "2": ("land_ownership", "TDSYQ"), "3": ("construction_land", "JSYDSYQ"),
    "4": ("house", "FDCQ"), "5": ("homestead", "JSYDSYQ"), "6": ("house", "FDCQ"), "7": ("construction_land", "JSYDSYQ"),
    "8": ("house", "FDCQ"), "9": ("contracted_land", "NYDSYQ"), "10": ("forest", "LQ"), "11": ("forest", "LQ"), "12": ("forest", "LQ"),
    "13": ("grassland", "NYDSYQ"), "14": ("aquaculture", "NYDSYQ"), "15": ("sea", "HYSYQ"), "16": ("structure", "GJZWSYQ"),
    "17": ("island", "HYSYQ"), "18": ("structure", "GJZWSYQ"), "19": ("easement", None), "20": ("water_use", None),
    "21": ("prospecting", None), "22": ("mining", None), "92": ("residence", None), "96": ("advance_notice", "YGDJ"), "99": ("other", None),
}
#: The lists of rights: land · construction land and homesteads · houses · contracted land · forest · sea · structures · advance notices
LISTS = ("TDSYQ", "JSYDSYQ", "FDCQ", "NYDSYQ", "LQ", "HYSYQ", "GJZWSYQ", "YGDJ")
#: QSZT
STATUSES = {"0": "pending", "1": "current", "2": "historical"}
#: GYFS
CO_OWNERSHIPS = {"0": "sole", "1": "joint", "2": "by_shares", "3": "other"}
#: CFLX: 1 seal · 2 waiting · 3 pre-seal · 4 waiting pre-seal · 5 renewed seal
SEALS: Mapping[str, Measure] = {"1": "seal", "2": "seal", "3": "pre_seal", "4": "pre_seal", "5": "seal"}
#: DYFS
MORTGAGES = {"1": "mortgage", "2": "maximum_mortgage"}
#: ZJZL of another owner, where a code has one meaning
ID_TYPES: Mapping[str, str | None] = {
    "1": "resident_id", "2": None, "3": None, "4": "household_book", "5": None, "6": "organisation_code", "7": "business_licence", "8": "uscc",
    "99": "other"}
#: CFZT
STATES: Mapping[str, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "transferred", "7": "reversed",
}
UNSUPPORTED = "11"
#: CWDM
REASONS = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_incomplete", "06": "not_authorised", "12": "asset_not_found", "13": "asset_exempt",
    "14": "no_original_measure", "15": "term_over_cap", "16": "already_expired", "17": "quota_exceeded",
    "18": "no_original_measure", "99": "rejected_by_agency",
}


def right_in(list_name: str) -> Form:
    """Return the form of a kind of right in one list; one that belongs elsewhere is kept and marked."""

    def read(value: object) -> Any:
        kind, home = RIGHTS.get(compact(value), (None, None))
        if kind is None:
            raise Odd("unknown_code")
        if home != list_name:
            raise Odd("implausible", kept=kind)
        return kind

    return read
