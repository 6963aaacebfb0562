import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.real_estate import codes, demo, envelope, presale
from services.real_estate.adapter import ADAPTER
from services.real_estate.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import AgencyResponse, Asked, Found, OutsideProtocol, Refused, Unsupported
from tests.contract.exchange import NOW, Exchange, agency_row

ROW, BUREAU = agency_row("real_estate"), agency_row("real_estate", dialect="presale")
NUMBER = "20261122445302000123"
BOTH = pytest.mark.parametrize("row", [ROW, BUREAU], ids=lambda row: row.dialect)


# ---- the registry's answers outside its document


def soap(*items, operation="cxBdcQLResponse", code="0000", head=None):
    marked = {"CREATETIME": "20261122170000", "RESPONSECODE": code, "RESPONSEINFO": "说明"} if head is None else head
    return envelope.write(operation, items, marked)


def read(body, *, asks="query", numbers=(NUMBER,), status=200, content_type=envelope.CONTENT_TYPE, row=ROW):
    asked = [Asked("task", "request", number, asks) for number in numbers]
    return ADAPTER.to_answers(row, asked, AgencyResponse(status, content_type, body))


RIGHT = {"BDCDYH": demo.HOME.unit_code, "QLLX": "4", "QSZT": "1", "ZL": "坐落", "QLR": "陈伟", "GYFS": "0", "DJJG": "登记机构",
         "QXDM": "445302", "PGJ": "76.432500", "JZMJ": "118.50", "JGSJ": "20170618"}
MORTGAGE = {"BDCDYH": demo.HOME.unit_code, "DYQR": "银行", "DYFS": "1"}
SEAL = {"BDCDYH": demo.HOME.unit_code, "CFLX": "1", "CFJG": "法院"}


def rights(**changes):
    words = {"RESULT": "0000", "BDHM": NUMBER, "FKSJ": "20261122170000", "JGS": "1", "FDCQ": [RIGHT], "DYAQ": [MORTGAGE], "CFDJ": [SEAL]}
    return "CXFK", {**words, **changes}


def test_the_plain_answer_is_read():
    assert isinstance(read(soap(rights()))[NUMBER], Found)


@pytest.mark.parametrize("changes", [
    {"RESULT": "0002"}, {"RESULT": "0001"}, {"RESULT": ""}, {"JGS": "", "FDCQ": [], "DYAQ": [], "CFDJ": []}, {"JGS": "若干", "FDCQ": [], "DYAQ": [], "CFDJ": []},
])
def test_an_answer_that_says_neither_what_was_found_nor_that_nothing_was_concludes_nothing(changes):
    assert isinstance(read(soap(rights(**changes)))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize("words", [
    {"RESULT": "2040", "CWDM": "07", "MESSAGE": "x"}, {"RESULT": "2040", "MESSAGE": "x"}, {"RESULT": "2040", "CWDM": "01", "MESSAGE": ""},
    {"RESULT": "0001"}, {"RESULT": "0001", "SLBH": "1", "YJSC": "soon"}, {},
])
def test_a_refusal_or_receipt_outside_the_document_concludes_nothing(words):
    item = "CXFK", {"BDHM": NUMBER, "FKSJ": "20261122170000", **words}
    assert isinstance(read(soap(item))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize("changes", [{"CFZT": "8"}, {"KZZT": "3"}, {"CFSX": "一"}, {"CSJSRQ": "20291131"}, {"NEW": "x"}, {"KZZT": "2"}])
def test_a_control_result_outside_the_document_concludes_nothing(changes):
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": "1"}
    answer = read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert answer.control.state == "in_force"
    answer = read(soap(("KZFK", {**done, **changes}), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert isinstance(answer, OutsideProtocol)


def test_a_seal_that_was_lifted_does_not_stand_before_ours():
    seals = [{**SEAL, "CFSX": "1", "JFJG": "法院", "JFWH": "解封", "JFSJ": "20250301"}, {**SEAL, "CFSX": "2"}]
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": "2", "CFDJ": seals}
    answer = read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert [one.rank for one in answer.control.prior_measures] == [2]


@pytest.mark.parametrize("code", sorted(codes.REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    words = {"RESULT": "2040", "BDHM": NUMBER, "FKSJ": "20261122170000", "CWDM": code, "MESSAGE": "不予协助"}
    not_done = {"RESULT": "0000", "KZZT": "2", "BDHM": NUMBER, "FKSJ": "20261122170000", "CWDM": code, "WNKZYY": "不予协助"}
    refused = Refused(codes.REASONS[code], "不予协助")
    assert read(soap(("CXFK", words)))[NUMBER] == refused
    for item in (words, not_done):
        assert read(soap(("KZFK", item), operation="kzBdcQLResponse"), asks="seal")[NUMBER] == refused
        unsupported = read(soap(("KZFK", {**item, "CWDM": "11"}), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
        assert unsupported == Unsupported("不予协助")


@pytest.mark.parametrize("state", sorted(codes.STATES))
def test_a_documented_state_becomes_ours(state):
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": state}
    answer = read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert answer.control.state == codes.STATES[state]


def test_one_wrong_item_of_a_batch_takes_no_other_along():
    numbers = ("A1", "A2", "A3", "A4")
    items = [rights(BDHM="A1"), rights(BDHM="A2", RESULT="0002"), rights(BDHM="A4"), rights(BDHM="A4")]
    answers = read(soap(*items), numbers=numbers)
    assert [type(answers[number]) for number in numbers] == [Found, OutsideProtocol, OutsideProtocol, OutsideProtocol]


def test_a_control_result_that_is_not_base64_of_gb18030_concludes_nothing():
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": "1", "CFSX": "1"}
    body = soap(("KZFK", done), ("KZFK", {**done, "BDHM": "B"}), operation="kzBdcQLResponse")
    for spoilt in (b"MQ", b"!!!!", b"gYGB/w=="):
        answers = read(body.replace(b'CFSX="MQ=="', b'CFSX="' + spoilt + b'"', 1), asks="seal", numbers=(NUMBER, "B"))
        assert (type(answers[NUMBER]), answers["B"].control.state) == (OutsideProtocol, "in_force")


@pytest.mark.parametrize("changes", [{"BDCDYH": "445302"}, {"BDCQZH": "无"}, {"DYAQ": [{"DYQR": "银行", "DYFS": "1"}]}, {"CFDJ": [{**SEAL, "CFLX": "6"}]}])
def test_a_control_result_that_names_no_unit_concludes_nothing(changes):
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "CFZT": "1", **changes}
    assert isinstance(read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER], OutsideProtocol)


PLAIN = soap(rights())


@pytest.mark.parametrize("body", [
    b"", b"not xml", PLAIN[:-40], PLAIN + b"x",
    soap(rights(), operation="kzBdcQLResponse"), soap(rights(), code="1234"), soap(rights(), code="9001"), soap(rights(), head={}),
    envelope.write("cxBdcQLResponse", [rights()]),
    PLAIN.replace(b"<soap:Body>", b"<soap:Body>text"), PLAIN.replace(b"<HEAD", b"<HEADER"), PLAIN.replace(b"</soap:Header>", b"<HEAD/></soap:Header>"),
    PLAIN.replace(b"</soap:Header>", b"</soap:Header>text"), PLAIN.replace(b"soap:Envelope", b"soap:Letter"),
    PLAIN.replace(b'encoding="UTF-8"', b'encoding="x-unknown"'),
    PLAIN.replace(b'encoding="UTF-8"', b'encoding="GBK"'), PLAIN.replace(b"?>", b"?><!DOCTYPE a>", 1),
    PLAIN.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x "y">]>', 1), PLAIN.replace(b"</soap:Body>", b"</soap:Body><soap:Body/>"),
    PLAIN.replace(b"<bdc:cxBdcQLResponse>", b"<bdc:cxBdcQLResponse a='1'>"), b"<a>" * 2000 + b"</a>" * 2000,
])
def test_an_envelope_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


def test_the_head_of_a_control_answer_is_as_its_document_says():
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": "1"}
    body = soap(("KZFK", done), operation="kzBdcQLResponse", head={"CREATETIME": "x", "RESPONSECODE": "0000", "RESPONSEINFO": ""})
    with pytest.raises(AgencyProtocolError):
        read(body, asks="seal")


def test_an_element_that_answers_nobody_is_no_answer():
    assert isinstance(read(soap(("CXXX", rights()[1])))[NUMBER], OutsideProtocol)
    assert isinstance(read(PLAIN.replace(b"<FDCQ", b"<RESULT/><FDCQ"))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (404, envelope.CONTENT_TYPE), (204, ""), (200, "application/json")])
@BOTH
def test_another_status_or_content_type_is_a_protocol_error(row, status, content_type):
    if (status, content_type) == (200, "application/json") and row is BUREAU:
        return
    body = PLAIN if row is ROW else b'{"status":"ok","at":"2026-11-22 17:00","replies":[]}'
    with pytest.raises(AgencyProtocolError):
        read(body, status=status, content_type=content_type, row=row)


def test_a_registry_that_is_closed_or_busy_is_asked_again_and_one_that_bars_us_refuses():
    for code, why in (("9002", "busy"), ("9003", "office_closed")):
        with pytest.raises(AgencyUnavailable) as unavailable:
            read(soap(code=code))
        assert unavailable.value.why == why
    assert read(soap(code="9004"))[NUMBER] == Refused("not_authorised", "说明")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_no_broken_envelope_is_more_than_a_protocol_error(at, piece):
    at %= len(PLAIN)
    spoilt = PLAIN[:at] + piece + PLAIN[at + len(piece):]
    try:
        answer = read(spoilt)[NUMBER]
    except AgencyProtocolError:
        return
    assert isinstance(answer, Found | OutsideProtocol)


def test_the_mock_says_that_it_cannot_read_what_is_no_request():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    item = ("CXQQ", {"BDHM": "1"})
    for body in (b"?", soap(item, operation="cxBdcQL"), soap(operation="cxBdcQL"), soap(item, operation="other"), soap(("X", {}), operation="cxZt")):
        response = MOCK.answer(exchange.desk, MockRequest("POST", "/services/bdcck", {}, {}, body))
        assert envelope.read(response.body).head["RESPONSECODE"] == "9001"
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404


# ---- the bureau's answers outside its document


def replies(*items, **around):
    return json.dumps({"status": "ok", "at": "2026-11-22 17:00", "replies": items, **around}).encode()


def filed(**changes):
    contract = {"filing_no": "备1", "house_code": demo.SOLD.unit_code, "address": "某处", "district": "445303", "state": "filed",
                "buyer": "陈伟", "holding": "alone", "area": 89.06, "filed_with": "住建局", **changes}
    return {"result": "contracts", "ticket": NUMBER, "contracts": [contract]}


def read_reply(*items, asks="query"):
    return read(replies(*items), asks=asks, row=BUREAU, content_type="application/json")[NUMBER]


@pytest.mark.parametrize("reply", [
    {"result": "contracts", "ticket": NUMBER, "contracts": []}, {"result": "maybe", "ticket": NUMBER}, {"ticket": NUMBER},
    {"result": "declined", "ticket": NUMBER, "reason": "mood", "note": "x"}, {"result": "contracts", "ticket": NUMBER},
    {"result": "contracts", "ticket": NUMBER, "contracts": "有"}, {"result": "received", "ticket": NUMBER}, {"result": [], "ticket": NUMBER},
    {"result": "held", "ticket": NUMBER, "house_code": demo.SOLD.unit_code, "state": "holding"},
])
def test_a_reply_outside_the_document_concludes_nothing(reply):
    assert isinstance(read_reply(filed()), Found)
    assert isinstance(read_reply(reply), OutsideProtocol)


@pytest.mark.parametrize("changes", [{"state": "sold"}, {"order": "1"}, {"until": "2026-02-30"}, {"new": 1}, {"house_code": "1"}, {"served": "2026-11-22"}])
def test_a_hold_outside_the_document_concludes_nothing(changes):
    held = {"result": "held", "ticket": NUMBER, "house_code": demo.SOLD.unit_code, "state": "holding"}
    assert read_reply(held, asks="pre_seal").control.state == "in_force"
    assert isinstance(read_reply({**held, **changes}, asks="pre_seal"), OutsideProtocol)


def test_the_time_of_an_answer_to_a_hold_is_as_its_document_says():
    held = {"result": "held", "ticket": NUMBER, "house_code": demo.SOLD.unit_code, "state": "holding"}
    with pytest.raises(AgencyProtocolError):
        read(replies(held, at="昨天"), asks="pre_seal", row=BUREAU, content_type="application/json")


@pytest.mark.parametrize("reason", sorted(presale._REASONS))
def test_a_documented_reason_of_the_bureau_becomes_ours(reason):
    declined = {"result": "declined", "ticket": NUMBER, "reason": reason, "note": "不予办理"}
    assert read_reply(declined) == read_reply(declined, asks="pre_seal") == Refused(presale._REASONS[reason], "不予办理")
    assert read_reply({**declined, "reason": "not_done_here"}) == Unsupported("不予办理")


def test_replies_left_out_given_twice_or_to_a_stranger():
    assert read_reply({"result": "nothing", "ticket": NUMBER}) == Found(NOW, [])
    assert isinstance(read_reply(), OutsideProtocol)
    assert isinstance(read_reply(filed(), filed()), OutsideProtocol)
    for body in (b"", b"[]", b"{", b'{"status":"ok"}', b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"unreadable","note":"x"}',
                 b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"fire","note":"x"}', b"[" * 100_000,
                 replies() + b"}"):
        with pytest.raises(AgencyProtocolError):
            read(body, row=BUREAU, content_type="application/json")


def test_a_bureau_that_is_busy_is_asked_again_and_one_that_bars_us_refuses():
    bureau = Exchange(ADAPTER, MOCK, BUREAU)
    body = b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"busy","note":"x"}'
    with pytest.raises(AgencyUnavailable):
        read(body, row=BUREAU, content_type="application/json")
    barred = read(body.replace(b"busy", b"no_access"), row=BUREAU, content_type="application/json")
    assert barred[NUMBER] == Refused("not_authorised", "x")
    response = MOCK.answer(bureau.desk, MockRequest("POST", "/presale/query", {}, {}, b"{}"))
    assert b"unreadable" in response.body
    assert MOCK.answer(bureau.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
