"""What bad input gets: a problem document that names what is wrong, quickly, and nothing in the store."""


import pytest

from tests import builders as build
from tests.court_side import bearer, problem

JSON = {"Content-Type": "application/json", "Idempotency-Key": "k1"}


async def pieces(*parts):
    for part in parts:
        yield part


async def nothing_stored(court):
    assert await court.rows("SELECT request_id FROM requests") == []
    assert await court.rows("SELECT key FROM idempotency_keys") == []


@pytest.mark.parametrize(("raw", "expected"), [
    (b"", (400, "empty_body")),
    (b"   ", (400, "malformed_json")),
    (b"{", (400, "malformed_json")),
    (b"not json", (400, "malformed_json")),
    (b"[" * 100_000, (400, "malformed_json")),
    (b"[" * 100_000 + b"]" * 100_000, (400, "malformed_json")),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, (400, "malformed_json")),
    (b'{"case": "\xff\xfe"}', (400, "malformed_json")),
    (b'{"case": "\\ud800"}', (400, "malformed_json")),
    (b'{"case": NaN}', (400, "malformed_json")),
    (b'{"case": Infinity}', (400, "malformed_json")),
    (b'{"case": 1' + b"0" * 100_000 + b"}", (400, "malformed_json")),
    (b"null", (422, "invalid_request")),
    (b"[]", (422, "invalid_request")),
    (b"{}", (422, "invalid_request")),
    (b'"' + b"a" * 1_000_000 + b'"', (422, "invalid_request")),
    (b'{"case": 1e999}', (400, "malformed_json")),
    (b"{" + b",".join(b'"a%d":1' % number for number in range(90_000)) + b"}", (422, "invalid_request")),
], ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value[1])
async def test_a_bad_body_is_refused(court, raw, expected):
    response = await court.post(raw)
    assert problem(response) == expected, response.text[:300]
    await nothing_stored(court)


async def test_a_body_over_the_limit_is_refused_unread(court):
    assert problem(await court.post(b" " * (1024 * 1024 + 1))) == (413, "body_too_large")
    streamed = await court.client.post("/v1/requests", content=pieces(*[b" " * 65536] * 17), headers=JSON)
    assert problem(streamed) == (413, "body_too_large")
    lying = await court.client.post("/v1/requests", content=b"{}", headers={**JSON, "Content-Length": "9" * 30})
    assert problem(lying) == (413, "body_too_large")


@pytest.mark.parametrize("headers", [
    {"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}, {"Content-Type": "application/json; charset=gbk"},
    {"Content-Type": ""}, {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    {"Content-Type": "multipart/form-data; boundary=x"},
])
async def test_another_content_type_is_not_taken(court, headers):
    response = await court.client.post("/v1/requests", content=build.json(build.request_body()), headers={"Idempotency-Key": "k", **headers})
    assert problem(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"'])
async def test_json_may_name_its_encoding(court, content_type):
    response = await court.client.post("/v1/requests", content=build.json(build.request_body()),
                                       headers={"Idempotency-Key": "k", "Content-Type": content_type})
    assert response.status_code == 202


@pytest.mark.parametrize(("key", "code"), [
    (None, "idempotency_key_required"), ("", "bad_idempotency_key"), ("k" * 256, "bad_idempotency_key"), ("a\tb", "bad_idempotency_key"),
])
async def test_a_key_is_needed_and_checked(court, key, code):
    assert problem(await court.post(build.request_body(), key=key)) == (400, code)


async def test_a_key_may_be_255_characters_long(court):
    assert (await court.post(build.request_body(), key="k" * 255)).status_code == 202


async def test_a_key_outside_ascii_is_refused(court):
    response = await court.client.post("/v1/requests", content=b"{}", headers=[
        (b"Content-Type", b"application/json"), (b"Idempotency-Key", "键".encode())])
    assert problem(response) == (400, "bad_idempotency_key")


async def test_every_wrong_field_is_named_at_once(court):
    body = build.request_body(
        officer=None, purpose="curiosity", colour="red", answer_by="2026-13-01",
        subjects=[{"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010014"}])
    response = await court.post(body)
    assert problem(response) == (422, "invalid_request")
    named = {one["pointer"]: one for one in response.json()["errors"]}
    assert set(named) >= {"/officer", "/purpose", "/colour", "/answer_by", "/subjects/0/id_no"}
    assert named["/subjects/0/id_no"]["code"] == "bad_check_digit"
    assert all(one["zh"] and one["en"] for one in named.values())
    assert "445302199001010014" not in response.text


@pytest.mark.parametrize("number", ["10" * 50, "-1", "1.5", "1e400", "9223372036854775808", '"5"', "true"])
async def test_an_amount_that_is_no_amount_is_refused(court, number):
    raw = build.json(build.request_body()).replace(b'"principal_fen":120000000', b'"principal_fen":' + number.encode())
    response = await court.post(raw)
    assert problem(response) in {(422, "invalid_request"), (400, "malformed_json")}
    await nothing_stored(court)


async def test_of_a_name_given_twice_there_is_one_meaning(court):
    raw = build.json(build.request_body()).replace(b'{"case":', b'{"purpose":"curiosity","case":', 1)
    response = await court.post(raw)
    assert response.status_code in (202, 422)
    again = await court.post(raw)
    assert again.status_code == response.status_code


async def test_more_than_a_hundred_subjects_are_refused(court):
    one = {"kind": "person", "name": "陈伟", "id_type": "passport", "id_no": "E0"}
    subjects = [{**one, "id_no": f"E{number:08d}"} for number in range(101)]
    assert problem(await court.post(build.request_body(subjects=subjects))) == (422, "invalid_request")


def named(name):
    return build.request_body(subjects=[{"kind": "person", "name": name, "id_type": "passport", "id_no": "E12345678"}])


@pytest.mark.parametrize(("name", "code"), [
    ("陈\x00伟", "control_character"), ("陈\x07伟", "control_character"), ("陈\x1b[31m伟", "control_character"), ("陈\n伟", "control_character"),
    ("陈\u202e伟", "bidirectional_mark"), ("陈\ue000", "unreadable_character"), ("\u200b\u3000", "invisible_name")])
async def test_a_name_that_cannot_be_read_is_refused_where_it_stands(court, name, code):
    response = await court.post(named(name))
    assert problem(response) == (422, "invalid_request")
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/subjects/0/name", code)
    assert error["zh"]
    assert error["expected"]
    await nothing_stored(court)


@pytest.mark.parametrize("name", ["陈\\n伟", "'); DROP TABLE requests; --"])
async def test_any_other_text_is_a_value(court, name):
    response = await court.post(named(name))
    assert response.status_code == 202, response.text
    (row,) = await court.rows("SELECT body FROM requests WHERE request_id = :id", id=response.json()["request_id"])
    assert row["body"]["subjects"][0]["name"] == name


async def test_fields_nobody_may_set_are_refused(court):
    response = await court.post(build.request_body(court_code="粤5303", state="ended", request_id="01X"))
    assert {one["pointer"] for one in response.json()["errors"]} == {"/court_code", "/state", "/request_id"}


@pytest.mark.parametrize(("method", "path", "expected"), [
    ("GET", "/v1/nothing", (404, "not_found")), ("GET", "/v1/requests/", (404, "not_found")),
    ("DELETE", "/v1/requests", (405, "method_not_allowed")), ("PUT", "/v1/requests/01X", (405, "method_not_allowed")),
    ("GET", "/v1/documents", (405, "method_not_allowed")), ("BREW", "/v1/requests", (405, "method_not_allowed")),
])
async def test_an_unknown_path_or_method_is_a_problem_too(court, method, path, expected):
    assert problem(await court.client.request(method, path)) == expected


@pytest.mark.parametrize("request_id", ["01NOTHING", "..%2f..%2fetc", "%00", "%ff%fe", "a" * 5000, "'%20OR%201=1", "陈伟", "01X%0d%0aX-Evil:1"])
async def test_any_id_that_is_not_there_is_not_found(court, request_id):
    for path in ("", "/report", "/events"):
        assert problem(await court.get(f"/v1/requests/{request_id}{path}")) == (404, "not_found")


async def test_a_refusal_of_a_bad_body_is_on_record_without_its_content(court):
    await court.post(build.request_body(subjects=[{"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010014"}]))
    (entry,) = await court.rows("SELECT * FROM audit")
    assert (entry["action"], entry["decision"]) == ("request.submit", "refused:invalid_request")
    assert "445302199001010014" not in str(dict(entry))


async def test_without_a_token_the_body_is_not_even_read(court):
    response = await court.client.post("/v1/requests", content=b"x" * 2_000_000, headers={**JSON, "Authorization": ""})
    assert problem(response) == (401, "unauthenticated")
    assert (await court.client.post("/v1/requests", content=b"x" * 2_000_000, headers={**JSON, **bearer("tester")})).status_code == 403
