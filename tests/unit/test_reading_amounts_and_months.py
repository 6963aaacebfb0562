import pytest

from services.runtime.reading import forms


def odd(form, value):
    with pytest.raises(forms.Odd) as raised:
        form(value)
    return raised.value.code


@pytest.mark.parametrize(("written", "fen"), [
    ("100", 100_000_000), ("100.000001", 100_000_001), ("100万", 100_000_000), ("100万元", 100_000_000), ("1,000万元", 1_000_000_000), (0.5, 500_000),
    ("100元", 10_000), ("0.01元", 1)])
def test_ten_thousand_yuan_are_read_in_fen_unless_yuan_are_said(written, fen):
    assert forms.wan_yuan(written) == fen


@pytest.mark.parametrize("written", ["", "万元", "元", "一百万", "100.0000001", "100万万"])
def test_what_is_no_amount_of_ten_thousands_is_not_read(written):
    assert odd(forms.wan_yuan, written) == "bad_form"


@pytest.mark.parametrize("written", ["202611", "2026-11", "2026/11", "2026.11", "2026年11月", "2026年11", "２０２６１１", 202611, "20261130", "2026-11-30", "2026年11月30日"])
def test_a_month_is_read_however_it_is_written(written):
    assert forms.month(written) == "2026-11"


@pytest.mark.parametrize(("written", "code"), [
    ("202613", "bad_form"), ("20261", "bad_form"), ("2026", "bad_form"), ("000101", "implausible"), ("999912", "implausible"), ("", "bad_form"), (None, "bad_form")])
def test_what_is_no_month_is_not_read(written, code):
    assert odd(forms.month, written) == code


def test_a_rank_is_one_or_more():
    assert [forms.rank(one) for one in ("1", 2, " 12 ", "１")] == [1, 2, 12, 1]
    assert {odd(forms.rank, one) for one in ("-1", "1.5", "首封", None, True)} == {"bad_form"}
    assert odd(forms.rank, "0") == "implausible"
