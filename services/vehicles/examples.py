"""Golden pairs: command and call, answer and meaning. Used by tests and docs; answers are of 2026-11-22 17:00 China time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.assets.vehicles import VehicleRecord
from contracts.case import CaseReference, Officer
from contracts.control import ControlAnswer, ControlOrder, Transferee
from contracts.documents import CommandDocument
from contracts.messages import Command, FoundAsset, Unread, UnreadableItem
from contracts.subject import Identity
from services.runtime import port
from services.vehicles import demo


@dataclass(frozen=True, slots=True)
class Example:
    """What is asked and how it is written, what is answered and what it means."""

    title: str
    outgoing: tuple[port.Outgoing, ...]
    call: port.AgencyCall
    response: port.AgencyResponse
    answers: Mapping[str, port.Answer]


AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PAPER = b"%PDF-1.7 ruling"


def _query(request_no: str) -> Command:
    return Command(
        task_id="01JDTASK", request_id="01JDREQUEST", request_no=request_no, agency="yunfu-vehicle-office",
        asset_type="vehicles", action="query", answer_due_at=datetime(2026, 11, 25, 16, 0, tzinfo=UTC),
        case=CaseReference(case_no="（2026）粤5302执1234号", court_code="粤5302", court_name="云浮市云城区人民法院"),
        officer=Officer(name="李明", work_card_no="粤5302-0031", duty_card_no="44530200031", phone="0766-8830000"),
        documents=(CommandDocument(kind="assist_query_notice", document_no="（2026）粤5302执1234号之一"),),
        subject=Identity(kind="person", name="陈伟", id_type="resident_id", id_no=demo.DEMO_PERSON))


def _control(request_no: str, action: Any, asset: VehicleRecord, **order: Any) -> Command:
    return _query(request_no).model_copy(update={
        "action": action,
        "documents": (
            CommandDocument(kind="ruling", document_no="（2026）粤5302执1234号之二", document_id="sha256:ruling"),
            CommandDocument(kind="assist_execution_notice", document_no="（2026）粤5302执1234号之三")),
        "control": ControlOrder(control_id="01JDCONTROL", measure="seal", asset=asset.model_dump(mode="json"), **order)})


def _status(request_no: str, of_action: Any) -> Command:
    return _query(request_no).model_copy(update={"action": "status", "of_action": of_action, "agency_ref": "JG77"})


def _one_line(text: str) -> bytes:
    return re.sub(r"\n\s*", "", text).encode()


def _call(path: str, text: str) -> port.AgencyCall:
    return port.AgencyCall("POST", path, _one_line(text))


def _answer(text: str) -> port.AgencyResponse:
    body = b'{"code":"0000","sj":"2026-11-22 17:00:00","jg":[' + _one_line(text) + b"]}"
    return port.AgencyResponse(200, "application/json", body)


def _found(record: VehicleRecord, **more: Any) -> FoundAsset:
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), **more)


_ASKER = """"xm":"陈伟","sfzmmc":"A","sfzmhm":"445302199001010013","fymc":"云浮市云城区人民法院","fydm":"粤5302",
    "ah":"（2026）粤5302执1234号","cbr":"李明","lxdh":"0766-8830000","gzzbh":"粤5302-0031","gwzbh":"44530200031","""
_NOTICE = '"ws":[{"wslb":"2","wsmc":"协助查询通知书","wsbh":"（2026）粤5302执1234号之一"}]'
_ORDER = """"ws":[{"wslb":"1","wsmc":"裁定书","wsbh":"（2026）粤5302执1234号之二"},
    {"wslb":"2","wsmc":"协助执行通知书","wsbh":"（2026）粤5302执1234号之三"}],"""
_OFFICE = '"fzjg":"粤W","glbm":"云浮市公安局交通警察支队车辆管理所"'
_EARLIER = """"cf":[{"cflx":"1","cfjg":"广州市天河区人民法院","cfwh":"（2025）粤0106执5518号之一","cfsx":1,"ksrq":"2025-06-10",
    "jsrq":"2027-06-09"}]"""

EXAMPLES = (
    Example(
        "查到三辆车：一辆正常，一辆违法未处理且已被查封，一辆已抵押",
        (port.Outgoing(_query("20261122445302000123")),),
        _call("/api/jdc/cx", '{"qq":[{"qqdh":"20261122445302000123",' + _ASKER + _NOTICE + "}]}"),
        _answer("""{"code":"0000","qqdh":"20261122445302000123","sl":3,"cl":[
            {"hphm":"粤WA8K21","hpzl":"02","clsbdh":"LFV2A21J7K3000001","cllx":"K33","clpp":"大众牌","syr":"陈伟","zt":"A",
            "dybj":"0","fdjh":"EA211076543","clxh":"FV7146FBDBG","csys":"A","syxz":"A","sfzmhm":"445302199001010013",
            "ccdjrq":"2019-03-05","yxqz":"2027-03-31",""" + _OFFICE + ""","djzsbh":"440053021907","dabh":"445300190305",
            "cf":[],"dy":[]},
            {"hphm":"粤W3C907","hpzl":"02","clsbdh":"LSVNV2180F2000002","cllx":"K32","clpp":"斯柯达牌","syr":"陈伟","zt":"GK",
            "dybj":"0","clxh":"SVW6452BGD","csys":"J","syxz":"A","sfzmhm":"445302199001010013","ccdjrq":"2015-09-18",
            "yxqz":"2026-09-30",""" + _OFFICE + "," + _EARLIER + ""","dy":[]},
            {"hphm":"粤WD60218","hpzl":"52","clsbdh":"LGXCE4CB4P0000003","cllx":"K33","clpp":"比亚迪牌","syr":"陈伟","zt":"A",
            "dybj":"1","clxh":"BYD7009BEV","csys":"H","syxz":"A","sfzmhm":"445302199001010013","ccdjrq":"2023-06-08",
            "yxqz":"2029-06-30",""" + _OFFICE + ""","cf":[],"dy":[{"dyqr":"比亚迪汽车金融有限公司","je":"98600.00"}]}]}"""),
        {"20261122445302000123": port.Found(AS_OF, [
            _found(demo.FREE), _found(demo.SEALED, prior_measures=(demo.EARLIER_SEAL,)),
            _found(demo.MORTGAGED, priority_rights=(demo.LOAN,))])}),
    Example(
        "查无车辆；姓名与证件号码不一致，拒绝协助；一辆车的状态字母在代码表以外，该车不可读",
        tuple(port.Outgoing(_query(f"2026112244530200012{n}")) for n in (4, 5, 6)),
        _call("/api/jdc/cx", '{"qq":[' + ",".join(
            '{"qqdh":"2026112244530200012' + n + '",' + _ASKER + _NOTICE + "}" for n in "456") + "]}"),
        _answer("""{"code":"0000","qqdh":"20261122445302000124","sl":0,"cl":[]},
            {"code":"1004","qqdh":"20261122445302000125","msg":"姓名与证件号码不一致"},
            {"code":"0000","qqdh":"20261122445302000126","sl":1,"cl":[{"hphm":"粤WA8K21","hpzl":"02",
            "clsbdh":"LFV2A21J7K3000001","cllx":"K33","clpp":"大众牌","syr":"陈伟","zt":"KX","dybj":"0"}]}"""),
        {"20261122445302000124": port.Found(AS_OF, []),
         "20261122445302000125": port.Refused("identity_mismatch", "姓名与证件号码不一致"),
         "20261122445302000126": port.Found(AS_OF, [], (UnreadableItem(
             position=0, record={"plate_no": "粤WA8K21", "plate_type": "small", "vin": "LFV2A21J7K3000001", "vehicle_type": "小型轿车",
                                 "brand": "大众牌", "owner_name": "陈伟", "mortgage_flag": False},
             unread=(Unread(field="status_codes", wire="zt", code="unknown_code", raw="KX"),)),))}),
    Example(
        "查封已生效，法律文书随附",
        (port.Outgoing(_control("20261122445302000127", "seal", demo.FREE, term_months=24), contents={"sha256:ruling": PAPER}),),
        _call("/api/jdc/kz", '{"qqdh":"20261122445302000127",' + _ASKER + """
            "ws":[{"wslb":"1","wsmc":"裁定书","wsbh":"（2026）粤5302执1234号之二",
            "jyz":"f5e7483948fc93c1394ed8f751598a43bf3d747d5ff91a5469c98e2ccb0b1a59","wsnr":"JVBERi0xLjcgcnVsaW5n"},
            {"wslb":"2","wsmc":"协助执行通知书","wsbh":"（2026）粤5302执1234号之三"}],"kzcs":"01","hphm":"粤WA8K21",
            "hpzl":"02","clsbdh":"LFV2A21J7K3000001","cdsh":"（2026）粤5302执1234号之二","cfqx":24}"""),
        _answer("""{"code":"0000","qqdh":"20261122445302000127","hphm":"粤WA8K21","cfzt":"1","cfsx":1,
            "cfdh":"2026112200000001","sdsj":"2026-11-22 17:00:00","sxsj":"2026-11-22 17:00:00","jsrq":"2028-11-21",
            "cf":[],"dy":[]}"""),
        {"20261122445302000127": port.Controlled(AS_OF, ControlAnswer(
            state="in_force", rank=1, served_at=AS_OF, effective_at=AS_OF, until_on=date(2028, 11, 21),
            agency_control_no="2026112200000001", wire={"cfzt": "1"}))}),
    Example(
        "在先查封未解除，轮候第二位",
        (port.Outgoing(_control("20261122445302000128", "seal", demo.SEALED, until_on=date(2028, 11, 21))),),
        _call("/api/jdc/kz", '{"qqdh":"20261122445302000128",' + _ASKER + _ORDER + """"kzcs":"01","hphm":"粤W3C907",
            "hpzl":"02","clsbdh":"LSVNV2180F2000002","cdsh":"（2026）粤5302执1234号之二","jsrq":"2028-11-21"}"""),
        _answer("""{"code":"0000","qqdh":"20261122445302000128","hphm":"粤W3C907","cfzt":"2","cfsx":2,
            "cfdh":"2026112200000001","sdsj":"2026-11-22 17:00:00",""" + _EARLIER + ""","dy":[]}"""),
        {"20261122445302000128": port.Controlled(AS_OF, ControlAnswer(
            state="waiting", rank=2, served_at=AS_OF, agency_control_no="2026112200000001",
            prior_measures=(demo.EARLIER_SEAL,), wire={"cfzt": "2"}))}),
    Example(
        "过户：原查封不存在，未办理",
        (port.Outgoing(_control(
            "20261122445302000129", "transfer", demo.FREE, original_request_no="20261122445302000127",
            original_case_no="（2026）粤5302执1234号", agency_control_no="2026112200000001",
            transferee=Transferee(name="黄志强", id_type="resident_id", id_no="44530219880606003X"))),),
        _call("/api/jdc/kz", '{"qqdh":"20261122445302000129",' + _ASKER + _ORDER + """"kzcs":"04","hphm":"粤WA8K21",
            "hpzl":"02","clsbdh":"LFV2A21J7K3000001","cdsh":"（2026）粤5302执1234号之二","ydjah":"（2026）粤5302执1234号",
            "ydjdh":"20261122445302000127","ycfdh":"2026112200000001",
            "gh":{"xm":"黄志强","sfzmmc":"A","sfzmhm":"44530219880606003X"}}"""),
        _answer('{"code":"2004","qqdh":"20261122445302000129","msg":"无原查封记录"}'),
        {"20261122445302000129": port.Refused("no_original_measure", "无原查封记录")}),
    Example(
        "车管所已受理，尚未办结", (port.Outgoing(_status("20261122445302000130", "query")),),
        port.AgencyCall("GET", "/api/jdc/jg/cx/20261122445302000130"),
        _answer('{"code":"0001","qqdh":"20261122445302000130","sldh":"JG77","yjms":60}'),
        {"20261122445302000130": port.Accepted("JG77", 60)}),
)
