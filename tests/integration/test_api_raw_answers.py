"""An agency's own answer, byte by byte, for who may see it."""

import base64
from hashlib import sha256

import pytest
from sqlalchemy import text

from contracts.bounds import MOST_RAW_BYTES
from services.runtime.answers import evidence_of, to_reply
from services.runtime.port import Asked, OutsideProtocol
from tests.control_side import in_force, release, step, tasks
from tests.court_side import bearer, reply_to

ZIP = b"PK\x03\x04\x00\xff\xfe" + bytes(range(256))


def said(body, media_type):
    asked = Asked("t", "r", "n", "query")
    reply = to_reply("icbc", asked, OutsideProtocol("no"), evidence_of(body, media_type=media_type), None)
    return reply.model_dump(mode="json", exclude_none=True, exclude={"task_id", "agency", "kind"})


def digest(content):
    return f"sha-256=:{base64.b64encode(sha256(content).digest()).decode()}:"


async def failed_task(court, body, media_type):
    request_id = (await court.submit())["request_id"]
    line = (await court.status(request_id))["tasks"][0]
    await reply_to(court, line, **said(body, media_type))
    return f"/v1/requests/{request_id}/tasks/{line['task_id']}/raw", line["task_id"]


@pytest.mark.parametrize(("body", "media_type", "given"), [
    (ZIP, "application/zip", "application/zip"), ("云浮".encode("gb18030"), "text/xml; charset=gb18030", "text/xml; charset=gb18030"),
    (b"<script>alert(1)</script>", "text/html", "text/html"), (b"x", "a\r\nSet-Cookie: b", "application/octet-stream"),
    (b"x", "类型", "application/octet-stream"), (b"", "", "application/octet-stream")])
async def test_what_came_is_given_byte_by_byte_and_only_to_be_saved(court, body, media_type, given):
    path, task_id = await failed_task(court, body, media_type)
    response = await court.get(path)
    assert (response.status_code, response.content, response.headers["content-type"]) == (200, body, given)
    assert response.headers["content-disposition"] == f'attachment; filename="{task_id}.bin"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["repr-digest"] == response.headers["chakong-whole-digest"] == digest(body)
    assert (response.headers["chakong-whole-size"], "chakong-cut" in response.headers) == (str(len(body)), False)
    assert ("answer.read", task_id, "read") in await court.audit()


async def test_of_an_answer_that_is_too_long_the_beginning_is_kept_and_both_digests_say_of_what_they_are(court):
    body = b"\xff" * (MOST_RAW_BYTES + 5)
    response = await court.get((await failed_task(court, body, "application/zip"))[0])
    assert response.content == body[:MOST_RAW_BYTES]
    assert (response.headers["repr-digest"], response.headers["chakong-whole-digest"]) == (digest(body[:MOST_RAW_BYTES]), digest(body))
    assert (response.headers["chakong-whole-size"], response.headers["chakong-cut"]) == (str(len(body)), "true")


async def test_who_may_not_see_a_request_learns_nothing_of_its_answers(court):
    path, task_id = await failed_task(court, ZIP, "application/zip")
    assert (await court.get(path, **bearer("judge", court_code="粤5381"))).status_code == 404
    assert (await court.get(path, **bearer("operator"))).status_code == 403
    assert (await court.get(path, **bearer("auditor"))).status_code == 200
    assert (await court.get(path.replace(task_id, f"{task_id}x"))).status_code == 404
    assert (await court.get(path.replace("/v1/requests/", "/v1/requests/x"))).status_code == 404
    assert [one for one in await court.audit() if one[0] == "answer.read"] == [
        ("answer.read", task_id, "refused:not_found"), ("answer.read", task_id, "refused:not_permitted"), ("answer.read", task_id, "read"),
        ("answer.read", f"{task_id}x", "refused:not_found"), ("answer.read", task_id, "refused:not_found")]


async def test_an_answer_that_was_read_has_no_raw_answer_and_an_older_row_has_its_text(court):
    request_id = (await court.submit())["request_id"]
    first, second = (await court.status(request_id))["tasks"][:2]
    await reply_to(court, first, outcome="none_found")
    await reply_to(court, second, outcome="failed", code="protocol", raw="旧")
    assert (await court.get(f"/v1/requests/{request_id}/tasks/{first['task_id']}/raw")).status_code == 404
    foreign = await court.get(f"/v1/requests/{request_id}/tasks/{second['task_id']}/raw")
    assert (foreign.text, foreign.headers["content-type"]) == ("旧", "text/plain; charset=utf-8")
    async with court.database.transaction() as connection:
        await connection.execute(text("UPDATE tasks SET raw = '旧', raw_bytes = NULL, raw_kept_sha256 = NULL, raw_size = NULL WHERE task_id = :id"), {"id": second["task_id"]})
    older = await court.get(f"/v1/requests/{request_id}/tasks/{second['task_id']}/raw")
    assert (older.content, older.headers["repr-digest"]) == ("旧".encode(), digest("旧".encode()))


async def test_the_answer_to_a_step_on_a_control_is_kept_too(court):
    control_id = await in_force(court)
    await step(court, control_id, "releases", release())
    task = (await tasks(court, control_id))[-1]
    await reply_to(court, task, **said(ZIP, "application/zip"))
    (request_id,) = {one["request_id"] for one in await court.rows("SELECT request_id FROM controls")}
    response = await court.get(f"/v1/requests/{request_id}/tasks/{task['task_id']}/raw")
    assert (response.status_code, response.content) == (200, ZIP)
