"""Golden pairs of the registry: command and call, answer and meaning. In the XML `{...}` marks text that travels as Base64 of GB18030."""

import re
from base64 import b64encode
from datetime import date

from contracts.control import ControlAnswer, Transferee
from contracts.messages import Unread
from services.real_estate import demo
from services.real_estate.example import AS_OF, PAPER, Example, control, found, query, status
from services.runtime import port


def _xml(text: str) -> bytes:
    """Put marked text into Base64 of GB18030, and drop what only the reader needs: line ends and the spaces after them."""
    joined = re.sub(r"\n\s*", " ", text.strip()).replace("> <", "><").replace(" >", ">").replace(" />", "/>")
    marked = re.sub(r"\{(.*?)\}", lambda match: b64encode(match[1].encode("gb18030")).decode(), joined)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + marked.replace("/>", " />").encode()


_NAMESPACES = 'xmlns:bdc="urn:bdcck" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'


def _soap_call(operation: str, item: str) -> port.AgencyCall:
    content = _xml(f"""<soap:Envelope {_NAMESPACES}><soap:Body><bdc:{operation}>{item}</bdc:{operation}></soap:Body>
                       </soap:Envelope>""")
    return port.AgencyCall("POST", "/services/bdcck", content, "text/xml; charset=utf-8", {"SOAPAction": f'"{operation}"'})


def _soap_answer(operation: str, items: str, code: str = "0000", info: str = "成功") -> port.AgencyResponse:
    body = _xml(f"""<soap:Envelope {_NAMESPACES}><soap:Header>
        <HEAD CREATETIME="20261122170000" RESPONSECODE="{code}" RESPONSEINFO="{info}"/></soap:Header>
        <soap:Body><bdc:{operation}>{items}</bdc:{operation}></soap:Body></soap:Envelope>""")
    return port.AgencyResponse(200, "text/xml; charset=utf-8", body)


_ASKER = """XM="{陈伟}" ZJZL="{1}" ZJH="{445302199001010013}" FYMC="{云浮市云城区人民法院}" FYDM="{粤5302}"
    AH="{（2026）粤5302执1234号}" CBR="{李明}" YHDH="{0766-8830000}" GZZBH="{粤5302-0031}" GWZBH="{44530200031}\""""
_NOTICE = '<WS WSLB="{2}" WSMC="{协助查询通知书}" WSBH="{（2026）粤5302执1234号之一}"/>'
_ORDER = """<WS WSLB="{1}" WSMC="{裁定书}" WSBH="{（2026）粤5302执1234号之二}"/>
    <WS WSLB="{2}" WSMC="{协助执行通知书}" WSBH="{（2026）粤5302执1234号之三}"/>"""
_HOME_WORDS = """BDCDYH="{445302001001GB00014F00310202}" BDCQLLX="{4}"
    BDCQZH="{粤（2019）云浮市云城区不动产权第0012345号}" ZL="{云浮市云城区解放中路128号星河湾31栋202房}\""""
_OLD_WORDS = """BDCQLLX="{4}" BDCQZH="{粤房地权证云浮字第0100012345号}" ZL="{云浮市云城区府前街17号402房}\""""
_SHOP_WORDS = """BDCDYH="{445302002005GB00238F00010105}" BDCQLLX="{4}"
    BDCQZH="{粤（2016）云浮市云城区不动产权第0004711号}" ZL="{云浮市云城区兴云西路36号首层05号商铺}\""""

REGISTRY = (
    Example(
        "查到三处不动产：一处共有并抵押，一处已被其他法院查封，一处为预告登记", "standard",
        (port.Outgoing(query("20261122445302000123")),),
        _soap_call("cxBdcQL", '<CXQQ BDHM="{20261122445302000123}" ' + _ASKER + ">" + _NOTICE + "</CXQQ>"),
        _soap_answer("cxBdcQLResponse", """
            <CXFK RESULT="{0000}" BDHM="{20261122445302000123}" FKSJ="{20261122170000}" JGS="{3}">
            <FDCQ BDCDYH="{445302001001GB00014F00310202}" QLLX="{4}" QSZT="{1}"
                ZL="{云浮市云城区解放中路128号星河湾31栋202房}" QLR="{陈伟}" GYFS="{2}" DJJG="{云浮市不动产登记中心}"
                QXDM="{445302}" BDCQZH="{粤（2019）云浮市云城区不动产权第0012345号}" GHYT="{住宅}" FWXZ="{商品房}"
                JZMJ="{118.50}" ZYJZMJ="{97.17}" FTJZMJ="{21.33}" JGSJ="{20170618}" TDSYQSSJ="{20140312}"
                TDSYJSSJ="{20840311}" ZCS="{26}" QLBL="{1/2}" YWH="{201904180012345}" PGJ="{76.432500}">
                <GYR XM="{林秀珍}" ZJZL="{1}" ZJH="{44530219920512002X}" QLBL="{1/2}"/></FDCQ>
            <FDCQ BDCDYH="{445302002005GB00238F00010105}" QLLX="{4}" QSZT="{1}" ZL="{云浮市云城区兴云西路36号首层05号商铺}"
                QLR="{陈伟}" GYFS="{0}" DJJG="{云浮市不动产登记中心}" QXDM="{445302}"
                BDCQZH="{粤（2016）云浮市云城区不动产权第0004711号}" GHYT="{商业服务}" FWXZ="{商品房}" JZMJ="{46.28}"
                ZCS="{9}" YWH="{201607050004711}" PGJ="{62.478000}"/>
            <YGDJ BDCDYH="{445303004002GB00077F00121503}" QLLX="{96}" QSZT="{1}" ZL="{云浮市云安区金丰路9号云石里12栋1503房}"
                QLR="{陈伟}" GYFS="{0}" DJJG="{云浮市不动产登记中心}" QXDM="{445303}" GHYT="{住宅}" FWXZ="{商品房}"
                JZMJ="{89.06}" ZYJZMJ="{73.03}" FTJZMJ="{16.03}" ZCS="{32}" YWH="{备44530300120077}"/>
            <DYAQ BDCDYH="{445302001001GB00014F00310202}" DYQR="{中国农业银行股份有限公司云浮分行}" DYFS="{1}"
                BDBZZQSE="{38.000000}"/>
            <CFDJ BDCDYH="{445302002005GB00238F00010105}" CFLX="{1}" CFJG="{佛山市南海区人民法院}"
                CFWH="{（2024）粤0605执3321号之一}" CFSX="{1}" CFQSSJ="{20240521}" CFJSSJ="{20270520}"/></CXFK>"""),
        {"20261122445302000123": port.Found(AS_OF, [
            found(demo.HOME, priority_rights=(demo.LOAN,)), found(demo.SHOP, prior_measures=(demo.EARLIER_SEAL,)),
            found(demo.ON_SALE)])}),
    Example(
        "统一登记之前的房屋没有不动产单元号，以证号为准，查封以证号相连；面积带单位、份额为百分比可读，竣工年份照原样保留并标明", "standard",
        (port.Outgoing(query("20261122445302000134")),),
        _soap_call("cxBdcQL", '<CXQQ BDHM="{20261122445302000134}" ' + _ASKER + ">" + _NOTICE + "</CXQQ>"),
        _soap_answer("cxBdcQLResponse", """
            <CXFK RESULT="{0000}" BDHM="{20261122445302000134}" FKSJ="{20261122170000}" JGS="{3}">
            <FDCQ QLLX="{4}" QSZT="{1}" ZL="{云浮市云城区府前街17号402房}" QLR="{陈伟}" GYFS="{1}" DJJG="{云浮市不动产登记中心}"
                QXDM="{445302}" BDCQZH="{粤房地权证云浮字第0100012345号}" GHYT="{住宅}" JZMJ="{118.5㎡}" JGSJ="{2007}"
                QLBL="{50%}" YWH="{200709180000045}"><GYR XM="{林秀珍}" ZJZL="{1}" ZJH="{44530219920512002X}"/></FDCQ>
            <FDCQ BDCDYH="{445302002005GB00238F00010105}" QLLX="{4}" QSZT="{1}" ZL="{云浮市云城区兴云西路36号首层05号商铺}"
                QLR="{陈伟}" GYFS="{0}" DJJG="{云浮市不动产登记中心}" QXDM="{445302}"
                BDCQZH="{粤（2016）云浮市云城区不动产权第0004711号}" GHYT="{商业服务}" FWXZ="{商品房}" JZMJ="{46.28}" JGSJ="{}"
                ZCS="{9}" YWH="{201607050004711}" PGJ="{62.478000}"/>
            <YGDJ BDCDYH="{445303004002GB00077F00121503}" QLLX="{96}" QSZT="{1}" ZL="{云浮市云安区金丰路9号云石里12栋1503房}"
                QLR="{陈伟}" GYFS="{0}" DJJG="{云浮市不动产登记中心}" QXDM="{445303}" GHYT="{住宅}" FWXZ="{商品房}"
                JZMJ="{89.06}" ZYJZMJ="{73.03}" FTJZMJ="{16.03}" ZCS="{32}" YWH="{备44530300120077}"/>
            <CFDJ BDCQZH="{粤房地权证云浮字第0100012345号}" CFLX="{1}" CFJG="{佛山市南海区人民法院}"
                CFWH="{（2024）粤0605执3321号之一}" CFSX="{1}" CFQSSJ="{20240521}" CFJSSJ="{20270520}"/></CXFK>"""),
        {"20261122445302000134": port.Found(AS_OF, [
            found(demo.OLD_HOUSE, prior_measures=(demo.EARLIER_SEAL,),
                  unread=(Unread(field="completed_on", wire="JGSJ", code="bad_form", raw="2007"),)),
            found(demo.SHOP), found(demo.ON_SALE)])}),
    Example(
        "没有不动产单元号的房屋按证号查封", "standard",
        (port.Outgoing(control("20261122445302000135", "seal", demo.OLD_HOUSE, term_months=36)),),
        _soap_call("kzBdcQL", '<KZQQ BDHM="{20261122445302000135}" ' + _ASKER + ' KZCS="{11}" ' + _OLD_WORDS + """
            CKWH="{（2026）粤5302执1234号之二}" CFQX="{36}">""" + _ORDER + "</KZQQ>"),
        _soap_answer("kzBdcQLResponse", """
            <KZFK RESULT="{0000}" KZZT="{1}" BDHM="{20261122445302000135}" FKSJ="{20261122170000}"
                BDCQZH="{粤房地权证云浮字第0100012345号}" CFZT="{2}" CFSX="{2}" SDSJ="{20261122170000}" CFYWH="{2026112200000003}">
                <CFDJ BDCQZH="{粤房地权证云浮字第0100012345号}" CFLX="{1}" CFJG="{佛山市南海区人民法院}"
                    CFWH="{（2024）粤0605执3321号之一}" CFSX="{1}" CFQSSJ="{20240521}" CFJSSJ="{20270520}"/></KZFK>"""),
        {"20261122445302000135": port.Controlled(AS_OF, ControlAnswer(
            state="waiting", rank=2, served_at=AS_OF, agency_control_no="2026112200000003",
            prior_measures=(demo.EARLIER_SEAL,), wire={"KZZT": "1", "CFZT": "2"}))}),
    Example(
        "查无不动产；姓名与证件号码不一致，拒绝协助；机构代码以外的代码，不作推断", "standard",
        tuple(port.Outgoing(query(f"2026112244530200012{n}")) for n in (4, 5, 6)),
        _soap_call("cxBdcQL", "".join(
            '<CXQQ BDHM="{2026112244530200012' + n + '}" ' + _ASKER + ">" + _NOTICE + "</CXQQ>" for n in "456")),
        _soap_answer("cxBdcQLResponse", """
            <CXFK RESULT="{0000}" BDHM="{20261122445302000124}" FKSJ="{20261122170000}" JGS="{0}"/>
            <CXFK RESULT="{2040}" BDHM="{20261122445302000125}" FKSJ="{20261122170000}" CWDM="{04}"
                MESSAGE="{姓名与证件号码不一致}"/>
            <CXFK RESULT="{2040}" BDHM="{20261122445302000126}" FKSJ="{20261122170000}" CWDM="{77}" MESSAGE="{其他}"/>"""),
        {"20261122445302000124": port.Found(AS_OF, []),
         "20261122445302000125": port.Refused("identity_mismatch", "姓名与证件号码不一致"),
         "20261122445302000126": port.OutsideProtocol("2040.CWDM: literal_error")}),
    Example(
        "查封已生效，法律文书随附", "standard",
        (port.Outgoing(control("20261122445302000127", "seal", demo.HOME, term_months=36), contents={"sha256:ruling": PAPER}),),
        _soap_call("kzBdcQL", '<KZQQ BDHM="{20261122445302000127}" ' + _ASKER + ' KZCS="{11}" ' + _HOME_WORDS + """
            CKWH="{（2026）粤5302执1234号之二}" CFQX="{36}">
            <WS WSLB="{1}" WSMC="{裁定书}" WSBH="{（2026）粤5302执1234号之二}" WJLX="{pdf}"
                MD5="{b582a4b211ed425d89a6c71440d0946f}" WSNR="JVBERi0xLjcgcnVsaW5n"/>
            <WS WSLB="{2}" WSMC="{协助执行通知书}" WSBH="{（2026）粤5302执1234号之三}"/></KZQQ>"""),
        _soap_answer("kzBdcQLResponse", """
            <KZFK RESULT="{0000}" KZZT="{1}" BDHM="{20261122445302000127}" FKSJ="{20261122170000}"
                BDCDYH="{445302001001GB00014F00310202}" CFZT="{1}" CFSX="{1}" SDSJ="{20261122170000}"
                CSKSRQ="{20261122170000}" CSJSRQ="{20291121}" CFYWH="{2026112200000001}">
                <DYAQ BDCDYH="{445302001001GB00014F00310202}" DYQR="{中国农业银行股份有限公司云浮分行}" DYFS="{1}"
                    BDBZZQSE="{38.000000}"/></KZFK>"""),
        {"20261122445302000127": port.Controlled(AS_OF, ControlAnswer(
            state="in_force", rank=1, served_at=AS_OF, effective_at=AS_OF, until_on=date(2029, 11, 21),
            agency_control_no="2026112200000001", priority_rights=(demo.LOAN,), wire={"KZZT": "1", "CFZT": "1"}))}),    Example(
        "在先查封未解除，轮候第二位", "standard",
        (port.Outgoing(control("20261122445302000128", "seal", demo.SHOP, until_on=date(2029, 11, 21))),),
        _soap_call("kzBdcQL", '<KZQQ BDHM="{20261122445302000128}" ' + _ASKER + ' KZCS="{11}" ' + _SHOP_WORDS + """
            CKWH="{（2026）粤5302执1234号之二}" JSRQ="{20291121}">""" + _ORDER + "</KZQQ>"),
        _soap_answer("kzBdcQLResponse", """
            <KZFK RESULT="{0000}" KZZT="{1}" BDHM="{20261122445302000128}" FKSJ="{20261122170000}"
                BDCDYH="{445302002005GB00238F00010105}" CFZT="{2}" CFSX="{2}" SDSJ="{20261122170000}"
                CFYWH="{2026112200000002}">
                <CFDJ BDCDYH="{445302002005GB00238F00010105}" CFLX="{1}" CFJG="{佛山市南海区人民法院}"
                    CFWH="{（2024）粤0605执3321号之一}" CFSX="{1}" CFQSSJ="{20240521}" CFJSSJ="{20270520}"/></KZFK>"""),
        {"20261122445302000128": port.Controlled(AS_OF, ControlAnswer(
            state="waiting", rank=2, served_at=AS_OF, agency_control_no="2026112200000002",
            prior_measures=(demo.EARLIER_SEAL,), wire={"KZZT": "1", "CFZT": "2"}))}),
    Example(
        "过户：原查封不存在，未办理", "standard",
        (port.Outgoing(control(
            "20261122445302000129", "transfer", demo.HOME, original_request_no="20261122445302000127",
            original_case_no="（2026）粤5302执1234号", agency_control_no="2026112200000001",
            transferee=Transferee(name="黄志强", id_type="resident_id", id_no="44530219880606003X"))),),
        _soap_call("kzBdcQL", '<KZQQ BDHM="{20261122445302000129}" ' + _ASKER + ' KZCS="{15}" ' + _HOME_WORDS + """
            CKWH="{（2026）粤5302执1234号之二}" YDJAH="{（2026）粤5302执1234号}" YDJDH="{20261122445302000127}"
            YCFYWH="{2026112200000001}">""" + _ORDER + """
            <GHDX DXXH="{1}" DXXM="{黄志强}" DXZJLX="{1}" DXSFZHM="{44530219880606003X}"/></KZQQ>"""),
        _soap_answer("kzBdcQLResponse", """
            <KZFK RESULT="{0000}" KZZT="{2}" BDHM="{20261122445302000129}" FKSJ="{20261122170000}" CWDM="{14}"
                WNKZYY="{无原查封记录}"/>"""),
        {"20261122445302000129": port.Refused("no_original_measure", "无原查封记录")}),
    Example(
        "登记机构已受理，尚未办结", "standard", (port.Outgoing(status("20261122445302000130", "query")),),
        _soap_call("cxZt", '<ZTCX BDHM="{20261122445302000130}" XZ="{1}" SLBH="{SL77}"/>'),
        _soap_answer("cxBdcQLResponse", """
            <CXFK RESULT="{0001}" BDHM="{20261122445302000130}" FKSJ="{20261122170000}" SLBH="{SL77}" YJSC="{60}"/>"""),
        {"20261122445302000130": port.Accepted("SL77", 60)}),
)
