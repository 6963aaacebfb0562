import pytest

from services.runtime.reading import forms
from services.runtime.reading.forms import Garbled, Odd


@pytest.mark.parametrize("form", [forms.text, forms.compact, forms.number, forms.whole, forms.fen, forms.yuan, forms.wan_yuan, forms.area, forms.share,
                                  forms.day, forms.instant, forms.code({"1": "one"}), forms.letters({"1": "one"}, most=3)])
def test_a_text_that_was_not_decoded_is_read_as_nothing_by_any_form(form):
    with pytest.raises(Odd) as odd:
        form(Garbled("1"))
    assert (odd.value.code, odd.value.kept) == ("bad_form", None)


def test_what_a_right_secures_is_never_below_nothing():
    unsigned = forms.unsigned(forms.yuan)
    assert [unsigned("0.00"), unsigned("1.50")] == [0, 150]
    with pytest.raises(Odd) as odd:
        unsigned("-1.50")
    assert odd.value.code == "implausible"
