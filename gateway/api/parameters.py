"""Query parameters: read strictly, every wrong one named at once."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping

from starlette.requests import Request

from contracts.case import normal_case_no, parse_case_no
from contracts.failures import FieldError, Rejected, Unfit

Reader = Callable[[str], object]

USUAL_LIMIT = 50
MOST_LIMIT = 200
_CURSOR_ID = re.compile(rb"[0-9A-Za-z_-]{1,64}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NAME = re.compile(r"[0-9A-Za-z_.:-]{1,249}")
_WHOLE = re.compile(r"[0-9]{1,9}")


def read_parameters(request: Request, readers: Mapping[str, Reader]) -> dict[str, object]:
    """Return the parameters given, read.

    Raises: Rejected 422 invalid_parameter naming every parameter that is unknown, repeated or wrong
    """
    found: dict[str, object] = {}
    errors: list[FieldError] = []
    for name, text in request.query_params.multi_items():
        try:
            found[name] = _read(name, text, readers, found)
        except Unfit as unfit:
            errors.append(FieldError(pointer=f"?{_shown(name)}", code=unfit.code, zh=unfit.zh, en=unfit.en, expected=unfit.expected))
    if errors:
        names = ", ".join(one.pointer[1:] for one in errors)
        raise Rejected(422, "invalid_parameter", "查询参数有误 / The query parameters are not valid", errors, detail=names)
    return found


def _read(name: str, text: str, readers: Mapping[str, Reader], found: Collection[str]) -> object:
    if name not in readers:
        raise Unfit("unknown_parameter", "没有这个参数", "there is no such parameter", ", ".join(readers))
    if name in found:
        raise Unfit("repeated_parameter", "参数重复", "the parameter is given twice")
    if not text.isprintable():
        raise Unfit("bad_character", "参数中有不可见字符", "the parameter has characters that cannot be seen")
    return readers[name](text)


def _shown(name: str) -> str:
    """Return a name that is safe to show: a plain word, or nothing of it."""
    return name if re.fullmatch(r"[A-Za-z_]{1,40}", name) else "…"


def limit(text: str) -> int:
    """Read how many items a list gives."""
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MOST_LIMIT:
        raise Unfit("bad_limit", "数量不正确", "the limit is not valid", f"1 … {MOST_LIMIT}")
    return int(text)


def whole(text: str) -> int:
    """Read a number that is not negative."""
    if not _WHOLE.fullmatch(text):
        raise Unfit("bad_number", "应为非负整数", "this is not a whole number", "0, 1, 2 …")
    return int(text)


def case_no(text: str) -> str:
    """Read a case number."""
    parse_case_no(text)
    return normal_case_no(text)


def code(text: str) -> str:
    """Read the code of an agency or an asset type."""
    if not _CODE.fullmatch(text):
        raise Unfit("bad_code", "代码格式不正确", "the code has the wrong form", "小写字母、数字、- 或 _")
    return text


def name(text: str) -> str:
    """Read a reason, a topic or an agency's code."""
    if not _NAME.fullmatch(text):
        raise Unfit("bad_name", "名称格式不正确", "the name has the wrong form", "字母、数字、. _ : -")
    return text


def one_of(*values: str) -> Reader:
    """Make a reader that takes one of these words."""

    def read(text: str) -> str:
        if text not in values:
            raise Unfit("unknown_value", "取值不在允许范围内", "this is not one of the allowed values", ", ".join(values))
        return text

    return read


def cursor(text: str) -> str:
    """Read the id that a cursor stands for."""
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        decoded = b""
    if not _CURSOR_ID.fullmatch(decoded) or cursor_of(decoded.decode()) != text:
        raise Unfit("bad_cursor", "分页游标不正确", "this is no cursor of ours", "next_cursor of the page before")
    return decoded.decode()


def number_cursor(text: str) -> int:
    """Read the number that a cursor stands for."""
    number = cursor(text)
    if not re.fullmatch(r"[0-9]{1,18}", number):
        raise Unfit("bad_cursor", "分页游标不正确", "this is no cursor of ours", "next_cursor of the page before")
    return int(number)


def cursor_of(last_id: str) -> str:
    """Return the cursor of the page after an item."""
    return urlsafe_b64encode(last_id.encode()).decode().rstrip("=")
