"""`/openapi.json` says everything interface.md §1 promises, and the answers are what it says."""

import re
from pathlib import Path

import jsonschema
import pytest

from gateway.api import answers
from gateway.api.openapi import PROBLEMS
from tests import builders as build

ROUTES = [
    ("post", "/v1/documents"), ("post", "/v1/requests"), ("get", "/v1/requests"), ("get", "/v1/requests/{request_id}"),
    ("get", "/v1/requests/{request_id}/report"), ("get", "/v1/requests/{request_id}/events"), ("get", "/v1/agencies"),
    ("get", "/v1/asset-types"), ("get", "/claims/{task_id}/{document_id}"), ("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics"),
]


@pytest.fixture
async def described(court):
    response = await court.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_is_described(described, method, path):
    operation = described["paths"][path][method]
    assert operation["summary"]
    if path.startswith("/v1/"):
        assert operation["security"] == [{"bearer": []}]
        assert {"401", "403", "500", "503"} <= operation["responses"].keys()
        assert "`unauthenticated`" in operation["responses"]["401"]["description"]


async def test_every_reference_leads_somewhere(described):
    assert described["openapi"].startswith("3.1")
    names = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', str(described).replace("'", '"')))
    assert names >= {"RequestBody", "RequestStatus", "AssetReport", "Problem", "FieldError"}
    assert names <= described["components"]["schemas"].keys()


async def test_the_body_of_a_request_fits_its_schema(described):
    schema = {"$ref": "#/components/schemas/RequestBody", "components": described["components"]}
    jsonschema.validate(build.request_body(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(build.request_body(colour="red"), schema)


async def test_the_calls_of_a_request_name_their_headers(described):
    operation = described["paths"]["/v1/requests"]["post"]
    assert {one["name"] for one in operation["parameters"] if one["required"]} == {"Idempotency-Key"}
    assert operation["responses"]["202"]["headers"].keys() == {"Location", "Retry-After", "Idempotency-Replayed"}
    assert {one["name"] for one in described["paths"]["/v1/requests"]["get"]["parameters"]} == {"case_no", "state", "cursor", "limit"}


def test_every_code_that_is_raised_is_described():
    folder = Path(__file__).parents[2] / "gateway" / "api"
    raised = {code for path in folder.glob("*.py") for code in re.findall(r'Rejected\(\s*\d{3}, "(\w+)"', path.read_text())}
    assert {"officer_mismatch", "body_too_large", "no_such_version"} <= raised <= PROBLEMS.keys()


async def test_the_documentation_page_is_there(court):
    page = await court.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert all(f"{method.upper()} {path}" in page.text for method, path in ROUTES)
    assert "idempotency_key_reused" in page.text
    assert not re.search(r"<script|https?://|//cdn", page.text)


async def test_the_directory_is_listed_without_how_agencies_are_reached(court):
    response = await court.get("/v1/agencies")
    listed = answers.AgencyList.model_validate_json(response.content)
    assert [one.agency for one in listed.items] == [one.agency for one in court.deps.directory.agencies]
    assert listed.items[0].state == "available"
    assert not {"endpoint", "credentials_ref"} & response.json()["items"][0].keys()


async def test_the_asset_types_are_listed_with_documents_and_labels(court):
    listed = answers.AssetTypeList.model_validate_json((await court.get("/v1/asset-types")).content)
    by_code = {one.asset_type: one for one in listed.items}
    assert list(by_code)[:6] == ["real_estate", "vehicles", "equity", "deposits", "securities", "provident_fund"]
    deposits = by_code["deposits"]
    assert deposits.required_documents["freeze"] == (("ruling",), ("assist_freeze_notice",))
    assert deposits.record_schema["properties"]["account_no"]["x-label-zh"] == "账号"
    for one in listed.items:
        assert all("x-label-zh" in field for field in one.record_schema["properties"].values())
        jsonschema.Draft202012Validator.check_schema(one.record_schema)
