from datetime import UTC, datetime
from itertools import product
from typing import get_args

import orjson
import pytest

from contracts.failures import AgencyProtocolError, AgencyUnavailable
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
from services.wealth_products import codes
from services.wealth_products.adapter import ADAPTER
from services.wealth_products.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row

ROW = agency_row("wealth_products", agency="icbc-wealth", capabilities=("query", "freeze", "renew", "release", "status"))
NUMBER, OTHER = "20261122445302000123", "20261122445302000124"
PRODUCT = {"CCXH": "1", "KZLX": "2", "KZCS": "01", "LCZH": "0200453020200012345", "JRCPBH": "23GS2890"}
ACCOUNT = {"CCXH": "2", "KZLX": "1", "KZCS": "01", "KHZH": "6222024530200012345"}
DONE, DECLINED = {"KZZT": "1", "CSZT": "1"}, {"KZZT": "2", "WNKZYY": "19"}


def answers_to(body, *numbers, asks="query", status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(ROW, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def feedback(*items, **head):
    return {"RESULT": "0000", "MSG": "成功", "FKLB": list(items), **head}


def answered(*products, number=NUMBER, **more):
    return {"BDHM": number, "FKSJ": "20261122170000", "JRXX": list(products), **more}


def a_product(**more):
    return {"ZCXH": "1", "ZCMC": "安享3号", "ZCLX": "M101", "CPXSZL": "00", "JRCPBH": "23GS2890", "LCZH": "0200453020200012345", "ZCJYXZ": "0",
            "BZ": "156", "SE": "100.00", "KYSE": "100.00", "ZCZJE": "10000", "KYJZ": "10000", **more}


def control(*results, asks="freeze"):
    item = {"BDHM": NUMBER, "FKSJ": "20261122170000", "CFBZ": "0", "KZXX": list(results)}
    return only(answers_to(feedback(item), asks=asks))


def only(answers):
    (answer,) = answers.values()
    return answer


# ---- none found, not looked up, declined: never confused


def test_no_product_is_found_only_where_the_bank_says_so():
    assert only(answers_to(feedback(answered({"JRCPBH": "查无金融资产信息"})))) == Found(datetime(2026, 11, 22, 9, tzinfo=UTC), [])
    for products in ((), ({"JRCPBH": "查无开户信息"},), ({"JRCPBH": "查无此人"},)):
        assert isinstance(only(answers_to(feedback(answered(*products)))), OutsideProtocol)
    assert only(answers_to(feedback(answered({"JRCPBH": "查无金融资产信息"}, a_product())))).assets


def test_a_bank_that_met_an_error_is_asked_again_and_it_says_nothing_about_others():
    with pytest.raises(AgencyUnavailable):
        answers_to(feedback(answered({"JRCPBH": "查询异常"})))
    answers = answers_to(feedback(answered({"JRCPBH": "查询异常"}), answered(a_product(), number=OTHER)), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], Found)


def test_a_declined_query_has_a_reason_from_the_list():
    assert only(answers_to(feedback(answered({"JRCPBH": "业务审核未通过", "WNCXYY": "03"})))) == Refused("credential_missing", "03")
    for notice in ({"JRCPBH": "业务审核未通过"}, {"JRCPBH": "业务审核未通过", "WNCXYY": "77"}, {"JRCPBH": "查询异常", "WNCXYY": "03"}):
        assert isinstance(only(answers_to(feedback(answered(notice)))), OutsideProtocol)


@pytest.mark.parametrize("reason", get_args(codes.ReasonCode))
def test_every_documented_refusal_of_a_control_is_read(reason):
    answer = control(PRODUCT | {"KZZT": "2", "WNKZYY": reason}, ACCOUNT | {"KZZT": "2", "WNKZYY": reason})
    assert answer == Unsupported(reason) if reason in ("08", "23", "24") else isinstance(answer, Refused)


def test_a_refusal_that_is_more_than_not_doing_it_gives_the_reason():
    assert control(PRODUCT | {"KZZT": "2", "WNKZYY": "23"}, ACCOUNT | {"KZZT": "2", "WNKZYY": "18", "BEIZ": "次日再报"}) == Refused(
        "quota_exceeded", "23; 18 次日再报")


# ---- one bad item takes no other along


@pytest.mark.parametrize("change", [
    {"CPXSZL": "01"}, {"ZCJYXZ": "9"}, {"BZ": "999"}, {"JRCPBH": ""}, {"LCZH": None}, {"SE": "1e5"}, {"ZCZJE": "100.00"}, {"KYJZ": "-1"},
    {"ZCZJE": "9999999999999999"}, {"DJXX": [{"CSXH": "1", "DJJG": "法院", "BEIZ": "5"}]}, {"QLXX": [{"QLLX": "8", "QLR": "某人"}]},
])
def test_a_product_that_cannot_be_read_is_never_no_product(change):
    good, bad = answered(a_product()), answered(a_product(**change), number=OTHER)
    answers = answers_to(feedback(good, bad), NUMBER, OTHER)
    assert (len(answers[NUMBER].assets), answers[NUMBER].unreadable) == (1, ())
    assert (answers[OTHER].assets, len(answers[OTHER].unreadable)) == ([], 1)


@pytest.mark.parametrize("change", [{"JRXX": "?"}, {"JRXX": []}, {"JRXX": None}, {"JRXX": {}}])
def test_a_row_without_its_list_concludes_nothing_and_takes_no_other_along(change):
    answers = answers_to(feedback(answered(a_product()), answered(number=OTHER) | change), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], Found)
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("receipt", [{"BDHM": OTHER}, {"BDHM": OTHER, "SLH": "1", "DDMS": "soon"}, {"BDHM": OTHER, "SLH": "1", "XZD": "x"}])
@pytest.mark.parametrize("asks", ["query", "freeze"])
def test_a_receipt_outside_the_document_takes_in_nothing_and_takes_no_other_along(receipt, asks):
    answers = answers_to({"RESULT": "0100", "MSG": "", "SLHZ": [{"BDHM": NUMBER, "SLH": "SL1"}, receipt]}, NUMBER, OTHER, asks=asks)
    assert answers[NUMBER] == Accepted("SL1")
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("change", [
    {"KZZT": "3"}, {"CSZT": "9"}, {"CSZT": None}, {"CSZT": "2"}, {"CSZT": "2", "LHSX": "0"}, {"WNKZYY": "01"}, {"SKJE": 5}, {"XZD": ""},
    {"KZLX": "3"}, {"KZLX": "1"}, {"LCZH": None}, {"JRCPBH": None}, {"KZCS": None}, {"KZCS": "06"},
])
def test_a_control_result_outside_the_document_confirms_nothing(change):
    assert isinstance(control(PRODUCT | DONE | change, ACCOUNT | DONE), OutsideProtocol)


def test_a_part_that_is_left_out_or_told_twice_confirms_nothing():
    for results in ((), (PRODUCT | DONE,), (ACCOUNT | DONE,), (PRODUCT | DONE, PRODUCT | DONE), (PRODUCT | DONE, ACCOUNT | DONE, ACCOUNT | DONE)):
        assert isinstance(control(*results), OutsideProtocol)


def test_what_a_declined_part_still_holds_is_told_only_of_a_release():
    assert isinstance(control(PRODUCT | DECLINED | {"SKJE": "5"}, ACCOUNT | DONE), OutsideProtocol)
    release = {"KZCS": "04", "SKJE": "5"}
    assert isinstance(control(PRODUCT | DECLINED | release, ACCOUNT | DONE | release | {"CSZT": "3"}, asks="release"), Controlled)


# ---- how the parts stand together

STANDING = {"1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "7": "reversed"}


def expected(first, second):
    if first == second:
        return STANDING[first]
    return "partly_in_force" if {first, second} in ({"1", "2"}, {"1", "3"}) else None


@pytest.mark.parametrize(("first", "second"), list(product(STANDING, STANDING)))
def test_a_mixture_of_standings_means_one_thing_or_is_an_alarm(first, second):
    answer = control(PRODUCT | DONE | {"CSZT": first, "LHSX": "2"}, ACCOUNT | DONE | {"CSZT": second, "LHSX": "2"})
    state = expected(first, second)
    assert isinstance(answer, OutsideProtocol) if state is None else answer.control.state == state


@pytest.mark.parametrize("standing", STANDING)
def test_a_declined_part_makes_what_is_in_force_a_part_and_changes_nothing_else(standing):
    for answer in (control(PRODUCT | DONE | {"CSZT": standing, "LHSX": "2"}, ACCOUNT | DECLINED),
                   control(PRODUCT | DECLINED, ACCOUNT | DONE | {"CSZT": standing, "LHSX": "2"})):
        assert answer.control.state == {"1": "partly_in_force"}.get(standing, STANDING[standing])


@pytest.mark.parametrize("change", [
    {"LHSX": "2"}, {"CSJSRQ": "20271121235959"}, {"CSKSRQ": "20261123000000"}, {"SDSJ": "20261123000000"}, {"CESKJE": "1"}, {"DJBH": "another"},
])
def test_parts_in_force_that_say_different_things_are_an_alarm(change):
    same = {"LHSX": "1", "CSJSRQ": "20281121235959", "CSKSRQ": "20261122170000", "SDSJ": "20261122170000", "CESKJE": "0", "DJBH": "one"}
    assert isinstance(control(PRODUCT | DONE | same, ACCOUNT | DONE | same), Controlled)
    assert isinstance(control(PRODUCT | DONE | same, ACCOUNT | DONE | same | change), OutsideProtocol)


# ---- the whole message


def test_a_detail_says_where_and_not_what():
    for answer in (only(answers_to(feedback(answered({"JRCPBH": "陈伟的产品"})))), control(PRODUCT | DONE | {"LCZH": "陈伟的账户"}, ACCOUNT | DONE)):
        assert "JRXX" in answer.detail or "LCZH" in answer.detail
        assert "陈伟" not in answer.detail


def test_a_request_left_out_or_answered_twice_has_no_answer():
    answers = answers_to(feedback(answered(a_product()), answered({"JRCPBH": "查无金融资产信息"})), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("items", [[1], ["x"], [None], [[]], [{}], [{"BDHM": 5}], [{"BDHM": NUMBER}]])
def test_an_item_that_is_no_item_answers_nothing(items):
    assert isinstance(only(answers_to(feedback(*items))), OutsideProtocol)


@pytest.mark.parametrize("body", [
    {"RESULT": "7777", "MSG": ""}, {"RESULT": "0000"}, {"RESULT": "0000", "MSG": "", "FKLB": {}}, {"RESULT": "0000", "MSG": "", "XZD": 1},
    {"RESULT": "9003", "MSG": "报文不符合规范"}, {"MSG": ""},
])
@pytest.mark.parametrize("asks", ["query", "freeze"])
def test_a_message_outside_the_document_concludes_nothing(body, asks):
    with pytest.raises(AgencyProtocolError):
        answers_to(body, asks=asks)


@pytest.mark.parametrize("change", [{"XZD": 1}, {"MSG": None}, {"DDMS": "soon"}])
def test_the_head_of_a_control_result_is_read_strictly(change):
    item = {"BDHM": NUMBER, "FKSJ": "20261122170000", "CFBZ": "0", "KZXX": [PRODUCT | DONE, ACCOUNT | DONE]}
    assert isinstance(only(answers_to(feedback(item), asks="freeze")), Controlled)
    with pytest.raises(AgencyProtocolError):
        answers_to(feedback(item) | change, asks="freeze")


def test_a_flood_is_refused_and_not_listed():
    flood = {"RESULT": "0000", "MSG": "", **{f"k{number}": 1 for number in range(1000)}}
    for body in (feedback(*[{}] * 10_000), flood):
        with pytest.raises(AgencyProtocolError) as raised:
            answers_to(body, asks="freeze")
        assert len(str(raised.value)) < 600
    found = only(answers_to(feedback(*[{}] * 10_000, answered(a_product())) | flood))
    assert (len(found.assets), len(found.unread)) == (1, 101)


@pytest.mark.parametrize("text", ["20261122", "20261322170000", "20261122250000", "今天", None])
def test_an_answer_at_no_time_is_an_answer_and_a_control_result_is_none(text):
    found = only(answers_to(feedback(answered({"JRCPBH": "查无金融资产信息"}, FKSJ=text))))
    assert (found.as_of, [one.wire for one in found.unread]) == (None, ["FKSJ"])
    item = {"BDHM": NUMBER, "FKSJ": text, "CFBZ": "0", "KZXX": [PRODUCT | DONE, ACCOUNT | DONE]}
    assert isinstance(only(answers_to(feedback(item), asks="freeze")), OutsideProtocol)


@pytest.mark.parametrize("text", ["2026-11-22 17:00", "２０２６１１２２１７００００", 20261122170000])
def test_a_time_of_an_answer_is_read_in_other_forms_too(text):
    found = only(answers_to(feedback(answered({"JRCPBH": "查无金融资产信息"}, FKSJ=text))))
    assert found == Found(datetime(2026, 11, 22, 9, tzinfo=UTC), [])


def test_only_json_with_status_200_is_an_answer():
    for status, content_type in ((404, "application/json"), (200, "text/html"), (202, "application/json"), (200, "")):
        with pytest.raises(AgencyProtocolError):
            answers_to(feedback(answered(a_product())), status=status, content_type=content_type)
    assert isinstance(only(answers_to(feedback(answered(a_product())), content_type="Application/JSON; charset=UTF-8")), Found)


@pytest.mark.parametrize(("code", "why"), [("9001", "office_closed"), ("9002", "busy")])
def test_a_bank_that_is_closed_or_busy_says_when_to_come_back(code, why):
    with pytest.raises(AgencyUnavailable) as raised:
        answers_to({"RESULT": code, "MSG": "请稍后", "DDMS": "1800"})
    assert (raised.value.retry_after_s, raised.value.why) == (1800.0, why)


def test_a_mock_bank_answers_what_it_cannot_read_in_its_own_words():
    there = Exchange(ADAPTER, MOCK, ROW)
    for path in ("/jrcx", "/jrkz"):
        response = there.simulation.answer(there.desk, MockRequest("POST", path, {}, {}, b"{"))
        with pytest.raises(AgencyProtocolError):
            answers_to(response.body)
    assert there.simulation.answer(there.desk, MockRequest("POST", "/nothing", {}, {}, b"")).status == 404
