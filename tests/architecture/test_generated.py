import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from contracts.kafka import topics
from contracts.registry import asset_types
from deploy import generate
from deploy.generate import ROOT

MADE = generate.files()
SCHEMAS = {path: json.loads(text) for path, text in MADE.items() if path.startswith("contracts/schema/") and path.endswith(".json")}
ASYNCAPI = yaml.safe_load(MADE["contracts/schema/asyncapi.yaml"])
OPENAPI = json.loads(MADE["docs/openapi.json"])
MESSAGES = ASYNCAPI["components"]["messages"]
EXAMPLES = [(name, example) for name, message in MESSAGES.items() for example in message.get("examples", [])]
#: The official schema of AsyncAPI 3.0.0, as the package @asyncapi/specs 6.11.1 has it (Apache-2.0), white space removed.
OFFICIAL = json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(MADE))
def test_a_generated_file_is_fresh(path):
    stored = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else None
    assert stored == MADE[path], f"{path} is stale: run make generate"


def test_the_schema_folder_holds_nothing_else():
    assert set(generate.stored(ROOT)) <= set(MADE), "run make generate"


def test_generating_twice_gives_the_same_bytes():
    assert generate.files() == MADE


def test_writing_touches_only_what_differs(tmp_path):
    assert generate.write(tmp_path, {"contracts/schema/a.json": "{}\n"}) == ["contracts/schema/a.json"]
    assert generate.write(tmp_path, {"contracts/schema/a.json": "{}\n"}) == []
    assert generate.write(tmp_path, {"b.txt": "b\n"}) == ["b.txt", "contracts/schema/a.json"]
    assert not (tmp_path / "contracts/schema/a.json").exists()


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_a_schema_is_valid_2020_12_and_its_examples_fit(path):
    schema = SCHEMAS[path]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)
    for inner, example in examples_in(schema):
        Draft202012Validator({**inner, "$defs": schema.get("$defs", {})}).validate(example)


def examples_in(node):
    if isinstance(node, dict):
        yield from ((node, example) for example in node.get("examples", []) if isinstance(node.get("examples"), list))
        for inner in node.values():
            yield from examples_in(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from examples_in(inner)


def test_every_asset_type_has_a_schema_with_labels_and_wire_codes():
    for code, kind in asset_types().items():
        fields = SCHEMAS[f"contracts/schema/asset.{code}.json"]["properties"]
        assert set(kind.key) <= set(fields)
        assert [name for name, field in fields.items() if not (field.get("x-label-zh") and field.get("x-wire"))] == [], code


@pytest.mark.parametrize("name", ["agencies.yaml", "agencies-wealth.yaml"])
def test_a_directory_file_fits_its_schema(name):
    directory = yaml.safe_load((ROOT / "deploy" / name).read_text(encoding="utf-8"))
    validator = Draft202012Validator(SCHEMAS["contracts/schema/agencies.json"])
    validator.validate(directory)
    directory["agencies"][0]["colour"] = "red"
    assert not validator.is_valid(directory)


@pytest.mark.parametrize(("body", "missing"), [
    ({"kind": "deferred"}, "until"), ({"kind": "acknowledged"}, "agency_ref"), ({"kind": "answered"}, "outcome"),
    ({"kind": "answered", "outcome": "found"}, "under any of the given schemas"), ({"kind": "answered", "outcome": "controlled"}, "control"),
    ({"kind": "answered", "outcome": "refused"}, "code"),
])
def test_a_reply_without_what_its_kind_carries_does_not_fit(body, missing):
    validator = Draft202012Validator(SCHEMAS["contracts/schema/reply.json"])
    errors = list(validator.iter_errors({"task_id": "01JD", "agency": "icbc", **body}))
    assert [missing in error.message for error in errors] == [True]


def test_asyncapi_fits_its_official_schema():
    Draft7Validator(OFFICIAL).validate(ASYNCAPI)


def test_asyncapi_refers_only_to_what_it_has():
    for reference in references(ASYNCAPI):
        node = ASYNCAPI
        for step in reference.removeprefix("#/").split("/"):
            assert step in node, reference
            node = node[step]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_asyncapi_has_every_topic():
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}
    assert addresses == {topic.name for topic in topics.all_topics(asset_types(), ())} | {topics.commands("{asset_type}", "{agency}")}


def test_both_sides_have_their_operations():
    sides = {(operation["tags"][0]["name"], operation["action"], operation["channel"]["$ref"].rsplit("/", 1)[-1])
             for operation in ASYNCAPI["operations"].values()}
    for command in [*(f"command.{code}" for code in asset_types()), "command.foreign"]:
        assert {("gateway", "send", command), ("adapter", "receive", command)} <= sides
    assert {("adapter", "send", "reply"), ("gateway", "receive", "reply")} <= sides


@pytest.mark.parametrize("name", sorted(name for name in MESSAGES if name != "dead-letter"))
def test_every_message_has_an_example(name):
    assert MESSAGES[name]["examples"]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}-{example['name']}" for name, example in EXAMPLES])
@pytest.mark.parametrize("part", ["headers", "payload"])
def test_an_example_of_a_message_fits(name, example, part):
    registry = Registry().with_resource("urn:asyncapi", Resource.from_contents(ASYNCAPI, default_specification=DRAFT7))
    schema = {"$ref": f"urn:asyncapi{MESSAGES[name][part]['$ref']}"}
    Draft7Validator(schema, registry=registry, format_checker=FormatChecker()).validate(example[part])


def test_a_command_of_another_kind_does_not_fit():
    one, other = list(asset_types())[:2]
    schema = {"$ref": f"urn:asyncapi#/components/schemas/command.{one}.query"}
    registry = Registry().with_resource("urn:asyncapi", Resource.from_contents(ASYNCAPI, default_specification=DRAFT7))
    payload = MESSAGES[f"{other}.query"]["examples"][0]["payload"]
    with pytest.raises(jsonschema.ValidationError, match=one):
        Draft7Validator(schema, registry=registry).validate(payload)


def test_openapi_refers_only_to_what_it_has_and_its_schemas_are_valid():
    assert OPENAPI["openapi"].startswith("3.1")
    for reference in references(OPENAPI):
        node = OPENAPI
        for step in reference.removeprefix("#/").split("/"):
            assert step in node, reference
            node = node[step]
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
