from pathlib import Path
from random import Random

import orjson
import pytest
from openapi_core.exceptions import OpenAPIError

from contracts.failures import AgencyProtocolError
from contracts.messages import Unread
from services.deposits.adapter import ADAPTER
from services.deposits.examples import ANSWERS, CALLS
from services.deposits.mock_agency import MOCK
from services.deposits.said import ODDITIES
from services.runtime.mock.oddities import write_oddly
from services.runtime.port import AgencyResponse, Asked, Found, OutsideProtocol
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row, as_received
from tests.contract.oddities import Golden, as_json, became, check_others_stand, to_json

CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN, batch_size=20)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan", batch_size=20)
#: By dialect: its names for an item's list, for rights and for measures.
NAMES = {"standard": ("FKLB", "ZHXX", "DJXX", "QLXX"), "yuan": ("list", "accts", "holds", "rights")}


def golden(row) -> Golden:
    example = next(one for one in ANSWERS if one.dialect == row.dialect and "three accounts" in one.title)
    answers, accounts, *_ = NAMES[row.dialect]
    return Golden(f"deposits {row.dialect}", ADAPTER, row, Asked("task", "request", example.request_nos[0], "query"),
                  AgencyResponse(200, "application/json", example.body.encode()), as_json, to_json, lambda tree: tree[answers][0][accounts])


GOLDEN, YUAN_GOLDEN = golden(ROW), golden(YUAN_ROW)
DOCUMENTS = {row.dialect: by_openapi(Path(f"services/deposits/{row.dialect}.openapi.yaml")) for row in (ROW, YUAN_ROW)}
BOTH = pytest.mark.parametrize("golden", [GOLDEN, YUAN_GOLDEN], ids=lambda golden: golden.title)
ROWS = pytest.mark.parametrize("row", [ROW, YUAN_ROW], ids=lambda row: row.dialect)


def read_with(position=0, golden=GOLDEN, **changes) -> Found:
    tree = golden.tree()
    golden.items(tree)[position].update(changes)
    return golden.read(tree)


def read_list(*entries, golden=GOLDEN):
    tree = golden.tree()
    golden.items(tree)[:] = entries
    body = golden.close(tree)
    return ADAPTER.to_answers(golden.agency, [golden.asked], AgencyResponse(200, "application/json", body))[golden.asked.request_no]


def first(golden=GOLDEN):
    return golden.items(golden.tree())[0]


# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status", "callback"])
@ROWS
def test_adapter_and_mock_keep_to_the_banks_document(row, answers_by):
    there = Exchange(ADAPTER, MOCK, row.model_copy(update={"answers_by": answers_by}))
    assert everything_asked(there, DOCUMENTS[row.dialect]) >= 20


@pytest.mark.parametrize("kind", ["refused", "office_closed"])
@ROWS
def test_what_a_bank_says_when_it_does_not_answer_is_in_its_document(row, kind):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    for command in (there.command("query", subject), there.order("freeze", subject, held, amount_fen=1)):
        call = there.call(command)
        DOCUMENTS[row.dialect](call, MOCK.error(there.desk, as_received(call), kind))


@ROWS
def test_every_golden_call_and_what_the_mock_answers_it_are_in_the_document(row):
    there = Exchange(ADAPTER, MOCK, row)
    for call in [ADAPTER.to_call(row, one.outgoing) for one in CALLS if one.dialect == row.dialect]:
        DOCUMENTS[row.dialect](call, MOCK.answer(there.desk, as_received(call)))


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_code"])
@ROWS
def test_the_document_takes_nothing_that_it_does_not_have(row, kind):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    for command in (there.command("query", subject), there.order("freeze", subject, held, amount_fen=1)):
        call = there.call(command)
        with pytest.raises(OpenAPIError):
            DOCUMENTS[row.dialect](call, MOCK.error(there.desk, as_received(call), kind))


# ---- one odd field hides nothing


@pytest.mark.parametrize("position", [0, 1, 2])
@BOTH
def test_whatever_is_written_in_one_field_the_other_accounts_stand(golden, position):
    counts = check_others_stand(golden, position)
    assert counts["unreadable"] > 60
    assert counts["marked"] > 40


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("BZ", "CNY", "currency", "CNY"), ("BZ", "cny", "currency", "CNY"), ("BZ", "RMB", "currency", "CNY"), ("BZ", "人民币", "currency", "CNY"),
    ("BZ", 156, "currency", "CNY"), ("BZ", "１５６", "currency", "CNY"), ("BZ", "446", "currency", "MOP"), ("BZ", "SGD", "currency", "SGD"),
    ("KHRQ", "20150901", "opened_on", "2015-09-01"), ("KHRQ", "2015-09-01", "opened_on", "2015-09-01"),
    ("KHRQ", "2015年9月1日", "opened_on", "2015-09-01"), ("ZHFL", "Ⅰ", "account_tier", "1"), ("ZHFL", "Ⅲ类", "account_tier", "3"),
    ("ZHFL", "二类户", "account_tier", "2"), ("KHZH", "6217 0031 3000 4453 021", "account_no", "6217003130004453021"),
    ("KHZH", 6217003130004453021, "account_no", "6217003130004453021"), ("YE", "5,200,000", "balance_fen", 5_200_000),
    ("YE", 5_200_000, "balance_fen", 5_200_000), ("YE", "５２０００００", "balance_fen", 5_200_000), ("YE", " 5200000分", "balance_fen", 5_200_000),
    ("ZHZT", 4, "account_status", "partly_frozen"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert (answer.assets[0].record[field], answer.assets[0].unread, answer.unreadable) == (meant, (), ())


@pytest.mark.parametrize(("written", "meant"), [("￥52,000.00", 5_200_000), ("52000.00元", 5_200_000), (52000.5, 5_200_050), ("52000元", 5_200_000)])
def test_yuan_are_read_with_their_sign_and_unit(written, meant):
    assert read_with(golden=YUAN_GOLDEN, bal=written).assets[0].record["balance_fen"] == meant


@pytest.mark.parametrize("empty", ["", None, "无", " "])
def test_a_day_that_is_empty_is_no_day_and_no_mark(empty):
    account = read_with(KHRQ=empty).assets[0]
    assert "opened_on" not in account.record
    assert account.unread == ()


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("CCLB", "99", Unread(field="account_class", wire="CCLB", code="unknown_code", raw="99")),
    ("CCLB", "", Unread(field="account_class", wire="CCLB", code="missing")),
    ("ZHFL", "4", Unread(field="account_tier", wire="ZHFL", code="unknown_code", raw="4")),
    ("KHRQ", "2015年", Unread(field="opened_on", wire="KHRQ", code="bad_form", raw="2015年")),
    ("KHRQ", "20150931000000", Unread(field="opened_on", wire="KHRQ", code="bad_form", raw="20150931000000")),
    ("KHRQ", "00010101000000", Unread(field="opened_on", wire="KHRQ", code="implausible", raw="00010101000000")),
    ("XHRQ", "99991231235959", Unread(field="closed_on", wire="XHRQ", code="implausible", raw="99991231235959")),
    ("KHWD", ["a"], Unread(field="branch_name", wire="KHWD", code="bad_form", raw='["a"]')),
    ("BEIZ", "长" * 400, Unread(field="remark", wire="BEIZ", code="bad_form", raw="长" * 400)),
    ("XZD", "新增字段", Unread(field="XZD", wire="XZD", code="unknown_field", raw="新增字段")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


@pytest.mark.parametrize(("wire", "written", "code"), [
    ("YE", "52000.00", "bad_form"), ("YE", None, "missing"), ("YE", "", "missing"), ("YE", "1e5", "bad_form"), ("YE", "9" * 16, "bad_form"),
    ("YE", True, "bad_form"), ("YE", [], "bad_form"), ("KYYE", "五万", "bad_form"), ("ZHZT", "9", "unknown_code"), ("BZ", "999", "unknown_code"),
    ("BZ", "01", "unknown_code"), ("BZ", "12", "unknown_code"), ("BZ", "", "missing"), ("KHZH", "", "missing"), ("KHZH", "6217****3021", "bad_form"),
    ("KHZH", "陈伟的账户", "bad_form"), ("DJXX", "有", "bad_form"), ("QLXX", [{"QLLX": "8", "QLR": "某人"}], "unknown_code"),
    ("DJXX", [{"CSXH": "1", "DJJG": "法院", "BEIZ": "2", "DJJE": "-1"}], "implausible"),
    ("DJXX", [{"CSXH": "1", "DJJG": "法院", "BEIZ": "5"}], "unknown_code"), ("DJXX", [{"CSXH": "1", "DJJG": "法院"}], "missing"),
    ("DJXX", [{"CSXH": "1", "DJJG": "", "BEIZ": "2"}], "missing"), ("DJXX", [{"CSXH": "1", "DJJG": "法院", "BEIZ": "2", "DJJE": "1.50"}], "bad_form"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_account_unreadable_and_no_other(wire, written, code):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 2
    (item,) = answer.unreadable
    assert (item.position, item.record["branch_name"], item.unread[0].code) == (0, "中国建设银行云浮市分行", code)


@pytest.mark.parametrize("written", ["5200000", 5_200_000, "52000.005", "五万"])
def test_fen_where_yuan_are_agreed_make_that_account_unreadable_by_itself(written):
    answer = read_with(golden=YUAN_GOLDEN, bal=written)
    assert len(answer.assets) == 2
    assert answer.unreadable[0].unread[0].field == "balance_fen"


def test_a_freeze_of_another_authority_without_an_end_or_a_document_number_is_read():
    answer = read_with(position=1, DJXX=[{"CSXH": "1", "DJJG": "某监察委员会", "BEIZ": "2", "DJJE": "100", "DJWH": "", "DJJZRQ": None}])
    (measure,) = answer.assets[1].prior_measures
    assert (measure.authority, measure.amount_fen, measure.document_no, measure.until_on) == ("某监察委员会", 100, None, None)
    assert answer.assets[1].unread == ()


@pytest.mark.parametrize(("mode", "amount"), [("1", None), ("１", None), ("2", 100), ("3", 100), ("4", 100)])
def test_only_a_freeze_of_the_account_itself_takes_all_of_it(mode, amount):
    answer = read_with(position=1, DJXX=[{"CSXH": "1", "DJJG": "法院", "BEIZ": mode, "DJJE": "100"}])
    assert answer.assets[1].prior_measures[0].amount_fen == amount


@pytest.mark.parametrize(("changes", "mark"), [
    ({"DJJZRQ": "99991231235959"}, Unread(field="prior_measures.0.until_on", wire="DJXX.0.DJJZRQ", code="implausible", raw="99991231235959")),
    ({"CSXH": "0"}, Unread(field="prior_measures.0.rank", wire="DJXX.0.CSXH", code="implausible", raw="0")),
    ({"CSXH": "首封"}, Unread(field="prior_measures.0.rank", wire="DJXX.0.CSXH", code="bad_form", raw="首封")),
    ({"XZD": "x"}, Unread(field="prior_measures.0.XZD", wire="DJXX.0.XZD", code="unknown_field", raw="x")),
])
def test_a_measure_of_which_not_all_can_be_read_stands_where_what_it_takes_is_known(changes, mark):
    account = read_with(position=1, DJXX=[{"CSXH": "1", "DJJG": "法院", "BEIZ": "2", "DJJE": "100", **changes}]).assets[1]
    assert account.prior_measures[0].amount_fen == 100
    assert account.unread == (mark,)


def test_more_available_than_there_is_is_a_mark_and_a_credit_line_is_none():
    account = read_with(KYYE="5200001").assets[0]
    assert account.unread == (Unread(field="available_balance_fen", wire="KYYE", code="implausible", raw="5200001"),)
    assert read_with(KYYE="5200001", CCLB="13").assets[0].unread == ()


@BOTH
def test_an_account_told_twice_counts_once_and_is_marked(golden):
    tree = golden.tree()
    golden.items(tree).append(dict(golden.items(tree)[0]))
    answer = golden.read(tree)
    assert len(answer.assets) == 3
    (mark,) = answer.assets[0].unread
    assert (mark.field, mark.code, mark.raw) == ("account_no", "implausible", "6217003130004453021")


def test_one_account_in_two_currencies_stands_twice_and_both_are_marked():
    answer = read_list(first(), first() | {"CCXH": "2", "BZ": "840"})
    assert [(one.record["currency"], len(one.unread)) for one in answer.assets] == [("CNY", 0), ("USD", 1)]


# ---- statements among accounts


def test_a_statement_that_nothing_was_found_beside_accounts_is_marked_and_they_stand():
    answer = read_list({"KHZH": "查无开户信息"}, first(), first() | {"KHZH": "6222****0001"})
    assert [one.record["account_no"] for one in answer.assets] == ["6217003130004453021"]
    assert answer.unread == (Unread(field="account_no", wire="KHZH", code="implausible", raw="查无开户信息"),)
    assert [one.position for one in answer.unreadable] == [2]


@pytest.mark.parametrize("notice", [
    {"KHZH": "查询异常", "BEIZ": "核心系统超时"}, {"KHZH": "业务审核未通过", "WNCXYY": "03"}, {"KHZH": "查无此人"},
])
def test_a_statement_that_something_was_not_looked_up_beside_accounts_is_an_item_that_is_not_seen(notice):
    answer = read_list(first(), notice)
    assert len(answer.assets) == 1
    (item,) = answer.unreadable
    assert (item.position, item.unread[0].field, item.unread[0].raw) == (1, "account_no", notice["KHZH"])


@pytest.mark.parametrize("beside", [{"YE": "5200000"}, {"KYYE": "1"}, {"YE": "若干"}, {"DJXX": [{"DJJG": "法院"}]}])
@pytest.mark.parametrize("text", ["查无开户信息", "查询异常"])
def test_a_statement_with_money_beside_it_is_an_account_that_cannot_be_read(text, beside):
    answer = read_list({"KHZH": text, **beside})
    assert (answer.assets, len(answer.unreadable)) == ([], 1)


def test_a_statement_that_nothing_was_found_may_say_zero_and_more_beside_it():
    answer = read_list({"CCXH": "1", "KHZH": "查无开户信息", "BZ": "156", "YE": "0", "KYYE": "0", "DJXX": [], "KHWD": ""})
    assert (answer.assets, answer.unreadable) == ([], ())
    assert {one.wire for one in answer.unread} == {"BZ", "YE", "KYYE", "DJXX", "KHWD"}


@pytest.mark.parametrize("entries", [
    (), ({"KHZH": "查无此人"},), ({"KHZH": "查无开户信息"}, {"KHZH": "查询异常"}), ({"KHZH": "查无开户信息", "WNCXYY": "03"},),
    ({"KHZH": "业务审核未通过"},), ({"KHZH": "业务审核未通过", "WNCXYY": "77"},), ({"KHZH": "业务审核未通过", "WNCXYY": [1]},),
])
def test_a_statement_outside_the_document_concludes_nothing(entries):
    assert isinstance(read_list(*entries), OutsideProtocol)


# ---- around the accounts


@BOTH
def test_what_stands_around_the_accounts_may_be_odd_too(golden):
    tree = golden.tree()
    answers, at = (("FKLB", "FKSJ") if golden is GOLDEN else ("list", "respTime"))
    tree |= {"版本": "2"}
    tree[answers][0] |= {at: "昨天", "XZD": "新增字段"}
    answer = golden.read(tree)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert {(one.wire, one.code) for one in answer.unread} == {(at, "bad_form"), ("版本", "unknown_field"), ("XZD", "unknown_field")}


@pytest.mark.parametrize("stray", [{"BDHM": "stranger", "FKSJ": "20261122170000", "ZHXX": [{"KHZH": "查无开户信息"}]}, {}, [], "x", None])
def test_an_answer_to_a_stranger_takes_no_other_along(stray):
    tree = GOLDEN.tree()
    tree["FKLB"].append(stray)
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [one.code for one in answer.unread] == ["implausible"]


@pytest.mark.parametrize("change", [{"FKLB": "x"}, {"FKLB": {}}, {"SLHZ": 5}, {"RESULT": 0}, {"RESULT": None}])
def test_a_body_that_cannot_be_taken_apart_is_a_protocol_error(change):
    with pytest.raises(AgencyProtocolError):
        GOLDEN.read(GOLDEN.tree() | change)


def test_a_head_that_says_more_or_less_than_it_should_hides_no_account():
    for change in ({"MSG": None}, {"MSG": ["成功"]}, {"DDMS": "soon"}, {"SLHZ": [{"BDHM": "another"}]}):
        assert len(GOLDEN.read(GOLDEN.tree() | change).assets) == 3


def test_a_thousand_accounts_are_all_read():
    accounts = [first() | {"CCXH": str(seq), "KHZH": f"62170031300{seq:08}"} for seq in range(1000)]
    assert len(read_list(*accounts).assets) == 1000


# ---- the mock writes oddly


@BOTH
def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other(golden):
    right = golden.read(golden.tree())
    for oddity in ODDITIES[golden.agency.dialect]:
        tree = golden.tree()
        assert write_oddly([golden.items(tree)[0]], [oddity], Random(1))
        was = became(golden.read(tree), right.assets[1:], right.assets[0], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


@ROWS
def test_the_fault_oddity_changes_one_field_of_one_account(row):
    exchange = Exchange(ADAPTER, MOCK, row)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject)
    call = exchange.call(command)
    request = as_received(call)
    right, odd = exchange.simulation.answer(exchange.desk, request), exchange.simulation.answer(exchange.desk, request, odd=Random(3))
    answers, accounts, *_ = NAMES[row.dialect]
    said_right, said_odd = (orjson.loads(one.body)[answers][0][accounts] for one in (right, odd))
    assert sum(one != other for one, other in zip(said_right, said_odd, strict=True)) == 1
    assert isinstance(exchange.read([command], odd)[command.request_no], Found)


def test_an_oddity_leaves_a_bank_that_has_nothing_and_a_control_as_they_are():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    nobody = next(one for one in exchange.simulation.register.subjects() if not exchange.desk.holdings(one))
    for command in (exchange.command("query", nobody), exchange.order("freeze", *exchange.holder(), amount_fen=1)):
        call = exchange.call(command)
        right = exchange.simulation.answer(exchange.desk, as_received(call))
        assert MOCK.odd(right, Random(3)).body == right.body


@ROWS
def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field(row):
    exchange = Exchange(ADAPTER, MOCK, row, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = exchange.ask(*(exchange.command("query", one) for one in subjects)).values()
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) >= 10
