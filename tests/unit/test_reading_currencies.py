import re

import pytest

from services.runtime.reading import currencies, forms
from services.runtime.reading.forms import Odd


@pytest.mark.parametrize(("written", "meant"), [
    ("156", "CNY"), (156, "CNY"), ("CNY", "CNY"), ("cny", "CNY"), ("ＣＮＹ", "CNY"), ("RMB", "CNY"), ("人民币", "CNY"), ("840", "USD"), ("港币", "HKD"),
    ("036", "AUD"), ("KWD", "KWD"),
])
def test_a_currency_is_a_number_letters_or_a_common_name(written, meant):
    assert currencies.currency(written) == meant


@pytest.mark.parametrize("written", ["999", "XXX", "XTS", "01", "14", "36", 36, "001", "元", "$", "￥", "", None, 1.0, True, []])
def test_what_is_no_currency_of_the_list_means_none(written):
    with pytest.raises(Odd):
        currencies.currency(written)


def test_the_list_of_currencies_is_whole_and_says_each_once():
    assert len(currencies.NUMERIC) == len(set(currencies.NUMERIC.values())) == 176
    assert {"CNY", "HKD", "MOP", "TWD", "USD", "EUR", "JPY", "GBP", "XAU"} <= currencies.NUMERIC.keys()


def test_a_number_of_a_fixed_shape_is_read_with_blanks_in_it_or_without():
    account = forms.shaped(re.compile(r"[0-9]{4,8}"))
    assert [account(written) for written in ("6222 0245", "６２２２", 62220245)] == ["62220245", "6222", "62220245"]
    for written in ("622", "6222*245", "六二二二", "", None, 6.5):
        with pytest.raises(Odd):
            account(written)


def test_a_rank_counts_from_one():
    assert (forms.rank("1"), forms.rank(2), forms.rank("03")) == (1, 2, 3)
    for written in ("0", "-1", "1.5", "首封", None):
        with pytest.raises(Odd):
            forms.rank(written)


def test_an_amount_that_cannot_be_owed_is_nothing_or_more():
    assert [forms.unsigned(forms.fen)(written) for written in ("0", "100")] == [0, 100]
    with pytest.raises(Odd):
        forms.unsigned(forms.fen)("-1")
