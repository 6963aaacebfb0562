"""Every refusal and every fault as an RFC 9457 problem document. interface.md §1, errors."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import ChakongError, FieldError, Rejected, Rule, ServiceUnavailable
from contracts.problems import ENDING, INTERNAL, MALFORMED, OVERLOADED, PROBLEM_JSON, problem_body
from gateway.admission import TooMuchAtOnce
from gateway.api.tokens import Unauthenticated

_TITLES: Mapping[int, tuple[str, str]] = {
    400: MALFORMED[1:],
    404: ("not_found", "没有这个对象 / There is no such object"),
    405: ("method_not_allowed", "不支持该方法 / This method is not allowed here"),
}


def problem(
    status: int, code: str, title: str, *, trace_id: str, detail: str = "", errors: Sequence[FieldError] = (),
    rule: Rule | None = None, headers: Mapping[str, str] | None = None, more: Mapping[str, object] | None = None,
) -> Response:
    """Return a problem document as the answer; `more` are members of its own."""
    body = problem_body(status, code, title, trace_id=trace_id, detail=detail, errors=errors, rule=rule, more=more)
    return Response(body, status, headers, PROBLEM_JSON)


def trace_of(request: Request) -> str:
    """Return the trace id of the call under way."""
    trace_id: str = request.state.trace_id
    return trace_id


async def _of_failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, ChakongError)
    trace_id = trace_of(request)
    if isinstance(error, Rejected):
        return problem(error.problem_status, error.problem_code, error.title, trace_id=trace_id, detail=error.detail,
                       errors=error.errors, rule=error.rule, headers=_headers(error))
    code, title = _TITLES.get(error.status, (error.code, str(error)))
    return problem(error.status, error.code, title if code == error.code else str(error), trace_id=trace_id, headers=_headers(error))


def _headers(error: ChakongError) -> Mapping[str, str]:
    if isinstance(error, (ServiceUnavailable, TooMuchAtOnce)):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, Unauthenticated):
        known = "" if error.reason == "missing" else ', error="invalid_token"'
        return {"WWW-Authenticate": f'Bearer realm="chakong"{known}'}
    return {}


async def _of_framework(request: Request, error: Exception) -> Response:
    """Translate what the framework raises: an unknown path, a wrong method, a body it cannot read."""
    assert isinstance(error, HTTPException)
    code, title = _TITLES.get(error.status_code, (f"http_{error.status_code}", HTTPStatus(error.status_code).phrase))
    return problem(error.status_code, code, title, trace_id=trace_of(request), headers=error.headers)


async def _of_validation(request: Request, error: Exception) -> Response:
    """Translate the framework's own validation; it names places and no values."""
    assert isinstance(error, RequestValidationError)
    errors = [FieldError(pointer="/" + "/".join(map(str, one["loc"])), code="invalid", zh="内容无效", en="this is not valid")
              for one in error.errors()]
    return problem(422, "invalid_request", "请求内容有误 / The call is not valid", trace_id=trace_of(request), errors=errors)


def unexpected(trace_id: str) -> Response:
    """Return the answer to a fault of ours; what went wrong is in the log under the trace id."""
    return problem(*INTERNAL, trace_id=trace_id)


def overloaded(trace_id: str) -> Response:
    """Return the answer to a call beyond what we work on at once."""
    return problem(*OVERLOADED, trace_id=trace_id, headers={"Retry-After": "1"})


def crowded(trace_id: str) -> Response:
    """Return the answer to a call on one connection too many, which ends with it."""
    return problem(*OVERLOADED, trace_id=trace_id, headers={"Retry-After": "1", "Connection": "close"})


def ending(trace_id: str) -> Response:
    """Return the answer to a call that was under way when the role ended; nobody knows what became of it, the same again finds out."""
    return problem(*ENDING, trace_id=trace_id, headers={"Retry-After": "5", "Connection": "close"})


HANDLERS: Mapping[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ChakongError: _of_failure, HTTPException: _of_framework, RequestValidationError: _of_validation,
}
