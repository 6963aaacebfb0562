"""Golden pairs: messages and what they mean. Used by the tests and the docs. People, companies and numbers are invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.assets.wealth_products import ASSET_TYPE
from contracts.control import ControlAnswer, ControlPart, PriorityRight, PriorMeasure
from contracts.messages import Command, FoundAsset, Unread, UnreadableItem
from services.runtime import port
from services.wealth_products.demo import DEMO_PERSON, OWN_PRODUCT


@dataclass(frozen=True, slots=True)
class CallExample:
    """Commands to a bank, and exactly what is sent to it."""

    title: str
    outgoing: tuple[port.Outgoing, ...]
    method: str
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class AnswerExample:
    """A feedback to the requests of these numbers, and exactly what it means."""

    title: str
    asks: str
    request_nos: tuple[str, ...]
    body: str
    answers: Mapping[str, port.Answer]


def _command(request_no: str, action: str, document: str, **more: Any) -> Command:
    return Command.model_validate({
        "task_id": f"task-{request_no}", "request_id": "request-1", "request_no": request_no, "agency": "icbc-wealth",
        "asset_type": "wealth_products", "action": action, "answer_due_at": "2026-11-23T16:00:00Z",
        "case": {"case_no": "（2026）粤5302执1234号", "court_code": "粤5302", "court_name": "云浮市云城区人民法院"},
        "officer": {"name": "李明", "work_card_no": "粤5302-0031", "duty_card_no": "44530200031", "phone": "0766-8830000"},
        "documents": [{"kind": document, "document_no": "（2026）粤5302执1234号之一", "issued_on": "2026-11-20"}],
        "subject": {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": DEMO_PERSON}, **more})


def _freeze(asset: Mapping[str, object], **more: Any) -> dict[str, Any]:
    return {"control_id": "control-1", "measure": "freeze", "asset": asset, **more}


_FIRST, _SECOND, _THIRD = "20261122445302000001", "20261122445302000002", "20261122445302000003"
_HEAD = (
    '"XM":"陈伟","ZJLX":"01","DSRZJHM":"445302199001010013","FYMC":"云浮市云城区人民法院","FYDM":"粤5302","CBR":"李明",'
    '"YHDH":"0766-8830000","AH":"（2026）粤5302执1234号","GZZBH":"粤5302-0031","GWZBH":"44530200031"')


def _documents(kind: str) -> str:
    return ',"WSXX":[{"WSLB":"' + kind + '","WSBH":"（2026）粤5302执1234号之一","WSRQ":"20261120000000"}]'


CALLS = (
    CallExample(
        "a query to a bank that calls back",
        (port.Outgoing(_command(_FIRST, "query", "assist_query_notice"), callback_url="http://127.0.0.1/callbacks/icbc-wealth/reference"),),
        "POST", "/jrcx",
        '{"XZ":"1","CXLB":[{"BDHM":"20261122445302000001",' + _HEAD + ',"HDDZ":"http://127.0.0.1/callbacks/icbc-wealth/reference"' + _documents("01") + "}]}"),
    CallExample(
        "a freeze of fifty thousand yuan for three years",
        (port.Outgoing(_command("20261122445302000011", "freeze", "ruling", control=_freeze(
            OWN_PRODUCT.model_dump(mode="json"), amount_fen=5_000_000, term_months=36))),),
        "POST", "/jrkz",
        '{"BDHM":"20261122445302000011",' + _HEAD + _documents("11") + ',"XZ":"2","KZZH":[{"CCXH":"1","KZLX":"2","KZCS":"01",'
        '"LCZH":"0200453020200012345","JRCPBH":"23GS2890","ZJHKZH":"6222024530200012345","BZ":"156","JE":"5000000","KZQX":36,'
        '"CKWH":"（2026）粤5302执1234号之一"}]}'),
    CallExample(
        "a renewal of the freeze of a product that is known by its key alone",
        (port.Outgoing(_command("20261122445302000012", "renew", "ruling", control=_freeze(
            ASSET_TYPE.known_by("0200453020200012345/23GS2890"), until_on="2032-11-21", original_request_no="20261122445302000011",
            original_case_no="（2026）粤5302执1234号", agency_control_no="2026112200000001"))),),
        "POST", "/jrkz",
        '{"BDHM":"20261122445302000012",' + _HEAD + _documents("11") + ',"XZ":"2","KZZH":[{"CCXH":"1","KZLX":"2","KZCS":"02",'
        '"LCZH":"0200453020200012345","JRCPBH":"23GS2890","BZ":"156","JSRQ":"20321121235959","CKWH":"（2026）粤5302执1234号之一",'
        '"YDJAH":"（2026）粤5302执1234号","YDJDH":"20261122445302000011","DJBH":"2026112200000001"}]}'),
    CallExample(
        "a release of a freeze that waits",
        (port.Outgoing(_command("20261122445302000013", "release", "release_ruling", control=_freeze(
            ASSET_TYPE.known_by("0200453020200012345/23GS2890"), original_request_no="20261122445302000011", waiting_serial="2026112200000002"))),),
        "POST", "/jrkz",
        '{"BDHM":"20261122445302000013",' + _HEAD + _documents("12") + ',"XZ":"2","KZZH":[{"CCXH":"1","KZLX":"2","KZCS":"05",'
        '"LCZH":"0200453020200012345","JRCPBH":"23GS2890","BZ":"156","CKWH":"（2026）粤5302执1234号之一","YDJDH":"20261122445302000011"}]}'),
    CallExample(
        "how a freeze stands", (port.Outgoing(_command("20261122445302000011", "status", "ruling", of_action="freeze")),),
        "GET", "/jrkz/20261122445302000011", ""),
    CallExample(
        "how a query stands", (port.Outgoing(_command(_FIRST, "status", "assist_query_notice", of_action="query")),),
        "GET", "/jrcx/20261122445302000001", ""),
)

_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_LUODING = PriorMeasure(
    kind="freeze", authority="罗定市人民法院", document_no="（2026）粤5381执812号之一", amount_fen=3_000_000, rank=1,
    from_on=date(2026, 3, 12), until_on=date(2027, 3, 11))
_PLEDGE = PriorityRight(kind="pledge", holder="中国工商银行", amount_fen=2_000_000)
_SAID_LUODING = ('{"CSXH":"1","DJJG":"罗定市人民法院","DJWH":"（2026）粤5381执812号之一","BEIZ":"2","DJJE":"3000000",'
                 '"DJKSRQ":"20260312000000","DJJZRQ":"20270311235959"}')
_PRODUCT, _ACCOUNT = '"KZLX":"2","LCZH":"0200453020200012345","JRCPBH":"23GS2890"', '"KZLX":"1","KHZH":"6222024530200012345"'
_IN_FORCE = ('"KZCS":"01","KZZT":"1","CSZT":"1","SDSJ":"20261122170000","CSKSRQ":"20261122170000","CSJSRQ":"20291121235959",'
             '"DJXE":"5000000","LHSX":"1","DJBH":"2026112200000001"')
_FORCE: dict[str, Any] = {"rank": 1, "served_at": _AT, "effective_at": _AT, "until_on": date(2029, 11, 21), "agency_control_no": "2026112200000001"}
_WIRE_IN_FORCE = {"KZCS": "01", "KZZT": "1", "CSZT": "1"}


def _results(*results: str, repeated: str = "0") -> str:
    said = ",".join("{" + f'"CCXH":"{seq}",' + one + "}" for seq, one in enumerate(results, start=1))
    return ('{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"' + repeated +
            '","KZXX":[' + said + "]}]}")


def _wire(product: Mapping[str, str], account: Mapping[str, str]) -> dict[str, str]:
    return {f"{part}.{name}": code for part, said in (("product", product), ("return_account", account)) for name, code in said.items()}


def _of(title: str, body: str, answer: port.Answer, asks: str = "freeze") -> AnswerExample:
    return AnswerExample(title, asks, (_FIRST,), body, {_FIRST: answer})


def _told(name: str, code: str, **more: object) -> dict[str, object]:
    return {"wealth_account": "0200453020200012345", "product_code": code, "product_name": name, "return_account_balance_fen": 0,
            "available_units": "0", "available_value_fen": 0, **more}


_FROZEN = FoundAsset(
    record={"wealth_account": "0200453020200012345", "product_code": "26J0031", "product_name": "安享3号结构性存款",
            "product_type": "structured_deposit", "sale_channel": "own", "manager": "中国工商银行",
            "cash_return_account": "6222024530200012345", "return_account_balance_fen": 150_000, "trade_restriction": "pledged",
            "restriction_lifts_on": "2027-06-01", "inception_on": "2026-01-05", "redemption_on": "2027-06-01", "currency": "CNY",
            "units": "100000.00", "available_units": "50000.00", "unit_price": "1.0000", "total_value_fen": 10_000_000,
            "available_value_fen": 5_000_000},
    prior_measures=(_LUODING,), priority_rights=(_PLEDGE,))

ANSWERS = (
    AnswerExample(
        "one has a product with a freeze and a pledge on it, one has none, one was not looked up", "query", (_FIRST, _SECOND, _THIRD),
        '{"RESULT":"0000","MSG":"成功","FKLB":['
        '{"BDHM":"20261122445302000001","FKSJ":"20261122170000","JRXX":[{"ZCXH":"1","ZCMC":"安享3号结构性存款","ZCLX":"M201","CPXSZL":"00",'
        '"JRCPBH":"26J0031","LCZH":"0200453020200012345","ZJHKZH":"6222024530200012345","HKYE":"150000","ZCGLR":"中国工商银行","ZCJYXZ":"2",'
        '"XZXCRQ":"20270601000000","CLR":"20260105000000","SHR":"20270601000000","BZ":"156","ZCDWJG":"1.0000","SE":"100000.00",'
        '"KYSE":"50000.00","ZCZJE":"10000000","KYJZ":"5000000","DJXX":[' + _SAID_LUODING + '],'
        '"QLXX":[{"QLLX":"2","QLR":"中国工商银行","QLJE":"2000000"}]}]},'
        '{"BDHM":"20261122445302000002","FKSJ":"20261122170000","JRXX":[{"JRCPBH":"查无金融资产信息"}]},'
        '{"BDHM":"20261122445302000003","FKSJ":"20261122170000","JRXX":[{"JRCPBH":"查询异常","BEIZ":"理财系统超时"}]}]}',
        {_FIRST: port.Found(_AT, [_FROZEN]),
         _SECOND: port.Found(_AT, []), _THIRD: port.OutsideProtocol("查询异常")}),
    AnswerExample(
        "a name that does not match", "query", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","JRXX":['
        '{"JRCPBH":"业务审核未通过","WNCXYY":"04"}]}]}', {_FIRST: port.Refused("identity_mismatch", "04")}),
    _of("product and return account frozen, less there than asked for",
        _results(f'{_PRODUCT},{_IN_FORCE},"SKJE":"4000000","CESKJE":"200000","DJXX":[{_SAID_LUODING}]',
                 f'{_ACCOUNT},{_IN_FORCE},"SKJE":"800000","CESKJE":"200000","DJXX":[{_SAID_LUODING}]'),
        port.Controlled(_AT, ControlAnswer(
            state="in_force", actual_fen=4_800_000, unfunded_fen=200_000, **_FORCE, prior_measures=(_LUODING,),
            parts=(ControlPart(part="product", state="in_force", actual_fen=4_000_000),
                   ControlPart(part="return_account", state="in_force", actual_fen=800_000)),
            wire=_wire(_WIRE_IN_FORCE, _WIRE_IN_FORCE)))),
    _of("a product sold for another: its return account alone is frozen, and there is nothing on it",
        _results('"KZLX":"2","KZCS":"01","KZZT":"2","WNKZYY":"23","BEIZ":"请向管理人办理"', f'{_ACCOUNT},{_IN_FORCE},"SKJE":"0","CESKJE":"5000000"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=0, unfunded_fen=5_000_000, **_FORCE,
            parts=(ControlPart(part="product", state="refused", code="measure_unsupported", detail="23 请向管理人办理"),
                   ControlPart(part="return_account", state="in_force", actual_fen=0)),
            wire=_wire({"KZCS": "01", "KZZT": "2", "WNKZYY": "23"}, _WIRE_IN_FORCE)))),
    _of("a product frozen, its return account not: it is at another bank",
        _results(f'{_PRODUCT},{_IN_FORCE},"SKJE":"5000000","CESKJE":"0"', '"KZLX":"1","KZZT":"2","WNKZYY":"24"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=5_000_000, unfunded_fen=0, **_FORCE,
            parts=(ControlPart(part="product", state="in_force", actual_fen=5_000_000),
                   ControlPart(part="return_account", state="refused", code="measure_unsupported", detail="24")),
            wire=_wire(_WIRE_IN_FORCE, {"KZZT": "2", "WNKZYY": "24"})))),
    _of("a freeze that waits behind another, of the product alone",
        _results(f'{_PRODUCT},"KZCS":"03","KZZT":"1","CSZT":"2","SKJE":"0","CESKJE":"5000000","LHSX":"2","SDSJ":"20261122170000","LHBH":"2026112200000002"',
                 '"KZLX":"1","KZZT":"2","WNKZYY":"24"', repeated="1"),
        port.Controlled(_AT, ControlAnswer(
            state="waiting", actual_fen=0, unfunded_fen=5_000_000, rank=2, waiting_serial="2026112200000002", served_at=_AT,
            parts=(ControlPart(part="product", state="waiting", actual_fen=0),
                   ControlPart(part="return_account", state="refused", code="measure_unsupported", detail="24")),
            wire=_wire({"KZCS": "03", "KZZT": "1", "CSZT": "2"}, {"KZZT": "2", "WNKZYY": "24"})))),
    _of("the return account is frozen, the product waits",
        _results(f'{_PRODUCT},"KZCS":"03","KZZT":"1","CSZT":"2","SKJE":"0","LHSX":"2","LHBH":"2026112200000002"', f'{_ACCOUNT},{_IN_FORCE},"SKJE":"800000"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=800_000, **_FORCE, waiting_serial="2026112200000002",
            parts=(ControlPart(part="product", state="waiting", actual_fen=0),
                   ControlPart(part="return_account", state="in_force", actual_fen=800_000)),
            wire=_wire({"KZCS": "03", "KZZT": "1", "CSZT": "2"}, _WIRE_IN_FORCE)))),
    _of("a release that is done for the account and not for the product",
        _results('"KZLX":"2","KZCS":"04","KZZT":"2","WNKZYY":"19","BEIZ":"产品处于开放日清算","SKJE":"4200000","CSJSRQ":"20291121235959","LHSX":"1"',
                 f'{_ACCOUNT},"KZCS":"04","KZZT":"1","CSZT":"3","SKJE":"0","SDSJ":"20261122170000"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=4_200_000, rank=1, until_on=date(2029, 11, 21), served_at=_AT,
            parts=(ControlPart(part="product", state="in_force", actual_fen=4_200_000, code="rejected_by_agency", detail="19 产品处于开放日清算"),
                   ControlPart(part="return_account", state="released", actual_fen=0)),
            wire=_wire({"KZCS": "04", "KZZT": "2", "WNKZYY": "19"}, {"KZCS": "04", "KZZT": "1", "CSZT": "3"}))), asks="release"),
    _of("how that freeze stands since",
        _results(f'{_PRODUCT},{_IN_FORCE},"SKJE":"4200000","CESKJE":"0"', f'{_ACCOUNT},"KZCS":"01","KZZT":"1","CSZT":"3"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=4_200_000, unfunded_fen=0, **_FORCE,
            parts=(ControlPart(part="product", state="in_force", actual_fen=4_200_000),
                   ControlPart(part="return_account", state="released")),
            wire=_wire(_WIRE_IN_FORCE, {"KZCS": "01", "KZZT": "1", "CSZT": "3"})))),
    _of("a release of the only part that was held",
        _results(f'{_ACCOUNT},"KZCS":"04","KZZT":"1","CSZT":"3","SKJE":"0"'),
        port.Controlled(_AT, ControlAnswer(
            state="released", actual_fen=0, parts=(ControlPart(part="return_account", state="released", actual_fen=0),),
            wire=_wire({}, {"KZCS": "04", "KZZT": "1", "CSZT": "3"}))), asks="release"),
    _of("a bank that takes hold of neither",
        _results('"KZLX":"2","KZCS":"01","KZZT":"2","WNKZYY":"23"', '"KZLX":"1","KZCS":"01","KZZT":"2","WNKZYY":"24"'), port.Unsupported("23; 24")),
    _of("a term that is too long", _results('"KZLX":"2","KZZT":"2","WNKZYY":"16"', '"KZLX":"1","KZZT":"2","WNKZYY":"16"'),
        port.Refused("term_over_cap", "16")),
    _of("a renewal that is declined for the account: it ends by itself, the product stands on",
        _results(f'{_PRODUCT},"KZCS":"02","KZZT":"1","CSZT":"1","SKJE":"4200000","LHSX":"1"', '"KZLX":"1","KZCS":"02","KZZT":"2","WNKZYY":"19"'),
        port.Controlled(_AT, ControlAnswer(
            state="partly_in_force", actual_fen=4_200_000, rank=1,
            parts=(ControlPart(part="product", state="in_force", actual_fen=4_200_000),
                   ControlPart(part="return_account", state="refused", code="rejected_by_agency", detail="19")),
            wire=_wire({"KZCS": "02", "KZZT": "1", "CSZT": "1"}, {"KZCS": "02", "KZZT": "2", "WNKZYY": "19"}))), asks="renew"),
    _of("a part in force and one expired: no measure stands so",
        _results(f"{_PRODUCT},{_IN_FORCE}", f'{_ACCOUNT},"KZCS":"01","KZZT":"1","CSZT":"4"'),
        port.OutsideProtocol("the parts stand apart: expired, in_force")),
    _of("two parts of one measure with two ends",
        _results(f"{_PRODUCT},{_IN_FORCE}", f'{_ACCOUNT},{_IN_FORCE.replace("20291121", "20271121")}'),
        port.OutsideProtocol("CSJSRQ: the parts say different things")),
    AnswerExample(
        "requests taken in, to be asked about after five seconds", "query", (_FIRST, _SECOND),
        '{"RESULT":"0100","MSG":"已接收，另行反馈","SLHZ":[{"BDHM":"20261122445302000001","SLH":"SL0001","DDMS":"5"},'
        '{"BDHM":"20261122445302000002","SLH":"SL0002"}]}',
        {_FIRST: port.Accepted("SL0001", 5.0), _SECOND: port.Accepted("SL0002")}),
    _of("a bank that does not deal with us", '{"RESULT":"9004","MSG":"接入机构无权限"}', port.Refused("not_authorised", "接入机构无权限")),
    AnswerExample(
        "three products: one pledged and frozen, one that another authority froze whole, one sold for another", "query", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","JRXX":['
        '{"ZCXH":"1","ZCMC":"安享3号结构性存款","ZCLX":"M201","CPXSZL":"00","JRCPBH":"26J0031","LCZH":"0200453020200012345",'
        '"ZJHKZH":"6222024530200012345","HKYE":"150000","ZCGLR":"中国工商银行","ZCJYXZ":"2","XZXCRQ":"20270601000000","CLR":"20260105000000",'
        '"SHR":"20270601000000","BZ":"156","ZCDWJG":"1.0000","SE":"100000.00","KYSE":"50000.00","ZCZJE":"10000000","KYJZ":"5000000",'
        '"DJXX":[' + _SAID_LUODING + '],"QLXX":[{"QLLX":"2","QLR":"中国工商银行","QLJE":"2000000"}]},'
        '{"ZCXH":"2","ZCMC":"恒睿28号","ZCLX":"M101","CPXSZL":"00","JRCPBH":"23GS2890","LCZH":"0200453020200012345","ZCJYXZ":"0","BZ":"840",'
        '"SE":"500","KYSE":"0","ZCZJE":"50000","KYJZ":"0","DJXX":[{"CSXH":"1","DJJG":"佛山市公安局禅城分局","BEIZ":"1","DJJE":"1"}]},'
        '{"ZCXH":"3","ZCMC":"同益12号债券型证券投资基金","ZCLX":"M301","CPXSZL":"10","JRCPBH":"004453","LCZH":"0200453020200012345",'
        '"ZCGLR":"岭南基金管理有限公司","ZCJYXZ":"1","BZ":"156","SE":"10","KYSE":"0","ZCZJE":"1500","KYJZ":"0"}]}]}',
        {_FIRST: port.Found(_AT, [
            _FROZEN,
            FoundAsset(record=_told("恒睿28号", "23GS2890", product_type="fixed_income", sale_channel="own", trade_restriction="none",
                                    currency="USD", units="500", total_value_fen=50_000),
                       prior_measures=(PriorMeasure(kind="freeze", authority="佛山市公安局禅城分局", rank=1),)),
            FoundAsset(record=_told("同益12号债券型证券投资基金", "004453", product_type="fund", sale_channel="agency_sold", currency="CNY",
                                    manager="岭南基金管理有限公司", trade_restriction="closed_period", units="10", total_value_fen=1_500))])}),
    AnswerExample(
        "yuan where fen are agreed: that product cannot be read, the one beside it can", "query", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","JRXX":['
        '{"ZCXH":"1","ZCMC":"恒睿28号","ZCLX":"M999","CPXSZL":"00","JRCPBH":"23GS2890","LCZH":"0200453020200012345","ZCJYXZ":"0","BZ":"CNY",'
        '"SE":"500","KYSE":"0","ZCZJE":"50000","KYJZ":"0"},'
        '{"ZCXH":"2","ZCMC":"恒睿29号","CPXSZL":"00","JRCPBH":"23GS2891","LCZH":"0200453020200012345","ZCJYXZ":"0","BZ":"156","SE":"500",'
        '"KYSE":"500","ZCZJE":"50000.00","KYJZ":"50000"}]}]}',
        {_FIRST: port.Found(
            _AT,
            [FoundAsset(record=_told("恒睿28号", "23GS2890", sale_channel="own", trade_restriction="none", currency="CNY", units="500",
                                     total_value_fen=50_000),
                        unread=(Unread(field="product_type", wire="ZCLX", code="unknown_code", raw="M999"),))],
            (UnreadableItem(
                position=1, record={"product_name": "恒睿29号", "sale_channel": "own", "product_code": "23GS2891",
                                    "wealth_account": "0200453020200012345", "trade_restriction": "none", "currency": "CNY", "units": "500",
                                    "available_units": "500", "available_value_fen": 50_000},
                unread=(Unread(field="total_value_fen", wire="ZCZJE", code="bad_form", raw="50000.00"),
                        Unread(field="product_type", wire="ZCLX", code="missing"))),))}),
)
