"""POST and GET /v1/requests through the whole edge, on PostgreSQL."""

import asyncio

from gateway.api import answers
from tests import builders as build
from tests.court_side import OTHER_COURT, bearer, problem, running


async def test_a_request_is_accepted_with_its_tasks(court):
    response = await court.post(build.request_body())
    assert response.status_code == 202
    accepted = answers.RequestAccepted.model_validate_json(response.content)
    assert response.headers["location"] == f"/v1/requests/{accepted.request_id}"
    assert response.headers["retry-after"] == "1"
    assert accepted.tasks == len(court.committed) == 6
    assert (await court.audit()) == [("request.submit", accepted.request_id, "accepted")]


async def test_a_new_request_awaits_every_answer(court):
    accepted = await court.submit()
    response = await court.get(f"/v1/requests/{accepted['request_id']}")
    status = answers.RequestStatus.model_validate_json(response.content)
    assert (status.state, status.all_answered, status.ended_at, status.report_version) == ("in_progress", False, None, 0)
    assert (status.counts.tasks, status.counts.awaiting, len(status.tasks)) == (6, 6, 6)
    assert {(one.agency, one.subject) for one in status.tasks} >= {("icbc", 0), ("icbc", 1), ("registry", 0)}
    assert all(one.outcome is None and one.attempts == 0 and not one.late for one in status.tasks)


async def test_a_request_ends_when_every_task_has_an_outcome(court):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    status = await court.status(request_id)
    assert (status["state"], status["all_answered"], status["report_version"]) == ("ended", True, 1)
    assert status["counts"] == {"tasks": 6, "awaiting": 0, "found": 1, "none_found": 5, "refused": 0, "unsupported": 0, "failed": 0,
                                "overdue": 0, "unreadable": 0}


async def test_a_gap_is_not_all_answered_and_a_late_answer_is_marked(court):
    request_id = (await court.submit())["request_id"]
    first, *others = (await court.status(request_id))["tasks"]
    await court.answer([first], "overdue")
    await court.answer(others)
    overdue = await court.status(request_id)
    assert (overdue["state"], overdue["all_answered"], overdue["counts"]["overdue"]) == ("ended", False, 1)
    await court.answer([first], "none_found")
    late = await court.status(request_id)
    assert (late["ended_at"], late["report_version"], late["all_answered"]) == (overdue["ended_at"], 2, True)
    assert [one["late"] for one in late["tasks"]] == [True, *[False] * 5]


async def test_what_was_answered_was_sent_though_its_relay_has_not_noted_it_yet(court):
    request_id = (await court.submit())["request_id"]
    first, second, *_ = (await court.status(request_id))["tasks"]
    await court.answer([first])
    await court.answer([second], "overdue")
    assert [one["attempts"] for one in (await court.status(request_id))["tasks"][:3]] == [1, 0, 0]


async def test_the_list_is_newest_first_in_pages(court):
    made = [(await court.submit(f"k{number}"))["request_id"] for number in range(5)]
    first = answers.RequestList.model_validate_json((await court.get("/v1/requests?limit=3")).content)
    second = answers.RequestList.model_validate_json((await court.get(f"/v1/requests?limit=3&cursor={first.next_cursor}")).content)
    assert [one.request_id for one in (*first.items, *second.items)] == made[::-1]
    assert second.next_cursor is None
    assert first.items[0].counts.awaiting == 6


async def test_the_list_is_filtered_by_case_and_state(court):
    ended = (await court.submit("k1"))["request_id"]
    await court.answer_all(ended)
    other_case = {"case_no": "（2026）粤5302执77号", "claim": build.claim()}
    other = (await court.submit("k2", case=other_case))["request_id"]
    assert [one["request_id"] for one in (await court.get("/v1/requests?state=ended")).json()["items"]] == [ended]
    assert [one["request_id"] for one in (await court.get("/v1/requests?state=in_progress")).json()["items"]] == [other]
    by_case = await court.client.get("/v1/requests", params={"case_no": "(2026)粤5302执77号"})
    assert [one["request_id"] for one in by_case.json()["items"]] == [other]


async def test_a_page_shows_the_own_court_only(court):
    await court.submit()
    other = await court.get("/v1/requests", **bearer("judge", court_code=OTHER_COURT))
    assert other.json() == {"items": [], "next_cursor": None}


async def test_bad_parameters_of_a_list_are_all_named(court):
    response = await court.get("/v1/requests?limit=0&state=done&cursor=%21%21&case_no=1&page=2&limit=5")
    assert problem(response) == (422, "invalid_parameter")
    assert {(one["pointer"], one["code"]) for one in response.json()["errors"]} == {
        ("?limit", "bad_limit"), ("?state", "unknown_value"), ("?cursor", "bad_cursor"), ("?case_no", "bad_case_no"),
        ("?page", "unknown_parameter")}
    for query in ("limit=201", "limit=-1", "limit=x", "limit=1e9", "case_no=%00", "case_no=%0a", "cursor=MDFURVNU=", "cursor=%00"):
        assert problem(await court.get(f"/v1/requests?{query}")) == (422, "invalid_parameter"), query


async def test_the_same_key_and_json_give_the_same_answer(court):
    body = build.request_body()
    first = await court.post(body)
    again = await court.post(build.json(dict(reversed(body.items()))))
    assert (again.status_code, again.json()) == (202, first.json())
    assert (again.headers["location"], again.headers["idempotency-replayed"]) == (first.headers["location"], "true")
    assert "idempotency-replayed" not in first.headers
    assert len(court.committed) == 6


async def test_the_same_key_with_other_json_is_refused(court):
    await court.submit()
    assert problem(await court.post(build.request_body(purpose="enforcement", answer_by="2026-11-26"))) == (422, "idempotency_key_reused")


async def test_the_same_key_of_another_court_is_another_key(court):
    await court.submit()
    theirs = build.request_body(case={"case_no": "（2026）粤5303执1号"}, officer=build.officer(work_card_no="粤5303-0001"))
    response = await court.post(theirs, **bearer("clerk", court_code=OTHER_COURT, sub="粤5303-0001"))
    assert response.status_code == 202
    assert "idempotency-replayed" not in response.headers


async def test_a_call_that_was_accepted_once_is_answered_again_though_it_would_be_refused_today(court):
    first = await court.post(build.request_body(answer_by="2026-11-25"))
    court.clock.advance(days=10)
    again = await court.post(build.request_body(answer_by="2026-11-25"))
    assert (again.status_code, again.json()) == (202, first.json())
    assert problem(await court.post(build.request_body(answer_by="2026-11-25"), key="k2")) == (422, "invalid_request")


async def test_a_hundred_calls_with_one_key_make_one_request(court):
    body = build.json(build.request_body())
    responses = await asyncio.gather(*(court.post(body) for _ in range(100)))
    accepted = [one for one in responses if one.status_code == 202]
    assert {problem(one) for one in responses if one.status_code != 202} <= {(409, "request_in_flight")}
    assert sum("idempotency-replayed" not in one.headers for one in accepted) == 1
    assert len({one.json()["request_id"] for one in accepted}) == 1
    assert len(await court.rows("SELECT * FROM requests")) == 1
    assert len(await court.audit()) == 100


async def test_two_processes_with_one_key_make_one_request(court, store):
    async with running(store) as other:
        body = build.json(build.request_body())
        responses = await asyncio.gather(*(one.post(body) for one in (court, other) for _ in range(20)))
    assert {one.status_code for one in responses} <= {202, 409}
    assert len({one.json()["request_id"] for one in responses if one.status_code == 202}) == 1
    assert len(await court.rows("SELECT * FROM requests")) == 1


async def test_nobody_to_ask_is_refused_and_names_why(court):
    response = await court.post(build.request_body(asset_types=None, agencies=["fund"], subjects=[
        {"kind": "organisation", "name": "云浮市新成石材有限公司", "id_type": "uscc", "id_no": build.USCC}]))
    assert problem(response) == (422, "no_agency")
    assert "fund: subject_kind_not_served" in response.json()["detail"]


async def test_a_document_that_was_never_uploaded_is_refused_at_its_place(court):
    known = await court.client.post("/v1/documents", content=b"%PDF-1.7 ruling", headers={"Content-Type": "application/pdf"})
    named = [build.document(document_id=known.json()["document_id"]), build.document("ruling", document_id="sha256:" + "0" * 64)]
    response = await court.post(build.request_body(documents=named))
    assert problem(response) == (422, "invalid_request")
    assert [(one["pointer"], one["code"]) for one in response.json()["errors"]] == [("/documents/1/document_id", "unknown_document")]
    assert (await court.post(build.request_body(documents=named[:1]))).status_code == 202
