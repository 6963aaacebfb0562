import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import MOST_FEN, display_yuan, fen_to_yuan, yuan_to_fen


@pytest.mark.parametrize(("text", "fen"), [("1", 100), ("0.01", 1), ("1,234.50", 123_450), (" 12.3 ", 1230), ("-0.05", -5), ("1e2", 10_000)])
def test_yuan_become_fen_exactly(text, fen):
    assert yuan_to_fen(text) == fen


@pytest.mark.parametrize("text", ["", "一百", "0.001", "NaN", "Infinity", "1.2.3"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"fen|yuan"):
        yuan_to_fen(text)


@pytest.mark.parametrize(("fen", "plain", "shown"), [(123_456_789, "1234567.89", "1,234,567.89"), (-5, "-0.05", "-0.05"), (0, "0.00", "0.00")])
def test_fen_are_written_as_yuan(fen, plain, shown):
    assert (fen_to_yuan(fen), display_yuan(fen)) == (plain, shown)


@given(st.integers(-MOST_FEN, MOST_FEN))
def test_there_and_back_is_the_same_amount(fen):
    assert yuan_to_fen(fen_to_yuan(fen)) == yuan_to_fen(display_yuan(fen)) == fen
