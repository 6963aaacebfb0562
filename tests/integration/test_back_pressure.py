"""429 where more comes in than is brought to an end, and to whom: through the API, on a real PostgreSQL."""

import asyncio
from collections import Counter

from sqlalchemy import text

from tests import builders as build
from tests.court_side import OTHER_COURT, bearer, problem, running

#: Makes so many commands wait beside one that was submitted.
_BACKLOG = """
    INSERT INTO tasks (task_id, request_id, agency, asset_type, subject, action, request_no, topic, key, command, next_attempt_at, answer_due_at)
    SELECT task_id || '-' || n, request_id, agency, asset_type, subject, action, request_no || n, topic, key, command, next_attempt_at, answer_due_at
    FROM tasks, generate_series(1, 500) n"""


async def overloaded(court):
    """Let a court submit something, and commands to everybody whom it asks pile up."""
    first = await court.submit("first")
    async with court.database.transaction() as connection:
        await connection.execute(text(_BACKLOG))
    court.clock.advance(seconds=60)
    await court.deps.outlook.current()
    return first


async def test_a_court_is_told_to_come_back_when_more_comes_in_than_is_brought_to_an_end(court):
    first = await overloaded(court)
    refused = await court.post(build.request_body(), key="second")
    assert problem(refused) == (429, "too_much_at_once")
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    assert not [decision for _, _, decision in await court.audit() if "too_much" in decision]
    again = await court.post(build.request_body(), key="first")
    assert (again.status_code, again.json()) == (202, first)
    await court.rows("DELETE FROM tasks WHERE task_id LIKE '%-%' RETURNING task_id")
    court.clock.advance(seconds=60)
    await court.deps.outlook.current()
    assert (await court.post(build.request_body(), key="second")).status_code == 202


async def test_the_flood_of_one_court_does_not_refuse_another(court):
    await overloaded(court)
    assert problem(await court.post(build.request_body(), key="second")) == (429, "too_much_at_once")
    body = build.request_body()
    body["case"]["case_no"] = body["case"]["case_no"].replace("粤5302", OTHER_COURT)
    taken = await court.post(body, key="k", **bearer("judge", court_code=OTHER_COURT))
    assert taken.status_code == 202, taken.text


async def test_measures_are_never_refused_for_it(court):
    await overloaded(court)
    refused = await court.post({"request_id": "nothing"}, path="/v1/controls", key="c")
    assert refused.status_code == 422


async def test_no_court_takes_the_places_of_all(store):
    async with running(store, court_most_in_flight=5) as court:
        answers = await asyncio.gather(*(court.post(build.request_body(), key=f"k{number}") for number in range(40)),
                                       *(court.get("/v1/agencies", **bearer("judge", court_code=OTHER_COURT)) for _ in range(4)))
        assert [one.status_code for one in answers[40:]] == [200] * 4
        assert Counter(one.status_code for one in answers[:40]) == {202: 5, 429: 35}
        assert (await court.post(build.request_body(), key="later")).status_code == 202
        assert court.deps.calls_of == {}
