from pathlib import Path
from random import Random

import orjson
import pytest
from openapi_core.exceptions import OpenAPIError

from contracts.failures import AgencyProtocolError
from contracts.messages import Unread
from services.runtime.mock.oddities import write_oddly
from services.runtime.port import AgencyResponse, Asked, Found, OutsideProtocol
from services.wealth_products.adapter import ADAPTER
from services.wealth_products.examples import ANSWERS, CALLS
from services.wealth_products.mock_agency import MOCK
from services.wealth_products.said import ODDITIES
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row, as_received
from tests.contract.oddities import Golden, as_json, became, check_others_stand, to_json

ROW = agency_row("wealth_products", agency="icbc-wealth", capabilities=("query", "freeze", "renew", "release", "status"), batch_size=20)
EXAMPLE = next(one for one in ANSWERS if "three products" in one.title)
GOLDEN = Golden("wealth products", ADAPTER, ROW, Asked("task", "request", EXAMPLE.request_nos[0], "query"),
                AgencyResponse(200, "application/json", EXAMPLE.body.encode()), as_json, to_json, lambda tree: tree["FKLB"][0]["JRXX"])
DOCUMENT = by_openapi(Path("services/wealth_products/standard.openapi.yaml"))


def read_with(position=0, **changes) -> Found:
    tree = GOLDEN.tree()
    GOLDEN.items(tree)[position].update(changes)
    return GOLDEN.read(tree)


def read_list(*entries):
    tree = GOLDEN.tree()
    GOLDEN.items(tree)[:] = entries
    response = AgencyResponse(200, "application/json", GOLDEN.close(tree))
    return ADAPTER.to_answers(ROW, [GOLDEN.asked], response)[GOLDEN.asked.request_no]


def first():
    return GOLDEN.items(GOLDEN.tree())[0]


# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status", "callback"])
def test_adapter_and_mock_keep_to_the_banks_document(answers_by):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": answers_by}))
    assert everything_asked(there, DOCUMENT) >= 13


@pytest.mark.parametrize("kind", ["refused", "office_closed"])
def test_what_a_bank_says_when_it_does_not_answer_is_in_its_document(kind):
    there = Exchange(ADAPTER, MOCK, ROW)
    subject, held = there.holder()
    for command in (there.command("query", subject), there.order("freeze", subject, held, amount_fen=1)):
        call = there.call(command)
        DOCUMENT(call, MOCK.error(there.desk, as_received(call), kind))


def test_every_golden_call_and_what_the_mock_answers_it_are_in_the_document():
    there = Exchange(ADAPTER, MOCK, ROW)
    for call in [ADAPTER.to_call(ROW, one.outgoing) for one in CALLS]:
        DOCUMENT(call, MOCK.answer(there.desk, as_received(call)))


@pytest.mark.parametrize("sale_channel", ["own", "agency_sold"])
@pytest.mark.parametrize("has_account", [True, False])
def test_a_product_of_which_one_part_is_out_of_hand_is_answered_for_as_the_document_says(sale_channel, has_account):
    there = Exchange(ADAPTER, MOCK, ROW)
    subject, held = next((subject, held) for subject, held in there.held() if held.record.sale_channel == sale_channel
                         and bool(held.record.cash_return_account) == has_account)
    freeze = there.order("freeze", subject, held, amount_fen=100)
    for command in (freeze, there.order("release", subject, held, original_request_no=freeze.request_no)):
        call = there.call(command)
        DOCUMENT(call, MOCK.answer(there.desk, as_received(call)))


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_code"])
def test_the_document_takes_nothing_that_it_does_not_have(kind):
    there = Exchange(ADAPTER, MOCK, ROW)
    subject, held = there.holder()
    for command in (there.command("query", subject), there.order("freeze", subject, held, amount_fen=1)):
        call = there.call(command)
        with pytest.raises(OpenAPIError):
            DOCUMENT(call, MOCK.error(there.desk, as_received(call), kind))


# ---- one odd field hides nothing


@pytest.mark.parametrize("position", [0, 1, 2])
def test_whatever_is_written_in_one_field_the_other_products_stand(position):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > 80
    assert counts["marked"] > 20


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("BZ", "CNY", "currency", "CNY"), ("BZ", "RMB", "currency", "CNY"), ("BZ", "人民币", "currency", "CNY"), ("BZ", "SGD", "currency", "SGD"),
    ("CLR", "20260105", "inception_on", "2026-01-05"), ("CLR", "2026/1/5", "inception_on", "2026-01-05"),
    ("SE", "100,000.00", "units", "100000.00"), ("SE", "100000份", "units", "100000"), ("SE", 100_000, "units", "100000"),
    ("SE", 100.5, "units", "100.5"), ("ZCDWJG", "１．００００", "unit_price", "1.0000"), ("ZCDWJG", "1.0元", "unit_price", "1.0"),
    ("ZCZJE", "10,000,000", "total_value_fen", 10_000_000), ("ZCZJE", 10_000_000, "total_value_fen", 10_000_000),
    ("LCZH", "0200 4530 2020 0012 345", "wealth_account", "0200453020200012345"), ("JRCPBH", " 26J0031 ", "product_code", "26J0031"),
    ("ZCJYXZ", 2, "trade_restriction", "pledged"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert (answer.assets[0].record[field], answer.assets[0].unread, answer.unreadable) == (meant, (), ())


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("ZCLX", "M999", Unread(field="product_type", wire="ZCLX", code="unknown_code", raw="M999")),
    ("ZCMC", "", Unread(field="product_name", wire="ZCMC", code="missing")),
    ("ZCDWJG", "待公布", Unread(field="unit_price", wire="ZCDWJG", code="bad_form", raw="待公布")),
    ("ZCDWJG", "-1.0", Unread(field="unit_price", wire="ZCDWJG", code="bad_form", raw="-1.0")),
    ("CLR", "00010101000000", Unread(field="inception_on", wire="CLR", code="implausible", raw="00010101000000")),
    ("SHR", "99991231235959", Unread(field="redemption_on", wire="SHR", code="implausible", raw="99991231235959")),
    ("XZXCRQ", "开放日", Unread(field="restriction_lifts_on", wire="XZXCRQ", code="bad_form", raw="开放日")),
    ("ZYQR", "新增字段", Unread(field="ZYQR", wire="ZYQR", code="unknown_field", raw="新增字段")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


@pytest.mark.parametrize(("wire", "written", "code"), [
    ("LCZH", "0200****2345", "bad_form"), ("LCZH", None, "missing"), ("JRCPBH", "", "missing"), ("JRCPBH", "无", "missing"),
    ("CPXSZL", "代销", "unknown_code"), ("ZCJYXZ", "9", "unknown_code"), ("ZCJYXZ", "", "missing"), ("BZ", "999", "unknown_code"),
    ("SE", "1e5", "bad_form"), ("SE", "-5", "bad_form"), ("KYSE", "若干", "bad_form"), ("ZCZJE", "80000.00", "bad_form"),
    ("ZCZJE", "", "missing"), ("KYJZ", "-1", "bad_form"), ("HKYE", "1500.00", "bad_form"), ("DJXX", "有", "bad_form"),
    ("DJXX", [{"CSXH": "1", "DJJG": "法院", "BEIZ": "2", "DJJE": "-1"}], "implausible"),
    ("DJXX", [{"CSXH": "1", "DJJG": "法院", "BEIZ": "5"}], "unknown_code"), ("QLXX", [{"QLLX": "8", "QLR": "某人"}], "unknown_code"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_product_unreadable_and_no_other(wire, written, code):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 2
    (item,) = answer.unreadable
    assert (item.position, item.record["product_name"], item.unread[0].code) == (0, "安享3号结构性存款", code)


def test_a_freeze_of_another_authority_without_an_end_or_a_document_number_is_read():
    answer = read_with(position=2, DJXX=[{"DJJG": "某监察委员会", "BEIZ": "2", "DJJE": "100", "DJWH": "", "DJJZRQ": None}])
    (measure,) = answer.assets[2].prior_measures
    assert (measure.authority, measure.amount_fen, measure.document_no, measure.until_on) == ("某监察委员会", 100, None, None)
    assert answer.assets[2].unread == ()


@pytest.mark.parametrize(("mode", "amount"), [("1", None), ("１", None), ("2", 100), ("3", 100), ("4", 100)])
def test_only_a_freeze_of_the_whole_product_takes_all_of_it(mode, amount):
    answer = read_with(position=2, DJXX=[{"CSXH": "1", "DJJG": "法院", "BEIZ": mode, "DJJE": "100"}])
    assert answer.assets[2].prior_measures[0].amount_fen == amount


def test_a_measure_of_which_not_all_can_be_read_stands_where_what_it_takes_is_known():
    product = read_with(position=2, DJXX=[{"CSXH": "首封", "DJJG": "法院", "BEIZ": "2", "DJJE": "100"}]).assets[2]
    assert product.prior_measures[0].amount_fen == 100
    assert product.unread == (Unread(field="prior_measures.0.rank", wire="DJXX.0.CSXH", code="bad_form", raw="首封"),)


def test_more_that_can_be_controlled_than_there_is_is_a_mark():
    product = read_with(KYJZ="10000001").assets[0]
    assert product.unread == (Unread(field="available_value_fen", wire="KYJZ", code="implausible", raw="10000001"),)


def test_a_product_told_twice_counts_once_and_the_same_code_in_another_account_is_another():
    answer = read_list(first(), first(), first() | {"LCZH": "0200453020200099999"})
    assert [(one.record["wealth_account"], len(one.unread)) for one in answer.assets] == [("0200453020200012345", 1), ("0200453020200099999", 0)]
    assert answer.assets[0].unread[0].code == "implausible"


# ---- statements among products


def test_a_statement_that_nothing_was_found_beside_products_is_marked_and_they_stand():
    answer = read_list({"JRCPBH": "查无金融资产信息"}, first(), first() | {"LCZH": "0200****0001"})
    assert [one.record["product_code"] for one in answer.assets] == ["26J0031"]
    assert answer.unread == (Unread(field="product_code", wire="JRCPBH", code="implausible", raw="查无金融资产信息"),)
    assert [one.position for one in answer.unreadable] == [2]


@pytest.mark.parametrize("notice", [
    {"JRCPBH": "查询异常", "BEIZ": "理财系统超时"}, {"JRCPBH": "业务审核未通过", "WNCXYY": "03"}, {"JRCPBH": "查无开户信息"},
])
def test_a_statement_that_something_was_not_looked_up_beside_products_is_an_item_that_is_not_seen(notice):
    answer = read_list(first(), notice)
    assert len(answer.assets) == 1
    (item,) = answer.unreadable
    assert (item.position, item.unread[0].field, item.unread[0].raw) == (1, "product_code", notice["JRCPBH"])


@pytest.mark.parametrize("beside", [{"ZCZJE": "5200000"}, {"SE": "1"}, {"KYJZ": "若干"}, {"DJXX": [{"DJJG": "法院"}]}])
@pytest.mark.parametrize("text", ["查无金融资产信息", "查询异常"])
def test_a_statement_with_a_worth_beside_it_is_a_product_that_cannot_be_read(text, beside):
    answer = read_list({"JRCPBH": text, **beside})
    assert (answer.assets, len(answer.unreadable)) == ([], 1)


@pytest.mark.parametrize("entries", [
    (), ({"JRCPBH": "查无此人"},), ({"JRCPBH": "查无金融资产信息"}, {"JRCPBH": "查询异常"}), ({"JRCPBH": "查无金融资产信息", "WNCXYY": "03"},),
    ({"JRCPBH": "业务审核未通过"},), ({"JRCPBH": "业务审核未通过", "WNCXYY": "77"},), ({"JRCPBH": "业务审核未通过", "WNCXYY": [1]},),
])
def test_a_statement_outside_the_document_concludes_nothing(entries):
    assert isinstance(read_list(*entries), OutsideProtocol)


# ---- around the products


def test_what_stands_around_the_products_may_be_odd_too():
    tree = GOLDEN.tree() | {"版本": "2"}
    tree["FKLB"][0] |= {"FKSJ": "昨天", "XZD": "新增字段"}
    answer = GOLDEN.read(tree)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert {(one.wire, one.code) for one in answer.unread} == {("FKSJ", "bad_form"), ("版本", "unknown_field"), ("XZD", "unknown_field")}


@pytest.mark.parametrize("stray", [{"BDHM": "stranger", "FKSJ": "20261122170000", "JRXX": [{"JRCPBH": "查无金融资产信息"}]}, {}, [], "x", None])
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


def test_a_head_that_says_more_or_less_than_it_should_hides_no_product():
    for change in ({"MSG": None}, {"MSG": ["成功"]}, {"DDMS": "soon"}, {"SLHZ": [{"BDHM": "another"}]}):
        assert len(GOLDEN.read(GOLDEN.tree() | change).assets) == 3


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    right = GOLDEN.read(GOLDEN.tree())
    for oddity in ODDITIES:
        tree = GOLDEN.tree()
        assert write_oddly([GOLDEN.items(tree)[0]], [oddity], Random(1))
        was = became(GOLDEN.read(tree), right.assets[1:], right.assets[0], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_product():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject)
    call = exchange.call(command)
    request = as_received(call)
    right, odd = exchange.simulation.answer(exchange.desk, request), exchange.simulation.answer(exchange.desk, request, odd=Random(3))
    said_right, said_odd = (orjson.loads(one.body)["FKLB"][0]["JRXX"] for one in (right, odd))
    assert sum(one != other for one, other in zip(said_right, said_odd, strict=True)) == 1
    assert isinstance(exchange.read([command], odd)[command.request_no], Found)


def test_an_oddity_leaves_a_bank_that_has_nothing_and_a_control_as_they_are():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    nobody = next(one for one in exchange.simulation.register.subjects() if not exchange.desk.holdings(one))
    for command in (exchange.command("query", nobody), exchange.order("freeze", *exchange.holder(), amount_fen=1)):
        call = exchange.call(command)
        right = exchange.simulation.answer(exchange.desk, as_received(call))
        assert MOCK.odd(right, Random(3)).body == right.body


def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = exchange.ask(*(exchange.command("query", one) for one in subjects)).values()
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) >= 10
