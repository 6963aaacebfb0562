import pytest

from contracts.messages import FoundAsset, Unread, UnreadableItem
from contracts.registry import asset_type
from gateway.domain.report_unread import as_read, form_of, oddities, shown
from gateway.web.render import render_report
from tests.builders import RECORDS, found, measure, report, report_request, right, task

DEPOSITS = asset_type("deposits")
MARK = Unread(field="branch_name", wire="KHWD", code="bad_form", raw="云浮支行<b>")
LOST = UnreadableItem(position=1, record={"account_no": "6222", "currency": "CNY"}, unread=(Unread(field="balance_fen", wire="YE", code="bad_form", raw="52000.00"),))


# ---- on arrival, whoever wrote the reply


def test_a_record_of_its_kind_is_taken_as_it_is():
    assert as_read(DEPOSITS, found(), 0) == found()


@pytest.mark.parametrize(("changes", "mark"), [
    ({"colour": "red"}, Unread(field="colour", wire="colour", code="unknown_field", raw="red")),
    ({"branch_name": 7}, Unread(field="branch_name", wire="branch_name", code="bad_form", raw="7")),
    ({"opened_on": "gone"}, Unread(field="opened_on", wire="opened_on", code="bad_form", raw="gone")),
])
def test_a_telling_field_that_is_none_of_its_kind_is_marked_and_the_asset_stands(changes, mark):
    read = as_read(DEPOSITS, found(**changes), 0)
    assert isinstance(read, FoundAsset)
    assert (read.record, read.unread) == (RECORDS["deposits"], (mark,))


@pytest.mark.parametrize(("name", "value", "code"), [("balance_fen", "52000.00", "bad_form"), ("account_status", "gone", "bad_form")])
def test_a_deciding_field_that_is_none_of_its_kind_makes_an_item_that_cannot_be_read(name, value, code):
    read = as_read(DEPOSITS, found(measures=(measure(),), rights=(right(),), **{name: value}), 3)
    assert isinstance(read, UnreadableItem)
    assert (read.position, read.unread) == (3, (Unread(field=name, wire=name, code=code, raw=value),))
    assert read.record["account_no"] == RECORDS["deposits"]["account_no"]
    assert name not in read.record
    assert read.record["prior_measures"][0]["authority"] == "某某法院"
    assert read.record["priority_rights"][0]["holder"] == "某某银行"


def test_a_house_without_a_unit_code_goes_by_its_certificate_and_one_without_either_cannot_be_read():
    kind = asset_type("real_estate")
    record = {name: value for name, value in RECORDS["real_estate"].items() if name != "unit_code"}
    by_certificate = as_read(kind, FoundAsset(record=record | {"certificate_no": "粤房地权证云浮字第0100012345号"}), 0)
    assert kind.key_text(by_certificate.record) == "certificate_no:粤房地权证云浮字第0100012345号"
    assert as_read(kind, FoundAsset(record=record), 0).unread == (Unread(field="unit_code", wire="unit_code", code="missing"),)


@pytest.mark.parametrize(("field", "code"), [
    ("balance_fen", "bad_form"), ("prior_measures", "bad_form"), ("prior_measures.0.kind", "unknown_code"), ("prior_measures.1.amount_fen", "bad_form"),
    ("priority_rights.x.holder", "missing")])
def test_an_asset_whose_adapter_marks_what_decides_cannot_be_read(field, code):
    asset = FoundAsset(record={name: value for name, value in RECORDS["deposits"].items() if name != "balance_fen"} | ({} if field == "balance_fen" else {
        "balance_fen": 1}), unread=(Unread(field=field, wire="YE", code=code, raw="?"),))
    read = as_read(DEPOSITS, asset, 2)
    assert isinstance(read, UnreadableItem)
    assert asset.unread[0] in read.unread


@pytest.mark.parametrize(("field", "code"), [
    ("balance_fen", "implausible"), ("balance_fen", "bad_form"), ("branch_name", "bad_form"), ("prior_measures.0.until_on", "bad_form"),
    ("prior_measures.0.kind", "unknown_code"), ("prior_measure", "unknown_field")])
def test_a_mark_on_what_was_read_or_only_tells_leaves_the_asset(field, code):
    asset = found(measures=(measure(),)).model_copy(update={"unread": (Unread(field=field, wire=field, code=code, raw="?"),)})
    assert as_read(DEPOSITS, asset, 0) == asset


@pytest.mark.parametrize("value", ["a\ufffd", ["\ufffd"], {"\ufffd": 1}, 10**30, float("nan"), float("inf")])
def test_what_no_store_takes_is_marked(value):
    read = as_read(DEPOSITS, found(branch_name=value), 0)
    assert [(one.field, one.code) for one in read.unread] == [("branch_name", "bad_form")]
    assert "branch_name" not in read.record


@pytest.mark.parametrize(("kind", "field", "told", "normal"), [
    ("vehicles", "plate_no", "粤W·A8K21", "粤WA8K21"), ("real_estate", "certificate_no", "粤房地权证云浮字第 0100012345 号", "粤房地权证云浮字第0100012345号")])
def test_a_key_is_in_its_normal_form_whoever_wrote_it(kind, field, told, normal):
    read = as_read(asset_type(kind), FoundAsset(record=RECORDS[kind] | {field: told}), 0)
    assert read == FoundAsset(record=RECORDS[kind] | {field: normal})


def test_what_is_hardly_true_is_marked_whoever_wrote_it():
    read = as_read(DEPOSITS, found(balance_fen=1, available_balance_fen=2), 0)
    assert [(one.code, one.raw) for one in read.unread] == [("implausible", "2")]


# ---- what a field is, in words


@pytest.mark.parametrize(("field", "code", "zh", "en"), [
    ("branch_name", "bad_form", "开户网点", "branch name"), ("balance_fen", "bad_form", "账户余额", "balance"),
    ("prior_measures.0.until_on", "implausible", "在先措施1的截止日期", "until on of prior measure 1"),
    ("prior_measures", "bad_form", "在先措施", "prior measure"), ("priority_rights.1.amount_fen", "bad_form", "优先权2的金额", "amount of priority right 2"),
    ("count", "implausible", "件数", "count"), ("", "bad_form", "整项", "the whole item"), ("as_of", "bad_form", "答复时间", "as of"),
    ("xzzd", "unknown_field", "接口文档以外的字段XZ", "a field outside the agency's document, XZ"), ("nowhere.x", "bad_form", "nowhere.x", "nowhere.x"),
])
def test_a_mark_says_what_its_field_is(field, code, zh, en):
    label = shown(DEPOSITS, [Unread(field=field, wire="XZ", code=code)])[0].label
    assert (label.zh, label.en) == (zh, en)


# ---- in the report


ODD = task(assets=(found().model_copy(update={"unread": (MARK,)}),), unreadable=(LOST,), unread=(Unread(field="xzzd", wire="xzzd", code="unknown_field", raw="1"),))


def test_an_item_that_cannot_be_read_is_shown_counted_and_named_and_never_valued():
    compiled = report(ODD, request=report_request(asset_types=("deposits",)))
    section = compiled.subjects[0].sections[0]
    assert [(one.agency, one.task_id, one.position, one.record) for one in section.unreadable] == [("icbc", ODD.task_id, 1, LOST.record)]
    assert section.unreadable[0].unread[0].raw == "52000.00"
    assert compiled.completeness.unreadable == 1
    assert not compiled.all_answered
    assert compiled.totals.value_fen == RECORDS["deposits"]["balance_fen"]
    assert "另有1件财产单位已答复但不能完整读出" in compiled.completeness.statement.zh
    assert "icbc单位（陈伟，银行存款第2件）" in compiled.completeness.statement.zh
    assert "Agency icbc (陈伟, Bank deposits: item 2)" in compiled.completeness.statement.en


def test_marks_are_beside_their_asset_and_their_answer():
    compiled = report(ODD, request=report_request(asset_types=("deposits",)))
    assert [one.raw for one in compiled.subjects[0].sections[0].assets[0].unread] == ["云浮支行<b>"]
    assert [one.wire for one in compiled.agencies[0].unread] == ["xzzd"]


def test_two_sources_tell_their_marks_once():
    again = task("abc", assets=ODD.assets)
    asset = report(ODD, again, request=report_request(asset_types=("deposits",))).subjects[0].sections[0].assets
    assert [len(one.unread) for one in asset] == [1, 1]


def test_a_count_that_disagrees_and_many_such_answers_are_told_in_words():
    unlisted = UnreadableItem(unread=(Unread(field="count", wire="sl", code="implausible", raw="9"),))
    tasks = [task(f"bank{number:02}", outcome="found", unreadable=(LOST, unlisted)) for number in range(22)]
    statement = report(*tasks, request=report_request(asset_types=("deposits",))).completeness.statement
    assert "另有44件" in statement.zh
    assert "第2件，件数与清单不符）等22项查询" in statement.zh
    assert "item 2, the count disagrees with the list) and 2 more" in statement.en


def test_a_section_with_nothing_but_what_cannot_be_read_does_not_say_that_there_is_nothing():
    compiled = report(task(outcome="found", unreadable=(LOST,)), request=report_request(asset_types=("deposits",)))
    page = render_report(compiled, {})
    assert "所查单位均回复无财产" not in page
    assert "已答复但不能完整读出" in page
    assert "原文“52000.00”" in page
    assert "账号：6222" in page


def test_the_page_says_in_words_what_stands_on_an_item_that_cannot_be_read():
    item = UnreadableItem(position=0, record={"prior_measures": [{"kind": "seal", "authority": "某某法院"}]}, unread=LOST.unread)
    page = render_report(report(task(outcome="found", unreadable=(item,)), request=report_request(asset_types=("deposits",))), {})
    assert "在先措施：查封，某某法院" in page


def test_the_page_shows_marks_and_lets_no_agency_write_into_it():
    page = render_report(report(ODD, request=report_request(asset_types=("deposits",))), {})
    assert "未能完整读出：开户网点（格式不能唯一理解，原文“云浮支行&lt;b&gt;”）" in page
    assert "答复中财产以外未能读出：接口文档以外的字段xzzd" in page


def test_amounts_on_an_account_are_in_its_own_currency():
    dollars = found(currency="USD", measures=(measure(amount_fen=100_00),), rights=(right(amount_fen=7_00),))
    page = render_report(report(task(assets=(dollars,)), request=report_request(asset_types=("deposits",))), {})
    assert "100.00 USD" in page
    assert "7.00 USD" in page


# ---- what an operator is told


def test_a_form_says_nothing_of_whom_it_is_about():
    assert form_of("陈伟 445302199001010013") == "字字 999999999999999999"
    assert form_of("AB-1") == "AA-9"
    assert form_of(None) == ""
    assert len(form_of("x" * 500)) == 40


def test_a_name_that_is_none_of_a_field_is_told_by_its_form():
    item = found().model_copy(update={"unread": (Unread(field="陈伟445302199001010013", wire="x\u202e", code="unknown_field", raw="\x07"),)})
    assert oddities([item], []) == [{"field": "字字999999999999999999", "wire": "A?", "code": "unknown_field", "form": "?"}]


def test_the_same_oddity_in_many_items_is_told_once():
    item = found().model_copy(update={"unread": (Unread(field="prior_measures.3.until_on", wire="DJXX.3.DJJZRQ", code="bad_form", raw="长期"),) * 2})
    assert oddities([item, item], []) == [{"field": "prior_measures.until_on", "wire": "DJXX.DJJZRQ", "code": "bad_form", "form": "字字"}]
