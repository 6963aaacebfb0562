import re

import pytest

from services.runtime.reading import forms
from services.runtime.reading.statements import Place, stated

PLACE = Place("no", forms.shaped(re.compile("[0-9]{4,8}")), frozenset({"查无", "异常"}), "查无", beside=frozenset({"remark"}),
              of_items=frozenset({"balance", "holds"}))


@pytest.mark.parametrize(("entry", "text"), [
    ({"no": "查无"}, "查无"), ({"no": " 异 常 ", "remark": "超时"}, "异常"), ({"no": "查无", "balance": "0.00", "holds": [], "class": "01"}, "查无"),
    ({"no": "查无", "balance": 0}, "查无"), ({"no": "另一句话"}, "另一句话"), ({"no": "另一句话", "remark": "x", "class": "", "balance": "0"}, "另一句话"),
])
def test_a_text_in_the_place_of_a_key_is_a_statement(entry, text):
    assert stated(PLACE, entry) == text


@pytest.mark.parametrize("entry", [
    {"no": "12345678"}, {"no": 12345678}, {"no": "１２３４"}, {"no": "查无", "balance": "1"}, {"no": "查无", "balance": "若干"}, {"no": "异常", "holds": [{}]},
    {"no": "另一句话", "class": "01"}, {"no": None}, {"no": ["查无"]}, {"no": ""}, {}, [], "查无", None,
])
def test_what_says_something_of_an_item_is_an_item(entry):
    assert stated(PLACE, entry) is None
