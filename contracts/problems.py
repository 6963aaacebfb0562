"""A refusal or a fault as an RFC 9457 problem document: the same bytes from every server of ours. interface.md §1, errors."""

from collections.abc import Mapping, Sequence

import orjson

from contracts.failures import FieldError, Rule

PROBLEM_JSON = "application/problem+json"
#: What is said to a call that cannot be read as HTTP.
MALFORMED = (400, "malformed_request", "请求格式不正确 / The call is malformed")
#: What is said to a call that is not worked on any more, or not yet: status, code, title; try again.
ENDING = (503, "ending", "服务正在重启，请稍后再试 / The service is ending; try again")
OVERLOADED = (503, "overloaded", "系统繁忙，请稍后再试 / Too many calls at once; try again")
INTERNAL = (500, "internal", "系统内部错误 / A fault of ours")


def problem_body(
    status: int, code: str, title: str, *, trace_id: str, detail: str = "", errors: Sequence[FieldError] = (), rule: Rule | None = None,
    more: Mapping[str, object] | None = None,
) -> bytes:
    """Return the document as JSON; `more` are members of its own."""
    body: dict[str, object] = {
        "type": f"urn:chakong:problem:{code}", "title": title, "status": status, "detail": detail, "code": code, "trace_id": trace_id,
        "errors": [one.model_dump(exclude_none=True) for one in errors], **(more or {}),
    }
    if rule is not None:
        body["rule"] = rule.model_dump()
    return orjson.dumps(body)


def malformed_answer(trace_id: str) -> bytes:
    """Return the whole HTTP answer to bytes that are no HTTP; the connection ends with it."""
    body = problem_body(*MALFORMED, trace_id=trace_id)
    head = (f"HTTP/1.1 400 Bad Request\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {len(body)}\r\n"
            f"x-trace-id: {trace_id}\r\nconnection: close\r\n\r\n")
    return head.encode() + body
