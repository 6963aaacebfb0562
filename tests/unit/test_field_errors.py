import pytest

from gateway.domain.field_errors import pointer, translated


def error(kind, path=("a",), **context):
    return translated({"type": kind, "loc": path, "msg": "", "input": None, "ctx": context})


@pytest.mark.parametrize(("path", "text"), [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "m~n"), "/a~1b/m~0n"), (("~1",), "/~01")])
def test_pointers_follow_rfc_6901(path, text):
    assert pointer(path) == text


@pytest.mark.parametrize(("kind", "context", "code", "expected"), [
    ("missing", {}, "required", ""), ("greater_than", {"gt": 0}, "too_small", "> 0"), ("less_than", {"lt": 9}, "too_large", "< 9"),
    ("less_than_equal", {"le": 9}, "too_large", "≤ 9"), ("too_short", {"min_length": 1}, "too_few", "≥ 1"),
    ("string_pattern_mismatch", {"pattern": "^a$"}, "bad_format", "^a$"), ("date_type", {}, "wrong_type", "YYYY-MM-DD"),
    ("int_type", {}, "wrong_type", "integer"), ("literal_error", {"expected": "'a' or 'b'"}, "unknown_value", "a, b"),
    ("something_new", {}, "invalid", ""), ("value_error", {"error": ValueError("x")}, "invalid", ""),
])
def test_every_kind_of_error_has_a_code(kind, context, code, expected):
    said = error(kind, **context)
    assert (said.code, said.expected) == (code, expected)
    assert said.zh
    assert said.en


def test_an_invented_key_that_is_no_word_is_not_repeated():
    assert error("extra_forbidden", ("a", "<script>")).pointer == "/a"
    assert error("extra_forbidden", ("a", "colour")).pointer == "/a/colour"
