from datetime import UTC, datetime
from typing import get_args

import orjson
import pytest

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.deposits import codes
from services.deposits.adapter import ADAPTER
from services.deposits.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    AgencyResponse,
    Asked,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from tests.contract.exchange import Exchange, agency_row, as_received

CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan")
BOTH = pytest.mark.parametrize("row", [ROW, YUAN_ROW], ids=lambda row: row.dialect)
NUMBER, OTHER = "20261122445302000123", "20261122445302000124"


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def answers_to(body, *numbers, asks="query", row=ROW, status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(row, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def feedback(*items, **head):
    return {"RESULT": "0000", "MSG": "成功", "FKLB": list(items), **head}


def answered(*accounts, number=NUMBER, **more):
    return {"BDHM": number, "FKSJ": "20261122170000", "ZHXX": list(accounts), **more}


def an_account(**more):
    return {"CCXH": "1", "KHZH": "6222024530200012345", "CCLB": "01", "ZHZT": "0", "BZ": "156", "YE": "100", "KYYE": "100", **more}


def a_result(**more):
    result = {"CCXH": "1", "KZCS": "01", "KHZH": "6222024530200012345", "KZNR": "1", "KZZT": "1", "CSZT": "1", **more}
    return {"BDHM": NUMBER, "FKSJ": "20261122170000", "CFBZ": "0", "KZXX": [result]}


def only(answers):
    (answer,) = answers.values()
    return answer


# ---- none found, not looked up, declined: never confused


def test_no_account_is_found_only_where_the_bank_says_so():
    assert only(answers_to(feedback(answered({"KHZH": "查无开户信息"})))) == Found(datetime(2026, 11, 22, 9, tzinfo=UTC), [])
    assert isinstance(only(answers_to(feedback(answered()))), OutsideProtocol)
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "查无此人"})))), OutsideProtocol)
    assert only(answers_to(feedback(answered({"KHZH": "查无开户信息"}, an_account())))).assets


def test_a_bank_that_met_an_error_is_asked_again():
    with pytest.raises(AgencyUnavailable):
        answers_to(feedback(answered({"KHZH": "查询异常"})))


def test_an_error_about_one_subject_says_nothing_about_the_others():
    answers = answers_to(feedback(answered({"KHZH": "查询异常"}), answered(an_account(), number=OTHER)), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], Found)


def test_a_declined_query_has_a_reason_from_the_list():
    assert only(answers_to(feedback(answered({"KHZH": "业务审核未通过", "WNCXYY": "03"})))) == Refused("credential_missing", "03")
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "业务审核未通过"})))), OutsideProtocol)
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "业务审核未通过", "WNCXYY": "77"})))), OutsideProtocol)


@pytest.mark.parametrize("reason", get_args(codes.ReasonCode))
def test_every_documented_refusal_of_a_control_is_read(reason):
    answer = only(answers_to(feedback(a_result(KZZT="2", CSZT=None, WNKZYY=reason)), asks="freeze"))
    assert answer == Unsupported("08") if reason == "08" else isinstance(answer, Refused)


# ---- one bad item takes no other along


@pytest.mark.parametrize("change", [
    {"ZHZT": "9"}, {"BZ": "999"}, {"KHZH": ""}, {"YE": None}, {"DJXX": [{"CSXH": "1", "DJJG": "法院", "BEIZ": "5"}]},
    {"QLXX": [{"QLLX": "8", "QLR": "某人"}]}, {"YE": "9999999999999999"},
])
def test_an_account_that_cannot_be_read_is_never_no_account(change):
    good, bad = answered(an_account()), answered(an_account(**change), number=OTHER)
    answers = answers_to(feedback(good, bad), NUMBER, OTHER)
    assert (len(answers[NUMBER].assets), answers[NUMBER].unreadable) == (1, ())
    assert (answers[OTHER].assets, len(answers[OTHER].unreadable)) == ([], 1)


@pytest.mark.parametrize("change", [{"ZHXX": "?"}, {"ZHXX": []}, {"ZHXX": None}, {"ZHXX": {}}])
def test_a_row_without_its_list_concludes_nothing_and_takes_no_other_along(change):
    answers = answers_to(feedback(answered(an_account()), answered(number=OTHER) | change), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], Found)
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("receipt", [{"BDHM": OTHER}, {"BDHM": OTHER, "SLH": "1", "DDMS": "soon"}, {"BDHM": OTHER, "SLH": "1", "XZD": "x"}])
@pytest.mark.parametrize("asks", ["query", "freeze"])
def test_a_receipt_outside_the_document_takes_in_nothing_and_takes_no_other_along(receipt, asks):
    receipts = {"RESULT": "0100", "MSG": "", "SLHZ": [{"BDHM": NUMBER, "SLH": "SL1"}, receipt]}
    answers = answers_to(receipts, NUMBER, OTHER, asks=asks)
    assert answers[NUMBER] == Accepted("SL1")
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("change", [
    {"KZZT": "3"}, {"CSZT": "9"}, {"CSZT": None}, {"CSZT": "2"}, {"CSZT": "2", "LHSX": "0"}, {"WNKZYY": "01"}, {"SKJE": 5}, {"XZD": ""},
])
def test_a_control_result_outside_the_document_confirms_nothing(change):
    assert isinstance(only(answers_to(feedback(a_result(**change)), asks="freeze")), OutsideProtocol)


def test_a_detail_says_where_and_not_what():
    for body, asks in ((answered({"KHZH": "陈伟的账户"}), "query"), (a_result(KHZH="陈伟的账户"), "freeze")):
        answer = only(answers_to(feedback(body), asks=asks))
        assert "KHZH" in answer.detail
        assert "陈伟" not in answer.detail


def test_a_request_left_out_or_answered_twice_has_no_answer():
    answers = answers_to(feedback(answered(an_account()), answered({"KHZH": "查无开户信息"})), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], OutsideProtocol)


def test_an_answer_to_what_was_not_asked_is_nobodys():
    answers = answers_to(feedback(answered(an_account(), number=OTHER), answered(an_account())))
    assert list(answers) == [NUMBER]
    assert isinstance(answers[NUMBER], Found)


@pytest.mark.parametrize("items", [[1], ["x"], [None], [[]], [{}], [{"BDHM": 5}], [{"BDHM": NUMBER}]])
def test_an_item_that_is_no_item_answers_nothing(items):
    assert isinstance(only(answers_to(feedback(*items))), OutsideProtocol)


# ---- the whole message


@pytest.mark.parametrize("body", [
    {"RESULT": "7777", "MSG": ""}, {"RESULT": "0000"}, {"RESULT": "0000", "MSG": "", "FKLB": {}}, {"RESULT": "0000", "MSG": "", "XZD": 1},
    {"MSG": ""}, {"RESULT": "9003", "MSG": "报文不符合规范"}, {"retCode": "0000", "retMsg": ""},
])
@pytest.mark.parametrize("asks", ["query", "freeze"])
def test_a_message_outside_the_document_concludes_nothing(body, asks):
    with pytest.raises(AgencyProtocolError):
        answers_to(body, asks=asks)


@pytest.mark.parametrize("change", [{"XZD": 1}, {"MSG": None}, {"DDMS": "soon"}])
def test_the_head_of_a_control_result_is_read_strictly(change):
    assert isinstance(only(answers_to(feedback(a_result()), asks="freeze")), Controlled)
    with pytest.raises(AgencyProtocolError):
        answers_to(feedback(a_result()) | change, asks="freeze")


def test_a_flood_is_refused_and_not_listed():
    flood = {"RESULT": "0000", "MSG": "", **{f"k{number}": 1 for number in range(1000)}}
    for body in (feedback(*[{}] * 10_000), flood):
        with pytest.raises(AgencyProtocolError) as raised:
            answers_to(body, asks="freeze")
        assert len(str(raised.value)) < 600
    found = only(answers_to(feedback(*[{}] * 10_000, answered(an_account())) | flood))
    assert (len(found.assets), len(found.unread)) == (1, 101)


@pytest.mark.parametrize("text", ["20261122", "20261322170000", "20261122250000", "今天", None])
def test_an_answer_at_no_time_is_an_answer_and_a_control_result_is_none(text):
    found = only(answers_to(feedback(answered({"KHZH": "查无开户信息"}, FKSJ=text))))
    assert (found.as_of, [one.wire for one in found.unread]) == (None, ["FKSJ"])
    assert isinstance(only(answers_to(feedback(a_result() | {"FKSJ": text}), asks="freeze")), OutsideProtocol)


@pytest.mark.parametrize("text", ["2026-11-22 17:00", "２０２６１１２２１７００００", 20261122170000])
def test_a_time_of_an_answer_is_read_in_other_forms_too(text):
    assert only(answers_to(feedback(answered({"KHZH": "查无开户信息"}, FKSJ=text)))) == Found(datetime(2026, 11, 22, 9, tzinfo=UTC), [])


def test_only_json_with_status_200_is_an_answer():
    for status, content_type in ((404, "application/json"), (200, "text/html"), (202, "application/json"), (200, "")):
        with pytest.raises(AgencyProtocolError):
            answers_to(feedback(answered(an_account())), status=status, content_type=content_type)
    assert isinstance(only(answers_to(feedback(answered(an_account())), content_type="Application/JSON; charset=UTF-8")), Found)


@pytest.mark.parametrize(("code", "why"), [("9001", "office_closed"), ("9002", "busy")])
def test_a_bank_that_is_closed_or_busy_says_when_to_come_back(code, why):
    with pytest.raises(AgencyUnavailable) as raised:
        answers_to({"RESULT": code, "MSG": "请稍后", "DDMS": "1800"})
    assert (raised.value.retry_after_s, raised.value.why) == (1800.0, why)


@BOTH
def test_a_mock_bank_answers_what_it_cannot_read_in_its_own_words(row):
    there = Exchange(ADAPTER, MOCK, row)
    path = there.call(there.command("query", there.holder()[0])).path
    response = there.simulation.answer(there.desk, MockRequest("POST", path, {}, {}, b"{"))
    with pytest.raises(AgencyProtocolError):
        answers_to(response.body, row=row)
    assert there.simulation.answer(there.desk, MockRequest("POST", "/nothing", {}, {}, b"")).status == 404


def test_one_dialect_is_outside_the_protocol_of_the_other(bank):
    command = bank.command("query", bank.holder()[0])
    response = bank.simulation.answer(bank.desk, as_received(bank.call(command)))
    with pytest.raises(AgencyProtocolError):
        answers_to(response.body, command.request_no, row=YUAN_ROW)


@pytest.mark.parametrize("kind", ["refused", "unknown_field", "unknown_code", "malformed", "office_closed"])
@BOTH
def test_a_scripted_fault_never_says_that_nothing_was_found(row, kind):
    there = Exchange(ADAPTER, MOCK, row)
    subjects = list(there.simulation.register.subjects())[:40]
    commands = [there.command("query", subject) for subject in subjects]
    expected = {"refused": Refused, "unknown_field": Found, "unknown_code": OutsideProtocol}
    if kind in expected:
        answers = there.fail(kind, *commands).values()
        assert {type(answer) for answer in answers} == {expected[kind]}
        assert kind != "unknown_field" or all([mark.wire for mark in answer.unread] == ["XZD"] for answer in answers)
    else:
        with pytest.raises(AgencyProtocolError if kind == "malformed" else AgencyUnavailable):
            there.fail(kind, *commands)
