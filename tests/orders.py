"""What the rules say of an order of one measure on one asset of a report, for tests of single rules."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from gateway.domain.control_body import ControlBody
from gateway.domain.control_rules import Limits, Target, check_items
from gateway.domain.law import LAW, Table
from tests import builders as build

SOURCES = {"deposits": "icbc", "real_estate": "registry", "vehicles": "vehicle-office", "equity": "market", "securities": "csdc",
           "provident_fund": "fund"}
PAPERS = [build.document(kind) for kind in ("ruling", "assist_freeze_notice", "assist_execution_notice", "deduct_ruling", "assist_deduct_notice")]


def wrong_with(
    item: dict[str, Any], asset_type: str = "deposits", *, role: str = "debtor", case_no: str = "（2026）粤5302执1234号", table: Table = LAW,
    today: date = build.TODAY, liable_fen: Mapping[int, int] = MappingProxyType({}),
) -> list[tuple[str, str, str | None]]:
    """Return the field, the code and the rule of everything that is wrong with an item; its field is named within the item."""
    target = Target("a1", asset_type, 0, role, (SOURCES[asset_type],), build.RECORDS[asset_type])  # type: ignore[arg-type]  # a word of a test
    body = ControlBody.model_validate_json(build.json(build.control_body(build.control_item(**item), documents=PAPERS)), strict=True)
    found = check_items(body, {"a1": target}, build.directory(), case_no=case_no, today=today, table=table,
                        limits=Limits(liable_fen=liable_fen))
    return [(one.error.pointer.removeprefix("/items/0/"), one.error.code, one.rule.id if one.rule else None) for one in found]
