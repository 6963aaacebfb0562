import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.failures import Unfit
from contracts.names import DOT, normal_name, plain_number, same_name

MINORITY = "古丽娜尔·买买提"
CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
#: What a name can hold and what shows nothing, mixed.
TYPED = st.text(st.one_of(
    CHINESE, st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), st.sampled_from("\u200b\u00ad\ufeff\ufe0f\u3000 ·•．（）()")), max_size=20)


def typed(text):
    try:
        return normal_name(text)
    except Unfit:
        return None


def refusal(text, check=normal_name):
    with pytest.raises(Unfit) as unfit:
        check(text)
    assert unfit.value.zh
    return unfit.value.code


@pytest.mark.parametrize("dot", "•・．‧·･∙⋅\u0387᛫⸱.․﹒●")
def test_every_dot_people_type_between_the_parts_of_a_name_is_one_dot(dot):
    for between in (dot, f" {dot} ", f"\u3000{dot}", f"{dot}\u200b"):
        assert normal_name(f"古丽娜尔{between}买买提") == MINORITY


@pytest.mark.parametrize("invisible", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u180e\ufe0f\U000e0100\u3164\uffa0")
def test_what_shows_nothing_is_taken_out(invisible):
    assert {normal_name(one) for one in (f"陈{invisible}伟", f"{invisible}陈伟", f"陈伟{invisible}")} == {"陈伟"}


@pytest.mark.parametrize("blank", " \u00a0\u1680\u2003\u2009\u202f\u205f\u3000")
def test_no_blank_stands_beside_a_chinese_character_and_one_between_latin_words(blank):
    assert normal_name(f"陈{blank}伟{blank}") == "陈伟"
    assert normal_name(f"John{blank}{blank}Smith") == "John Smith"
    assert normal_name(f"新成{blank}ABC{blank}DEF{blank}石材") == "新成ABC DEF石材"


@pytest.mark.parametrize(("text", "name"), [
    ("e\u0301", "é"), ("⽅⼩⼈", "方小人"), ("ＡＢＣ石材２号店", "ABC石材2号店"), ("云浮(新成)石材有限公司", "云浮（新成）石材有限公司"),
    ("IBM （China） Co． Ltd.", "IBM (China) Co. Ltd."), ("IBM (China) Co., Ltd.", "IBM (China) Co., Ltd."), ("阿·卜·杜", "阿·卜·杜"),
    ("阿.卜.杜", "阿·卜·杜"), ("Ａ．Ｂ", "A.B"), ("陈伟（曾用）", "陈伟（曾用）")])
def test_a_name_has_one_form(text, name):
    assert normal_name(text) == name


@pytest.mark.parametrize(("private", "own"), [
    ("\ue81e", "\u9fb4"), ("\ue826", "\u9fb5"), ("\ue82b", "\u9fb6"), ("\ue82c", "\u9fb7"), ("\ue832", "\u9fb8"), ("\ue843", "\u9fb9"),
    ("\ue854", "\u9fba"), ("\ue864", "\u9fbb"), ("\ue816", "\U00020087"), ("\ue831", "\U000215d7"), ("\ue855", "\U000241fe"),
    ("\ue863", "\u4dae"), ("\ue815", "\u2e81"), ("\ue844", "\u4723"), ("\ue7c7", "\u1e3f"), ("\ue7c8", "\u01f9"), ("\ue78d", "\ufe10")])
def test_a_character_that_was_private_is_the_one_that_the_standard_gave_it(private, own):
    assert normal_name(f"陈{private}") == f"陈{own}"


def test_no_cell_of_the_old_character_set_stays_private():
    moved = [normal_name(chr(code)) for code in range(0xE815, 0xE865)]
    assert not [one for one in moved if unicodedata.category(one) == "Co"]
    assert len(set(moved)) == 80


@pytest.mark.parametrize(("text", "code"), [
    ("陈\x07伟", "control_character"), ("陈\x00", "control_character"), ("陈\t伟", "control_character"), ("陈\u2028伟", "control_character"),
    ("陈\x85", "control_character"), ("陈\u202e伟", "bidirectional_mark"), ("\u200f陈伟", "bidirectional_mark"), ("陈\u2066伟", "bidirectional_mark"),
    ("陈\ue000", "unreadable_character"), ("陈\U000f0000", "unreadable_character"), ("陈\ufffd", "unreadable_character"),
    ("陈\uffff", "unreadable_character"), ("陈\ufdd0", "unreadable_character"), ("\u200b\u3000", "invisible_name"), (" ", "invisible_name"),
    ("", "invisible_name")])
def test_a_name_that_cannot_be_read_is_refused(text, code):
    assert refusal(text) == code


def test_a_number_is_read_without_what_shows_nothing():
    assert plain_number("\u3000Ｅ1234\u200b567 ") == "E1234567"
    assert refusal("E1\x00", plain_number) == "control_character"


@given(TYPED)
def test_the_normal_form_of_a_normal_form_is_itself(text):
    name = typed(text)
    assert name is None or normal_name(name) == name


@given(st.lists(st.text(CHINESE, min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_clean_name_is_not_changed(parts):
    assert normal_name(DOT.join(parts)) == DOT.join(parts)


@given(TYPED)
def test_no_visible_character_is_lost(text):
    name = typed(text)
    if name is not None:
        visible = [char for char in text if unicodedata.category(char) not in ("Zs", "Cf") and not unicodedata.combining(char)
                   and char not in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0" and not "\ufe00" <= char <= "\ufe0f"
                   and not "\U000e0100" <= char <= "\U000e01ef"]
        assert len([char for char in unicodedata.normalize("NFD", name) if char != " "]) >= len(visible)


@given(st.text(CHINESE, min_size=2, max_size=4), st.sampled_from("\u200b\u00ad\ufeff\u00a0\u3000 \ufe0f"), st.integers(0, 4))
def test_one_invisible_character_or_blank_changes_nothing(name, char, place):
    assert normal_name(name[:place] + char + name[place:]) == name


@pytest.mark.parametrize(("one", "other", "same"), [
    ("陈伟", "陈 伟", True), ("古丽娜尔·买买提", "古丽娜尔•买买提", True), ("陈伟", "陈大伟", False), ("陈\x07", "陈\x07", True), ("陈\x07", "陈", False)])
def test_two_forms_of_a_name_are_one_name(one, other, same):
    assert same_name(one, other) is same


@pytest.mark.parametrize(("typed", "name"), [("\u2ee9娟浩", "黄娟浩"), ("\u2ee2志强", "马志强"), ("\u2f45\u2ed3军", "方长军")])
def test_radicals_of_pdf_text_are_the_characters_they_stand_for(typed, name):
    assert normal_name(typed) == name
