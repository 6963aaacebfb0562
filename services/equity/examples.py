"""What the demo subjects hold in companies, and golden pairs of messages and what they mean.

Used by the mock agency (demo stakes), by the tests and by the docs. People, companies and numbers are invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.assets.equity import EquityPledge, EquityRecord
from contracts.control import ControlAnswer, PriorityRight, PriorMeasure
from contracts.messages import Command, FoundAsset, Unread
from services.runtime import port
from services.runtime.mock.port import Holding

DEMO_PERSON, DEMO_COMPANY = "445302199001010013", "91445300MA4UN0001B"

_OWN = EquityRecord(
    uscc=DEMO_COMPANY, company_name="云浮市新成石材有限公司", registration_status="in_operation", holder_name="陈伟",
    subscribed_capital_fen=300_000_000, paid_in_capital_fen=300_000_000, share_ratio="3/10", contribution_form="货币",
    publicised_on=date(2016, 5, 20))
_PLEDGED = EquityRecord(
    uscc="91445302MA4WT5172X", company_name="云浮市恒达石材机械有限公司", registration_status="in_operation", holder_name="陈伟",
    subscribed_capital_fen=102_000_000, paid_in_capital_fen=60_000_000, share_ratio="51/100", contribution_form="货币",
    pledges=(EquityPledge(pledgee="云浮农村商业银行股份有限公司", capital_fen=80_000_000, registered_on=date(2025, 6, 18),
                          registration_no="445300202506180017"),),
    publicised_on=date(2017, 11, 2))
_SUBSIDIARY = EquityRecord(
    uscc="91445381MA52C0176A", company_name="罗定市新成建材有限公司", registration_status="in_operation",
    holder_name="云浮市新成石材有限公司", subscribed_capital_fen=500_000_000, paid_in_capital_fen=None, share_ratio="1",
    contribution_form="实物", publicised_on=date(2018, 9, 12))
_CLAIM = PriorityRight(kind="pledge", holder="云浮农村商业银行股份有限公司", amount_fen=65_000_000)
_FROZEN = PriorMeasure(
    kind="freeze", authority="佛山市禅城区人民法院", document_no="（2026）粤0604执2211号之二", amount_fen=200_000_000, rank=1,
    from_on=date(2026, 4, 15), until_on=date(2029, 4, 14))

_DOLLARS = EquityRecord(
    uscc="445300400001234", company_name="云浮市嘉禾食品有限公司", registration_status="in_operation", holder_name="陈伟",
    subscribed_capital_fen=50_000_000, currency="USD", share_ratio="1/4")
_OTHERWISE = _OWN.model_copy(update={
    "paid_in_capital_fen": None,
    "pledges": (EquityPledge(pledgee="云浮农村商业银行股份有限公司", capital_fen=100_000_000, registered_on=date(2025, 6, 18)),)})
_THIRD_OF = EquityRecord(
    uscc="91445302MA4WT5172X", company_name="云浮市恒达石材机械有限公司", registration_status="in_operation", holder_name="陈伟",
    subscribed_capital_fen=102_000_000, share_ratio="3333/10000")

DEMO_HOLDINGS: Mapping[str, tuple[Holding, ...]] = {
    DEMO_PERSON: (Holding(_OWN.uscc, _OWN), Holding(_PLEDGED.uscc, _PLEDGED, priority_rights=(_CLAIM,))),
    DEMO_COMPANY: (Holding(_SUBSIDIARY.uscc, _SUBSIDIARY, prior_measures=(_FROZEN,)),),
}


@dataclass(frozen=True, slots=True)
class CallExample:
    """Commands to the registrar, and exactly what is sent to it."""

    title: str
    outgoing: tuple[port.Outgoing, ...]
    method: str
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class AnswerExample:
    """An answer to the requests of these numbers, and exactly what it means."""

    title: str
    asks: str
    request_nos: tuple[str, ...]
    body: str
    answers: Mapping[str, port.Answer]


def _shown(record: EquityRecord) -> dict[str, object]:
    return record.model_dump(mode="json", exclude_none=True)


def _command(request_no: str, action: str, document: str, **more: Any) -> Command:
    return Command.model_validate({
        "task_id": f"task-{request_no}", "request_id": "request-1", "request_no": request_no, "agency": "gd-market-regulation",
        "asset_type": "equity", "action": action, "answer_due_at": "2026-11-25T16:00:00Z",
        "case": {"case_no": "（2026）粤5302执1234号", "court_code": "粤5302", "court_name": "云浮市云城区人民法院"},
        "officer": {"name": "李明", "work_card_no": "粤5302-0031", "duty_card_no": "44530200031", "phone": "0766-8830000"},
        "documents": [{"kind": document, "document_no": "（2026）粤5302执1234号之一", "issued_on": "2026-11-20"}],
        "subject": {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": DEMO_PERSON}, **more})


def _order(**more: Any) -> dict[str, Any]:
    return {"control_id": "control-1", "measure": "freeze", "asset": {"uscc": DEMO_COMPANY}, **more}


_HEAD = (
    '"mc":"陈伟","zjlx":"01","zjhm":"445302199001010013","fymc":"云浮市云城区人民法院","fydm":"粤5302","cbr":"李明",'
    '"lxdh":"0766-8830000","ah":"（2026）粤5302执1234号","gzzbh":"粤5302-0031","gwzbh":"44530200031"')
_DOCUMENT = ',"ws":[{"wslb":"%s","wsh":"（2026）粤5302执1234号之一","wsrq":"2026年11月20日"}]'

CALLS = (
    CallExample(
        "a query to a registrar that calls back",
        (port.Outgoing(_command("20261122445302000001", "query", "assist_query_notice"),
                       callback_url="http://127.0.0.1/callbacks/gd-market-regulation/reference"),), "POST", "/tasks",
        '{"rwlx":"1","rw":[{"qqdh":"20261122445302000001",' + _HEAD +
        ',"hddz":"http://127.0.0.1/callbacks/gd-market-regulation/reference"' + _DOCUMENT % "01" + "}]}"),
    CallExample(
        "a freeze of a tenth of the company for three years",
        (port.Outgoing(_command("20261122445302000011", "freeze", "ruling", control=_order(ratio="1/10", term_months=36))),),
        "POST", "/tasks",
        '{"rwlx":"2","rw":[{"qqdh":"20261122445302000011",' + _HEAD + _DOCUMENT % "11" +
        ',"zxsx":"1","tyshxydm":"91445300MA4UN0001B","gqbl":"10.0000%","bz":"156","qxys":36,"cdwsh":"（2026）粤5302执1234号之一"}]}'),
    CallExample(
        "a freeze of a million yuan of capital until a day",
        (port.Outgoing(_command("20261122445302000012", "freeze", "assist_publicity_notice",
                                control=_order(capital_fen=100_000_001, until_on="2029-11-21"))),), "POST", "/tasks",
        '{"rwlx":"2","rw":[{"qqdh":"20261122445302000012",' + _HEAD + _DOCUMENT % "04" +
        ',"zxsx":"1","tyshxydm":"91445300MA4UN0001B","gqse":"100.000001","bz":"156","qxz":"2029年11月21日"}]}'),
    CallExample(
        "a freeze of capital in dollars, of a company that has the number from before",
        (port.Outgoing(_command("20261122445302000014", "freeze", "ruling", control=_order(
            asset={"uscc": "445300400001234", "currency": "USD"}, capital_fen=50_000_000, term_months=36))),), "POST", "/tasks",
        '{"rwlx":"2","rw":[{"qqdh":"20261122445302000014",' + _HEAD + _DOCUMENT % "11" +
        ',"zxsx":"1","tyshxydm":"445300400001234","gqse":"50.000000","bz":"840","qxys":36,"cdwsh":"（2026）粤5302执1234号之一"}]}'),
    CallExample(
        "a compulsory transfer",
        (port.Outgoing(_command("20261122445302000013", "transfer", "transfer_ruling", control=_order(
            original_request_no="20261122445302000011", agency_control_no="2026112200000001",
            transferee={"name": "黄志强", "id_type": "resident_id", "id_no": "44530219880606003X"}))),), "POST", "/tasks",
        '{"rwlx":"2","rw":[{"qqdh":"20261122445302000013",' + _HEAD + _DOCUMENT % "14" +
        ',"zxsx":"4","tyshxydm":"91445300MA4UN0001B","bz":"156","cdwsh":"（2026）粤5302执1234号之一",'
        '"yqqdh":"20261122445302000011","gsbh":"2026112200000001",'
        '"srr":{"mc":"黄志强","zjlx":"01","zjhm":"44530219880606003X"}}]}'),
    CallExample(
        "how a freeze stands",
        (port.Outgoing(_command("20261122445302000011", "status", "ruling", of_action="freeze")),),
        "GET", "/tasks/20261122445302000011", ""),
)

_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_FIRST, _SECOND, _THIRD = "20261122445302000001", "20261122445302000002", "20261122445302000003"

ANSWERS = (
    AnswerExample(
        "tasks taken in", "query", (_FIRST, _SECOND),
        '{"fhm":"0","fhxx":"成功","rw":[{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"1","ddms":"60"},'
        '{"qqdh":"20261122445302000002","rwlsh":"RW2","zt":"1"}]}',
        {_FIRST: port.Accepted("RW1", 60.0), _SECOND: port.Accepted("RW2")}),
    AnswerExample(
        "one holds a pledged stake that another court froze, one holds nothing, one is sent back", "query",
        (_FIRST, _SECOND, _THIRD),
        '{"fhm":"0","fhxx":"成功","rw":['
        '{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"2","fksj":"2026年11月22日 17:00:00","cxjg":{"sl":"1","gq":['
        '{"tyshxydm":"91445302MA4WT5172X","qymc":"云浮市恒达石材机械有限公司","djzt":"1","gdmc":"陈伟","rjcze":"102.000000",'
        '"sjcze":"60.000000","bz":"156","cgbl":"51.0000%","czfs":"1","gqcz":[{"zqr":"云浮农村商业银行股份有限公司",'
        '"czse":"80.000000","zqse":"65.000000","djrq":"2025年6月18日","djbh":"445300202506180017"}],"gsrq":"2017年11月2日",'
        '"sfxz":[{"lhsx":"1","zxfy":"佛山市禅城区人民法院","wsh":"（2026）粤0604执2211号之二","gqse":"200.000000",'
        '"qxq":"2026年4月15日","qxz":"2029年4月14日"}]}]}},'
        '{"qqdh":"20261122445302000002","rwlsh":"RW2","zt":"2","fksj":"2026年11月22日 17:00:00","cxjg":{"sl":"0","gq":[]}},'
        '{"qqdh":"20261122445302000003","rwlsh":"RW3","zt":"9","fksj":"2026年11月22日 17:00:00","thyy":"04","thsm":"名称不符"}]}',
        {_FIRST: port.Found(_AT, [FoundAsset(
            record=_shown(_PLEDGED), prior_measures=(_FROZEN,), priority_rights=(_CLAIM,))]),
         _SECOND: port.Found(_AT, []), _THIRD: port.Refused("identity_mismatch", "04 名称不符")}),
    AnswerExample(
        "three stakes: one in dollars of a company with the number from before, one written otherwise, one in a form that is not listed", "query",
        (_FIRST,),
        '{"fhm":"0","fhxx":"成功","rw":['
        '{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"2","fksj":"2026年11月22日 17:00:00","cxjg":{"sl":"3","gq":['
        '{"tyshxydm":"445300400001234","qymc":"云浮市嘉禾食品有限公司","djzt":"1","gdmc":"陈伟","rjcze":"50.000000","bz":"840",'
        '"cgbl":"25.0000%"},'
        '{"tyshxydm":"91445300MA4UN0001B","qymc":"云浮市新成石材有限公司","djzt":"存续","gdmc":"陈伟","rjcze":"300万元","bz":"156",'
        '"cgbl":"30%","czfs":"1","gqcz":[{"zqr":"云浮农村商业银行股份有限公司","czse":"100万元","djrq":"2025-06-18"}],"gsrq":"20160520",'
        '"sfxz":[{"lhsx":"1","zxfy":"佛山市禅城区人民法院"}]},'
        '{"tyshxydm":"91445302MA4WT5172X","qymc":"云浮市恒达石材机械有限公司","djzt":"1","gdmc":"陈伟","rjcze":"102.000000","bz":"156",'
        '"cgbl":"33.33%","czfs":"5"}]}}]}',
        {_FIRST: port.Found(_AT, [
            FoundAsset(record=_shown(_DOLLARS)),
            FoundAsset(record=_shown(_OTHERWISE), prior_measures=(PriorMeasure(kind="freeze", authority="佛山市禅城区人民法院", rank=1),),
                       priority_rights=(PriorityRight(kind="pledge", holder="云浮农村商业银行股份有限公司"),)),
            FoundAsset(record=_shown(_THIRD_OF), unread=(Unread(field="contribution_form", wire="czfs", code="unknown_code", raw="5"),))])}),
    AnswerExample(
        "a freeze that is published", "freeze", (_FIRST,),
        '{"fhm":"0","fhxx":"成功","rw":[{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"2","fksj":"2026年11月22日 17:00:00",'
        '"zxjg":{"zxsx":"1","tyshxydm":"91445300MA4UN0001B","zxzt":"1","gqse":"100.000000","wdjse":"0.000000","bz":"156","lhsx":"1",'
        '"sdsj":"2026年11月22日 16:30:00","gssj":"2026年11月22日 16:59:59","qxz":"2029年11月21日","gsbh":"2026112200000001"}}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="in_force", actual_fen=100_000_000, unfunded_fen=0, rank=1, until_on=date(2029, 11, 21),
            served_at=datetime(2026, 11, 22, 8, 30, tzinfo=UTC), effective_at=datetime(2026, 11, 22, 8, 59, 59, tzinfo=UTC),
            agency_control_no="2026112200000001", wire={"zxsx": "1", "zxzt": "1"}))}),
    AnswerExample(
        "a freeze that waits behind another", "freeze", (_FIRST,),
        '{"fhm":"0","fhxx":"成功","rw":[{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"2","fksj":"2026年11月22日 17:00:00",'
        '"zxjg":{"zxsx":"1","tyshxydm":"91445300MA4UN0001B","zxzt":"4","bz":"156","lhsx":"2","lhbh":"LH2",'
        '"yxq":[{"qllx":"2","qlr":"云浮农村商业银行股份有限公司","zqse":"65.000000"}]}}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(
            state="waiting", rank=2, waiting_serial="LH2", priority_rights=(_CLAIM,), wire={"zxsx": "1", "zxzt": "4"}))}),
    AnswerExample(
        "a freeze whose term ended without renewal", "freeze", (_FIRST,),
        '{"fhm":"0","fhxx":"成功","rw":[{"qqdh":"20261122445302000001","rwlsh":"RW1","zt":"2","fksj":"2026年11月22日 17:00:00",'
        '"zxjg":{"zxsx":"1","tyshxydm":"91445300MA4UN0001B","zxzt":"3","sxyy":"1","bz":"156"}}]}',
        {_FIRST: port.Controlled(_AT, ControlAnswer(state="expired", wire={"zxsx": "1", "zxzt": "3", "sxyy": "1"}))}),
    AnswerExample(
        "a registrar that does not deal with us", "query", (_FIRST,), '{"fhm":"4","fhxx":"未授权"}',
        {_FIRST: port.Refused("not_authorised", "未授权")}),
)
