"""The depository's closed lists of codes and what each means to us. Constructed from domain.md §3, §5, §6.1.

A code that a list does not have is never given a meaning.
"""

from collections.abc import Mapping

from contracts.control import ControlState, Measure

#: 市场
MARKETS: Mapping[str, str] = {"0": "shenzhen", "1": "shanghai", "2": "beijing"}
#: 股份性质
NATURES: Mapping[str, str] = {"00": "tradable", "01": "restricted", "02": "bond", "03": "fund"}
#: 冻结类型, of a freeze that stands
STANDING: Mapping[str, Measure] = {"01": "freeze", "08": "freeze_and_deduct"}
#: 协助事项, of an order
MEASURES: Mapping[str, str] = {
    "freeze": "01", "renew": "02", "release": "04", "deduct": "06", "freeze_and_deduct": "08", "transfer": "09"}
RELEASE_WAITING = "05"
#: 办理状态
STATES: Mapping[str, ControlState] = {
    "01": "in_force", "02": "waiting", "03": "partly_in_force", "04": "marked", "05": "released", "06": "expired",
    "07": "lapsed", "08": "deducted", "09": "transferred", "10": "reversed",
}
#: 结果代码 of one request
OK, NOTHING, UNSUPPORTED = "0000", "0001", "2006"
REASONS: Mapping[str, str] = {
    "1001": "document_missing", "1002": "document_mismatch", "1003": "credential_missing", "1004": "identity_mismatch",
    "1005": "identity_incomplete", "1006": "not_authorised", "2001": "asset_not_found", "2002": "asset_exempt",
    "2003": "no_original_measure", "2004": "term_over_cap", "2005": "already_expired", "2007": "quota_exceeded",
    "2008": "rejected_by_agency", "2009": "no_original_measure", "2010": "funds_account_missing",
}
ID_TYPES: Mapping[str, str] = {
    "resident_id": "01", "household_book": "02", "passport": "03", "foreign_passport": "04", "hk_macao_permit": "05",
    "hk_macao_return_permit": "06", "taiwan_permit": "07", "military_card": "08", "armed_police_card": "14",
    "organisation_code": "20", "uscc": "21", "business_licence": "22", "foreign_permanent_resident": "99", "other": "99",
}
DOCUMENTS: Mapping[str, str] = {
    "assist_query_notice": "01", "assist_freeze_notice": "02", "assist_execution_notice": "03",
    "assist_publicity_notice": "04", "assist_release_notice": "05", "assist_deduct_notice": "06", "ruling": "11",
    "release_ruling": "12", "deduct_ruling": "13", "transfer_ruling": "14", "application": "21",
    "written_confirmation": "22", "transfer_letter": "23", "ownership_proof": "24",
}
