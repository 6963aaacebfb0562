"""What `/openapi.json` says beside the paths: the models of bodies and answers, the token, and every problem code of a route."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api import (
    answers,
    batch_answers,
    dead_letter_answers,
    difference_answers,
    left_out_answers,
    oddity_answers,
    plan_answers,
    turn_answers,
)
from gateway.domain.batch_body import BatchBody
from gateway.domain.control_body import (
    ControlBody,
    ConversionBody,
    DeductionBody,
    ReleaseBody,
    RenewalBody,
    SearchBody,
    SurplusBody,
    TransferBody,
)
from gateway.domain.difference_body import AdoptionBody, DifferenceReleaseBody, SettlementBody
from gateway.domain.plan_body import PlanBody, PlanOrderBody
from gateway.domain.redrive_body import RedriveBody
from gateway.domain.request import RequestBody

_REF = "#/components/schemas/{model}"
#: Problem code -> status and meaning. interface.md §1.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed_json": (400, "the body is no JSON: syntax, encoding, NaN, depth"),
    "empty_body": (400, "there is no body"),
    "body_cut_short": (400, "the body ended before its announced length"),
    "idempotency_key_required": (400, "the header Idempotency-Key is missing"),
    "bad_idempotency_key": (400, "it is longer than 255 characters or not printable ASCII"),
    "bad_last_event_id": (400, "Last-Event-ID is not the id of an event, or of none that is there yet"),
    "unauthenticated": (401, "the token is missing, forged, incomplete or expired"),
    "not_permitted": (403, "no role of the caller has this right"),
    "officer_mismatch": (403, "the officer of the body is not the bearer of the token"),
    "court_mismatch": (403, "the case belongs to another court"),
    "unknown_court": (403, "there is no court of the token's code; the operator adds one to the file that CHAKONG_COURTS names"),
    "bad_claim": (403, "the signed address is not one of ours or has ended"),
    "not_found": (404, "there is no such object in the caller's court"),
    "no_such_version": (404, "the report has no such version"),
    "not_acceptable": (406, "none of the accepted formats is offered"),
    "body_too_slow": (408, "the body did not arrive in time"),
    "request_in_flight": (409, "a call with this Idempotency-Key is under way"),
    "plan_stale": (409, "the plan was executed, replaced or has ended, or the report changed; `errors` names the lines that no longer hold"),
    "turn_taken": (409, "somebody else has the turn to act for the task; ask again after `Retry-After`"),
    "task_ended": (410, "the task has its outcome, or its answer is due: nothing is done for it any more"),
    "difference_settled": (409, "the difference is settled already"),
    "not_adoptable": (409, "the difference is about no measure that stands at the agency, goes by a number and has no control"),
    "not_takeable": (409, "the control cannot take over what the agency says: a step is under way, or it does not follow"),
    "precondition_failed": (412, "the control has another ETag than `If-Match` names"),
    "body_too_large": (413, "the body is longer than the limit"),
    "unsupported_media_type": (415, "the content type or encoding is not taken"),
    "media_type_mismatch": (415, "the content is not what its content type says"),
    "invalid_request": (422, "fields are wrong; `errors` names each"),
    "invalid_parameter": (422, "query parameters are wrong; `errors` names each"),
    "idempotency_key_reused": (422, "the Idempotency-Key came before with another body"),
    "no_surplus_claim": (409, "no claim to a surplus is open on the control"),
    "control_refused": (422, "the law or the agency does not allow it; `errors` names each item, `rule` the rule of law"),
    "no_agency": (422, "no agency of the directory can be asked"),
    "internal": (500, "a fault of ours, logged under `trace_id`"),
    "database_unavailable": (503, "nothing was accepted; try again after `Retry-After`"),
    "too_much_at_once": (429, "more comes in than is brought to an end, or the court has too many calls under way; come again after `Retry-After`"),
    "overloaded": (503, "too many calls at once; try again after `Retry-After`"),
    "too_many_streams": (503, "too many event streams are open"),
    "ending": (503, "the service ends and did not finish this call; try again after `Retry-After`"),
    "clock_unknown": (503, "the time of the database is not known yet, and nothing is stored by any other; try again after `Retry-After`"),
}
_EVERYWHERE = ("internal", "database_unavailable", "overloaded", "too_much_at_once", "ending", "clock_unknown")


def schema(model: type[BaseModel]) -> dict[str, str]:
    """Return the reference to a model's schema; the model must be in `_MODELS`."""
    return {"$ref": _REF.format(model=model.__name__)}


def answer(description: str, model: type[BaseModel] | None = None, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Describe one answer of a route; `headers` maps a name to its meaning."""
    content: dict[str, Any] = {"application/json": {"schema": schema(model)} if model else {}}
    described = {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in (headers or {}).items()}
    return {"description": description, "content": content, "headers": described}


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of a route, a status each with its codes."""
    of_callers = ("unknown_court",) if "unauthenticated" in codes else ()
    named = sorted({*codes, *of_callers, *_EVERYWHERE}, key=lambda code: (PROBLEMS[code][0], code))
    return {status: _refusal(list(group)) for status, group in groupby(named, key=lambda code: PROBLEMS[code][0])}


def _refusal(codes: list[str]) -> dict[str, Any]:
    lines = "\n".join(f"- `{code}`: {PROBLEMS[code][1]}" for code in codes)
    return {"description": lines, "content": {"application/problem+json": {"schema": schema(answers.Problem)}}}


def json_body(*models: type[BaseModel]) -> dict[str, Any]:
    """Describe a JSON body that the route reads by itself: one of these models."""
    shapes = [schema(model) for model in models]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shapes[0] if len(shapes) == 1 else {"oneOf": shapes}}}}}


def header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """Describe a request header that the route reads by itself."""
    return {"name": name, "in": "header", "required": required, "description": description, "schema": {"type": "string"}}


def parameter(name: str, description: str, **of_schema: Any) -> dict[str, Any]:
    """Describe a query parameter that the route reads by itself."""
    return {"name": name, "in": "query", "required": False, "description": description, "schema": of_schema or {"type": "string"}}


IDEMPOTENCY_KEY = header("Idempotency-Key", "1 to 255 printable ASCII characters; scope: court + path", required=True)
_MODELS: tuple[type[BaseModel], ...] = (
    RequestBody, ControlBody, PlanBody, PlanOrderBody, SearchBody, RenewalBody, ReleaseBody, DeductionBody, TransferBody, ConversionBody,
    BatchBody, RedriveBody, SurplusBody, SettlementBody, AdoptionBody, DifferenceReleaseBody,
    *answers.MODELS, *dead_letter_answers.MODELS, *difference_answers.MODELS, *left_out_answers.MODELS, *oddity_answers.MODELS, *batch_answers.MODELS,
    *plan_answers.MODELS, *turn_answers.MODELS)


def describe(app: FastAPI) -> None:
    """Let the application describe itself with all of this; made once, at the first question."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _description(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    _, models = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT, EdDSA"}
    made["components"] = {"schemas": models["$defs"], "securitySchemes": {"bearer": bearer}}
    for path, operations in made["paths"].items():
        for operation in operations.values():
            _correct(operation, protected=path.startswith("/v1/"))
    return made


def _correct(operation: dict[str, Any], *, protected: bool) -> None:
    """Take out the framework's own 422, which no route of ours gives, and say that a token is needed."""
    if "HTTPValidationError" in str(operation["responses"].get("422")):
        del operation["responses"]["422"]
    if protected:
        operation["security"] = [{"bearer": []}]
