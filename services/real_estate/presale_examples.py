"""Golden pairs of the housing bureau: command and call, answer and meaning."""

import re
from datetime import date
from typing import Any

from contracts.assets.real_estate import RealEstateRecord
from contracts.control import ControlAnswer
from contracts.messages import Unread
from services.real_estate import demo
from services.real_estate.example import AS_OF, Example, control, found, query
from services.runtime import port


def _json_call(path: str, text: str) -> port.AgencyCall:
    return port.AgencyCall("POST", path, re.sub(r"\n\s*", "", text).encode())


def _json_answer(text: str) -> port.AgencyResponse:
    body = '{"status":"ok","at":"2026-11-22 17:00","replies":[' + re.sub(r"\n\s*", "", text) + "]}"
    return port.AgencyResponse(200, "application/json", body.encode())


def _room(number: str, filing: str, **more: Any) -> RealEstateRecord:
    """Return another home in the house of the demo debtor's."""
    return RealEstateRecord.model_validate({
        "unit_code": f"445303004002GB00077F0012{number}", "location": f"云浮市云安区金丰路9号云石里12栋{number}房",
        "right_type": "advance_notice", "right_status": "current", "holder_name": "陈伟", "co_ownership": "sole",
        "registry": "云浮市住房和城乡建设局", "region_code": "445303", "business_no": f"备445303001200{filing}", **more})


PRESALE = (
    Example(
        "住建部门有一份商品房买卖合同备案", "presale", (port.Outgoing(query("20261122445302000131")),),
        _json_call("/presale/query", """
            {"asks":[{"ticket":"20261122445302000131","buyer":"陈伟","card_kind":"citizen",
            "card_no":"445302199001010013","court":"云浮市云城区人民法院","case_no":"（2026）粤5302执1234号","judge":"李明",
            "work_card":"粤5302-0031","duty_card":"44530200031",
            "papers":[{"kind":"notice","name":"协助查询通知书","number":"（2026）粤5302执1234号之一"}]}]}"""),
        _json_answer("""
            {"result":"contracts","ticket":"20261122445302000131","contracts":[{"filing_no":"备44530300120077",
            "house_code":"445303004002GB00077F00121503","address":"云浮市云安区金丰路9号云石里12栋1503房","district":"445303",
            "state":"filed","buyer":"陈伟","holding":"alone","fellow_buyers":[],"use":"住宅","nature":"商品房","area":89.06,
            "area_inside":73.03,"area_shared":16.03,"floors":32,"filed_with":"云浮市住房和城乡建设局","holds":[],
            "loans":[]}]}"""),
        {"20261122445302000131": port.Found(AS_OF, [found(demo.SOLD)])}),
    Example(
        "三份买卖合同：一份与他人按份共有并有按揭贷款，一份已被其他法院预查封，一份为签约中；一处朝向字段为接口以外的内容，照原样保留并标明", "presale",
        (port.Outgoing(query("20261122445302000136")),),
        _json_call("/presale/query", """
            {"asks":[{"ticket":"20261122445302000136","buyer":"陈伟","card_kind":"citizen",
            "card_no":"445302199001010013","court":"云浮市云城区人民法院","case_no":"（2026）粤5302执1234号","judge":"李明",
            "work_card":"粤5302-0031","duty_card":"44530200031",
            "papers":[{"kind":"notice","name":"协助查询通知书","number":"（2026）粤5302执1234号之一"}]}]}"""),
        _json_answer("""
            {"result":"contracts","ticket":"20261122445302000136","contracts":[{"filing_no":"备44530300120077",
            "house_code":"445303004002GB00077F00121503","address":"云浮市云安区金丰路9号云石里12栋1503房","district":"445303",
            "state":"filed","buyer":"陈伟","holding":"by_share","share":"1/2","fellow_buyers":[{"name":"林秀珍",
            "card_kind":"citizen","card_no":"44530219920512002X","share":"1/2"}],"use":"住宅","nature":"商品房","area":89.06,
            "area_inside":73.03,"area_shared":16.03,"floors":32,"filed_with":"云浮市住房和城乡建设局","holds":[],
            "loans":[{"bank":"中国农业银行股份有限公司云浮分行","kind":"mortgage","amount":"380000.00"}]},
            {"filing_no":"备44530300120078","house_code":"445303004002GB00077F00121504",
            "address":"云浮市云安区金丰路9号云石里12栋1504房","district":"445303","state":"filed","buyer":"陈伟","holding":"alone",
            "fellow_buyers":[],"use":"住宅","nature":"商品房","area":"89.06平方米","floors":32,
            "filed_with":"云浮市住房和城乡建设局","holds":[{"kind":"pre_seal","by":"佛山市南海区人民法院",
            "paper_no":"（2024）粤0605执3321号之一","order":1,"since":"2024-05-21","until":"2027-05-20"}],"loans":[]},
            {"filing_no":"备44530300120079","house_code":"445303004002GB00077F00121505",
            "address":"云浮市云安区金丰路9号云石里12栋1505房","district":"445303","state":"signing","buyer":"陈伟","holding":"alone",
            "fellow_buyers":[],"facing":"朝南","filed_with":"云浮市住房和城乡建设局","holds":[],"loans":[]}]}"""),
        {"20261122445302000136": port.Found(AS_OF, [
            found(demo.SOLD.model_copy(update={"co_ownership": "by_shares", "share_ratio": "1/2", "co_owners": (demo.WIFE,)}),
                  priority_rights=(demo.LOAN,)),
            found(_room("1504", "78", planned_use="住宅", house_nature="商品房", area_building_m2=89.06, total_floors=32),
                  prior_measures=(demo.EARLIER_SEAL.model_copy(update={"kind": "pre_seal"}),)),
            found(_room("1505", "79", right_status="pending"),
                  unread=(Unread(field="facing", wire="facing", code="unknown_field", raw="朝南"),))])}),
    Example(
        "预查封已生效", "presale",
        (port.Outgoing(control("20261122445302000132", "pre_seal", demo.SOLD, term_months=36)),),
        _json_call("/presale/hold", """
            {"ticket":"20261122445302000132","buyer":"陈伟","card_kind":"citizen","card_no":"445302199001010013",
            "court":"云浮市云城区人民法院","case_no":"（2026）粤5302执1234号","judge":"李明","work_card":"粤5302-0031",
            "duty_card":"44530200031","papers":[{"kind":"ruling","name":"裁定书","number":"（2026）粤5302执1234号之二"},
            {"kind":"notice","name":"协助执行通知书","number":"（2026）粤5302执1234号之三"}],
            "house_code":"445303004002GB00077F00121503","measure":"pre_seal","months":36,
            "ruling_no":"（2026）粤5302执1234号之二"}"""),
        _json_answer("""
            {"result":"held","ticket":"20261122445302000132","house_code":"445303004002GB00077F00121503","state":"holding",
            "order":1,"hold_no":"2026112200000001","served":"2026-11-22 17:00","since":"2026-11-22 17:00",
            "until":"2029-11-21","holds":[],"loans":[]}"""),
        {"20261122445302000132": port.Controlled(AS_OF, ControlAnswer(
            state="in_force", rank=1, served_at=AS_OF, effective_at=AS_OF, until_on=date(2029, 11, 21),
            agency_control_no="2026112200000001", wire={"state": "holding"}))}),
    Example(
        "预查封已解除", "presale",
        (port.Outgoing(control("20261122445302000133", "release", demo.SOLD, original_request_no="20261122445302000132",
                                agency_control_no="2026112200000001")),),
        _json_call("/presale/hold", """
            {"ticket":"20261122445302000133","buyer":"陈伟","card_kind":"citizen","card_no":"445302199001010013",
            "court":"云浮市云城区人民法院","case_no":"（2026）粤5302执1234号","judge":"李明","work_card":"粤5302-0031",
            "duty_card":"44530200031","papers":[{"kind":"ruling","name":"裁定书","number":"（2026）粤5302执1234号之二"},
            {"kind":"notice","name":"协助执行通知书","number":"（2026）粤5302执1234号之三"}],
            "house_code":"445303004002GB00077F00121503","measure":"lift","follows":"20261122445302000132",
            "hold_no":"2026112200000001","ruling_no":"（2026）粤5302执1234号之二"}"""),
        _json_answer("""
            {"result":"held","ticket":"20261122445302000133","house_code":"445303004002GB00077F00121503","state":"lifted",
            "hold_no":"2026112200000001","served":"2026-11-22 17:00","holds":[],"loans":[]}"""),
        {"20261122445302000133": port.Controlled(AS_OF, ControlAnswer(
            state="released", served_at=AS_OF, agency_control_no="2026112200000001", wire={"state": "lifted"}))}),
)
