"""The AsyncAPI 3.0.0 description of every topic: with it and interface.md §2 an outsider writes an adapter. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.control import FOLLOW_UPS
from contracts.kafka import topics
from contracts.kafka.codec import command_type
from contracts.kafka.settings import KafkaSettings
from contracts.kafka.state import encode_state
from contracts.kafka.topics import Topic
from contracts.messages import REPLY_TYPE, Reply
from contracts.signing import Doubt
from contracts.state import STATE_TYPE, BreakerState, RoleState
from deploy import asyncapi_events, golden, schemas, vectors
from deploy.golden import Golden
from deploy.schemas import Schema

Node = dict[str, Any]

_BINDING = "0.5.0"
_MESSAGES = {"query": "asks what a subject has", "control": "orders a step of a measure", "status": "asks how an earlier number stands"}
_ABOUT = f"""\
Commands go from the gateway to adapters, replies come back. CloudEvents 1.0 in binary content mode: attributes are headers
with the prefix `ce_`, the body is JSON in UTF-8. Fields are added, never changed: ignore what you do not know.

An adapter of a foreign agency (`served_by: external` in the directory) consumes the topic of its agency with a group of its
own, and produces one reply a command to `{topics.REPLIES}`, keyed by the command's `ce_correlationid`. Commit an offset only
after its reply is acknowledged. A command may come again (same `task_id`): repeat the reply, never the effect. Answer
`deferred` rather than wait; answer `acknowledged` if a person must look, and `status` asks again. A field or code that the
agency's own document does not have is `failed` with the code `protocol`; nothing is guessed.

Every message is signed (`ce_keyid`, `ce_signature`): Base64 of Ed25519 or HMAC-SHA256 over the header values `ce_id`, `ce_type`,
`ce_subject` and `ce_time` as they are, and the SHA-256 of the body in lower-case hex, joined by line feeds (0x0A), none at the end.
What does not verify, or whose key may not speak for the agency in the body, goes to `{topics.DEAD_LETTERS}` with the reason
`not_authentic`. Verify commands too: docs/adapters.md has a worked example, docs/signature-vectors.json test vectors; with the keys
there the examples of this document are signed, over the body written without white space.
"""
_HEADERS: Mapping[str, Schema] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "minLength": 1, "description": "new for every message"},
    "ce_type": {"type": "string"},
    "ce_source": {"type": "string", "description": "`/gateway`, or `/adapters/` and the agency's code"},
    "ce_subject": {"type": "string", "description": "task id"},
    "ce_time": {"type": "string", "format": "date-time"},
    "ce_correlationid": {"type": "string", "description": "request id"},
    "ce_causationid": {"type": "string", "description": "`ce_id` of the command that a reply answers"},
    "ce_commandtime": {"type": "string", "format": "date-time", "description": "optional: `ce_time` of the command that a reply answers; it tells a sender whose clock is behind"},
    "ce_expirytime": {"type": "string", "format": "date-time", "description": "when the task is due; a command past it is not sent on"},
    "ce_traceparent": {"type": "string", "description": "W3C trace context; a reply repeats it"},
    "ce_keyid": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$", "description": "the key of the installation's keyring that signed"},
    "ce_signature": {"type": "string", "contentEncoding": "base64",
                     "description": "Ed25519 (64 bytes) or HMAC-SHA256 (32 bytes) over ce_id, ce_type, ce_subject, ce_time and the SHA-256 of the body in hex"},
    "content-type": {"type": "string", "const": "application/json"},
}
_OF_EVERY_EVENT = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_correlationid", "ce_keyid", "ce_signature", "content-type")
_ORIGIN: Mapping[str, Schema] = {
    "reason": {"type": "string", "maxLength": 500, "description": "`not_authentic`, or which fields are wrong, never what they hold"},
    "detail": {"type": "string", "enum": list(get_args(Doubt)), "description": "not_authentic: why it is not believed"},
    "origin-topic": {"type": "string"},
    "origin-partition": {"type": "string", "pattern": r"^\d+$"},
    "origin-offset": {"type": "string", "pattern": r"^\d+$"},
}
_EXAMPLE_AT = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
_STATE = RoleState(role="worker", detail="deposits", process="worker-deposits:1", started_at=_EXAMPLE_AT, breakers=(
    BreakerState(agency="icbc", state="suspended", since=_EXAMPLE_AT, next_try_at=_EXAMPLE_AT + timedelta(seconds=10)),))
_COMMAND_KEY = "keyed hash of agency and subject (control: agency and asset): commands about one of them stay in order"
_REPLY_KEY = "request id, that is the command's `ce_correlationid`"


def document(kinds: Mapping[str, AssetType], agencies: Sequence[Agency]) -> Node:
    """Return the whole description."""
    found = {code: golden.golden(code) for code in kinds}
    configured = {topic.name: topic for topic in topics.all_topics(kinds, ())}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "查控 Chakong: commands, replies and events", "version": "1.0.0", "description": _ABOUT,
                 "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {**{f"command.{code}": _commands(kind, configured) for code, kind in kinds.items()},
                     "command.foreign": _foreign(kinds, configured), **_others(configured)},
        "operations": {**_of_adapters(kinds), **_of_the_gateway(kinds)},
        "components": {"schemas": _schemas(kinds), "messages": {**_command_messages(kinds, agencies, found), **_other_messages(kinds, found)}},
    }


def _server() -> Node:
    return {"host": "{bootstrap}", "protocol": "kafka", "description": "any broker of the installation",
            "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "one of KAFKA_BOOTSTRAP_SERVERS"}}}


def _commands(kind: AssetType, configured: Mapping[str, Topic]) -> Node:
    address = topics.commands(kind.code)
    return {
        "address": address, "title": f"{kind.name.zh} {kind.name.en}",
        "description": f"Commands to agencies of this kind that our own workers serve. Records: `record.{kind.code}`.",
        "messages": {name: _ref("components", "messages", f"{kind.code}.{name}") for name in _MESSAGES},
        "bindings": _topic_binding(configured[address]),
    }


def _foreign(kinds: Mapping[str, AssetType], configured: Mapping[str, Topic]) -> Node:
    """Describe the topics of agencies that somebody else's adapter serves; one is made for each such row of the directory."""
    like = configured[topics.commands(next(iter(kinds)))]
    binding = _topic_binding(like)
    del binding["kafka"]["topic"]
    return {
        "address": topics.commands("{asset_type}", "{agency}"), "title": "One agency's own topic, for a foreign adapter",
        "description": "Only agencies with `served_by: external` have one; nobody else needs to read it, and our workers do not.",
        "parameters": {"asset_type": {"enum": list(kinds), "description": "what the agency keeps"},
                       "agency": {"description": "the agency's code in the directory", "examples": ["a-foreign-bank"]}},
        "messages": {f"{code}.{name}": _ref("components", "messages", f"{code}.{name}") for code in kinds for name in _MESSAGES},
        "bindings": binding,
    }


def _others(configured: Mapping[str, Topic]) -> Node:
    return {
        "reply": {"address": topics.REPLIES, "title": "Replies of every adapter",
                  "description": "A reply that names no open task of its agency is filed as foreign, with an alarm.",
                  "messages": {"reply": _ref("components", "messages", "reply")}, "bindings": _topic_binding(configured[topics.REPLIES])},
        "event": {"address": topics.EVENTS, "title": "What happens to requests and controls", "description": asyncapi_events.ABOUT,
                  "messages": asyncapi_events.of_channel(), "bindings": _topic_binding(configured[topics.EVENTS])},
        "state": {"address": topics.STATES, "title": "What processes without a database tell of themselves",
                  "description": "Every few seconds, and at once when an agency is no longer asked or asked again.",
                  "messages": {"state": _ref("components", "messages", "state")}, "bindings": _topic_binding(configured[topics.STATES])},
        "dead-letter": {"address": topics.DEAD_LETTERS, "title": "Messages that could not be decoded, or believed",
                        "description": "As they came, key and headers too, with where they came from and why they are here.",
                        "messages": {"dead-letter": _ref("components", "messages", "dead-letter")},
                        "bindings": _topic_binding(configured[topics.DEAD_LETTERS])},
    }


def _topic_binding(topic: Topic) -> Node:
    """Say how the topic is created: 4 partitions unless the installation says otherwise, 3 replicas in production."""
    config = topic.config(min_insync_replicas=2)
    return {"kafka": {
        "topic": topic.name, "partitions": KafkaSettings.model_fields["partitions"].default, "replicas": 3,
        "topicConfiguration": {"cleanup.policy": [config["cleanup.policy"]], "retention.ms": int(config["retention.ms"]),
                               "max.message.bytes": int(config["max.message.bytes"])},
        "bindingVersion": _BINDING,
    }}


def _of_adapters(kinds: Mapping[str, AssetType]) -> Node:
    """Return what an adapter does: it receives commands and sends a reply to each."""
    replies = {"channel": _ref("channels", "reply"), "messages": [_ref("channels", "reply", "messages", "reply")]}
    made = {f"adapter.receive.{code}": _operation("receive", f"command.{code}", "adapter", f"serve {kind.name.en.lower()}", reply=replies)
            for code, kind in kinds.items()}
    made["adapter.receive.foreign"] = _operation(
        "receive", "command.foreign", "adapter", "serve one agency from outside", reply=replies,
        bindings={"kafka": {"groupId": {"type": "string", "description": "one group of your own an agency"}, "bindingVersion": _BINDING}})
    made["adapter.send.reply"] = _operation("send", "reply", "adapter", "answer a command, later if need be")
    made["court.receive.event"] = _operation("receive", "event", "court", "hear what happens to the court's requests and controls")
    made["adapter.send.dead-letter"] = _operation("send", "dead-letter", "adapter", "set aside a command that cannot be decoded")
    return made


def _of_the_gateway(kinds: Mapping[str, AssetType]) -> Node:
    """Return what the gateway does: the mirror image."""
    return {
        **{f"gateway.send.{code}": _operation("send", f"command.{code}", "gateway", f"ask about {kind.name.en.lower()}")
           for code, kind in kinds.items()},
        "gateway.send.foreign": _operation("send", "command.foreign", "gateway", "ask an agency that is served from outside"),
        "gateway.receive.reply": _operation("receive", "reply", "gateway", "turn replies into outcomes of tasks"),
        "gateway.receive.state": _operation("receive", "state", "gateway", "know who lives and which agencies are not asked"),
        "gateway.send.event": _operation("send", "event", "gateway", "tell courts what happens to their requests and controls"),
        "gateway.send.dead-letter": _operation("send", "dead-letter", "gateway", "set aside a reply that cannot be decoded"),
    }


def _operation(action: str, channel: str, who: str, summary: str, **more: Any) -> Node:
    return {"action": action, "channel": _ref("channels", channel), "summary": summary, "tags": [{"name": who}], **more}


def _command_messages(kinds: Mapping[str, AssetType], agencies: Sequence[Agency], found: Mapping[str, Golden]) -> Node:
    made: Node = {}
    for code, kind in kinds.items():
        examples = golden.commands(kind, agencies, found[code])
        for name, meaning in _MESSAGES.items():
            shown = [{"name": name, "headers": golden.command_headers(one), "payload": one.model_dump(mode="json", exclude_none=True)}
                     for which, one in examples.items() if which == name]
            made[f"{code}.{name}"] = {
                "title": f"{kind.name.zh} {name}", "summary": meaning, "contentType": "application/json",
                "headers": _schema("CommandHeaders"), "payload": _schema(f"command.{code}.{name}"),
                "correlationId": {"location": "$message.header#/ce_subject", "description": "task id: repeat it in the reply"},
                "bindings": _key_binding(_COMMAND_KEY), **({"examples": shown} if shown else {}),
            }
    return made


def _other_messages(kinds: Mapping[str, AssetType], found: Mapping[str, Golden]) -> Node:
    return {
        "reply": {"title": "回复 reply", "summary": "what the agency said, or that it has not said it yet", "contentType": "application/json",
                  "headers": _schema("ReplyHeaders"), "payload": _schema("Reply"),
                  "correlationId": {"location": "$message.header#/ce_subject", "description": "task id of the command"},
                  "bindings": _key_binding(_REPLY_KEY),
                  "examples": [_reply_example(name, reply) for name, reply in golden.replies(kinds, found).items()]},
        **asyncapi_events.messages(),
        "state": {"title": "状态 state", "summary": "a process lives, and these agencies it does not ask at present", "contentType": "application/json",
                  "headers": _schema("StateHeaders"), "payload": _schema("RoleState"), "bindings": _key_binding("host and number of the process"),
                  "examples": [_state_example()]},
        "dead-letter": {"title": "死信 dead letter", "summary": "a message nobody could read or believe", "contentType": "application/octet-stream",
                        "headers": _schema("DeadLetterHeaders"), "payload": {"description": "the bytes as they came"},
                        "bindings": _key_binding("the key it came with")},
    }


def _reply_example(name: str, reply: Reply) -> Node:
    return {"name": name, "headers": golden.reply_headers(reply), "payload": reply.model_dump(mode="json", exclude_none=True)}


def _state_example() -> Node:
    outbound = encode_state(_STATE, message_id="b3c1", now=_STATE.started_at)
    return {"name": "a worker", "headers": vectors.signed("agency-example", outbound.headers, outbound.value), "payload": _STATE.model_dump(mode="json")}


def _schemas(kinds: Mapping[str, AssetType]) -> Node:
    models = {"Command": schemas.command(), "Reply": schemas.reply(), "RoleState": RoleState.model_json_schema(), **{f"record.{code}": schemas.record(kind) for code, kind in kinds.items()}}
    made = schemas.definitions(models)
    made["FoundAsset"]["properties"]["record"] |= {"anyOf": [_schema(f"record.{code}") for code in kinds]}
    made |= {f"command.{code}.{name}": _command_of(kind, name) for code, kind in kinds.items() for name in _MESSAGES}
    types = {"CommandHeaders": command_type("[a-z_]+").replace(".", r"\."), "ReplyHeaders": REPLY_TYPE.replace(".", r"\.")}
    made["CommandHeaders"] = _headers(types["CommandHeaders"], without=("ce_causationid", "ce_commandtime"), needed=("ce_expirytime", "ce_traceparent"))
    made["ReplyHeaders"] = _headers(types["ReplyHeaders"], without=("ce_expirytime",))
    made["EventHeaders"] = _headers(r"cn\.chakong\.event\.[a-z_]+\.v1", without=("ce_causationid", "ce_commandtime"))
    made |= asyncapi_events.schemas()
    made["StateHeaders"] = _headers(STATE_TYPE.replace(".", r"\."), without=("ce_expirytime", "ce_commandtime"))
    made["DeadLetterHeaders"] = {"type": "object", "properties": dict(_ORIGIN), "required": [name for name in _ORIGIN if name != "detail"]}
    return made


def _command_of(kind: AssetType, message: str) -> Schema:
    """Narrow a command to one kind and one message."""
    actions = {"query": ["query"], "status": ["status"], "control": [*kind.measures, *(one for one in FOLLOW_UPS if one in kind.documents)]}
    narrowed: Schema = {"asset_type": {"const": kind.code}, "action": {"enum": actions[message]}}
    if message == "control":
        narrowed["control"] = {"type": "object", "properties": {"asset": _schema(f"record.{kind.code}")}}
    return {"allOf": [_schema("Command"), {"type": "object", "properties": narrowed}]}


def _headers(ce_type: str, *, without: Sequence[str], needed: Sequence[str] = ()) -> Schema:
    properties = {name: dict(one) for name, one in _HEADERS.items() if name not in without}
    properties["ce_type"]["pattern"] = f"^{ce_type}$"
    return {"type": "object", "properties": properties, "required": [*_OF_EVERY_EVENT, *needed]}


def _key_binding(meaning: str) -> Node:
    return {"kafka": {"key": {"type": "string", "description": meaning}, "bindingVersion": _BINDING}}


def _schema(name: str) -> Node:
    return _ref("components", "schemas", name)


def _ref(*path: str) -> Node:
    return {"$ref": "#/" + "/".join(path)}
