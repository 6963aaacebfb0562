"""Who may do what: tokens, roles, courts, and the record of it."""

import re

import httpx
import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import REGISTRY
from sqlalchemy import text

from gateway.api.tokens import TokenReader
from tests import builders as build
from tests.court_side import OTHER_COURT, PUBLIC_KEY, HandClock, bearer, problem, token

WRONG_ID = "445302199001010014"
PERSONAL = re.compile(f"{build.PERSON_ID}|{WRONG_ID}|{build.USCC}|陈伟|6222024530200012345")


def without_trace(response):
    return {name: value for name, value in response.json().items() if name != "trace_id"}


def counted(reason):
    return REGISTRY.get_sample_value("chakong_unauthenticated_total", {"reason": reason}) or 0.0


def unsigned():
    return jwt.encode({"sub": "x", "name": "x", "court_code": "粤5302", "roles": ["judge"], "exp": 9_999_999_999}, None, algorithm="none")


def confused():
    """A token whose signature is made with the public key as a shared secret."""
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}')
    content = header + b"." + token().split(".")[1].encode()
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(content, PUBLIC_KEY.encode())
    return (content + b"." + jwt.utils.base64url_encode(signature)).decode()


@pytest.mark.parametrize(("authorization", "reason"), [
    (None, "missing"), ("", "missing"), ("Basic dXNlcjpwYXNz", "malformed"), ("Bearer", "malformed"), ("Bearer " + "x" * 5000, "malformed"),
    ("Bearer not.a.token", "forged"), (f"Bearer {token(signer=Ed25519PrivateKey.generate())}", "forged"), (f"Bearer {unsigned()}", "forged"),
    (f"Bearer {confused()}", "forged"), (f"Bearer {token()[:-8]}AAAAAAAA", "forged"),
    (f"Bearer {token(exp=int(build.NOW.timestamp()))}", "expired"), (f"Bearer {token(without='exp')}", "incomplete"),
    (f"Bearer {token(without='court_code')}", "incomplete"), (f"Bearer {token(court_code='../粤')}", "incomplete"),
    (f"Bearer {token(without='roles')}", "incomplete"), (f"Bearer {token(without='sub')}", "incomplete"),
])
async def test_without_a_valid_token_nothing_is_told_and_it_is_counted(court, authorization, reason):
    before = counted(reason)
    async with httpx.AsyncClient(transport=court.client._transport, base_url="http://court") as client:
        response = await client.get("/v1/requests", headers={"Authorization": authorization} if authorization is not None else {})
    assert problem(response) == (401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith('Bearer realm="chakong"')
    assert ("invalid_token" in response.headers["www-authenticate"]) == (reason != "missing")
    assert counted(reason) == before + 1
    assert await court.audit() == []


def test_a_remembered_token_ends_in_time():
    clock = HandClock()
    reader = TokenReader(PUBLIC_KEY, clock)
    authorization = bearer("judge")["Authorization"]
    assert reader.read(authorization) is reader.read(authorization)
    clock.advance(hours=12)
    with pytest.raises(Exception, match="token"):
        reader.read(authorization)


def test_what_is_remembered_is_bounded():
    reader = TokenReader(PUBLIC_KEY, HandClock())
    for number in range(1_100):
        reader.read(bearer("judge", sub=f"粤5302-{number}")["Authorization"])
    assert len(reader._remembered) == 1_000


def test_a_key_that_is_not_ed25519_fails_the_start():
    with pytest.raises(ValueError):
        TokenReader("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", HandClock())


async def test_without_a_key_every_caller_is_refused(court):
    with pytest.raises(Exception, match="token"):
        TokenReader("", HandClock()).read(bearer("judge")["Authorization"])


@pytest.mark.parametrize("role", ["approver", "operator", "auditor", "agency", "tester", "president"])
async def test_only_judges_and_clerks_submit(court, role):
    assert problem(await court.post(build.request_body(), **bearer(role))) == (403, "not_permitted")
    assert (await court.audit()) == [("request.submit", "-", "refused:not_permitted")]


@pytest.mark.parametrize(("role", "status"), [
    ("judge", 200), ("clerk", 200), ("approver", 200), ("auditor", 200), ("operator", 403), ("agency", 403), ("tester", 403)])
async def test_readers_of_the_own_court_read(court, role, status):
    request_id = (await court.submit())["request_id"]
    for path in (f"/v1/requests/{request_id}", f"/v1/requests/{request_id}/report", "/v1/requests"):
        assert (await court.get(path, **bearer(role))).status_code == status
    decision = "read" if status == 200 else "refused:not_permitted"
    assert [entry[2] for entry in (await court.audit())[1:]] == [decision] * 3


async def test_the_officer_is_the_bearer_of_the_token(court):
    body = build.request_body(officer=build.officer(work_card_no="粤5302-9999"))
    assert problem(await court.post(body)) == (403, "officer_mismatch")
    assert await court.rows("SELECT * FROM requests") == []


async def test_the_case_belongs_to_the_court(court):
    body = build.request_body(case={"case_no": "（2026）粤5303执1号"})
    assert problem(await court.post(body)) == (403, "court_mismatch")
    assert (await court.audit()) == [("request.submit", "-", "refused:court_mismatch")]


async def test_another_courts_request_looks_like_none(court):
    request_id = (await court.submit())["request_id"]
    for path in ("", "/report", "/events"):
        theirs = await court.get(f"/v1/requests/{request_id}{path}", **bearer("judge", court_code=OTHER_COURT))
        missing = await court.get(f"/v1/requests/01NOTHING{path}", **bearer("judge", court_code=OTHER_COURT))
        assert problem(theirs) == problem(missing) == (404, "not_found")
        assert without_trace(theirs) == without_trace(missing)
        assert set(theirs.headers) == set(missing.headers)
    assert ("request.read", request_id, "refused:not_found") in await court.audit()


async def test_a_read_is_on_record_before_its_answer(court):
    request_id = (await court.submit())["request_id"]
    await court.get(f"/v1/requests/{request_id}")
    await court.get(f"/v1/requests/{request_id}/report")
    await court.get("/v1/agencies")
    rows = await court.rows("SELECT * FROM audit ORDER BY seq")
    assert [(row["action"], row["object"], row["decision"], row["basis"]) for row in rows] == [
        ("request.submit", request_id, "accepted", "（2026）粤5302执1234号 enforcement"),
        ("request.read", request_id, "read", None),
        ("request.read", request_id, "read", "（2026）粤5302执1234号 report 0"),
        ("agency.read", "-", "read", None)]
    assert {(row["officer"], row["roles"], row["court_code"]) for row in rows} == {("粤5302-0031", "judge", "粤5302")}


async def test_the_trace_of_the_caller_goes_on_record(court):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    response = await court.get("/v1/agencies", traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")
    assert response.headers["x-trace-id"] == trace_id
    assert response.headers["traceparent"].startswith(f"00-{trace_id}-")
    assert [row["trace_id"] for row in await court.rows("SELECT trace_id FROM audit")] == [trace_id]
    for bad in ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", "junk", "00-" + "A" * 32 + "-00f067aa0ba902b7-01"):
        made = (await court.get("/v1/agencies", traceparent=bad)).headers["x-trace-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)
        assert made not in bad


async def test_no_personal_data_is_logged_or_on_record(court, caplog, capsys):
    caplog.set_level("DEBUG")
    with structlog.testing.capture_logs() as logs:
        request_id = (await court.submit())["request_id"]
        await court.answer_all(request_id)
        bad = {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": WRONG_ID}
        await court.post(build.request_body(subjects=[bad]), key="k2")
        await court.post(build.request_body(subjects=[{**bad, "id_no": "陈\x00"}]), key="k3")
        await court.get(f"/v1/requests/{build.PERSON_ID}")
        await court.get(f"/v1/requests?case_no={build.PERSON_ID}&id_no={build.PERSON_ID}")
        for path in ("", "/report", "/events"):
            await court.get(f"/v1/requests/{request_id}{path}")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    on_record = [str(dict(row)) for row in await court.rows("SELECT officer, action, object, basis, decision FROM audit")]
    assert [said for said in (str(logs), *ours, *capsys.readouterr(), *on_record) if PERSONAL.search(said)] == []


async def test_a_fault_of_ours_is_a_problem_and_its_message_is_not_logged(court, capsys):
    court.deps.checks["kafka"] = lambda: {}[build.PERSON_ID]
    response = await court.get("/readyz")
    assert problem(response) == (500, "internal")
    said = capsys.readouterr().out
    assert response.json()["trace_id"] in said
    assert "KeyError" in said
    assert build.PERSON_ID not in said + response.text


async def test_what_cannot_be_put_on_record_is_not_told(court):
    request_id = (await court.submit())["request_id"]
    async with court.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE audit ADD CONSTRAINT nothing_more CHECK (false) NOT VALID"))
    for path in (f"/v1/requests/{request_id}", f"/v1/requests/{request_id}/report", "/v1/requests/01NOTHING", "/v1/agencies"):
        response = await court.get(path)
        assert response.status_code >= 500
        assert request_id not in response.text
    assert (await court.post(build.request_body(), key="k2")).status_code >= 500
    assert len(await court.rows("SELECT request_id FROM requests")) == 1
