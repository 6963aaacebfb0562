from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import plate_no
from services.runtime.reading import forms
from services.runtime.reading.forms import Odd


def odd(form, value):
    with pytest.raises(Odd) as raised:
        form(value)
    return raised.value.code


@pytest.mark.parametrize(("form", "written", "meant"), [
    (forms.text, " 云浮支行 ", "云浮支行"), (forms.text, 7, "7"), (forms.compact, "６２２２ 0245", "62220245"),
    (forms.number, "1,234.50", Decimal("1234.50")), (forms.number, 0.5, Decimal("0.5")), (forms.whole, "12", 12), (forms.whole, 12, 12),
    (forms.fen, "5200000", 5_200_000), (forms.fen, 5_200_000, 5_200_000), (forms.fen, "5,200,000", 5_200_000), (forms.fen, "5200000分", 5_200_000), (forms.fen, "-3", -3),
    (forms.yuan, "52000.00", 5_200_000), (forms.yuan, "52,000.00", 5_200_000), (forms.yuan, "52000元", 5_200_000), (forms.yuan, "￥52000.5", 5_200_050),
    (forms.yuan, 52000.5, 5_200_050), (forms.yuan, "-1.00", -100),
    (forms.wan_yuan, "100", 100_000_000), (forms.wan_yuan, "100.0000万元", 100_000_000), (forms.wan_yuan, 0.5, 500_000),
    (forms.area, "118.5㎡", 118.5), (forms.area, "118.5平方米", 118.5), (forms.area, "118.5 m2", 118.5), (forms.area, 118.5, 118.5),
    (forms.share, "1/2", "1/2"), (forms.share, "50%", "1/2"), (forms.share, "50.00％", "1/2"), (forms.share, 0.5, "1/2"), (forms.share, "二分之一", "1/2"),
    (forms.share, "百分之五十", None), (forms.share, "十二分之一", "1/12"), (forms.share, "一百分之二十五", "1/4"), (forms.share, "全部", "1"),
    (forms.day, "2019-03-05", date(2019, 3, 5)), (forms.day, "20190305", date(2019, 3, 5)), (forms.day, "20190305000000", date(2019, 3, 5)),
    (forms.day, "2019/3/5", date(2019, 3, 5)), (forms.day, "2019.03.05", date(2019, 3, 5)), (forms.day, "2019年3月5日", date(2019, 3, 5)),
    (forms.day, 20190305, date(2019, 3, 5)), (forms.day, "2019-03-05T00:00:00", date(2019, 3, 5)),
    (forms.instant, "2026-11-22 17:00:00", datetime(2026, 11, 22, 9, tzinfo=UTC)), (forms.instant, "20261122170000", datetime(2026, 11, 22, 9, tzinfo=UTC)),
    (forms.instant, "2026-11-22 17:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
])
def test_what_means_one_thing_is_read_however_it_is_written(form, written, meant):
    if meant is None:
        assert odd(form, written) == "bad_form"
    else:
        assert form(written) == meant


@pytest.mark.parametrize(("form", "written", "code"), [
    (forms.text, "", "bad_form"), (forms.text, "a\x00b", "bad_form"), (forms.text, "\ud800", "bad_form"), (forms.text, ["x"], "bad_form"),
    (forms.text, True, "bad_form"), (forms.text, "长" * 301, "bad_form"),
    (forms.fen, "52000.00", "bad_form"), (forms.fen, 52000.5, "bad_form"), (forms.yuan, "52000", "bad_form"), (forms.yuan, 52000, "bad_form"),
    (forms.yuan, "52000.005", "bad_form"), (forms.whole, "-1", "bad_form"), (forms.whole, "1.5", "bad_form"), (forms.fen, "9" * 40, "bad_form"),
    (forms.number, "1,23", "bad_form"), (forms.area, "118.5亩", "bad_form"), (forms.area, "-1", "bad_form"),
    (forms.share, "0", "bad_form"), (forms.share, "150%", "bad_form"), (forms.share, "1/0", "bad_form"), (forms.share, "一半", "bad_form"),
    (forms.share, "百分之一", "bad_form"), (forms.share, "十十分之一", "bad_form"),
    (forms.day, "2017", "bad_form"), (forms.day, "2017年5月", "bad_form"), (forms.day, "2019-02-30", "bad_form"), (forms.day, "5.3.2019", "bad_form"),
    (forms.day, "0001-01-01", "implausible"), (forms.day, "00000000", "implausible"), (forms.day, "9999-12-31", "implausible"),
    (forms.instant, "2026-11-22", "bad_form"), (forms.instant, "20261122256161", "bad_form"), (forms.instant, "99991231235959", "implausible"),
])
def test_what_may_mean_two_things_or_none_is_not(form, written, code):
    assert odd(form, written) == code


def test_a_code_outside_its_list_has_no_meaning():
    table = {"A": "white", "J": "black"}
    assert forms.code(table)(" a ".upper()) == "white"
    assert odd(forms.code(table), "AJ") == "unknown_code"
    assert forms.letters(table, most=3)("AJ") == ("white", "black")
    assert odd(forms.letters(table, most=3), "AX") == "unknown_code"
    assert odd(forms.letters(table, most=1), "AJ") == "unknown_code"


def test_an_identifier_is_written_in_its_normal_form():
    assert forms.fit(plate_no)("粤W·A8K21") == "粤WA8K21"
    assert odd(forms.fit(plate_no), "无牌") == "bad_form"


def test_what_hardly_can_be_true_is_kept():
    doubtful = forms.doubtful(lambda number: len(number) == 3)
    assert doubtful("abc") == "abc"
    with pytest.raises(Odd) as raised:
        doubtful("abcd")
    assert (raised.value.code, raised.value.kept) == ("implausible", "abcd")


ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
FORMS = [forms.text, forms.compact, forms.number, forms.whole, forms.fen, forms.yuan, forms.wan_yuan, forms.area, forms.share, forms.day, forms.instant,
         forms.code({"A": 1}), forms.letters({"A": 1}, most=3), forms.fit(plate_no)]


@given(st.sampled_from(FORMS), ANYTHING)
def test_a_form_reads_or_says_that_it_cannot(form, value):
    try:
        form(value)
    except Odd as said:
        assert said.code in ("bad_form", "unknown_code", "implausible")  # noqa: PT017 - either is right


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y-%m-%d 00:00:00"]))
def test_every_day_is_read_in_every_form(on, written):
    assert forms.day(on.strftime(written)) == on


@given(st.integers(-10**14, 10**14))
def test_an_amount_is_the_same_in_fen_and_in_yuan(fen):
    sign, plain = ("-" if fen < 0 else ""), abs(fen)
    assert forms.fen(str(fen)) == fen == forms.yuan(f"{sign}{plain // 100}.{plain % 100:02d}")
