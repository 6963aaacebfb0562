"""One step on many controls, and how far it is."""

from collections import Counter
from collections.abc import Mapping

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.control import FINAL_STATES
from contracts.failures import NotFound
from gateway.api import batch_answers
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import doing
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, refusals
from gateway.api.steps import by_of, check_who
from gateway.control_batches import BatchSubmission
from gateway.domain.batch_body import BatchBody, read_batch
from gateway.store.batches import Batch, BatchProgress, load_batch, load_batch_progress

router = APIRouter(tags=["controls"])

_JSON = "application/json"
_PRIVATE = {"Cache-Control": "no-store"}
#: What became of an item, by the outcome of its task; a task without one is awaited.
_BECAME: Mapping[str | None, str] = {None: "awaiting", "controlled": "done", "refused": "declined", "unsupported": "declined",
                                     "failed": "in_doubt", "overdue": "in_doubt"}


@router.post(
    "/v1/control-batches", status_code=202, summary="Renew or release many controls",
    openapi_extra={**json_body(BatchBody), "parameters": [IDEMPOTENCY_KEY]},
    responses={
        202: answer("taken, each item with its own outcome", batch_answers.BatchTaken,
                    headers={"Location": "the batch", "Idempotency-Replayed": "true for a repeated call"}),
        **refusals("unauthenticated", "not_permitted", "officer_mismatch", "unsupported_media_type", "body_too_large", "body_too_slow",
                   "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json", "invalid_request",
                   "idempotency_key_reused"),
    },
)
async def take_batch(request: Request) -> Response:
    """Renew or release up to 5,000 controls; what cannot be taken has its problem and holds up no other."""
    async with doing(request, "control.batch") as call:
        raw = await read_json(request)
        key = idempotency_key(request, call.court_code, raw)
        body = read_batch(raw)
        check_who(call, body.officer)
        await check_documents(call, body.documents)
        submitted = await call.deps.control_batches.submit(BatchSubmission(body, key, by_of(call)))
        call.object_id, call.basis = submitted.location.rpartition("/")[2], f"{body.action} {len(body.items)}"
        call.recorded = not submitted.replayed
    headers = {"Location": submitted.location, **_PRIVATE} | ({"Idempotency-Replayed": "true"} if submitted.replayed else {})
    return Response(submitted.answer, 202, headers, _JSON)


@router.get(
    "/v1/control-batches/{batch_id}", summary="How far a batch is",
    responses={200: answer("the batch", batch_answers.BatchStatus), **refusals("unauthenticated", "not_permitted", "not_found")},
)
async def get_batch(request: Request, batch_id: str) -> Response:
    """Return a batch with what became of each item."""
    async with doing(request, "control.read", batch_id) as call, call.deps.database.transaction() as connection:
        batch = await load_batch(connection, batch_id)
        if batch is None:
            raise NotFound
        call.check(batch.court_code)
        items = await load_batch_progress(connection, batch_id)
    return Response(orjson.dumps(_status(batch, items), option=orjson.OPT_UTC_Z), 200, _PRIVATE, _JSON)


def _status(batch: Batch, items: list[BatchProgress]) -> dict[str, object]:
    became = [_became(one) for one in items]
    counted = Counter(became)
    words = ("refused", "held", "awaiting", "done", "declined", "in_doubt")
    return {
        "batch_id": batch.batch_id, "action": batch.action, "accepted_at": batch.accepted_at,
        "counts": {"items": len(items), **{word: counted[word] for word in words}},
        "states": Counter(one.state for one in items if one.state is not None),
        "items": [{"index": one.index, "control_id": one.control_id, "outcome": word} | ({"problem": one.problem} if one.problem else {})
                  for one, word in zip(items, became, strict=True)],
    }


def _became(one: BatchProgress) -> str:
    """Return what became of an item; one that was held back is followed by its control."""
    if one.problem is not None:
        return "refused"
    if one.task_id is not None:
        return _BECAME[one.outcome]
    if one.held is not None:
        return "held"
    return "done" if one.state in FINAL_STATES else "awaiting"
