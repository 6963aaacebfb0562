"""One wrong field of a body, said in our words: a small table over the error types of pydantic. Pure; never echoes a value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from contracts.failures import FieldError, Unfit

#: pydantic's error type -> our code, Chinese, English.
_TABLE: Mapping[str, tuple[str, str, str]] = {
    **dict.fromkeys(["missing"], ("required", "缺少必填项", "this field is required")),
    **dict.fromkeys(["extra_forbidden"], ("unknown_field", "没有这个字段", "there is no such field")),
    **dict.fromkeys(["literal_error"], ("unknown_value", "取值不在允许范围内", "this is not one of the allowed values")),
    **dict.fromkeys(["too_long"], ("too_many", "条目过多", "there are too many entries")),
    **dict.fromkeys(["too_short"], ("too_few", "条目过少", "there are too few entries")),
    **dict.fromkeys(["string_too_long"], ("too_long", "内容过长", "the text is too long")),
    **dict.fromkeys(["string_too_short"], ("empty", "内容不能为空", "the text is empty")),
    **dict.fromkeys(["string_pattern_mismatch"], ("bad_format", "格式不正确", "the text has the wrong form")),
    **dict.fromkeys(["greater_than_equal", "greater_than"], ("too_small", "数值过小", "the number is too small")),
    **dict.fromkeys(["less_than_equal", "less_than", "int_parsing_size"], ("too_large", "数值过大", "the number is too large")),
    **dict.fromkeys(["date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"],
                    ("bad_date", "日期不正确", "this is not a date")),
    **dict.fromkeys(["model_type", "model_attributes_type", "dict_type", "tuple_type", "list_type", "string_type", "int_type",
                     "bool_type", "date_type"], ("wrong_type", "数据类型不正确", "the value has the wrong type")),
}
_OTHER = ("invalid", "内容无效", "this is not valid")
_TYPES = {"model_type": "object", "model_attributes_type": "object", "dict_type": "object", "tuple_type": "array",
          "list_type": "array", "string_type": "string", "int_type": "integer", "bool_type": "boolean", "date_type": "YYYY-MM-DD"}
_PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
_QUOTED = re.compile(r"'([^']*)'")


def pointer(path: Sequence[str | int]) -> str:
    """Write a path as a JSON pointer. Source: RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def field_error(path: Sequence[str | int], code: str, zh: str, en: str, expected: str = "") -> FieldError:
    """Name one wrong field."""
    return FieldError(pointer=pointer(path), code=code, zh=zh, en=en, expected=expected)


def translated(error: ErrorDetails) -> FieldError:
    """Say one of pydantic's errors in our words; a key the caller invented is named only if it is a plain word."""
    context: Mapping[str, Any] = error.get("ctx", {})
    path = error["loc"]
    if error["type"] == "extra_forbidden" and not _PLAIN_KEY.match(str(path[-1])):
        path = path[:-1]
    unfit = context.get("error")
    if isinstance(unfit, Unfit):
        return field_error(path, unfit.code, unfit.zh, unfit.en, unfit.expected)
    code, zh, en = _TABLE.get(error["type"], _OTHER)
    return field_error(path, code, zh, en, _expected(error["type"], context))


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        return ", ".join(_QUOTED.findall(context["expected"]))
    if kind.startswith("date_"):
        return "YYYY-MM-DD"
    for key, sign in (("pattern", ""), ("ge", "≥ "), ("gt", "> "), ("le", "≤ "), ("lt", "< "), ("max_length", "≤ "), ("min_length", "≥ ")):
        if key in context:
            return f"{sign}{context[key]}"
    return _TYPES.get(kind, "")
