"""What the simulated depository writes: the lines of holdings and of effects, in its own codes. Pure; it shares no code with the adapter.

Source: domain.md §6.1, depository.files.yaml
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from contracts.assets.securities import SecurityRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.oddities import GONE, Oddity
from services.runtime.mock.port import Effect, Holding
from services.securities.mock_file import Field, Item, Said, line

Lines = list[list[Field]]

REFUSALS = {
    "document_missing": "1001", "document_mismatch": "1002", "credential_missing": "1003", "identity_mismatch": "1004",
    "identity_incomplete": "1005", "not_authorised": "1006", "asset_not_found": "2001", "asset_exempt": "2002",
    "no_original_measure": "2003", "term_over_cap": "2004", "already_expired": "2005", "measure_unsupported": "2006",
    "quota_exceeded": "2007", "rejected_by_agency": "2008", "funds_account_missing": "2010",
}
TEXTS = {
    "0000": "成功", "0001": "查无证券账户或持有", "1000": "已受理，结果另行反馈",
    "1001": "缺少法律文书", "1002": "法律文书与请求不一致", "1003": "缺少执行人员证件", "1004": "姓名与证件号码不符",
    "1005": "身份要素不全", "1006": "无权办理", "2001": "标的证券不存在", "2002": "依法不得冻结的账户", "2003": "无原冻结记录",
    "2004": "期限超过法定上限", "2005": "冻结已到期", "2006": "不支持该协助事项", "2007": "超过受理限额", "2008": "审核未通过",
    "2009": "请求单号不存在", "2010": "未载明收款账户", "9001": "非受理时间", "9002": "系统繁忙", "9003": "机构代码未开通",
    "9004": "文件格式或校验值错误",
}
_STATES = {"in_force": "01", "waiting": "02", "partly_in_force": "03", "marked": "04", "released": "05", "expired": "06",
           "lapsed": "07", "deducted": "08", "transferred": "09", "reversed": "10"}
_STANDING = {"freeze": "01", "freeze_and_deduct": "08"}
_MARKETS = {"shenzhen": "0", "shanghai": "1", "beijing": "2"}
_NATURES = {"tradable": "00", "restricted": "01", "bond": "02", "fund": "03"}
#: How depositories write beside their document: in a field, with one too many or too few, in a line of another kind, in bytes that are no text.
ODDITIES = (
    Oddity("ZQMC", ""), Oddity("ZQMC", b"\xd4\xc6\xca\xaf\x80"), Oddity("ZQMC", b"%ZZ"), Oddity("TGDY", ""), Oddity("TGDY", b"39%1"),
    Oddity("QSPJ", ""), Oddity("QSPJ", "12.3450"), Oddity("QSPJ", "12"),
    Oddity("BZ", "新增栏目"), Oddity("25", "新增行"), Oddity("ZY.0.DJRQ", "2025-06-18"), Oddity("ZY.0.DJRQ", "00010101"), Oddity("ZY.0.ZYBH", ""),
    Oddity("SFBJ.0.JSRQ", "99991231"), Oddity("SFBJ.0.KSRQ", ""), Oddity("DJ.0.JSRQ", "99991231"),
    Oddity("DJ.0.DJWH", ""), Oddity("DJ.0.LHSX", "首冻"), Oddity("DJ.0.BZ", "新增栏目"),
    Oddity("QSPJ", "12.34", telling=False), Oddity("CYSL", "1,200", telling=False), Oddity("CYSL", "1200股", telling=False),
    Oddity("ZY.0.DBJE", "", telling=False), Oddity("ZQZH", "账户不详", telling=False), Oddity("ZQDM", "977", telling=False), Oddity("SC", "7", telling=False),
    Oddity("CYR", "", telling=False), Oddity("GFXZ", "05", telling=False), Oddity("CYSL", "", telling=False), Oddity("KYSL", "若干", telling=False),
    Oddity("CYSL", b"2%0", telling=False), Oddity("TGDY", GONE, telling=False), Oddity("ZY.0.ZYSL", "", telling=False),
    Oddity("ZY.0.DBJE", "80000", telling=False), Oddity("ZY.0.DBJE", GONE, telling=False), Oddity("SFBJ.0.BJJG", "", telling=False),
    Oddity("DJ.0.DJLX", "77", telling=False), Oddity("DJ.0.DJSL", "全部", telling=False),
)


def declined(family: str, number: str, code: str) -> list[Field]:
    """Decline one request; a control answers with its own kind of line."""
    return line("10" if family == "CX" else "30", {"QQDH": number, "JGDM": code, "JGSM": TEXTS[code], "HS": "0"})


def counted(lines: Sequence[Sequence[Field]]) -> Lines:
    """Let each result say how many lines follow it."""
    counted: Lines = []
    for fields in lines:
        if fields[0] == "10":
            counted.append([*fields[:4], "0"])
            result = counted[-1]
        else:
            counted.append([*fields])
            result[4] = str(int(result[4]) + 1)
    return counted


def items_of(number: str, holding: Holding, measures: Sequence[PriorMeasure]) -> Iterator[Item]:
    """Give the lines of a holding, one for each portion; what stands on it stands below the first."""
    record = holding.record
    assert isinstance(record, SecurityRecord)
    price = record.close_price_fen
    below = {"ZY": list(_pledges(number, record, holding.priority_rights)), "SFBJ": list(_marks(number, record)),
             "DJ": _freezes(number, measures)}
    for portion in record.portions or (record,):
        yield {
            "QQDH": number, "ZQZH": record.securities_account, "ZQDM": record.security_code, "ZQMC": record.security_name,
            "SC": _MARKETS[record.market], "CYR": record.holder_name, "GFXZ": _NATURES[portion.share_nature],
            "TGDY": portion.custody_unit or "", "CYSL": str(portion.quantity), "KYSL": str(portion.available_quantity),
            "DJSL": str(portion.frozen_quantity), "QSPJ": "" if price is None else f"{_yuan(price)}0", **below}
        below = {name: [] for name in below}


def _pledges(number: str, record: SecurityRecord, rights: Sequence[PriorityRight]) -> Iterator[Said]:
    for pledge, right in zip(record.pledges, rights, strict=True):
        yield {"QQDH": number, "ZQR": pledge.pledgee, "ZYSL": str(pledge.quantity), "DJRQ": _day(pledge.registered_on),
               "ZYBH": pledge.serial or "", "DBJE": _yuan(right.amount_fen)}


def _marks(number: str, record: SecurityRecord) -> Iterator[Said]:
    for mark in record.marks:
        yield {"QQDH": number, "BJJG": mark.authority, "BJSL": str(mark.quantity), "KSRQ": _day(mark.from_on), "JSRQ": _day(mark.until_on)}


def _freezes(number: str, measures: Sequence[PriorMeasure]) -> list[Said]:
    return [{
        "QQDH": number, "DJLX": _STANDING[one.kind], "DJJG": one.authority, "DJWH": one.document_no or "", "DJSL": _count(one.quantity),
        "DJJE": _yuan(one.amount_fen), "LHSX": _count(one.rank), "KSRQ": _day(one.from_on), "JSRQ": _day(one.until_on),
        "YQQDH": one.request_no or ""} for one in measures]


def effect_lines(number: str, effect: Effect) -> Lines:
    """Give the lines of what a control step did."""
    if effect.state == "refused":
        return [declined("KZ", number, REFUSALS[effect.code or "rejected_by_agency"])]
    rights = [line("21", {"QQDH": number, "ZQR": right.holder, "DBJE": _yuan(right.amount_fen)}) for right in effect.priority_rights]
    more = [*rights, *(line("23", one) for one in _freezes(number, effect.prior_measures))]
    waits = bool(effect.waiting_quantity)
    return [line("30", {
        "QQDH": number, "JGDM": "0000", "JGSM": TEXTS["0000"], "HS": str(len(more)), "ZT": _STATES[effect.state],
        "SL": _count(effect.quantity), "BJSL": _count(effect.marked_quantity), "LHSL": _count(effect.waiting_quantity),
        "JE": _yuan(effect.actual_fen), "CEJE": _yuan(effect.unfunded_fen), "HKJE": _yuan(effect.deducted_fen),
        "LHSX": _count(effect.rank), "DJBH": effect.agency_control_no or "", "LHBH": f"LH{effect.agency_control_no}" if waits else "",
        "SDSJ": instant(effect.served_at), "SXSJ": instant(effect.effective_at), "JZRQ": _day(effect.until_on)}), *more]


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _day(on: date | None) -> str:
    return "" if on is None else f"{on:%Y%m%d}"


def instant(at: datetime | None) -> str:
    """Write an instant, China Standard Time."""
    return "" if at is None else f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"
