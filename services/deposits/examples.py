"""Golden pairs: the messages of each dialect and what they mean. Used by the tests and the docs. People and numbers are invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.control import ControlAnswer, PriorMeasure
from contracts.messages import Command, FoundAsset, Unread, UnreadableItem
from services.deposits.demo import DEMO_COMPANY, DEMO_PERSON, LUODING, PLEDGE
from services.runtime import port


@dataclass(frozen=True, slots=True)
class CallExample:
    """Commands to a bank of this dialect, and exactly what is sent to it."""

    title: str
    dialect: str
    outgoing: tuple[port.Outgoing, ...]
    method: str
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class AnswerExample:
    """A feedback to the requests of these numbers, and exactly what it means."""

    title: str
    dialect: str
    asks: str
    request_nos: tuple[str, ...]
    body: str
    answers: Mapping[str, port.Answer]


def _command(request_no: str, action: str, document: str, **more: Any) -> Command:
    return Command.model_validate({
        "task_id": f"task-{request_no}", "request_id": "request-1", "request_no": request_no, "agency": "icbc",
        "asset_type": "deposits", "action": action, "answer_due_at": "2026-11-23T16:00:00Z",
        "case": {"case_no": "（2026）粤5302执1234号", "court_code": "粤5302", "court_name": "云浮市云城区人民法院"},
        "officer": {"name": "李明", "work_card_no": "粤5302-0031", "duty_card_no": "44530200031", "phone": "0766-8830000"},
        "documents": [{"kind": document, "document_no": "（2026）粤5302执1234号之一", "issued_on": "2026-11-20"}],
        "subject": {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": DEMO_PERSON}, **more})


def _freeze(**more: Any) -> dict[str, Any]:
    return {"control_id": "control-1", "measure": "freeze",
            "asset": {"account_no": "6222024530200012345", "currency": "CNY"}, "amount_fen": 5_000_000, **more}


_QUERY = _command("20261122445302000001", "query", "assist_query_notice")
_COMPANY_QUERY = _command("20261122445302000002", "query", "assist_query_notice", subject={
    "kind": "organisation", "name": "云浮市新成石材有限公司", "id_type": "uscc", "id_no": DEMO_COMPANY})
_HEAD = (
    '"XM":"陈伟","ZJLX":"01","DSRZJHM":"445302199001010013","FYMC":"云浮市云城区人民法院","FYDM":"粤5302","CBR":"李明",'
    '"YHDH":"0766-8830000","AH":"（2026）粤5302执1234号","GZZBH":"粤5302-0031","GWZBH":"44530200031"')
_NAMED_HEAD = (
    '"custName":"陈伟","certType":"01","certNo":"445302199001010013","courtName":"云浮市云城区人民法院","courtCode":"粤5302",'
    '"judge":"李明","judgePhone":"0766-8830000","caseNo":"（2026）粤5302执1234号","workCardNo":"粤5302-0031","dutyCardNo":"44530200031"')

CALLS = (
    CallExample(
        "a query about two subjects", "standard", (port.Outgoing(_QUERY), port.Outgoing(_COMPANY_QUERY)), "POST", "/xzcx",
        '{"XZ":"1","CXLB":[{"BDHM":"20261122445302000001",' + _HEAD +
        ',"WSXX":[{"WSLB":"01","WSBH":"（2026）粤5302执1234号之一","WSRQ":"20261120000000"}]},'
        '{"BDHM":"20261122445302000002","XM":"云浮市新成石材有限公司","ZJLX":"21","DSRZJHM":"91445300MA4UN0001B",'
        '"FYMC":"云浮市云城区人民法院","FYDM":"粤5302","CBR":"李明","YHDH":"0766-8830000","AH":"（2026）粤5302执1234号",'
        '"GZZBH":"粤5302-0031","GWZBH":"44530200031",'
        '"WSXX":[{"WSLB":"01","WSBH":"（2026）粤5302执1234号之一","WSRQ":"20261120000000"}]}]}'),
    CallExample(
        "a query to a bank that calls back", "yuan",
        (port.Outgoing(_command("20261122445302000003", "query", "assist_query_notice"),
                       callback_url="http://127.0.0.1/callbacks/cmb/reference"),), "POST", "/judicial/queries",
        '{"reqKind":"1","queries":[{"reqNo":"20261122445302000003",' + _NAMED_HEAD +
        ',"notifyUrl":"http://127.0.0.1/callbacks/cmb/reference",'
        '"docs":[{"docType":"01","docNo":"（2026）粤5302执1234号之一","docTime":"20261120000000"}]}]}'),
    CallExample(
        "a freeze of fifty thousand yuan for a year", "standard",
        (port.Outgoing(_command("20261122445302000011", "freeze", "ruling", control=_freeze(term_months=12))),),
        "POST", "/xzkz",
        '{"BDHM":"20261122445302000011",' + _HEAD +
        ',"WSXX":[{"WSLB":"11","WSBH":"（2026）粤5302执1234号之一","WSRQ":"20261120000000"}],"XZ":"2",'
        '"KZZH":[{"CCXH":"1","KZLX":"1","KZCS":"01","KHZH":"6222024530200012345","KZNR":"1","BZ":"156","JE":"5000000",'
        '"KZQX":12,"CKWH":"（2026）粤5302执1234号之一"}]}'),
    CallExample(
        "a freeze of the whole account", "yuan",
        (port.Outgoing(_command("20261122445302000013", "freeze", "ruling", control=_freeze(amount_fen=None, term_months=12))),),
        "POST", "/judicial/controls",
        '{"reqNo":"20261122445302000013",' + _NAMED_HEAD +
        ',"docs":[{"docType":"11","docNo":"（2026）粤5302执1234号之一","docTime":"20261120000000"}],"reqKind":"2",'
        '"items":[{"seqNo":"1","ctrlType":"1","measure":"01","acctNo":"6222024530200012345","scope":"2","ccy":"156",'
        '"months":12,"rulingNo":"（2026）粤5302执1234号之一"}]}'),
    CallExample(
        "a deduction to the case account", "yuan",
        (port.Outgoing(_command("20261122445302000012", "deduct", "deduct_ruling", control=_freeze(
            original_request_no="20261122445302000011", agency_control_no="2026112200000001",
            case_funds_account={"bank": "中国农业银行云浮云城支行", "account_no": "44650101040099999", "name": "云浮市云城区人民法院"}))),),
        "POST", "/judicial/controls",
        '{"reqNo":"20261122445302000012",' + _NAMED_HEAD +
        ',"docs":[{"docType":"13","docNo":"（2026）粤5302执1234号之一","docTime":"20261120000000"}],"reqKind":"2",'
        '"items":[{"seqNo":"1","ctrlType":"1","measure":"06","acctNo":"6222024530200012345","scope":"1","ccy":"156",'
        '"amt":"50000.00","rulingNo":"（2026）粤5302执1234号之一","toAcctName":"云浮市云城区人民法院",'
        '"toBank":"中国农业银行云浮云城支行","toAcctNo":"44650101040099999","origReqNo":"20261122445302000011",'
        '"freezeNo":"2026112200000001"}]}'),
    CallExample(
        "how a freeze stands", "standard",
        (port.Outgoing(_command("20261122445302000011", "status", "ruling", of_action="freeze")),),
        "GET", "/xzkz/20261122445302000011", ""),
)

_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_FIRST, _SECOND, _THIRD = "20261122445302000001", "20261122445302000002", "20261122445302000003"
_THREE = [
    FoundAsset(
        record={"account_no": "6217003130004453021", "account_class": "personal_settlement", "account_tier": "1",
                "account_status": "partly_frozen", "branch_name": "中国建设银行云浮市分行", "branch_code": "105593000015",
                "opened_on": "2015-09-01", "currency": "CNY", "balance_fen": 5_200_000, "available_balance_fen": 2_200_000,
                "remark": "代发工资"},
        prior_measures=(LUODING.model_copy(update={"request_no": "20260312445381000001"}),), priority_rights=(PLEDGE,)),
    FoundAsset(record={"account_no": "5300120201103000017", "account_class": "time_deposit", "account_status": "normal",
                       "opened_on": "2024-02-19", "currency": "CNY", "balance_fen": 20_000_000, "available_balance_fen": 20_000_000,
                       "linked_cash_account": "6217003130004453021"}),
    FoundAsset(
        record={"account_no": "6013826605300001234", "account_class": "personal_savings", "account_status": "frozen",
                "closed_on": "2026-08-31", "currency": "USD", "balance_fen": 1_250_000, "available_balance_fen": 0},
        prior_measures=(PriorMeasure(kind="freeze", authority="佛山市公安局禅城分局", rank=1, from_on=date(2026, 8, 20)),)),
]

ANSWERS = (
    AnswerExample(
        "one has an account with a freeze and a pledge on it, one has none, one was not looked up", "standard", "query",
        (_FIRST, _SECOND, _THIRD),
        '{"RESULT":"0000","MSG":"成功","FKLB":['
        '{"BDHM":"20261122445302000001","FKSJ":"20261122170000","ZHXX":[{"CCXH":"1","KHZH":"6217003130004453021","CCLB":"01",'
        '"ZHFL":"1","ZHZT":"4","KHWD":"中国建设银行云浮市分行","KHRQ":"20150901000000","BZ":"156","YE":"5200000","KYYE":"2200000",'
        '"DJXX":[{"CSXH":"1","DJJG":"罗定市人民法院","DJWH":"（2026）粤5381执812号之一","BEIZ":"2","DJJE":"3000000",'
        '"DJKSRQ":"20260312000000","DJJZRQ":"20270311235959"}],'
        '"QLXX":[{"QLLX":"2","QLR":"广发银行云浮分行","QLJE":"120000000"}]}]},'
        '{"BDHM":"20261122445302000002","FKSJ":"20261122170000","ZHXX":[{"KHZH":"查无开户信息"}]},'
        '{"BDHM":"20261122445302000003","FKSJ":"20261122170000","ZHXX":[{"KHZH":"查询异常","BEIZ":"核心系统超时"}]}]}',
        {_FIRST: port.Found(_AT, [FoundAsset(
            record={"account_no": "6217003130004453021", "account_class": "personal_settlement", "account_tier": "1",
                    "account_status": "partly_frozen", "branch_name": "中国建设银行云浮市分行", "opened_on": "2015-09-01",
                    "currency": "CNY", "balance_fen": 5_200_000, "available_balance_fen": 2_200_000},
            prior_measures=(LUODING,), priority_rights=(PLEDGE,))]),
         _SECOND: port.Found(_AT, []), _THIRD: port.OutsideProtocol("查询异常")}),
    AnswerExample(
        "an overdrawn account in dollars, and a name that does not match", "yuan", "query", (_FIRST, _SECOND),
        '{"retCode":"0000","retMsg":"成功","list":['
        '{"reqNo":"20261122445302000001","respTime":"20261122170000","accts":[{"seqNo":"1","acctNo":"6225685300012345678",'
        '"acctClass":"13","acctStatus":"0","ccy":"840","bal":"-183.05","availBal":"0.00"}]},'
        '{"reqNo":"20261122445302000002","respTime":"20261122170000","accts":[{"acctNo":"业务审核未通过","reason":"04"}]}]}',
        {_FIRST: port.Found(_AT, [FoundAsset(
            record={"account_no": "6225685300012345678", "account_class": "credit_card", "account_status": "normal",
                    "currency": "USD", "balance_fen": -18_305, "available_balance_fen": 0})]),
         _SECOND: port.Refused("identity_mismatch", "04")}),
    AnswerExample(
        "a freeze that finds less than it asks for", "standard", "freeze", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"0","KZXX":['
        '{"CCXH":"1","KZCS":"01","KHZH":"6222024530200012345","KZNR":"1","KZZT":"1","CSZT":"1","YE":"4200000","KYYE":"0",'
        '"SDSJ":"20261122165958","CSKSRQ":"20261122165959","CSJSRQ":"20271121235959","DJXE":"5000000","SKJE":"4200000",'
        '"CESKJE":"800000","LHSX":"1","DJBH":"2026112200000001"}]}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="in_force", actual_fen=4_200_000, unfunded_fen=800_000, rank=1, until_on=date(2027, 11, 21),
            served_at=datetime(2026, 11, 22, 8, 59, 58, tzinfo=UTC), effective_at=datetime(2026, 11, 22, 8, 59, 59, tzinfo=UTC),
            agency_control_no="2026112200000001", wire={"KZCS": "01", "KZNR": "1", "KZZT": "1", "CSZT": "1"}))}),
    AnswerExample(
        "a freeze that waits behind another, asked for a second time", "yuan", "freeze", (_FIRST,),
        '{"retCode":"0000","retMsg":"成功","list":[{"reqNo":"20261122445302000001","respTime":"20261122170000","repeated":"1",'
        '"results":[{"seqNo":"1","measure":"03","acctNo":"6222024530200012345","scope":"1","done":"1","standing":"2",'
        '"actualAmt":"0.00","overAmt":"50000.00","rank":"2","servedTime":"20261122170000","waitNo":"2026112200000002"}]}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="waiting", actual_fen=0, unfunded_fen=5_000_000, rank=2, waiting_serial="2026112200000002", served_at=_AT,
            wire={"measure": "03", "scope": "1", "done": "1", "standing": "2"}))}),
    AnswerExample(
        "a freeze of the whole account, which another freezes whole too", "standard", "freeze", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"0","KZXX":['
        '{"CCXH":"1","KZCS":"03","KHZH":"6222024530200012345","KZNR":"2","KZZT":"1","CSZT":"2","SKJE":"0","LHSX":"2",'
        '"SDSJ":"20261122170000","LHBH":"2026112200000003","DJXX":[{"CSXH":"1","DJJG":"罗定市人民法院",'
        '"DJWH":"（2026）粤5381执812号之一","BEIZ":"1","DJKSRQ":"20260312000000","DJJZRQ":"20270311235959"}]}]}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="waiting", actual_fen=0, rank=2, waiting_serial="2026112200000003", served_at=_AT,
            prior_measures=(LUODING.model_copy(update={"amount_fen": None}),),
            wire={"KZCS": "03", "KZNR": "2", "KZZT": "1", "CSZT": "2"}))}),
    AnswerExample(
        "a deduction that does not say where the money goes", "yuan", "freeze_and_deduct", (_FIRST,),
        '{"retCode":"0000","retMsg":"成功","list":[{"reqNo":"20261122445302000001","respTime":"20261122170000","repeated":"0",'
        '"results":[{"seqNo":"1","measure":"08","acctNo":"6222024530200012345","scope":"1","done":"2","reason":"21"}]}]}',
        {_FIRST: port.Refused("funds_account_missing", "21")}),
    AnswerExample(
        "money that went to the case account", "standard", "deduct", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"0","KZXX":['
        '{"CCXH":"1","KZCS":"06","KHZH":"6222024530200012345","KZNR":"1","KZZT":"1","CSZT":"6","HKJE":"4200000"}]}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="deducted", deducted_fen=4_200_000, wire={"KZCS": "06", "KZNR": "1", "KZZT": "1", "CSZT": "6"}))}),
    AnswerExample(
        "an account that may not be frozen", "standard", "freeze", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"0","KZXX":['
        '{"CCXH":"1","KZCS":"01","KHZH":"44650101040012345","KZNR":"1","KZZT":"2","WNKZYY":"11","BEIZ":"农民工工资专用账户"}]}]}',
        {_FIRST: port.Refused("asset_exempt", "11 农民工工资专用账户")}),
    AnswerExample(
        "a measure the bank does not do", "standard", "freeze", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","CFBZ":"0","KZXX":['
        '{"CCXH":"1","KZNR":"1","KZZT":"2","WNKZYY":"08"}]}]}',
        {_FIRST: port.Unsupported("08")}),
    AnswerExample(
        "requests taken in, to be asked about after five seconds", "standard", "query", (_FIRST, _SECOND),
        '{"RESULT":"0100","MSG":"已接收，另行反馈","SLHZ":[{"BDHM":"20261122445302000001","SLH":"SL0001","DDMS":"5"},'
        '{"BDHM":"20261122445302000002","SLH":"SL0002"}]}',
        {_FIRST: port.Accepted("SL0001", 5.0), _SECOND: port.Accepted("SL0002")}),
    AnswerExample(
        "a bank that does not deal with us", "yuan", "query", (_FIRST,), '{"retCode":"9004","retMsg":"接入机构无权限"}',
        {_FIRST: port.Refused("not_authorised", "接入机构无权限")}),
    AnswerExample(
        "three accounts: one with a freeze and a pledge, one that another authority froze whole", "standard", "query", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","ZHXX":['
        '{"CCXH":"1","KHZH":"6217003130004453021","CCLB":"01","ZHFL":"1","ZHZT":"4","KHWD":"中国建设银行云浮市分行","KHWDDM":"105593000015",'
        '"KHRQ":"20150901000000","BZ":"156","YE":"5200000","KYYE":"2200000","BEIZ":"代发工资",'
        '"DJXX":[{"CSXH":"1","DJJG":"罗定市人民法院","DJWH":"（2026）粤5381执812号之一","BEIZ":"2","DJJE":"3000000",'
        '"DJKSRQ":"20260312000000","DJJZRQ":"20270311235959","DJDH":"20260312445381000001"}],'
        '"QLXX":[{"QLLX":"2","QLR":"广发银行云浮分行","QLJE":"120000000"}]},'
        '{"CCXH":"2","KHZH":"5300120201103000017","CCLB":"03","ZHZT":"0","KHRQ":"20240219000000","BZ":"156","YE":"20000000",'
        '"KYYE":"20000000","GLZJZH":"6217003130004453021"},'
        '{"CCXH":"3","KHZH":"6013826605300001234","CCLB":"02","ZHZT":"1","XHRQ":"20260831000000","BZ":"840","YE":"1250000","KYYE":"0",'
        '"DJXX":[{"CSXH":"1","DJJG":"佛山市公安局禅城分局","BEIZ":"1","DJJE":"500000000","DJKSRQ":"20260820000000"}]}]}]}',
        {_FIRST: port.Found(_AT, _THREE)}),
    AnswerExample(
        "the same three accounts in yuan", "yuan", "query", (_FIRST,),
        '{"retCode":"0000","retMsg":"成功","list":[{"reqNo":"20261122445302000001","respTime":"20261122170000","accts":['
        '{"seqNo":"1","acctNo":"6217003130004453021","acctClass":"01","acctTier":"1","acctStatus":"4","branchName":"中国建设银行云浮市分行",'
        '"branchCode":"105593000015","openTime":"20150901000000","ccy":"156","bal":"52000.00","availBal":"22000.00","remark":"代发工资",'
        '"holds":[{"seqNo":"1","authority":"罗定市人民法院","docNo":"（2026）粤5381执812号之一","remark":"2","amt":"30000.00",'
        '"startTime":"20260312000000","endTime":"20270311235959","reqNo":"20260312445381000001"}],'
        '"rights":[{"rightType":"2","holder":"广发银行云浮分行","amt":"1200000.00"}]},'
        '{"seqNo":"2","acctNo":"5300120201103000017","acctClass":"03","acctStatus":"0","openTime":"20240219000000","ccy":"156",'
        '"bal":"200000.00","availBal":"200000.00","linkedAcctNo":"6217003130004453021"},'
        '{"seqNo":"3","acctNo":"6013826605300001234","acctClass":"02","acctStatus":"1","closeTime":"20260831000000","ccy":"840",'
        '"bal":"12500.00","availBal":"0.00","holds":[{"seqNo":"1","authority":"佛山市公安局禅城分局","remark":"1","amt":"5000000.00",'
        '"startTime":"20260820000000"}]}]}]}',
        {_FIRST: port.Found(_AT, _THREE)}),
    AnswerExample(
        "yuan where fen are agreed: that account cannot be read, the one beside it can", "standard", "query", (_FIRST,),
        '{"RESULT":"0000","MSG":"成功","FKLB":[{"BDHM":"20261122445302000001","FKSJ":"20261122170000","ZHXX":['
        '{"CCXH":"1","KHZH":"6217003130004453021","CCLB":"01","ZHZT":"0","BZ":"CNY","YE":"52000.00","KYYE":"52000.00"},'
        '{"CCXH":"2","KHZH":"5300120201103000017","CCLB":"99","ZHZT":"0","BZ":"CNY","KHRQ":"20240219","YE":"20000000","KYYE":"20000000"}]}]}',
        {_FIRST: port.Found(
            _AT,
            [FoundAsset(record={"account_no": "5300120201103000017", "account_status": "normal", "opened_on": "2024-02-19", "currency": "CNY",
                                "balance_fen": 20_000_000, "available_balance_fen": 20_000_000},
                        unread=(Unread(field="account_class", wire="CCLB", code="unknown_code", raw="99"),))],
            (UnreadableItem(
                position=0, record={"account_no": "6217003130004453021", "account_class": "personal_settlement", "account_status": "normal",
                                    "currency": "CNY"},
                unread=(Unread(field="balance_fen", wire="YE", code="bad_form", raw="52000.00"),
                        Unread(field="available_balance_fen", wire="KYYE", code="bad_form", raw="52000.00"))),))}),
)
