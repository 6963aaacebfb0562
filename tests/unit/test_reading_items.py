from contracts.assets.deposits import ASSET_TYPE
from contracts.messages import Unread
from services.runtime.port import AgencyResponse, Asked
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, json_object, read_or_mark
from services.runtime.reading.forms import Garbled
from services.runtime.reading.items import Entry, Sheet, not_as_many, read_items, read_row, unknown_fields, unread

MEASURE = Sheet.of_measures({"jg": Entry("authority", forms.text, always=True), "jz": Entry("until_on", forms.day)}, stands={"kind": "freeze"})
SHEET = Sheet.of_assets(ASSET_TYPE, {
    "zh": Entry("account_no", forms.text, always=True), "zt": Entry("account_status", forms.code({"0": "normal"}), always=True),
    "bz": Entry("currency", forms.code({"156": "CNY"}), always=True), "ye": Entry("balance_fen", forms.fen, always=True),
    "ky": Entry("available_balance_fen", forms.fen, always=True), "wd": Entry("branch_name", forms.text), "kh": Entry("opened_on", forms.day),
    "dj": Entry("prior_measures", MEASURE), "xh": Entry("remark", forms.text), "fl": Entry("account_tier", forms.text)}, passed_over={"seq"})
ROW = {"zh": "6222", "zt": "0", "bz": "156", "ye": "100", "ky": "100", "wd": "云浮支行", "seq": "1"}


def items(*rows):
    return read_items(ASSET_TYPE, SHEET, rows)


def test_a_right_row_is_an_asset_without_a_mark():
    read = items(ROW)
    assert (read.unreadable, read.assets[0].unread) == ([], ())
    assert read.assets[0].record == {"account_no": "6222", "account_status": "normal", "currency": "CNY", "balance_fen": 100,
                                     "available_balance_fen": 100, "branch_name": "云浮支行"}


def test_what_is_no_row_at_all_is_an_item_that_cannot_be_read():
    read = items(ROW, "?", None, [])
    assert [(one.position, one.record, one.unread[0].raw) for one in read.unreadable] == [(1, {}, "?"), (2, {}, None), (3, {}, "[]")]
    assert len(read.assets) == 1


def test_a_field_that_is_missing_is_marked_where_it_should_be_there():
    read = items({name: value for name, value in ROW.items() if name != "ye"} | {"wd": "无"})
    assert read.unreadable[0].unread == (Unread(field="balance_fen", wire="ye", code="missing"),)


def test_the_model_has_the_last_word_on_a_value():
    asset = items(ROW | {"fl": "4"}).assets[0]
    assert "account_tier" not in asset.record
    assert asset.unread == (Unread(field="account_tier", wire="fl", code="bad_form", raw="4"),)


def test_a_list_may_be_one_row_or_nothing_and_a_lost_row_of_a_deciding_list_loses_its_item():
    assert items(ROW | {"dj": {"jg": "法院"}}).assets[0].prior_measures[0].authority == "法院"
    assert items(ROW | {"dj": ""}).assets[0].prior_measures == ()
    lost = items(ROW | {"dj": [{"jg": "法院"}, {"jz": "长期"}]}).unreadable[0]
    assert [one["authority"] for one in lost.record["prior_measures"] if "authority" in one] == ["法院"]
    assert {(one.field, one.code) for one in lost.unread} == {("prior_measures.1.authority", "missing"), ("prior_measures.1.until_on", "bad_form")}


def test_a_lone_surrogate_or_a_nul_is_kept_as_what_can_be_stored():
    assert unread("a", "b\x00", "bad_form", "x\ud800\x00").model_dump() == {"field": "a", "wire": "b\ufffd", "code": "bad_form", "raw": "x?\ufffd"}
    assert len(unread("f" * 999, "w", "bad_form", "长" * 9_999).raw) == 500


def test_more_marks_than_a_person_reads_are_cut():
    assert len(read_row(SHEET, ROW | {f"x{number}": 1 for number in range(1_000)}).unread) == 100


def test_more_available_than_there_is_stands_and_is_marked():
    assert items(ROW | {"ky": "200"}).assets[0].unread == (Unread(field="available_balance_fen", wire="ky", code="implausible", raw="200"),)


def test_an_account_told_twice_alike_counts_once_and_told_twice_otherwise_stands_twice():
    alike = items(ROW, ROW, ROW)
    assert [one.unread for one in alike.assets] == [(Unread(field="account_no", wire="zh", code="implausible", raw="6222"),)]
    otherwise = items(ROW, ROW | {"ye": "900"})
    assert [(one.record["balance_fen"], len(one.unread)) for one in otherwise.assets] == [(100, 0), (900, 1)]


def test_a_count_is_compared_with_its_list():
    assert not list(not_as_many(2, 2, "sl"))
    assert [one.position for one in not_as_many(3, 2, "sl")] == [None]


def test_rows_go_to_the_requests_they_answer_and_a_strangers_is_marked():
    asked = [Asked("t1", "r", "n1", "query"), Asked("t2", "r", "n2", "query")]
    rows, marks = by_request(asked, [{"no": "n1"}, {"no": " n1 "}, {"no": "other"}, "?"], "no")
    assert {number: len(own) for number, own in rows.items()} == {"n1": 2, "n2": 0}
    assert [one.code for one in marks] == ["implausible"]


def test_a_field_of_the_body_is_read_or_marked():
    marks = []
    assert read_or_mark(forms.whole, {"sl": "2"}, "sl", "count", marks) == 2
    assert read_or_mark(forms.whole, {"sl": "two"}, "sl", "count", marks) is None
    assert read_or_mark(forms.whole, {}, "sl", "count", marks) is None
    assert [one.code for one in marks] == ["bad_form", "missing"]
    assert [one.wire for one in unknown_fields({"a": 1, "b": 2}, {"a"})] == ["b"]


def test_half_a_character_in_one_text_takes_nothing_else_along():
    body = json_object(AgencyResponse(200, "application/json", b'{"rows":[{"place":"A\\ud800B","amount":"1"},{"place":"C"}]}'))
    place = body["rows"][0]["place"]
    assert (type(place), place, body["rows"][0]["amount"], body["rows"][1]) == (Garbled, "A\ufffdB", "1", {"place": "C"})


def test_a_body_is_a_json_object():
    assert json_object(AgencyResponse(200, "application/json; charset=utf-8", b'{"a":1}')) == {"a": 1}
