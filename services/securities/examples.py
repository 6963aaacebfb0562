"""What the depository's register holds for the demo subjects, and golden pairs of file lines and what they mean.

Used by the mock agency (catalogue, demo holdings), by the tests and by the docs. People, companies and codes are invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from contracts.assets.securities import SecuritiesMark, SecuritiesPledge, SecuritiesPortion, SecurityRecord
from contracts.control import ControlAnswer, PriorityRight, PriorMeasure
from contracts.messages import FoundAsset, Unread, UnreadableItem
from services.runtime import port
from services.runtime.mock.port import Holding


@dataclass(frozen=True, slots=True)
class Security:
    """One listed security; `close_price_fen` is the previous close of one unit."""

    code: str
    name: str
    market: Literal["shanghai", "shenzhen", "beijing"]
    nature: Literal["tradable", "restricted", "bond", "fund"]
    close_price_fen: int


CATALOGUE = (
    Security("600901", "云石股份", "shanghai", "tradable", 1234), Security("601977", "粤港物流", "shanghai", "tradable", 587),
    Security("603119", "新成新材", "shanghai", "restricted", 2310), Security("688377", "罗定生物", "shanghai", "tradable", 5602),
    Security("510907", "云五十ETF", "shanghai", "fund", 286), Security("019797", "26国债07", "shanghai", "bond", 10042),
    Security("000977", "西江电子", "shenzhen", "tradable", 1875), Security("002977", "南江食品", "shenzhen", "tradable", 941),
    Security("300977", "郁南环保", "shenzhen", "restricted", 3320), Security("159977", "创新药ETF", "shenzhen", "fund", 98),
    Security("102977", "国债2607", "shenzhen", "bond", 9987), Security("830977", "云安陶瓷", "beijing", "tradable", 412),
)

DEMO_PERSON, DEMO_COMPANY = "445302199001010013", "91445300MA4UN0001B"
_FREE = SecurityRecord(
    securities_account="A445302001", security_code="600901", security_name="云石股份", market="shanghai",
    holder_name="陈伟", share_nature="tradable", custody_unit="390100", quantity=20_000, available_quantity=20_000,
    frozen_quantity=0, close_price_fen=1234)
_PLEDGED = SecurityRecord(
    securities_account="0445302001", security_code="000977", security_name="西江电子", market="shenzhen",
    holder_name="陈伟", share_nature="tradable", custody_unit="390100", quantity=10_000, available_quantity=4_000,
    frozen_quantity=0, close_price_fen=1875,
    pledges=(SecuritiesPledge(pledgee="云浮农村商业银行股份有限公司", quantity=6_000, registered_on=date(2025, 6, 18),
                              serial="ZY2025061800017"),),
    marks=(SecuritiesMark(authority="肇庆市端州区人民法院", quantity=6_000, from_on=date(2026, 8, 3),
                          until_on=date(2029, 8, 2)),))
_FROZEN = SecurityRecord(
    securities_account="A445302001", security_code="510907", security_name="云五十ETF", market="shanghai",
    holder_name="陈伟", share_nature="fund", custody_unit="390100", quantity=50_000, available_quantity=20_000,
    frozen_quantity=30_000, close_price_fen=286)
_COMPANYS = SecurityRecord(
    securities_account="0800530217", security_code="300977", security_name="郁南环保", market="shenzhen",
    holder_name="云浮市新成石材有限公司", share_nature="mixed", quantity=120_000, available_quantity=120_000,
    frozen_quantity=0, close_price_fen=3320, portions=(
        SecuritiesPortion(share_nature="restricted", quantity=90_000, available_quantity=90_000, frozen_quantity=0),
        SecuritiesPortion(share_nature="tradable", quantity=30_000, available_quantity=30_000, frozen_quantity=0)))
_PLEDGE_RIGHT = PriorityRight(kind="pledge", holder="云浮农村商业银行股份有限公司", amount_fen=8_000_000)
_EARLIER_FREEZE = PriorMeasure(
    kind="freeze", authority="佛山市禅城区人民法院", document_no="（2026）粤0604执2211号之一", quantity=30_000, rank=1,
    from_on=date(2026, 3, 12), until_on=date(2029, 3, 11))
DEMO_HOLDINGS: Mapping[str, tuple[Holding, ...]] = {
    DEMO_PERSON: (
        Holding("A445302001/600901", _FREE),
        Holding("0445302001/000977", _PLEDGED, priority_rights=(_PLEDGE_RIGHT,)),
        Holding("A445302001/510907", _FROZEN, prior_measures=(_EARLIER_FREEZE,)),
    ),
    DEMO_COMPANY: (Holding("0800530217/300977", _COMPANYS),),
}


def _found(record: SecurityRecord, **more: Any) -> FoundAsset:
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), **more)


@dataclass(frozen=True, slots=True)
class Example:
    """The lines between the first and the last of a feedback file of 2026-11-22 17:00 China time, and their meaning."""

    title: str
    asks: str
    request_no: str
    lines: tuple[str, ...]
    answer: port.Answer


STAMP, AS_OF = "20261122170000", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

EXAMPLES = (
    Example(
        "查到三只证券：一只可冻结，一只已质押并标记，一只已被其他法院冻结", "query", "20261122445302000123",
        (
            "10|20261122445302000123|0000|成功|6",
            "20|20261122445302000123|A445302001|600901|云石股份|1|陈伟|00|390100|20000|20000|0|12.340",
            "20|20261122445302000123|0445302001|000977|西江电子|0|陈伟|00|390100|10000|4000|0|18.750",
            "21|20261122445302000123|云浮农村商业银行股份有限公司|6000|20250618|ZY2025061800017|80000.00",
            "22|20261122445302000123|肇庆市端州区人民法院|6000|20260803|20290802",
            "20|20261122445302000123|A445302001|510907|云五十ETF|1|陈伟|03|390100|50000|20000|30000|2.860",
            "23|20261122445302000123|01|佛山市禅城区人民法院|（2026）粤0604执2211号之一|30000||1|20260312|20290311|",
        ),
        port.Found(AS_OF, [
            _found(_FREE), _found(_PLEDGED, priority_rights=(_PLEDGE_RIGHT,)), _found(_FROZEN, prior_measures=(_EARLIER_FREEZE,)),
        ])),
    Example(
        "同一账户的同一只证券分两行：限售和流通，数量相加", "query", "20261122445302000131",
        (
            "10|20261122445302000131|0000|成功|2",
            "20|20261122445302000131|0800530217|300977|郁南环保|0|云浮市新成石材有限公司|01||90000|90000|0|33.200",
            "20|20261122445302000131|0800530217|300977|郁南环保|0|云浮市新成石材有限公司|00||30000|30000|0|33.200",
        ),
        port.Found(AS_OF, [_found(_COMPANYS)])),
    Example("查无证券账户", "query", "20261122445302000124",
            ("10|20261122445302000124|0001|查无证券账户或持有|0",), port.Found(AS_OF, [])),
    Example("缺少法律文书，拒绝协助", "query", "20261122445302000125",
            ("10|20261122445302000125|1001|缺少法律文书|0",), port.Refused("document_missing", "缺少法律文书")),
    Example(
        "冻结已生效", "freeze", "20261122445302000126",
        ("30|20261122445302000126|0000|成功|0|01|8000|0|0||||1|DJ0000000001||20261122170000|20261122170000|20291121",),
        port.Controlled(AS_OF, ControlAnswer(
            state="in_force", actual_quantity=8_000, marked_quantity=0, waiting_quantity=0, rank=1, agency_control_no="DJ0000000001",
            served_at=AS_OF, effective_at=AS_OF, until_on=date(2029, 11, 21), wire={"code": "0000", "state": "01"}))),
    Example(
        "在先冻结未解除，轮候第二位", "freeze", "20261122445302000127",
        (
            "30|20261122445302000127|0000|成功|1|02|0|0|3000||||2|DJ0000000002|LH0000000002|20261122170000||",
            "23|20261122445302000127|01|佛山市禅城区人民法院|（2026）粤0604执2211号之一|30000||1|20260312|20290311|",
        ),
        port.Controlled(AS_OF, ControlAnswer(
            state="waiting", actual_quantity=0, marked_quantity=0, waiting_quantity=3_000, rank=2, agency_control_no="DJ0000000002",
            waiting_serial="LH0000000002", served_at=AS_OF, prior_measures=(_EARLIER_FREEZE,), wire={"code": "0000", "state": "02"}))),
    Example(
        "可用的已冻结，已质押的已标记，其余轮候", "freeze", "20261122445302000130",
        (
            "30|20261122445302000130|0000|成功|1|03|4000|6000|2000||||1|DJ0000000003|LH0000000003|20261122170000|20261122170000|20291121",
            "21|20261122445302000130|云浮农村商业银行股份有限公司||||80000.00",
        ),
        port.Controlled(AS_OF, ControlAnswer(
            state="partly_in_force", actual_quantity=4_000, marked_quantity=6_000, waiting_quantity=2_000, rank=1,
            agency_control_no="DJ0000000003", waiting_serial="LH0000000003", served_at=AS_OF, effective_at=AS_OF,
            until_on=date(2029, 11, 21), priority_rights=(_PLEDGE_RIGHT,), wire={"code": "0000", "state": "03"}))),
    Example("不支持该协助事项", "deduct", "20261122445302000128",
            ("30|20261122445302000128|2006|不支持该协助事项|0|||||||||||||",), port.Unsupported("不支持该协助事项")),
    Example(
        "一行的市场代码在代码表以外，该证券不可读，另一只照常", "query", "20261122445302000129",
        (
            "10|20261122445302000129|0000|成功|2",
            "20|20261122445302000129|A445302001|510907|云五十ETF|7|陈伟|03|390100|50000|20000|30000|2.860",
            "20|20261122445302000129|A445302001|600901|云石股份|1|陈伟|00|390100|20000|20000|0|12.340",
        ),
        port.Found(AS_OF, [_found(_FREE)], (UnreadableItem(
            position=0, record={
                "securities_account": "A445302001", "security_code": "510907", "security_name": "云五十ETF", "holder_name": "陈伟",
                "share_nature": "fund", "custody_unit": "390100", "quantity": 50_000, "available_quantity": 20_000, "frozen_quantity": 30_000,
                "close_price_fen": 286},
            unread=(Unread(field="market", wire="SC", code="unknown_code", raw="7"),)),))),
)
