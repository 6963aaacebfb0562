"""What the fund centre records of the demo person, and golden pairs of its results and what they mean.

Used by the mock agency (demo account), by the tests and by the docs. People, companies and numbers are invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from contracts.assets.provident_fund import ProvidentFundRecord
from contracts.control import ControlAnswer, PriorMeasure
from contracts.messages import FoundAsset, Unread, UnreadableItem
from services.runtime import port
from services.runtime.mock.port import Holding

DEMO_PERSON = "445302199001010013"
_ACCOUNT = ProvidentFundRecord(
    personal_account_no="445300010013", holder_name="陈伟", employer_name="云浮市新成石材有限公司", balance_fen=8_642_055,
    account_status="normal", contribution_base_fen=720_000, rate_personal=Decimal("0.0500"), rate_employer=Decimal("0.0800"),
    monthly_personal_fen=36_000, monthly_employer_fen=57_600, paid_through="2026-10", opened_on=date(2014, 7, 21),
    payout_account="6222032002000140018", payout_bank="中国工商银行云浮分行", has_loan=False, frozen_fen=3_000_000)
_EARLIER_FREEZE = PriorMeasure(
    kind="freeze", authority="云浮市云安区人民法院", document_no="（2026）粤5303执87号之一", amount_fen=3_000_000, rank=1,
    from_on=date(2026, 5, 6), until_on=date(2027, 5, 5))
_SMALL = ProvidentFundRecord(
    personal_account_no="445300010039", holder_name="陈伟", balance_fen=1_200, account_status="sealed_dormant")
DEMO_HOLDINGS: Mapping[str, tuple[Holding, ...]] = {
    DEMO_PERSON: (Holding("445300010013", _ACCOUNT, prior_measures=(_EARLIER_FREEZE,)),),
}


def _shown(record: ProvidentFundRecord) -> dict[str, object]:
    return record.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True, slots=True)
class Example:
    """One result of an answer given on 2026-11-22 at 17:00 China time, and its meaning."""

    title: str
    asks: str
    result: Mapping[str, Any]
    answer: port.Answer

    @property
    def request_no(self) -> str:
        """Return the number the result is about."""
        return str(self.result["qqdh"])


STAMP, AS_OF = "2026-11-22 17:00:00", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_EARLIER = {"djjg": "云浮市云安区人民法院", "djwh": "（2026）粤5303执87号之一", "djcs": "01", "djje": "30000.00", "lhsx": 1,
            "ksrq": "20260506", "jsrq": "20270505", "qqdh": None}

EXAMPLES = (
    Example(
        "查到一个账户，三万元已被其他法院冻结", "query",
        {"qqdh": "20261122445302000223", "jgdm": "0000", "jgsm": "成功", "zhs": [{
            "grzh": "445300010013", "xingming": "陈伟", "dwmc": "云浮市新成石材有限公司", "grzhye": "86420.55", "grzhzt": "01",
            "jcjs": "7200.00", "grjcbl": "0.0500", "dwjcbl": "0.0800", "gryjce": "360.00", "dwyjce": "576.00",
            "jzny": "202610", "khrq": "20140721", "skzh": "6222032002000140018", "skyh": "中国工商银行云浮分行",
            "sfydk": "0", "djje": "30000.00", "djs": [_EARLIER]}]},
        port.Found(AS_OF, (FoundAsset(record=_shown(_ACCOUNT), prior_measures=(_EARLIER_FREEZE,)),))),
    Example("查无缴存账户", "query", {"qqdh": "20261122445302000224", "jgdm": "0001", "jgsm": "查无缴存账户"},
            port.Found(AS_OF, ())),
    Example("单位不是受理对象", "query", {"qqdh": "20261122445302000225", "jgdm": "2007", "jgsm": "仅受理个人"},
            port.Unsupported("仅受理个人")),
    Example("缺少执行人员证件，拒绝协助", "query", {"qqdh": "20261122445302000226", "jgdm": "2003", "jgsm": "缺少执行人员证件"},
            port.Refused("credential_missing", "缺少执行人员证件")),
    Example(
        "冻结五万元，实际冻结四万二千元", "freeze",
        {"qqdh": "20261122445302000227", "jgdm": "0000", "jgsm": "成功", "kzjg": {
            "kzzt": "1", "sjje": "42000.00", "wzje": "8000.00", "hkje": None, "lhsx": 1, "djbh": "2026112200000001",
            "sdsj": "2026-11-22 17:00:00", "sxsj": "2026-11-22 17:00:00", "jsrq": "20271121", "djs": []}},
        port.Controlled(AS_OF, ControlAnswer(
            state="in_force", actual_fen=4_200_000, unfunded_fen=800_000, rank=1, agency_control_no="2026112200000001",
            served_at=AS_OF, effective_at=AS_OF, until_on=date(2027, 11, 21), wire={"kzzt": "1"}))),
    Example("已受理，稍后反馈", "freeze",
            {"qqdh": "20261122445302000228", "jgdm": "1000", "jgsm": "已受理", "slbh": "SL000228", "cxjg": 60},
            port.Accepted("SL000228", 60)),
    Example("未载明提取条件，不予扣划", "deduct",
            {"qqdh": "20261122445302000229", "jgdm": "3009", "jgsm": "未载明提取条件"},
            port.Refused("condition_missing", "未载明提取条件")),
    Example("未载明收款账户，不予扣划", "freeze_and_deduct",
            {"qqdh": "20261122445302000231", "jgdm": "3010", "jgsm": "未载明收款账户"},
            port.Refused("funds_account_missing", "未载明收款账户")),
    Example("结果有文档以外的栏目，原样保留", "query",
            {"qqdh": "20261122445302000230", "jgdm": "0001", "jgsm": "查无缴存账户", "zyts": "请现场核实"},
            port.Found(AS_OF, (), unread=(Unread(field="zyts", wire="zyts", code="unknown_field", raw="请现场核实"),))),
    Example(
        "三个账户：比例、年月、贷款标志另写一种，冻结无截止日期；余额没有小数，是分是元不能确定，单列；开户日期不存在，标注", "query",
        {"qqdh": "20261122445302000232", "jgdm": "0000", "jgsm": "成功", "zhs": [
            {"grzh": "445300010013", "xingming": "陈伟", "dwmc": "云浮市新成石材有限公司", "grzhye": "86420.55", "grzhzt": "正常", "jcjs": "7200.00",
             "grjcbl": "5%", "dwjcbl": "8", "gryjce": "360.00", "dwyjce": "576.00", "jzny": "2026-10", "khrq": "2014年7月21日",
             "skzh": "6222032002000140018", "skyh": "中国工商银行云浮分行", "sfydk": "否", "djje": "30000.00",
             "djs": [{"djjg": "云浮市云安区人民法院", "djcs": "01", "djje": "30000.00", "lhsx": 1}]},
            {"grzh": "445300010021", "xingming": "陈伟", "grzhye": "52000", "grzhzt": "02", "djje": "0.00"},
            {"grzh": "445300010039", "xingming": "陈伟", "grzhye": "12.00", "grzhzt": "02", "khrq": "0001-01-01", "djje": "0.00", "djs": []}]},
        port.Found(
            AS_OF,
            (FoundAsset(record=_shown(_ACCOUNT) | {"rate_personal": "0.05", "rate_employer": "0.08"}, prior_measures=(
                PriorMeasure(kind="freeze", authority="云浮市云安区人民法院", amount_fen=3_000_000, rank=1),)),
             FoundAsset(record=_shown(_SMALL), unread=(Unread(field="opened_on", wire="khrq", code="implausible", raw="0001-01-01"),))),
            (UnreadableItem(position=1, record={
                "personal_account_no": "445300010021", "holder_name": "陈伟", "account_status": "sealed_dormant", "frozen_fen": 0},
                unread=(Unread(field="balance_fen", wire="grzhye", code="bad_form", raw="52000"),)),))),
)
