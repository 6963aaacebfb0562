"""POST /v1/documents, and the claim checks under which adapters fetch what was uploaded."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest

from gateway.api import answers
from gateway.domain.claim_check import claim_path
from tests import builders as build
from tests.court_side import COURT, OTHER_COURT, bearer, problem

PDF = b"%PDF-1.7\nruling"
PDF_ID = f"sha256:{sha256(PDF).hexdigest()}"


async def upload(court, content=PDF, media_type="application/pdf", **headers):
    return await court.client.post("/v1/documents", content=content, headers={
        "Content-Type": media_type, **{name.replace("_", "-"): value for name, value in headers.items()}})


async def test_a_document_is_named_by_its_content(court):
    response = await upload(court)
    assert response.status_code == 201
    assert answers.DocumentStored.model_validate_json(response.content) == answers.DocumentStored(
        document_id=PDF_ID, size_bytes=len(PDF), media_type="application/pdf")
    assert (await court.audit()) == [("document.upload", PDF_ID, "accepted")]


async def test_a_known_document_is_not_stored_twice(court):
    first = await upload(court)
    again = await upload(court)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await court.rows("SELECT * FROM documents")) == 1
    assert len(await court.audit()) == 2


async def test_two_uploads_at_once_store_it_once(court):
    responses = await asyncio.gather(*(upload(court) for _ in range(8)))
    assert sorted(one.status_code for one in responses) == [200] * 7 + [201]


async def test_each_court_has_its_own(court):
    await upload(court)
    assert (await upload(court, **bearer("clerk", court_code=OTHER_COURT))).status_code == 201


@pytest.mark.parametrize(("media_type", "content"), [
    ("application/pdf", PDF), ("application/ofd", b"PK\x03\x04ofd"), ("image/jpeg", b"\xff\xd8\xff\xe0jpeg"),
    ("image/png", b"\x89PNG\r\n\x1a\npng")])
async def test_the_four_media_types_are_taken(court, media_type, content):
    assert (await upload(court, content, media_type)).json()["media_type"] == media_type


@pytest.mark.parametrize(("media_type", "content", "expected"), [
    ("application/pdf", b"", (400, "empty_body")), ("application/pdf", b"MZ not a pdf", (415, "media_type_mismatch")),
    ("image/png", PDF, (415, "media_type_mismatch")), ("text/html", b"<script>", (415, "unsupported_media_type")),
    ("", PDF, (415, "unsupported_media_type")), ("application/json", b"{}", (415, "unsupported_media_type")),
    ("application/pdf", PDF + b" " * 5 * 1024 * 1024, (413, "body_too_large"))])
async def test_anything_else_is_refused(court, media_type, content, expected):
    assert problem(await upload(court, content, media_type)) == expected
    assert await court.rows("SELECT document_id FROM documents") == []
    assert [entry[2] for entry in await court.audit()] == [f"refused:{expected[1]}"]


async def test_five_mebibytes_are_taken(court):
    content = PDF + b" " * (5 * 1024 * 1024 - len(PDF))
    assert (await upload(court, content)).json()["size_bytes"] == 5 * 1024 * 1024


async def test_a_key_is_honoured_where_it_is_given(court):
    first = await upload(court, Idempotency_Key="u1")
    again = await upload(court, Idempotency_Key="u1")
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (201, 201, "true")
    assert problem(await upload(court, PDF + b"other", Idempotency_Key="u1")) == (422, "idempotency_key_reused")
    assert len(await court.rows("SELECT document_id FROM documents")) == 1
    assert problem(await upload(court, Idempotency_Key="")) == (400, "bad_idempotency_key")


async def test_only_judges_and_clerks_upload(court):
    assert problem(await upload(court, **bearer("auditor"))) == (403, "not_permitted")


async def claimed(court, **changes):
    """Upload, submit, and return the claim check of its first task."""
    await upload(court)
    accepted = await court.submit(documents=[build.document(document_id=PDF_ID)])
    line = (await court.status(accepted["request_id"]))["tasks"][0]
    parts = {"court_code": COURT, "task_id": line["task_id"], "document_id": PDF_ID, "ends_at": build.NOW + timedelta(days=1), **changes}
    return line, claim_path(court.deps.settings.secret, **parts)


async def test_a_claim_check_gives_the_content_to_who_has_no_token(court):
    line, path = await claimed(court)
    response = await court.get(path, Authorization="")
    assert (response.status_code, response.content, response.headers["content-type"]) == (200, PDF, "application/pdf")
    assert response.headers["x-content-type-options"] == "nosniff"
    (row,) = await court.rows("SELECT * FROM audit WHERE action = 'document.read'")
    assert (row["officer"], row["object"], row["basis"], row["decision"]) == ("claim-check", PDF_ID, f"task {line['task_id']}", "read")


async def test_a_claim_check_ends_with_its_task(court):
    line, path = await claimed(court)
    await court.answer([line])
    assert problem(await court.get(path)) == (404, "not_found")


async def test_a_claim_check_ends_in_time(court):
    _, path = await claimed(court)
    court.clock.advance(days=1)
    assert problem(await court.get(path)) == (403, "bad_claim")


async def test_whose_document_it_is_is_what_was_signed_whoever_the_request_belongs_to(court):
    _, path = await claimed(court, court_code=OTHER_COURT)
    assert problem(await court.get(path)) == (404, "not_found")  # that court has no such document
    assert (await upload(court, **bearer("clerk", court_code=OTHER_COURT))).status_code == 201
    found = await court.get(path, Authorization="")
    assert (found.status_code, found.content) == (200, PDF)
    assert (await court.rows("SELECT court_code FROM audit WHERE action = 'document.read' ORDER BY seq DESC"))[0]["court_code"] == OTHER_COURT


async def test_a_claim_check_is_for_one_court_and_one_document(court):
    _, path = await claimed(court)
    for other in (path.replace(PDF_ID, "sha256:" + "0" * 64), path.replace(quote("粤5302"), quote("粤5303")), path[:-1] + "键",
                  path.replace("expires=", "expires=9"), path.partition("?")[0], path[:-26] + "0" * 26):
        assert problem(await court.get(other)) == (403, "bad_claim"), other
