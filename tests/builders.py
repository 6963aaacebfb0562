"""Data for tests: each builder gives a valid value, and takes what a test wants to be different."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from contracts.agency import Agency
from contracts.control import PriorityRight, PriorMeasure
from contracts.messages import FoundAsset
from contracts.report import AssetReport, ReleaseProposal
from contracts.subject import Subject
from contracts.words import Text
from gateway.domain.courts import Court, courts
from gateway.domain.directory import Directory
from gateway.domain.law import Table
from gateway.domain.law.overrides import Overrides, parse_overrides, table_of
from gateway.domain.report import ControlView, ReportRequest, TaskView, compile_report

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
#: Invented identifiers with right check digits.
PERSON_ID, OTHER_PERSON_ID, OLD_PERSON_ID = "445302199001010013", "11010519491231002X", "445302900101001"
USCC, OTHER_USCC = "91445300MA4UN0001B", "91350100M000100Y43"
UNIT_CODE, VIN = "445302001001GB00014F00310202", "LFV2A21J9A3000001"

RECORDS: dict[str, dict[str, Any]] = {
    "real_estate": {"unit_code": UNIT_CODE, "location": "云浮市云城区解放路1号", "right_type": "house", "right_status": "current",
                    "holder_name": "陈伟", "co_ownership": "sole", "registry": "云浮市不动产登记中心", "region_code": "445302",
                    "assessed_value_fen": 100_000_000},
    "vehicles": {"plate_no": "粤WA1234", "plate_type": "small", "vin": VIN, "vehicle_type": "小型轿车", "brand": "大众", "owner_name": "陈伟",
                 "status_codes": ["normal"], "mortgage_flag": False},
    "equity": {"uscc": OTHER_USCC, "company_name": "某某有限公司", "registration_status": "in_operation", "holder_name": "陈伟",
               "subscribed_capital_fen": 100_000_000, "share_ratio": "3/10"},
    "deposits": {"account_no": "6222024530200012345", "account_class": "personal_settlement", "account_status": "normal", "currency": "CNY",
                 "balance_fen": 8_812_300, "available_balance_fen": 8_812_300},
    "securities": {"securities_account": "A123456789", "security_code": "600000", "security_name": "浦发银行", "market": "shanghai",
                   "holder_name": "陈伟", "share_nature": "tradable", "quantity": 1000, "available_quantity": 600, "frozen_quantity": 400,
                   "close_price_fen": 1000},
    "provident_fund": {"personal_account_no": "GJJ0001", "holder_name": "陈伟", "balance_fen": 3_000_000, "account_status": "normal",
                       "frozen_fen": 1_000_000},
    "wealth_products": {"wealth_account": "LC0001", "product_code": "GS2026A", "product_name": "稳利一年定开", "product_type": "fixed_income",
                        "sale_channel": "own", "cash_return_account": "6222024530200012345", "currency": "CNY", "units": "78170.80",
                        "available_units": "48856.75", "unit_price": "1.0234", "total_value_fen": 8_000_000, "available_value_fen": 5_000_000},
}


def subject(**other: Any) -> Subject:
    return Subject.model_validate({"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": PERSON_ID, **other})


def company(**other: Any) -> Subject:
    return subject(**{"kind": "organisation", "name": "云浮市新成石材有限公司", "id_type": "uscc", "id_no": USCC, **other})


def agency(code: str = "icbc", asset_type: str = "deposits", **other: Any) -> Agency:
    return Agency.model_validate({"agency": code, "name": {"zh": f"{code}单位", "en": f"Agency {code}"}, "asset_type": asset_type,
                                  "region_code": "000000", "channel": "c2c_national",
                                  "capabilities": ("query", "freeze", "seal", "renew", "release", "deduct", "transfer"), **other})


def directory(*agencies: Agency) -> Directory:
    return Directory(agencies or (
        agency("registry", "real_estate"), agency("vehicle-office", "vehicles"), agency("market", "equity"), agency("icbc"),
        agency("abc"), agency("csdc", "securities"), agency("fund", "provident_fund", subject_kinds=("person",))))


def court(code: str = "粤5302") -> Court:
    found = courts().find(code)
    assert found is not None
    return found


def officer(**other: Any) -> dict[str, Any]:
    return {"name": "李明", "work_card_no": "粤5302-0031", "duty_card_no": "44530200031", **other}


def document(kind: str = "assist_query_notice", **other: Any) -> dict[str, Any]:
    return {"kind": kind, "document_no": "（2026）粤5302执1234号之一", "issued_on": "2026-11-20", **other}


def claim(**other: Any) -> dict[str, Any]:
    return {"principal_fen": 120_000_000, "interest_fen": 8_600_000, "litigation_costs_fen": 500_000, "enforcement_fee_fen": 440_000,
            "paid_fen": 0, "as_of_on": "2026-11-20", **other}


def request_body(**other: Any) -> dict[str, Any]:
    return {
        "case": {"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": claim()}, "officer": officer(),
        "documents": [document()], "purpose": "enforcement",
        "subjects": [{"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": PERSON_ID},
                     {"kind": "organisation", "name": "云浮市新成石材有限公司", "id_type": "uscc", "id_no": USCC}],
        "asset_types": ["real_estate", "deposits"], "answer_by": "2026-11-25", **other}


def control_body(*items: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"request_id": "01JD", "officer": officer(), "documents": [document("ruling"), document("assist_freeze_notice")],
            "items": list(items or [control_item()]), **other}


def control_item(**other: Any) -> dict[str, Any]:
    return {"asset_id": "a1", "measure": "freeze", "amount_fen": 5_000_000, "term_months": 12, **other}


def overrides(rule: str, **parameters: Any) -> Overrides:
    """What a court set for itself: parameters of one rule."""
    row = {"rule": rule, "court": "粤5302", "parameters": parameters, "source": "本院规定", "effective_from": "2026-01-01"}
    return parse_overrides({"overrides": [row]})


def court_law(rule: str, **parameters: Any) -> Table:
    """The legal table of a court that set parameters of a rule for itself."""
    return table_of("粤5302", overrides(rule, **parameters))


def json(body: object) -> bytes:
    return orjson.dumps(body)


def found(asset_type: str = "deposits", *, measures: tuple[PriorMeasure, ...] = (), rights: tuple[PriorityRight, ...] = (),
          **other: Any) -> FoundAsset:
    return FoundAsset(record={**RECORDS[asset_type], **other}, prior_measures=measures, priority_rights=rights)


def measure(**other: Any) -> PriorMeasure:
    return PriorMeasure.model_validate({"kind": "freeze", "authority": "某某法院", "document_no": "（2025）粤07执1号", "rank": 1, **other})


def right(**other: Any) -> PriorityRight:
    return PriorityRight.model_validate({"kind": "mortgage", "holder": "某某银行", **other})


def task(agency_code: str = "icbc", asset_type: str = "deposits", *, at: int = 0, **other: Any) -> TaskView:
    """Make a task of an agency; `at` is the subject."""
    values: dict[str, Any] = {"task_id": f"{agency_code}-{asset_type}-{at}", "agency": agency_code,
                              "name": Text(zh=f"{agency_code}单位", en=f"Agency {agency_code}"), "asset_type": asset_type, "subject": at, "outcome": "none_found", "as_of": NOW, "answered_at": NOW, **other}
    if values.get("assets"):
        values["outcome"] = "found"
    return TaskView(**values)


def control_view(**other: Any) -> ControlView:
    values: dict[str, Any] = {"control_id": "c1", "asset_id": "", "asset_type": "deposits", "subject": 0, "agency": "icbc",
                              "measure": "freeze", "state": "in_force", **other}
    return ControlView(**values)


def asset_id(asset_type: str, holder: str, key: str) -> str:
    return f"{asset_type}|{holder}|{key}"


def report_request(**other: Any) -> ReportRequest:
    values: dict[str, Any] = {"request_id": "01JD", "case_no": "（2026）粤5302执1234号", "subjects": (subject(),),
                              "asset_types": ("real_estate", "deposits"), "claim_fen": 129_540_000, **other}
    return ReportRequest(**values)


def report(*tasks: TaskView, request: ReportRequest | None = None, controls: tuple[ControlView, ...] = (), version: int = 1,
           proposals: tuple[ReleaseProposal, ...] = ()) -> AssetReport:
    return compile_report(request or report_request(), tasks, controls, version=version, compiled_at=NOW + timedelta(seconds=version),
                          asset_id=asset_id, proposals=proposals)


def proposal(**other: Any) -> ReleaseProposal:
    values = {"proposal_id": "c1-all", "control_id": "c1", "asset_id": "deposits|icbc|6222024530200012345", "asset_type": "deposits", "subject": 0,
              "amount_fen": None, "secured_fen": 400, "claim_fen": 100, "excess_fen": 300, "reason": {"zh": "超出债权额", "en": "it exceeds"}, **other}
    return ReleaseProposal.model_validate(values)
