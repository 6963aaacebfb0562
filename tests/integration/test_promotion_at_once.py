"""What waits for a thing is asked about as soon as the thing is known to be free, whichever court waits: on a real PostgreSQL."""

from datetime import date, timedelta

import pytest

from contracts.agency import OfficeHours
from contracts.clock import CHINA
from contracts.control import ControlAnswer
from contracts.messages import Reply
from gateway.aggregator import Aggregator
from gateway.schedule import Schedule
from gateway.watching import Watching
from tests import builders as build
from tests import control_side as side
from tests.court_side import COURT, OTHER_COURT, bearer

HELD = {"state": "in_force", "actual_fen": 5_000_000, "unfunded_fen": 0, "rank": 1, "effective_at": build.NOW, "until_on": date(2027, 11, 21)}
WAITS = {"state": "waiting", "rank": 2, "served_at": build.NOW}
ENDED = {"until_on": None, "rank": None, "actual_fen": None, "unfunded_fen": None, "effective_at": None}
CASES = {COURT: "（2026）粤5302执1234号", OTHER_COURT: "（2026）粤5303执8号", "粤5381": "（2026）粤5381执77号"}


def of(code):
    return bearer("judge", court_code=code, sub=f"{code}-0031")


async def ordered(court, code, key, account=None):
    """A freeze of the same account, ordered by a court."""
    officer = build.officer(work_card_no=f"{code}-0031")
    case = {"case_no": CASES[code], "cause": "民间借贷纠纷", "claim": build.claim()}
    submitted = await court.post(build.request_body(case=case, officer=officer, asset_types=["deposits"], agencies=["icbc"]), key=key, **of(code))
    assert submitted.status_code == 202, submitted.text
    request_id = submitted.json()["request_id"]
    first, *others = (await court.get(f"/v1/requests/{request_id}", **of(code))).json()["tasks"]
    await court.answer([first], "found", assets=[build.found(**({"account_no": account} if account else {}))])
    await court.answer(others)
    report = (await court.get(f"/v1/requests/{request_id}/report", **of(code))).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    body = build.control_body(build.control_item(asset_id=asset["asset_id"]), request_id=request_id, officer=officer)
    response = await court.post(body, key=key, path="/v1/controls", **of(code))
    assert response.status_code == 202, response.text
    return response.json()["controls"][0]["control_id"]


async def head(court):
    control_id = await ordered(court, COURT, "head")
    await side.answer(court, control_id, **HELD)
    return control_id


async def waits(court, code=OTHER_COURT, key="waits"):
    control_id = await ordered(court, code, key)
    await side.reply(court, control_id, outcome="controlled", control=ControlAnswer.model_validate(WAITS))
    return control_id


def watching(court, **changed):
    agencies = [one.model_copy(update={"capabilities": (*one.capabilities, "status"), **changed}) for one in court.deps.directory.agencies]
    return Watching(court.database, agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id)


async def question(court, control_id):
    (task,) = [one for one in await side.tasks(court, control_id) if one["action"] == "status"]
    return task


async def status(court, control_id, **said):
    """Let the agency answer how a control stands."""
    task = await question(court, control_id)
    role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    await role.apply([Reply(task_id=task["task_id"], agency="icbc", kind="answered", outcome="controlled", as_of=court.clock.now(),
                            control=ControlAnswer.model_validate(said), raw_sha256="00" * 32)])


async def freed(court):
    return len(await court.rows("SELECT freed_id FROM freed_things"))


async def released(court, control_id):
    court.clock.advance(seconds=1)
    assert (await side.step(court, control_id, "releases", side.release())).status_code == 202
    await side.answer(court, control_id, state="released", **ENDED)


async def released_in_part(court, control_id):
    assert (await side.step(court, control_id, "releases", side.release(amount_fen=1_000_000))).status_code == 202
    await side.answer(court, control_id, **{**HELD, "actual_fen": 4_000_000})


async def deducted(court, control_id):
    assert (await side.step(court, control_id, "deductions", side.deduction(5_000_000))).status_code == 202
    await side.answer(court, control_id, state="deducted", deducted_fen=5_000_000, **{**ENDED, "actual_fen": 0})


async def deducted_in_part(court, control_id):
    assert (await side.step(court, control_id, "deductions", side.deduction())).status_code == 202
    await side.answer(court, control_id, **{**HELD, "actual_fen": 4_000_000, "deducted_fen": 1_000_000})


async def term_ended(court, control_id):
    court.clock.advance(days=366)
    await Schedule(court.database, clock=court.clock, new_id=court.deps.new_id).tick()
    assert (await side.control(court, control_id))["state"] == "expired"


@pytest.mark.parametrize("frees", [released, released_in_part, deducted, deducted_in_part, term_ended])
async def test_whoever_waits_in_another_court_is_asked_about_at_once(court, frees):
    first, second = await head(court), await waits(court)
    assert await watching(court).ask() == 0
    await frees(court, first)
    # A year later the usual interval is over too: the question is the same one.
    assert (await watching(court).ask(), await watching(court).ask()) == (1, 0)
    assert (await question(court, second))["outcome"] is None
    await status(court, second, **HELD)
    found = (await court.get(f"/v1/controls/{second}", **of(OTHER_COURT))).json()
    assert (found["state"], found["rank"]) == ("in_force", 1)
    assert (await watching(court).ask(), await freed(court)) == (0, 0)


@pytest.mark.parametrize("state", ["reversed", "released", "lapsed"])
async def test_what_the_agency_tells_unasked_of_the_head_is_a_cause_too(court, state):
    first, second = await head(court), await waits(court)
    court.clock.advance(days=1, seconds=1)
    assert await watching(court).ask() == 2
    await status(court, second, **WAITS)
    await status(court, first, state=state)
    assert await watching(court).ask() == 1
    assert (await question(court, second))["outcome"] is None


async def test_an_open_question_swallows_nothing(court):
    first, second = await head(court), await waits(court)
    court.clock.advance(minutes=31)
    assert await watching(court).ask() == 1
    await released(court, first)
    assert await watching(court).ask() == 0  # what the agency answers now may be older than the release
    await status(court, second, **WAITS)
    assert (await watching(court).ask(), (await question(court, second))["outcome"]) == (1, None)


async def test_an_answer_that_was_just_taken_swallows_nothing(court):
    first, second = await head(court), await waits(court)
    court.clock.advance(minutes=31)
    assert await watching(court).ask() == 1
    await status(court, second, **WAITS)
    await released(court, first)
    assert (await watching(court).ask(), (await question(court, second))["outcome"]) == (1, None)


async def test_an_order_that_is_answered_after_the_release_is_asked_about(court):
    first = await head(court)
    second = await ordered(court, OTHER_COURT, "late")
    await released(court, first)
    assert (await watching(court).ask(), await freed(court)) == (0, 1)
    await side.reply(court, second, outcome="controlled", control=ControlAnswer.model_validate(WAITS))
    assert (await watching(court).ask(), await freed(court)) == (1, 0)


async def test_an_answer_about_what_stood_before_is_asked_for_again_at_once(court):
    first, second = await head(court), await waits(court)
    await released(court, first)
    assert await watching(court).ask() == 1
    court.clock.advance(seconds=1)
    await court.rows("UPDATE tasks SET outcome = 'overdue' WHERE control_id = :id AND action = 'freeze' RETURNING task_id", id=second)
    order = next(one for one in await side.tasks(court, second) if one["action"] == "freeze")
    role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    await role.apply([Reply(task_id=order["task_id"], agency="icbc", kind="answered", outcome="controlled", as_of=court.clock.now(),
                            control=ControlAnswer.model_validate({**WAITS, "rank": 3}), raw_sha256="11" * 32)])
    court.clock.advance(seconds=1)
    await status(court, second, **WAITS)
    assert (await watching(court).ask(), (await question(court, second))["outcome"]) == (1, None)


async def test_an_office_is_asked_when_it_opens(court):
    first, second = await head(court), await waits(court)
    await released(court, first)
    opens = (court.clock.now().astimezone(CHINA) + timedelta(hours=2)).time()
    office = {"office_hours": OfficeHours(opens=opens, closes=(court.clock.now().astimezone(CHINA) + timedelta(hours=5)).time()), "mode": "manual"}
    assert (await watching(court, **office).ask(), await freed(court)) == (0, 1)
    court.clock.advance(days=1, hours=2, minutes=1)  # Monday
    assert (await watching(court, **office).ask(), (await question(court, second))["outcome"]) == (1, None)


async def test_what_nobody_waits_for_and_who_waits_for_something_else_cause_no_question(court):
    first = await head(court)
    elsewhere = await ordered(court, OTHER_COURT, "elsewhere", account="6222024530200099999")
    await side.reply(court, elsewhere, outcome="controlled", control=ControlAnswer.model_validate(WAITS))
    await released(court, first)
    assert (await watching(court).ask(), await freed(court)) == (0, 0)


async def test_of_an_agency_that_can_never_be_asked_nothing_is_kept(court):
    first, _ = await head(court), await waits(court)
    await released(court, first)
    never = Watching(court.database, court.deps.directory.agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id)
    assert (await never.ask(), await freed(court)) == (0, 0)


@pytest.mark.parametrize("many", [1200])
async def test_a_thousand_who_wait_are_asked_about_set_by_set(court, many):
    first, second = await head(court), await waits(court)
    await court.rows("""
        WITH copies AS (
            INSERT INTO controls SELECT (jsonb_populate_record(c, jsonb_build_object('control_id', 'copy' || n))).*
            FROM controls c, generate_series(1, :many) n WHERE c.control_id = :id RETURNING control_id)
        INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('control_id', copies.control_id, 'task_id', copies.control_id))).*
        FROM tasks t, copies WHERE t.control_id = :id RETURNING task_id""", many=many, id=second)
    await released(court, first)
    assert [await watching(court).ask() for _ in range(4)] == [500, 500, many + 1 - 1000, 0]
    assert await freed(court) == 0


async def test_a_control_from_before_is_found_by_its_thing_once_it_was_asked_about(court):
    first, second = await head(court), await waits(court)
    await court.rows("UPDATE controls SET thing = NULL WHERE control_id = :id RETURNING control_id", id=second)
    court.clock.advance(minutes=31)
    assert await watching(court).ask() == 1
    await status(court, second, **WAITS)
    await released(court, first)
    assert await watching(court).ask() == 1
