from pathlib import Path
from random import Random

import orjson
import pytest

from contracts.messages import Unread
from services.equity.adapter import ADAPTER
from services.equity.examples import ANSWERS
from services.equity.mock_agency import MOCK, ODDITIES
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import MockRequest
from services.runtime.port import AgencyResponse, Asked, Found
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row
from tests.contract.oddities import Golden, as_json, became, check_others_stand, to_json

ROW = agency_row("equity", agency="gd-market-regulation", capabilities=("query", "freeze", "renew", "release", "transfer", "status"),
                 batch_size=20, rank_basis="publicity")
EXAMPLE = next(one for one in ANSWERS if one.title.startswith("three stakes"))
GOLDEN = Golden("equity", ADAPTER, ROW, Asked("task", "request", EXAMPLE.request_nos[0], "query"),
                AgencyResponse(200, "application/json", EXAMPLE.body.encode()), as_json, to_json, lambda tree: tree["rw"][0]["cxjg"]["gq"])
DOCUMENT = by_openapi(Path("services/equity/registrar.openapi.yaml"))
#: The second stake, which has all fields.
FULL = 1


def read_with(position=FULL, **changes) -> Found:
    tree = GOLDEN.tree()
    GOLDEN.items(tree)[position].update(changes)
    return GOLDEN.read(tree)


def task_with(**changes) -> Found:
    tree = GOLDEN.tree()
    tree["rw"][0].update(changes)
    return GOLDEN.read(tree)


# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status", "callback"])
def test_adapter_and_mock_keep_to_the_registrars_document(answers_by):
    assert everything_asked(Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": answers_by})), DOCUMENT) >= 14


def test_the_mock_says_the_stakes_of_many_in_dollars_too_as_the_document_has_it():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    exchange.watch = DOCUMENT
    subject, held = next((subject, held) for subject, held in exchange.held() if held.record.currency == "USD")
    exchange.ask_one(exchange.command("query", subject))
    exchange.ask_one(exchange.order("freeze", subject, held, capital_fen=100))


# ---- one odd field hides nothing


@pytest.mark.parametrize(("position", "unreadable", "marked"), [(0, 90, 10), (1, 180, 60), (2, 90, 25)])
def test_whatever_is_written_in_one_field_the_other_stakes_stand(position, unreadable, marked):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > unreadable
    assert counts["marked"] > marked


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("tyshxydm", "445300000012345", "uscc", "445300000012345"), ("tyshxydm", "4453002001234", "uscc", "4453002001234"),
    ("tyshxydm", " 91445302ma4wt5172x", "uscc", "91445302MA4WT5172X"), ("tyshxydm", "９１４４５３０２ＭＡ４ＷＴ５１７２Ｘ", "uscc", "91445302MA4WT5172X"),
    ("rjcze", "100万元", "subscribed_capital_fen", 100_000_000), ("rjcze", "100.0000", "subscribed_capital_fen", 100_000_000),
    ("rjcze", "1,000.000000", "subscribed_capital_fen", 1_000_000_000), ("rjcze", "３.000000", "subscribed_capital_fen", 3_000_000),
    ("rjcze", "1000000元", "subscribed_capital_fen", 100_000_000), ("rjcze", "100万人民币", "subscribed_capital_fen", 100_000_000),
    ("rjcze", "100万元人民币", "subscribed_capital_fen", 100_000_000), ("rjcze", "人民币100万元", "subscribed_capital_fen", 100_000_000),
    ("rjcze", 0.125, "subscribed_capital_fen", 125_000), ("sjcze", "50万", "paid_in_capital_fen", 50_000_000),
    ("cgbl", "50%", "share_ratio", "1/2"), ("cgbl", "0.5", "share_ratio", "1/2"), ("cgbl", 0.5, "share_ratio", "1/2"),
    ("cgbl", "33.33%", "share_ratio", "3333/10000"), ("cgbl", "33.3333", "share_ratio", "333333/1000000"), ("cgbl", "1/3", "share_ratio", "1/3"),
    ("cgbl", "50", "share_ratio", "1/2"), ("cgbl", 100, "share_ratio", "1"), ("cgbl", "三分之一", "share_ratio", "1/3"),
    ("djzt", "在营", "registration_status", "in_operation"), ("djzt", 2, "registration_status", "revoked"),
    ("bz", "CNY", "currency", "CNY"), ("bz", "人民币", "currency", "CNY"), ("czfs", "货币", "contribution_form", "货币"),
    ("gsrq", "2015年9月1日", "publicised_on", "2015-09-01"), ("gsrq", "2015年09月01日", "publicised_on", "2015-09-01"),
    ("gsrq", "20150901", "publicised_on", "2015-09-01"), ("gsrq", "2015-09-01 00:00:00", "publicised_on", "2015-09-01"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written, "gqcz": [], "sfxz": []})
    assert len(answer.assets) == 3
    assert answer.unreadable == ()
    assert (answer.assets[FULL].record[field], answer.assets[FULL].record["company_name"]) == (meant, "云浮市新成石材有限公司")
    assert all(mark.field == "uscc" for mark in answer.assets[FULL].unread)


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("qymc", "", Unread(field="company_name", wire="qymc", code="missing")),
    ("czfs", "5", Unread(field="contribution_form", wire="czfs", code="unknown_code", raw="5")),
    ("gsrq", "0001-01-01", Unread(field="publicised_on", wire="gsrq", code="implausible", raw="0001-01-01")),
    ("gsrq", "2016年2月30日", Unread(field="publicised_on", wire="gsrq", code="bad_form", raw="2016年2月30日")),
    ("gsrq", "2015年", Unread(field="publicised_on", wire="gsrq", code="bad_form", raw="2015年")),
    ("sjcze", "1000000", Unread(field="paid_in_capital_fen", wire="sjcze", code="bad_form", raw="1000000")),
    ("sjcze", "1000000.00", Unread(field="paid_in_capital_fen", wire="sjcze", code="bad_form", raw="1000000.00")),
    ("sjcze", "100万美元", Unread(field="paid_in_capital_fen", wire="sjcze", code="bad_form", raw="100万美元")),
    ("sjcze", "壹佰万元", Unread(field="paid_in_capital_fen", wire="sjcze", code="bad_form", raw="壹佰万元")),
    ("sjcze", "-1.000000", Unread(field="paid_in_capital_fen", wire="sjcze", code="bad_form", raw="-1.000000")),
    ("bzsm", "新增字段", Unread(field="bzsm", wire="bzsm", code="unknown_field", raw="新增字段")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[FULL].unread == (mark,)
    assert mark.field not in answer.assets[FULL].record


@pytest.mark.parametrize("wire", ["sjcze", "czfs", "gsrq"])
def test_what_the_document_lets_out_may_be_empty(wire):
    assert read_with(**{wire: ""}).assets[FULL].unread == ()


def test_a_check_digit_that_fails_is_a_mark_and_never_a_loss():
    stake = read_with(tyshxydm="91445300MA4UN0001C").assets[FULL]
    assert stake.record["uscc"] == "91445300MA4UN0001C"
    assert stake.unread == (Unread(field="uscc", wire="tyshxydm", code="implausible", raw="91445300MA4UN0001C"),)


@pytest.mark.parametrize(("wire", "written", "code"), [
    ("tyshxydm", "粤工商注册", "bad_form"), ("tyshxydm", "", "missing"), ("djzt", "8", "unknown_code"), ("gdmc", "", "missing"),
    ("rjcze", "1000000", "bad_form"), ("rjcze", "300.00", "bad_form"), ("rjcze", 300, "bad_form"), ("rjcze", "100万美元", "bad_form"),
    ("rjcze", "-1.000000", "bad_form"), ("rjcze", None, "missing"), ("cgbl", "1", "bad_form"), ("cgbl", "0.5000", "bad_form"),
    ("cgbl", "0.0000%", "bad_form"), ("cgbl", "100.0001%", "bad_form"), ("cgbl", "101", "bad_form"), ("gqcz", "有", "bad_form"),
    ("gqcz", [{"zqr": "某银行", "czse": "见合同"}], "bad_form"), ("gqcz", [{"zqr": "某银行"}], "missing"),
    ("gqcz", [{"zqr": "某银行", "czse": "1.000000", "zqse": "见合同"}], "bad_form"), ("gqcz", [{"zqr": "某银行", "czse": "1.000000", "zqse": "-1.000000"}], "bad_form"), ("gqcz", [{"zqr": "", "czse": "1.000000"}], "missing"),
    ("sfxz", [{"lhsx": "1", "zxfy": "某法院", "gqse": "全部"}], "bad_form"), ("sfxz", [{"lhsx": "1", "zxfy": "某法院", "gqse": "-1.000000"}], "bad_form"), ("sfxz", [{"lhsx": "1"}], "missing"), ("sfxz", ["有"], "bad_form"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_stake_unreadable_and_no_other(wire, written, code):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 2
    item = answer.unreadable[0]
    assert (item.position, item.record["company_name"]) == (FULL, "云浮市新成石材有限公司")
    assert [one.code for one in item.unread] == [code]


# ---- capital in another currency


@pytest.mark.parametrize("currency", ["840", 840, "USD", "美元"])
@pytest.mark.parametrize(("written", "meant"), [
    ("100.000000", 100_000_000), ("100万美元", 100_000_000), ("1000000美元", 100_000_000), ("100万", 100_000_000), ("USD1,000.000000万", 1_000_000_000)])
def test_capital_in_dollars_is_read_with_its_currency_and_is_worth_no_yuan(currency, written, meant):
    stake = read_with(position=0, bz=currency, rjcze=written).assets[0]
    assert (stake.record["currency"], stake.record["subscribed_capital_fen"], stake.unread) == ("USD", meant, ())


@pytest.mark.parametrize("changes", [{"rjcze": "100万元"}, {"rjcze": "100万人民币"}, {"rjcze": "￥100.000000"}, {"rjcze": "100万港币"}])
def test_an_amount_that_says_another_currency_than_its_stake_is_not_read(changes):
    item = read_with(position=0, **changes).unreadable[0]
    assert [(one.field, one.code) for one in item.unread] == [("subscribed_capital_fen", "bad_form")]
    assert (item.record["currency"], "subscribed_capital_fen" in item.record) == ("USD", False)


@pytest.mark.parametrize(("written", "code"), [(None, "missing"), ("", "missing"), ("999", "unknown_code"), ("万元", "unknown_code"), ([], "bad_form")])
def test_without_a_currency_no_amount_is_read(written, code):
    item = read_with(position=0, bz=written).unreadable[0]
    assert {(one.field, one.code) for one in item.unread} == {("currency", code), ("subscribed_capital_fen", "bad_form")}
    assert "subscribed_capital_fen" not in item.record


def test_a_currency_that_was_left_out_is_never_yuan():
    tree = GOLDEN.tree()
    del GOLDEN.items(tree)[FULL]["bz"]
    item = GOLDEN.read(tree).unreadable[0]
    assert "currency" not in item.record
    assert item.record["uscc"] == "91445300MA4UN0001B"


# ---- pledges and publicities


def test_a_pledge_without_number_or_day_stands():
    stake = read_with(gqcz=[{"zqr": "某银行", "czse": "80万元", "zqse": "65万元", "djbh": "", "djrq": "2025年6月", "zt": "有效"}]).assets[FULL]
    assert stake.record["pledges"] == [{"pledgee": "某银行", "capital_fen": 80_000_000}]
    assert [(one.kind, one.holder, one.amount_fen) for one in stake.priority_rights] == [("pledge", "某银行", 65_000_000)]
    assert stake.unread == (
        Unread(field="pledges.0.registered_on", wire="gqcz.0.djrq", code="bad_form", raw="2025年6月"),
        Unread(field="pledges.0.zt", wire="gqcz.0.zt", code="unknown_field", raw="有效"))


def test_a_pledge_of_more_than_the_stake_stands_and_is_marked():
    stake = read_with(gqcz=[{"zqr": "某银行", "czse": "301.000000"}]).assets[FULL]
    assert stake.record["pledges"][0]["capital_fen"] == 301_000_000
    assert [(one.field, one.code) for one in stake.unread] == [("pledges", "implausible")]


def test_capital_paid_in_above_what_was_subscribed_stands_and_is_marked():
    stake = read_with(sjcze="300.000001").assets[FULL]
    assert stake.record["paid_in_capital_fen"] == 300_000_001
    assert stake.unread == (Unread(field="paid_in_capital_fen", wire="sjcze", code="implausible", raw="300000001"),)


@pytest.mark.parametrize(("changes", "marks"), [
    ({}, []), ({"qxz": ""}, []), ({"qxz": "9999-12-31"}, [("prior_measures.0.until_on", "implausible")]),
    ({"lhsx": "首封"}, [("prior_measures.0.rank", "bad_form")]), ({"lhsx": "0"}, [("prior_measures.0.rank", "implausible")]),
])
def test_a_publicity_of_another_court_stands_without_its_end_or_rank(changes, marks):
    stake = read_with(sfxz=[{"lhsx": "1", "zxfy": "某法院", "qxq": "2026.4.15", **changes}]).assets[FULL]
    measure = stake.prior_measures[0]
    assert (measure.kind, measure.authority, measure.until_on, measure.amount_fen) == ("freeze", "某法院", None, None)
    assert measure.from_on.isoformat() == "2026-04-15"
    assert [(one.field, one.code) for one in stake.unread] == marks


# ---- counts, duplicates, and what stands around


def test_a_stake_told_twice_counts_once_and_is_marked():
    tree = GOLDEN.tree()
    GOLDEN.items(tree).append(dict(GOLDEN.items(tree)[0]))
    tree["rw"][0]["cxjg"]["sl"] = "4"
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (Unread(field="uscc", wire="tyshxydm", code="implausible", raw="445300400001234"),)


@pytest.mark.parametrize("count", ["5", "2", "0", 5])
def test_a_count_that_disagrees_with_its_list_is_an_item_that_is_not_seen(count):
    tree = GOLDEN.tree()
    tree["rw"][0]["cxjg"]["sl"] = count
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [one.position for one in answer.unreadable] == [None]
    assert answer.unreadable[0].unread == (Unread(field="count", wire="sl", code="implausible", raw=str(count)),)


def test_nothing_listed_and_something_counted_is_not_nothing():
    assert task_with(cxjg={"sl": "1", "gq": []}).unreadable
    assert task_with(cxjg={"sl": "0"}) == task_with(cxjg={"sl": "0", "gq": []}) == task_with(cxjg={"sl": "0", "gq": None})
    assert task_with(cxjg={"sl": "0"}).assets == []


def test_stakes_without_a_count_stand():
    listed = GOLDEN.items(GOLDEN.tree())
    for count, code in ((None, "missing"), ("三", "bad_form")):
        answer = task_with(cxjg={"sl": count, "gq": listed})
        assert (len(answer.assets), [(one.field, one.code) for one in answer.unread]) == (3, [("count", code)])


@pytest.mark.parametrize(("written", "code"), [
    (None, "missing"), ("昨天", "bad_form"), ("2026年11月22日", "bad_form"), ("2026年13月22日 17:00:00", "bad_form"),
    ("2026年11月22日 25:00:00", "bad_form"), (5, "bad_form")])
def test_stakes_stand_without_the_time_of_the_answer(written, code):
    answer = task_with(fksj=written)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert [(one.field, one.wire, one.code) for one in answer.unread] == [("as_of", "fksj", code)]


def test_what_stands_around_the_stakes_may_be_odd_too():
    tree = GOLDEN.tree()
    tree |= {"版本": "2", "fhxx": None}
    tree["rw"][0] |= {"rwlsh": None, "bz": "新增字段", "thyy": "01"}
    tree["rw"][0]["cxjg"]["ys"] = 1
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert {(one.wire, one.code) for one in answer.unread} == {
        ("版本", "unknown_field"), ("bz", "unknown_field"), ("ys", "unknown_field"), ("thyy", "implausible")}


def test_an_answer_to_a_stranger_takes_no_other_along():
    tree = GOLDEN.tree()
    tree["rw"] += [{"qqdh": "stranger", "rwlsh": "RW9", "zt": "2", "cxjg": {"sl": "0", "gq": []}}, None]
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [(one.wire, one.code) for one in answer.unread] == [("qqdh", "implausible")]


def test_a_task_of_a_query_that_is_at_work_or_sent_back_may_say_more_than_its_document():
    number = GOLDEN.asked.request_no
    for task in ({"zt": "1", "rwlsh": "RW1"}, {"zt": "9", "thyy": "04", "fksj": "2026年11月22日 17:00:00"}):
        def told(**more):
            body = orjson.dumps({"fhm": "0", "fhxx": "", "rw": [{"qqdh": number, **task, **more}]})  # noqa: B023 - asked at once
            return ADAPTER.to_answers(ROW, [GOLDEN.asked], AgencyResponse(200, "application/json", body))[number]
        assert told(xzd="新增字段") == told()


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    right = GOLDEN.read(GOLDEN.tree())
    for oddity in ODDITIES:
        tree = GOLDEN.tree()
        assert write_oddly([GOLDEN.items(tree)[FULL]], [oddity], Random(1))
        others = [asset for index, asset in enumerate(right.assets) if index != FULL]
        was = became(GOLDEN.read(tree), others, right.assets[FULL], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_stake():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    command = exchange.command("query", exchange.holder()[0])
    call = exchange.call(command)
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    right = exchange.simulation.answer(exchange.desk, request)
    odd = [exchange.simulation.answer(exchange.desk, request, odd=Random(seed)) for seed in range(40)]
    assert sum(one.body != right.body for one in odd) > 30
    count = len(orjson.loads(right.body)["rw"][0]["cxjg"]["gq"])
    for one in odd:
        assert len(orjson.loads(one.body)["rw"][0]["cxjg"]["gq"]) == count
        found = exchange.read([command], one)[command.request_no]
        assert len(found.assets) + len(found.unreadable) == count


def test_a_matter_is_never_answered_oddly():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    call = exchange.call(exchange.order("freeze", *exchange.holder()))
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    assert exchange.simulation.answer(exchange.desk, request) == exchange.simulation.answer(exchange.desk, request, odd=Random(1))


def test_a_few_subjects_are_in_the_register_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = [exchange.ask_one(exchange.command("query", one)) for one in subjects]
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) > 15
