from pathlib import Path
from random import Random

import orjson
import pytest

from contracts.messages import Unread
from services.provident_fund.adapter import ADAPTER
from services.provident_fund.examples import EXAMPLES, STAMP
from services.provident_fund.mock_agency import MOCK, ODDITIES
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import MockRequest
from services.runtime.port import AgencyResponse, Asked, Found, OutsideProtocol, Refused
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row
from tests.contract.oddities import Golden, as_json, became, check_others_stand, to_json

ROW = agency_row("provident_fund", agency="yunfu-provident-fund", subject_kinds=("person",))
NUMBER = EXAMPLES[0].request_no
#: Three accounts that the document allows; the first has all fields.
ACCOUNTS = [
    EXAMPLES[0].result["zhs"][0],
    {"grzh": "445300010021", "xingming": "陈伟", "grzhye": "52000.00", "grzhzt": "02", "khrq": "20150901", "djje": "0.00", "djs": []},
    {"grzh": "445300010039", "xingming": "陈伟", "grzhye": "12.00", "grzhzt": "04", "sfydk": "1", "djje": "0.00"},
]
BODY = orjson.dumps({"code": "0000", "msg": "成功", "fksj": STAMP, "jgs": [{"qqdh": NUMBER, "jgdm": "0000", "jgsm": "成功", "zhs": ACCOUNTS}]})
GOLDEN = Golden("provident_fund", ADAPTER, ROW, Asked("task", "request", NUMBER, "query"), AgencyResponse(200, "application/json", BODY),
                as_json, to_json, lambda tree: tree["jgs"][0]["zhs"])
DOCUMENT = by_openapi(Path("services/provident_fund/fund_centre.openapi.yaml"))


def read_with(position=0, **changes) -> Found:
    tree = GOLDEN.tree()
    GOLDEN.items(tree)[position].update(changes)
    return GOLDEN.read(tree)


def read_result(**changes):
    tree = GOLDEN.tree()
    tree["jgs"][0].update(changes)
    return ADAPTER.to_answers(ROW, [GOLDEN.asked], AgencyResponse(200, "application/json", to_json(tree)))[NUMBER]


# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status", "callback"])
def test_adapter_and_mock_keep_to_the_centres_document(answers_by):
    assert everything_asked(Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": answers_by})), DOCUMENT) >= 16


# ---- one odd field hides nothing


@pytest.mark.parametrize(("position", "unreadable", "marked"), [(0, 110, 160), (1, 60, 10), (2, 60, 10)])
def test_whatever_is_written_in_one_field_the_other_accounts_stand(position, unreadable, marked):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > unreadable
    assert counts["marked"] > marked


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("grjcbl", "5%", "rate_personal", "0.05"), ("grjcbl", "0.05", "rate_personal", "0.05"), ("grjcbl", "5", "rate_personal", "0.05"),
    ("grjcbl", 5, "rate_personal", "0.05"), ("grjcbl", 0.05, "rate_personal", "0.05"), ("grjcbl", "12.00", "rate_personal", "0.12"),
    ("grjcbl", "1.0000", "rate_personal", "1.0000"), ("grjcbl", "５％", "rate_personal", "0.05"), ("grjcbl", 12.5, "rate_personal", "0.125"),
    ("jzny", "202611", "paid_through", "2026-11"), ("jzny", "2026-11", "paid_through", "2026-11"), ("jzny", "2026年11月", "paid_through", "2026-11"),
    ("jzny", "20261130", "paid_through", "2026-11"), ("sfydk", "是", "has_loan", True), ("sfydk", "有", "has_loan", True), ("sfydk", 1, "has_loan", True),
    ("sfydk", "否", "has_loan", False), ("khrq", "2015年9月1日", "opened_on", "2015-09-01"), ("khrq", "20150901", "opened_on", "2015-09-01"),
    ("khrq", "2015/09/01", "opened_on", "2015-09-01"), ("grzhzt", "正常", "account_status", "normal"), ("grzhzt", "封存", "account_status", "sealed_dormant"),
    ("grzhye", "86,420.55", "balance_fen", 8_642_055), ("grzhye", "86420.5", "balance_fen", 8_642_050), ("grzhye", 86420.55, "balance_fen", 8_642_055),
    ("grzhye", "￥86420.55", "balance_fen", 8_642_055), ("grzhye", "86420元", "balance_fen", 8_642_000), ("djje", "30000.00元", "frozen_fen", 3_000_000),
    ("grzh", " 4453 0001 0013 ", "personal_account_no", "445300010013"), ("grzh", 445300010013, "personal_account_no", "445300010013"),
    ("skzh", "6222 0320 0200 0140 018", "payout_account", "6222032002000140018"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert (answer.assets[0].record[field], answer.assets[0].unread, answer.unreadable) == (meant, (), ())


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("grjcbl", "五", Unread(field="rate_personal", wire="grjcbl", code="bad_form", raw="五")),
    ("grjcbl", "101", Unread(field="rate_personal", wire="grjcbl", code="bad_form", raw="101")),
    ("dwjcbl", "-5%", Unread(field="rate_employer", wire="dwjcbl", code="bad_form", raw="-5%")),
    ("jzny", "202613", Unread(field="paid_through", wire="jzny", code="bad_form", raw="202613")),
    ("jzny", "000101", Unread(field="paid_through", wire="jzny", code="implausible", raw="000101")),
    ("sfydk", "2", Unread(field="has_loan", wire="sfydk", code="unknown_code", raw="2")),
    ("sfydk", True, Unread(field="has_loan", wire="sfydk", code="bad_form", raw="true")),
    ("khrq", "0001-01-01", Unread(field="opened_on", wire="khrq", code="implausible", raw="0001-01-01")),
    ("khrq", "20140732", Unread(field="opened_on", wire="khrq", code="bad_form", raw="20140732")),
    ("jcjs", "7200", Unread(field="contribution_base_fen", wire="jcjs", code="bad_form", raw="7200")),
    ("gryjce", "-1.00", Unread(field="monthly_personal_fen", wire="gryjce", code="bad_form", raw="-1.00")),
    ("dwmc", ["a"], Unread(field="employer_name", wire="dwmc", code="bad_form", raw='["a"]')),
    ("beizhu", "新增栏目", Unread(field="beizhu", wire="beizhu", code="unknown_field", raw="新增栏目")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


@pytest.mark.parametrize("wire", ["dwmc", "jcjs", "grjcbl", "jzny", "khrq", "skzh", "skyh", "sfydk", "djs"])
@pytest.mark.parametrize("written", [None, "", "-", "无"])
def test_what_the_document_lets_out_may_be_empty(wire, written):
    assert read_with(**{wire: written}).assets[0].unread == ()


@pytest.mark.parametrize(("wire", "written", "code"), [
    ("grzhye", "52000", "bad_form"), ("grzhye", 5_200_000, "bad_form"), ("grzhye", "-1.00", "bad_form"), ("grzhye", None, "missing"),
    ("grzhye", "86420.555", "bad_form"), ("djje", "", "missing"), ("djje", "30000", "bad_form"), ("grzhzt", "07", "unknown_code"), ("grzhzt", "", "missing"),
    ("grzh", "", "missing"), ("grzh", {}, "bad_form"), ("xingming", "陈" * 301, "bad_form"), ("xingming", None, "missing"), ("djs", "有", "bad_form"),
    ("djs", [{"djjg": "某法院", "djcs": "02"}], "unknown_code"), ("djs", [{"djjg": "某法院", "djcs": "01", "djje": "全部"}], "bad_form"),
    ("djs", [{"djjg": "某法院", "djcs": "01", "djje": "-1.00"}], "bad_form"), ("djs", [{"djcs": "01"}], "missing"), ("djs", ["有"], "bad_form"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_account_unreadable_and_no_other(wire, written, code):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 2
    item = answer.unreadable[0]
    assert (item.position, item.record["employer_name"], [one.code for one in item.unread]) == (0, "云浮市新成石材有限公司", [code])


@pytest.mark.parametrize(("changes", "marks"), [
    ({}, []), ({"jsrq": None}, []), ({"jsrq": "99991231"}, [("prior_measures.0.until_on", "implausible")]),
    ({"lhsx": "首位"}, [("prior_measures.0.rank", "bad_form")]), ({"lhsx": 0}, [("prior_measures.0.rank", "implausible")]), ({"lhsx": "1"}, []),
    ({"xz": "续"}, [("prior_measures.0.xz", "unknown_field")]),
])
def test_a_freeze_without_an_end_a_document_or_a_rank_stands(changes, marks):
    account = read_with(djs=[{"djjg": "某法院", "djcs": "冻结", "djje": "30000.00", "ksrq": "2026-05-06", **changes}]).assets[0]
    measure = account.prior_measures[0]
    assert (measure.kind, measure.authority, measure.amount_fen, measure.until_on, measure.document_no) == ("freeze", "某法院", 3_000_000, None, None)
    assert measure.from_on.isoformat() == "2026-05-06"
    assert [(one.field, one.code) for one in account.unread] == marks


# ---- plausibility, duplicates, and what stands around


def test_more_frozen_than_there_is_stands_and_is_marked():
    account = read_with(djje="86420.56").assets[0]
    assert account.record["frozen_fen"] == 8_642_056
    assert account.unread == (Unread(field="frozen_fen", wire="djje", code="implausible", raw="8642056"),)


def test_an_account_told_twice_counts_once_and_is_marked():
    tree = GOLDEN.tree()
    GOLDEN.items(tree).append(dict(GOLDEN.items(tree)[1]))
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert answer.assets[1].unread == (Unread(field="personal_account_no", wire="grzh", code="implausible", raw="445300010021"),)


def test_an_account_told_twice_in_other_words_stands_twice():
    tree = GOLDEN.tree()
    GOLDEN.items(tree).append(GOLDEN.items(tree)[1] | {"grzhye": "52000.01"})
    answer = GOLDEN.read(tree)
    assert [one.record["balance_fen"] for one in answer.assets] == [8_642_055, 5_200_000, 1_200, 5_200_001]
    assert [one.code for one in answer.assets[3].unread] == ["implausible"]


def test_accounts_that_are_listed_are_shown_even_if_there_are_said_to_be_none():
    answer = read_result(jgdm="0001", jgsm="查无缴存账户")
    assert len(answer.assets) == 3
    assert answer.unread == (Unread(field="count", wire="jgdm", code="implausible", raw="0001"),)


def test_that_there_are_none_is_said_by_its_code_alone():
    assert read_result(jgdm="0001", zhs=None) == read_result(jgdm="0001", zhs=[]) == Found(read_result().as_of, ())
    for written in (None, [], {}, "无"):
        assert isinstance(read_result(jgdm="0000", zhs=written), OutsideProtocol)


def test_what_stands_around_the_accounts_may_be_odd_too():
    tree = GOLDEN.tree()
    tree |= {"fksj": "2026-11-31 17:00:00", "版本": "2", "msg": None}
    tree["jgs"][0] |= {"beizhu": "新增栏目", "jgsm": None}
    answer = GOLDEN.read(tree)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert {(one.wire, one.code) for one in answer.unread} == {("fksj", "bad_form"), ("版本", "unknown_field"), ("beizhu", "unknown_field")}


def test_a_result_of_a_stranger_takes_no_other_along():
    tree = GOLDEN.tree()
    tree["jgs"] += [{"qqdh": "stranger", "jgdm": "0001", "jgsm": ""}, {"jgdm": "0001"}, "?"]
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [(one.wire, one.code) for one in answer.unread] == [("qqdh", "implausible")]


def test_a_query_that_is_declined_may_say_more_than_the_document():
    declined = {"jgdm": "2004", "jgsm": "姓名与证件号码不符", "zhs": None}
    assert read_result(**declined, beizhu="新增栏目") == read_result(**declined) == Refused("identity_mismatch", "姓名与证件号码不符")
    assert read_result(jgdm="1000", jgsm="", zhs=None, slbh="SL1", beizhu="新增栏目").agency_ref == "SL1"


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    right = GOLDEN.read(GOLDEN.tree())
    for oddity in ODDITIES:
        tree = GOLDEN.tree()
        assert write_oddly([GOLDEN.items(tree)[0]], [oddity], Random(1))
        was = became(GOLDEN.read(tree), right.assets[1:], right.assets[0], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_account():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    command = exchange.command("query", exchange.holder()[0])
    call = exchange.call(command)
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    right = exchange.simulation.answer(exchange.desk, request)
    odd = [exchange.simulation.answer(exchange.desk, request, odd=Random(seed)) for seed in range(40)]
    assert sum(one.body != right.body for one in odd) > 30
    for one in odd:
        found = exchange.read([command], one)[command.request_no]
        assert len(found.assets) + len(found.unreadable) == 1


def test_a_control_is_never_answered_oddly():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    call = exchange.call(exchange.order("freeze", *exchange.holder(), amount_fen=500))
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    assert exchange.simulation.answer(exchange.desk, request) == exchange.simulation.answer(exchange.desk, request, odd=Random(1))


def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = [exchange.ask_one(exchange.command("query", one)) for one in subjects]
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) > 15
