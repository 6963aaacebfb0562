"""JSON Schema 2020-12 of what travels, of what is recorded and of the directory file, made from the models. Pure."""

from collections.abc import Mapping
from typing import Any

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.messages import Command, Reply
from contracts.outcome import REASONS
from contracts.report import AssetReport
from contracts.signing import KeyringFile
from gateway.domain.court_policy import CourtPolicyFile
from gateway.domain.law.overrides import OverrideFile

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What a row of the directory must say itself; everything else may come from the defaults of its asset type.
_ROW_NAMES = ("agency", "asset_type")
#: What each kind of reply and each outcome carries. Source: interface.md §2
_REPLY_SHAPES = (
    ({"kind": "answered"}, ("outcome",)),
    ({"kind": "acknowledged"}, ("agency_ref",)),
    ({"kind": "deferred"}, ("until",)),
    ({"outcome": "controlled"}, ("control",)),
    ({"outcome": "refused"}, ("code",)),
    ({"outcome": "failed"}, ("code",)),
)


def documents(kinds: Mapping[str, AssetType]) -> dict[str, Schema]:
    """Return every schema document by its name."""
    return {
        "command": _document("command", command()),
        "reply": _document("reply", reply()),
        "report": _document("report", AssetReport.model_json_schema()),
        "agencies": _document("agencies", directory(kinds)),
        "court-policies": _document("court-policies", CourtPolicyFile.model_json_schema()),
        "message-keys": _document("message-keys", KeyringFile.model_json_schema()),
        "law-overrides": _document("law-overrides", OverrideFile.model_json_schema()),
        **{f"asset.{code}": _document(f"asset.{code}", record(kind)) for code, kind in kinds.items()},
    }


def command() -> Schema:
    """Return the schema of a command; a control command has an order, an acknowledged task its action."""
    made = Command.model_json_schema()
    step = {"not": {"enum": ["query", "status"]}}
    made["allOf"] = [_when({"action": step}, ("control",)), _when({"action": {"const": "status"}}, ("of_action",))]
    return made


def reply() -> Schema:
    """Return the schema of a reply, with what each kind and outcome carries."""
    made = Reply.model_json_schema()
    made["properties"]["code"]["description"] = "why, in our words: one of " + ", ".join(REASONS)
    made["allOf"] = [_when({name: {"const": value} for name, value in shape.items()}, needed) for shape, needed in _REPLY_SHAPES]
    made["allOf"].append({"if": {"properties": {"outcome": {"const": "found"}}, "required": ["outcome"]},
                          "then": {"anyOf": [_needed(("assets",)), _needed(("unreadable",))]}})
    return made


def record(kind: AssetType) -> Schema:
    """Return the schema of one kind's record, named in both languages, with the fields that make its key."""
    made = kind.schema()
    return made | {"x-name": kind.name.model_dump(), "x-key": list(kind.key), "x-key-otherwise": list(kind.key_otherwise), "x-key-scope": kind.key_scope}


def directory(kinds: Mapping[str, AssetType]) -> Schema:
    """Return the schema of the directory file: defaults by asset type, and the rows they are merged under."""
    agency = Agency.model_json_schema()
    definitions = agency.pop("$defs")
    del agency["required"]
    agency["properties"]["asset_type"] = {"enum": list(kinds)}
    row = {"description": Agency.__doc__, "allOf": [{"$ref": "#/$defs/Agency"}], "required": list(_ROW_NAMES)}
    return {
        "title": "Directory", "description": "The agency directory: a row an agency, `defaults` of its asset type under it.",
        "type": "object", "additionalProperties": False, "required": ["agencies"],
        "properties": {
            "shipped": {"type": "boolean", "description": "adds to the rows that come with Chakong (deploy/agencies.yaml)"},
            "defaults": {"type": "object", "propertyNames": {"enum": list(kinds)}, "additionalProperties": {"$ref": "#/$defs/Agency"}},
            "agencies": {"type": "array", "items": row},
        },
        "$defs": {**definitions, "Agency": agency},
    }


def definitions(models: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return schemas and what they refer to as one flat table, references pointing to `#/components/schemas`.

    Raises: ValueError if two models of one name differ
    """
    table: dict[str, Schema] = {}
    for name, made in models.items():
        moved = _moved(made)
        for inner, definition in {**moved.pop("$defs", {}), name: moved}.items():
            if table.setdefault(inner, definition) != definition:
                raise ValueError(f"two schemas are called {inner}")
    return table


def _document(name: str, schema: Schema) -> Schema:
    return {"$schema": _DIALECT, "$id": f"urn:chakong:schema:{name}:v1", **schema}


def _when(conditions: Mapping[str, Schema], needed: tuple[str, ...]) -> Schema:
    return {
        "if": {"properties": dict(conditions), "required": list(conditions)},
        "then": _needed(needed),
    }


def _needed(names: tuple[str, ...]) -> Schema:
    return {"properties": {name: {"not": {"type": "null"}} for name in names}, "required": list(names)}


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _moved(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner) for inner in value]
    return value.replace("#/$defs/", "#/components/schemas/") if isinstance(value, str) else value

