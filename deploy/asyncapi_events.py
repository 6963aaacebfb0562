"""What the AsyncAPI description says of the topic of events: one message a kind. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.control import FOLLOW_UPS, MEASURES, STATE_NAMES
from contracts.kafka.events import Told, encode_event, event_type
from contracts.outcome import OUTCOMES
from deploy import vectors
from deploy.schemas import Schema
from gateway.domain.reconciliation import KINDS

Node = dict[str, Any]

ABOUT = """\
What the event stream of a court (`GET /v1/events`) says, for all courts, in one order. `position` rises by one with every event; within a
court it rises. A message may come again after a crash, with the same `ce_id` and body: pass over what is not beyond the last position you
took. A kind you do not know is to be passed over; kinds and fields are added."""
KEY = "court code: the events of a court stay in order"

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_AROUND: Mapping[str, Schema] = {
    "position": {"type": "integer", "minimum": 1, "description": "place among the events of all courts; the id in the stream of the court"},
    "court_code": {"type": "string", "description": "who is told"},
    "kind": _TEXT, "at": _INSTANT,
    "request_id": {"type": "string", "description": "the request; of a control, that it was ordered under"},
    "case_no": {"type": "string", "description": "the case; of a control that was converted, its case of today"},
}
_ANYWHERE = ("position", "court_code", "kind", "at")
#: By kind: what it says, its own fields, those that may be missing.
_KINDS: Mapping[str, tuple[str, Mapping[str, Schema], tuple[str, ...]]] = {
    "task": ("an agency answered, or did not in time", {
        "task_id": _TEXT, "agency": _TEXT, "asset_type": _TEXT, "outcome": {"enum": list(OUTCOMES)},
        "unreadable": {**_COUNT, "description": "items that are there and cannot be read"},
        "counts": {"type": "object", "additionalProperties": _COUNT, "description": "of the request, this answer included"}}, ("unreadable",)),
    "report": ("the report of a request has a new version; 0: its live view changed", {"version": _COUNT}, ()),
    "control": ("a control changed, or its term ends soon", {
        "control_id": _TEXT, "state": {"enum": list(STATE_NAMES)}, "pending": {"enum": [*MEASURES, *FOLLOW_UPS, None]},
        "term_warning_days": {**_COUNT, "description": "a warning: in so many days its term ends"},
        "until_on": {"type": ["string", "null"], "format": "date"}}, ("term_warning_days", "until_on")),
    "release_proposal": ("a case holds more than its claim", {
        "proposal_id": _TEXT, "control_id": _TEXT, "amount_fen": {"type": ["integer", "null"], "description": "null: the whole"}}, ()),
    "difference": ("an agency says otherwise than a control, or says so no more", {
        "difference_id": _TEXT, "difference": {"enum": list(KINDS)}, "agency": _TEXT, "control_id": {"type": ["string", "null"]},
        "found_at": _INSTANT, "settled_at": {"type": ["string", "null"], "format": "date-time"}}, ()),
    "ended": ("every task of a request has an outcome", {"all_answered": {"type": "boolean", "description": "ended without a gap"}}, ()),
}
_AT, _REQUEST, _CONTROL = datetime(2026, 11, 22, 9, tzinfo=UTC), "01JD7XH6B0REQUEST000000001", "01JD7XH6B0CONTROL000000001"
_COUNTS = {"tasks": 2, "awaiting": 0, "found": 1, "none_found": 1, "refused": 0, "unsupported": 0, "failed": 0, "overdue": 0, "unreadable": 0}
_EXAMPLES: Mapping[str, Node] = {
    "task": {"task_id": "01JD7XH6B0TASK000000000001", "agency": "icbc", "asset_type": "deposits", "outcome": "found", "counts": _COUNTS},
    "report": {"version": 1},
    "ended": {"all_answered": True},
    "control": {"control_id": _CONTROL, "state": "in_force", "pending": None},
    "difference": {"difference_id": "01JD7XH6B0DIFFERENCE0000001", "difference": "amount", "agency": "icbc", "control_id": _CONTROL, "found_at": _AT, "settled_at": None},
    "release_proposal": {"proposal_id": f"{_CONTROL}-all", "control_id": _CONTROL, "amount_fen": None},
}


def messages() -> dict[str, Node]:
    """Return the messages by their name among all."""
    return {f"event.{kind}": {
        "title": event_type(kind), "summary": summary, "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/EventHeaders"}, "payload": {"$ref": f"#/components/schemas/event.{kind}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": KEY}, "bindingVersion": "0.5.0"}},
        "examples": [_example(kind)],
    } for kind, (summary, _, _) in _KINDS.items()}


def _example(kind: str) -> Node:
    """Write an example as the publisher writes events."""
    position = 4711 + list(_EXAMPLES).index(kind)
    data = {"position": position, "court_code": "粤5302", "kind": kind, "at": _AT, "request_id": _REQUEST, "case_no": "（2026）粤5302执1234号", **_EXAMPLES[kind]}
    message = encode_event(Told(position, "粤5302", kind, _REQUEST, _AT, data))
    return {"name": kind, "headers": vectors.signed("gateway-example", message.headers, message.value), "payload": orjson.loads(message.value)}


def of_channel() -> dict[str, Node]:
    """Return what the channel names."""
    return {kind: {"$ref": f"#/components/messages/event.{kind}"} for kind in _KINDS}


def schemas() -> dict[str, Schema]:
    """Return the bodies by kind."""
    return {f"event.{kind}": {
        "type": "object", "description": summary, "properties": {**_AROUND, "kind": {"const": kind}, **own},
        "required": [*_ANYWHERE, "request_id", "case_no", *(name for name in own if name not in optional)],
    } for kind, (summary, own, optional) in _KINDS.items()}
