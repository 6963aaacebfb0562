"""What agencies tell of controls without an order reaches the court: on a real PostgreSQL."""

import asyncio
from datetime import date, timedelta

import orjson
import pytest
from prometheus_client import REGISTRY

from contracts.control import ControlAnswer
from contracts.messages import Reply
from gateway.aggregator import Aggregator
from gateway.domain.courts import CaseKey
from gateway.schedule import Schedule
from gateway.store.controls import lock_controls
from gateway.store.progress import lock_progress
from gateway.store.proposals import ask_for_checks
from gateway.watching import Watching
from tests import builders as build
from tests.court_side import COURT, bearer, problem

HELD = {"state": "in_force", "actual_fen": 5_000_000, "unfunded_fen": 0, "rank": 1, "effective_at": build.NOW, "until_on": date(2027, 11, 21)}
WAITS = {"state": "waiting", "rank": 2, "served_at": build.NOW}


async def ordered(court, key="c1"):
    request_id = (await court.submit(f"r-{key}"))["request_id"]
    await court.answer_all(request_id)
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    response = await court.post(build.control_body(build.control_item(asset_id=asset["asset_id"]), request_id=request_id), key=key, path="/v1/controls")
    assert response.status_code == 202, response.text
    return response.json()["controls"][0]["control_id"], request_id


async def tasks(court, control_id):
    found = await court.rows("SELECT * FROM tasks WHERE control_id = :id ORDER BY (action = 'status'), task_id", id=control_id)
    return [{**one, "command": orjson.loads(one["command"])} for one in found]


async def answer(court, task, outcome="controlled", code=None, **said):
    role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    control = ControlAnswer.model_validate(said) if said else None
    await role.apply([Reply(task_id=task["task_id"], agency=task["agency"], kind="answered", outcome=outcome, code=code, control=control,
                            as_of=court.clock.now(), raw_sha256=f"{hash(str(court.clock.now())) % 10**64:064d}")])


async def waiting(court, key="c1"):
    control_id, request_id = await ordered(court, key)
    await answer(court, (await tasks(court, control_id))[0], **WAITS)
    return control_id, request_id


def watching(court):
    agencies = [one.model_copy(update={"capabilities": (*one.capabilities, "status")}) for one in court.deps.directory.agencies]
    return Watching(court.database, agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id)


async def asked(court, control_id, **later):
    court.clock.advance(**(later or {"minutes": 31}))
    assert await watching(court).ask() == 1
    (task,) = [one for one in await tasks(court, control_id) if one["action"] == "status"]
    return task


async def control(court, control_id):
    response = await court.get(f"/v1/controls/{control_id}")
    assert response.status_code == 200, response.text
    return response.json()


async def versions(court, request_id):
    return (await court.status(request_id))["report_version"]


async def tick(court):
    return await Schedule(court.database, clock=court.clock, new_id=court.deps.new_id).tick()


async def filed(court):
    return [row["why"] for row in await court.rows("SELECT why FROM filed_replies ORDER BY filed_id")]


async def test_a_promotion_reaches_the_court_without_a_new_request(court):
    control_id, request_id = await waiting(court)
    before = await versions(court, request_id)
    task = await asked(court, control_id)
    await answer(court, task, **HELD)
    found = await control(court, control_id)
    assert (found["state"], found["rank"], found["until_on"]) == ("in_force", 1, "2027-11-21")
    assert [(one["kind"], one["by"], one["before"], one["after"]) for one in found["events"]][-1] == ("confirmed", "agency", "waiting", "in_force")
    assert await versions(court, request_id) == before + 1
    told = await court.rows("SELECT data FROM request_events WHERE request_id = :id AND kind = 'control' ORDER BY seq", id=request_id)
    assert told[-1]["data"] == {"control_id": control_id, "state": "in_force", "pending": None}


async def test_the_question_is_the_first_order_again_as_a_status(court):
    control_id, _ = await waiting(court)
    task = await asked(court, control_id)
    first = (await tasks(court, control_id))[0]
    assert task["request_no"] == first["request_no"]
    command = task["command"]
    assert (command["task_id"], command["action"], command["of_action"], command["documents"]) == (task["task_id"], "status", "freeze", [])
    assert command["control"] == first["command"]["control"]
    assert (await control(court, control_id))["answer_due_at"] is None


async def test_an_unchanged_answer_changes_nothing(court):
    control_id, request_id = await waiting(court)
    before, events = await versions(court, request_id), (await control(court, control_id))["events"]
    for _ in range(3):
        await answer(court, await asked(court, control_id), **WAITS)
    assert (await control(court, control_id))["events"] == events
    assert await versions(court, request_id) == before
    assert len(await tasks(court, control_id)) == 2
    assert await filed(court) == []


async def test_nobody_is_asked_before_the_interval_is_over_or_while_a_question_is_open(court):
    control_id, _ = await waiting(court)
    court.clock.advance(minutes=29)
    assert await watching(court).ask() == 0
    await asked(court, control_id, minutes=2)
    court.clock.advance(minutes=5)
    assert await watching(court).ask() == 0


async def test_a_question_without_an_answer_is_asked_again_and_leaves_no_doubt(court):
    control_id, _ = await waiting(court)
    await asked(court, control_id)
    court.clock.advance(minutes=31)
    assert await tick(court) == 1
    found = await control(court, control_id)
    assert (found["in_doubt"], found["state"]) == (False, "waiting")
    assert (await asked(court, control_id, seconds=1))["outcome"] is None
    assert await filed(court) == []


async def shares_ordered(court, quantity):
    """A freeze of listed shares, and the request it belongs to."""
    request_id = (await court.submit("r-shares", asset_types=["securities"], subjects=[
        {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": build.PERSON_ID}]))["request_id"]
    await court.answer((await court.status(request_id))["tasks"], "found", assets=[build.found("securities")])
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = report["subjects"][0]["sections"][0]["assets"]
    item = {"asset_id": asset["asset_id"], "measure": "freeze", "quantity": quantity, "term_months": 12}
    response = await court.post(build.control_body(item, request_id=request_id), key="c-shares", path="/v1/controls")
    assert response.status_code == 202, response.text
    return response.json()["controls"][0]["control_id"], request_id


def units(state, frozen, marked, waiting, **other):
    return {"state": state, "actual_quantity": frozen, "marked_quantity": marked, "waiting_quantity": waiting, "rank": 1,
            "effective_at": build.NOW, "until_on": date(2027, 11, 21), **other}


async def test_a_mark_that_becomes_a_freeze_reaches_the_court_with_its_quantities(court):
    control_id, _ = await shares_ordered(court, 900)
    assert (await control(court, control_id))["quantities"] == {"requested": 900, "frozen": None, "marked": None, "waiting": None}
    await answer(court, (await tasks(court, control_id))[0], **units("partly_in_force", 600, 200, 100))
    found = await control(court, control_id)
    assert (found["state"], found["quantities"]) == ("partly_in_force", {"requested": 900, "frozen": 600, "marked": 200, "waiting": 100})
    secured = found["secured_fen"]
    await answer(court, await asked(court, control_id), **units("partly_in_force", 800, 0, 100))
    found = await control(court, control_id)
    assert (found["quantities"], found["secured_fen"]) == ({"requested": 900, "frozen": 800, "marked": 0, "waiting": 100}, secured + 200_000)
    await answer(court, await asked(court, control_id), state="reversed")
    found = await control(court, control_id)
    assert (found["state"], found["quantities"]) == ("reversed", {"requested": 900, "frozen": 0, "marked": 0, "waiting": 0})


async def test_a_release_of_what_is_held_names_no_waiting_serial_and_a_part_comes_off_what_is_asked(court):
    control_id, _ = await shares_ordered(court, 900)
    await answer(court, (await tasks(court, control_id))[0], **units("partly_in_force", 600, 200, 100, waiting_serial="LH7"))
    body = {"officer": build.officer(), "documents": [build.document("release_ruling"), build.document("assist_release_notice")], "reason": "excess"}
    part = await court.post({**body, "quantity": 50}, key="x1", path=f"/v1/controls/{control_id}/releases")
    assert part.status_code == 202, part.text
    (task,) = [one for one in await tasks(court, control_id) if one["action"] == "release"]
    assert (task["command"]["control"]["quantity"], task["command"]["control"].get("waiting_serial")) == (50, None)
    await answer(court, task, **units("partly_in_force", 550, 200, 0))
    found = await control(court, control_id)
    assert (found["state"], found["pending"], found["requested_quantity"]) == ("partly_in_force", None, 900)
    assert found["quantities"] == {"requested": 750, "frozen": 550, "marked": 200, "waiting": 0}


async def test_what_is_only_marked_secures_nothing(court):
    control_id, _ = await shares_ordered(court, 300)
    await answer(court, (await tasks(court, control_id))[0], **units("marked", 0, 300, 0))
    found = await control(court, control_id)
    assert (found["state"], found["quantities"]["marked"], found["secured_fen"]) == ("marked", 300, 0)


async def test_quantities_that_do_not_add_up_raise_an_alarm_and_are_shown_as_told(court):
    control_id, _ = await shares_ordered(court, 900)
    before = alarms()
    await answer(court, (await tasks(court, control_id))[0], **units("partly_in_force", 600, 200, 0))
    assert (await control(court, control_id))["quantities"] == {"requested": 900, "frozen": 600, "marked": 200, "waiting": 0}
    assert alarms() == before + 1


def alarms():
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "amounts"}) or 0


async def test_what_is_not_counted_in_units_has_no_quantities(court):
    control_id, _ = await waiting(court)
    assert (await control(court, control_id))["quantities"] is None


async def test_a_step_in_doubt_is_asked_about_and_resolved(court):
    control_id, _ = await ordered(court)
    court.clock.advance(days=4)
    await tick(court)
    assert (await control(court, control_id))["in_doubt"]
    task = await asked(court, control_id)
    await answer(court, task, outcome="refused", code="no_original_measure")
    assert (await control(court, control_id))["in_doubt"]
    await answer(court, await asked(court, control_id), **HELD)
    found = await control(court, control_id)
    assert (found["state"], found["in_doubt"], found["pending"]) == ("in_force", False, None)


async def test_inflow_raises_what_is_held_and_a_registry_may_take_its_word_back(court):
    control_id, request_id = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **{**HELD, "actual_fen": 4_000_000, "unfunded_fen": 1_000_000})
    await answer(court, await asked(court, control_id), **HELD)
    assert (await control(court, control_id))["actual_fen"] == 5_000_000
    await answer(court, await asked(court, control_id, days=1), state="reversed")
    assert (await control(court, control_id))["state"] == "reversed"
    assert await versions(court, request_id) == 5


async def test_an_answer_about_what_stood_before_a_change_is_left_to_the_next_question(court):
    control_id, _ = await waiting(court)
    task = await asked(court, control_id)
    first = (await tasks(court, control_id))[0]
    court.clock.advance(seconds=1)
    await court.rows("UPDATE tasks SET outcome = 'overdue' WHERE task_id = :id RETURNING task_id", id=first["task_id"])
    await answer(court, first, **{**WAITS, "rank": 3})
    court.clock.advance(seconds=1)
    await answer(court, task, **WAITS)
    assert (await control(court, control_id))["rank"] == 3


async def test_what_contradicts_is_filed_and_changes_nothing(court):
    control_id, request_id = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **{**HELD, "unfunded_fen": 1})
    before = await versions(court, request_id)
    await answer(court, await asked(court, control_id), **WAITS)
    assert (await control(court, control_id))["state"] == "in_force"
    assert await filed(court) == ["contradiction"]
    assert await versions(court, request_id) == before


async def test_the_agencys_own_codes_are_kept_with_what_happened(court):
    control_id, _ = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD, wire={"KZCS": "01", "CSZT": "1"})
    assert [event["detail"].get("wire") for event in (await control(court, control_id))["events"]] == [None, {"KZCS": "01", "CSZT": "1"}]


async def test_a_lapse_leaves_a_claim_to_the_surplus(court):
    control_id, _ = await waiting(court)
    await answer(court, await asked(court, control_id), state="lapsed")
    found = await control(court, control_id)
    assert (found["state"], found["rank"], found["until_on"], found["surplus_claim"]) == ("lapsed", None, None, True)
    path = f"/v1/controls/{control_id}/surplus"
    assert problem(await court.post({"outcome": "transferred"}, path=path)) == (422, "invalid_request")
    assert problem(await court.post({"outcome": "nil", "amount_fen": 1}, path=path)) == (422, "invalid_request")
    assert problem(await court.post({"outcome": "nil"}, path=path, **bearer("clerk"))) == (403, "not_permitted")
    assert problem(await court.post({"outcome": "nil"}, path=path, **bearer("judge", court_code="粤5303"))) == (404, "not_found")
    assert problem(await court.post({"outcome": "nil"}, path="/v1/controls/none/surplus")) == (404, "not_found")
    closed = await court.post({"outcome": "transferred", "amount_fen": 120_000}, path=path)
    assert (closed.status_code, closed.json()["surplus_claim"], closed.json()["surplus_fen"]) == (200, False, 120_000)
    assert [(one["kind"], one["by"]) for one in closed.json()["events"]][-1] == ("surplus_settled", "court")
    again = await court.post({"outcome": "transferred", "amount_fen": 120_000}, path=path)
    assert (again.json(), again.headers["idempotency-replayed"]) == (closed.json(), "true")
    assert problem(await court.post({"outcome": "nil"}, path=path)) == (422, "idempotency_key_reused")
    assert problem(await court.post({"outcome": "nil"}, path=path, key="later")) == (409, "no_surplus_claim")
    assert problem(await court.post({"outcome": "nil"}, path=path, key=None)) == (400, "idempotency_key_required")
    assert [decision for action, of, decision in await court.audit() if of == control_id and action == "control.order"].count("accepted") == 2


async def test_what_an_agency_tells_unasked_is_filed_and_asked_about_at_once(court):
    control_id, _ = await waiting(court)
    court.clock.advance(minutes=1)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    assert (await control(court, control_id))["state"] == "waiting"
    assert [one["why"] for one in await court.rows("SELECT why FROM filed_replies")] == ["contradiction"]
    task = await asked(court, control_id, seconds=1)
    await answer(court, task, **HELD)
    assert (await control(court, control_id))["state"] == "in_force"


async def test_the_due_list_says_how_long_and_by_which_working_day(court):
    control_id, _ = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    court.clock.at = build.NOW.replace(year=2027, month=11, day=12)
    (item,) = (await court.get("/v1/controls?due_before=2027-11-22")).json()["items"]
    assert (item["due_in_days"], item["last_working_day_on"], item["calendar_provisional"]) == (9, "2027-11-19", True)
    assert (await court.get("/v1/controls?due_before=2027-11-21")).json()["items"] == []
    court.clock.advance(days=30)
    await tick(court)
    assert (await court.get("/v1/controls?due_before=2028-01-01")).json()["items"] == []
    (ended,) = (await court.get("/v1/controls?due_before=2028-01-01&state=expired")).json()["items"]
    assert ended["due_in_days"] is None


async def test_beyond_the_calendar_an_alarm_is_raised_once_a_day_and_nothing_is_refused(court):
    schedule = Schedule(court.database, clock=court.clock, new_id=court.deps.new_id)
    def counted():
        return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "calendar"}) or 0

    before = counted()
    await schedule.tick()
    assert counted() == before
    court.clock.at = build.NOW.replace(year=2027, month=12, day=20)
    for _ in range(3):
        await schedule.tick()
    assert counted() == before + 1
    court.clock.advance(days=1)
    await schedule.tick()
    assert counted() == before + 2
    assert (await court.post(build.request_body(answer_by="2028-02-01"), key="later", **bearer("judge", exp=2_000_000_000))).status_code == 202


async def test_a_search_shows_what_others_hold_on_the_asset(court):
    request_id = (await court.submit("r1"))["request_id"]
    lines = (await court.status(request_id))["tasks"]
    account = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    await court.answer([account], "found", assets=[build.found(measures=(build.measure(amount_fen=1_000, until_on="2027-05-01"),))])
    await court.answer([one for one in lines if one is not account])
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    body = build.control_body(build.control_item(asset_id=asset["asset_id"]), request_id=request_id)
    control_id = (await court.post(body, key="c1", path="/v1/controls")).json()["controls"][0]["control_id"]
    await answer(court, (await tasks(court, control_id))[0], **WAITS)
    answered = (await court.post({"id_no": build.PERSON_ID}, path="/v1/controls/search")).json()
    (found,) = answered["items"]
    assert (found["rank"], found["until_on"]) == (2, None)
    assert [(one["authority"], one["rank"], one["until_on"]) for one in found["others"]] == [("某某法院", 1, "2027-05-01")]
    (held,) = answered["assets"]
    assert (held["asset_id"], held["asset_key"], held["agencies"]) == (asset["asset_id"], asset["record"]["account_no"], ["icbc"])
    assert [(one["authority"], one["rank"], one["until_on"], one["control_id"]) for one in held["measures"]] == [
        ("某某法院", 1, "2027-05-01", None), ("云浮市云城区人民法院", 2, None, control_id)]


async def test_a_second_answer_that_meets_a_step_on_its_control_locks_nobody_out(court):
    (first, _), (second, request_id) = await ordered(court, "a1"), await ordered(court, "a2")
    await answer(court, (await tasks(court, second))[0], **HELD)
    held = asyncio.Event()

    async def step():
        async with court.database.transaction() as connection:
            await lock_progress(connection, [request_id])
            await lock_controls(connection, [second])
            held.set()
            await asyncio.sleep(0.3)
            await ask_for_checks(connection, [CaseKey(COURT, "（2026）粤5302执1234号")], court.clock.now())

    async def both():
        await held.wait()
        role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
        said = [((await tasks(court, first))[0], "00", HELD), ((await tasks(court, second))[0], "11", {**HELD, "actual_fen": 1})]
        await role.apply([Reply(task_id=task["task_id"], agency=task["agency"], kind="answered", outcome="controlled", as_of=court.clock.now(),
                                raw_sha256=raw * 32, control=ControlAnswer.model_validate(told)) for task, raw, told in said])

    await asyncio.gather(step(), both())
    assert await filed(court) == ["contradiction"]


async def test_who_stands_before_a_measure_is_told_with_its_answer(court):
    control_id, request_id = await ordered(court)
    before = {"kind": "freeze", "authority": "云浮市云安区人民法院", "document_no": "（2026）粤5303执9号", "rank": 1, "amount_fen": 9_000}
    await answer(court, (await tasks(court, control_id))[0], **WAITS, prior_measures=(before,))
    assert [(one["authority"], one["rank"]) for one in (await control(court, control_id))["others"]] == [(before["authority"], 1)]
    (held,) = (await court.post({"id_no": build.PERSON_ID}, path="/v1/controls/search")).json()["assets"]
    assert [(one["authority"], one["rank"], one["amount_fen"]) for one in held["measures"]] == [
        (before["authority"], 1, 9_000), ("云浮市云城区人民法院", 2, 5_000_000)]
    page = (await court.get(f"/v1/requests/{request_id}/report", Accept="text/html")).text
    assert before["authority"] in page
    court.clock.advance(minutes=31)
    await watching(court).ask()
    (status,) = [one for one in await tasks(court, control_id) if one["action"] == "status"]
    await answer(court, status, **HELD)
    found = await control(court, control_id)
    assert (found["state"], found["rank"], found["others"]) == ("in_force", 1, [])


async def test_a_renewal_in_doubt_when_the_term_ends_is_asked_about_and_stands(court):
    control_id, _ = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    court.clock.at = build.NOW.replace(year=2027, month=11, day=20)
    step = {"officer": build.officer(), "documents": [build.document("ruling"), build.document("assist_freeze_notice")], "term_months": 12}
    renewed = await court.post(step, key="s1", path=f"/v1/controls/{control_id}/renewals")
    assert renewed.status_code == 202, renewed.text
    court.clock.advance(days=6)
    court.client.headers.update(bearer("judge", exp=2_000_000_000))
    await tick(court)
    doubted = await control(court, control_id)
    assert (doubted["state"], doubted["pending"], doubted["in_doubt"]) == ("in_force", "renew", True)
    await answer(court, await asked(court, control_id), **{**HELD, "until_on": date(2028, 11, 21)})
    await tick(court)
    renewed = await control(court, control_id)
    assert (renewed["state"], renewed["pending"], renewed["until_on"]) == ("in_force", None, "2028-11-21")
    assert await filed(court) == []


async def test_what_was_asked_in_time_and_refused_expires(court):
    control_id, _ = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    court.clock.at = build.NOW.replace(year=2027, month=11, day=20)
    step = {"officer": build.officer(), "documents": [build.document("ruling"), build.document("assist_freeze_notice")], "term_months": 12}
    assert (await court.post(step, key="s1", path=f"/v1/controls/{control_id}/renewals")).status_code == 202
    court.clock.advance(days=2)
    (late,) = [one for one in await tasks(court, control_id) if one["action"] == "renew"]
    await answer(court, late, "refused", "already_expired")
    await tick(court)
    assert (await control(court, control_id))["state"] == "expired"


async def test_a_waiting_control_never_expires_by_the_clock(court):
    control_id, _ = await waiting(court)
    court.clock.advance(days=4 * 365)
    await tick(court)
    assert (await control(court, control_id))["state"] == "waiting"


async def test_a_term_ends_the_day_after_its_last_in_china(court):
    control_id, _ = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    court.clock.at = build.NOW.replace(year=2027, month=11, day=21, hour=15, minute=59)
    await tick(court)
    assert (await control(court, control_id))["state"] == "in_force"
    court.clock.advance(minutes=1)
    await tick(court)
    found = await control(court, control_id)
    assert (found["state"], found["events"][-1]["by"]) == ("expired", "clock")


async def test_an_end_is_warned_of_once_for_each_step_and_makes_no_report_version(court):
    control_id, request_id = await ordered(court)
    await answer(court, (await tasks(court, control_id))[0], **HELD)
    before = await versions(court, request_id)
    for days in (31, 30, 29, 15, 14, 7, 1, 0):
        court.clock.at = build.NOW.replace(year=2027, month=11, day=21) - timedelta(days=days)
        await tick(court)
        await tick(court)
    events = [one for one in (await control(court, control_id))["events"] if one["kind"] == "term_warning"]
    assert [(one["by"], one["detail"]["days"]) for one in events] == [("clock", 30), ("clock", 15), ("clock", 7), ("clock", 1)]
    assert await versions(court, request_id) == before
    told = await court.rows("SELECT data FROM request_events WHERE kind = 'control' ORDER BY seq")
    assert [row["data"]["term_warning_days"] for row in told if "term_warning_days" in row["data"]] == [30, 15, 7, 1]


@pytest.mark.parametrize("many", [1200])
async def test_thousands_are_asked_about_set_by_set(court, many):
    control_id, _ = await waiting(court)
    await court.rows("""
        WITH copies AS (
            INSERT INTO controls SELECT (jsonb_populate_record(c, jsonb_build_object('control_id', 'copy' || n))).*
            FROM controls c, generate_series(1, :many) n RETURNING control_id, request_no)
        INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('control_id', copies.control_id, 'task_id', copies.control_id))).*
        FROM tasks t, copies WHERE t.control_id = :id RETURNING task_id""", many=many, id=control_id)
    court.clock.advance(minutes=31)
    assert [await watching(court).ask() for _ in range(4)] == [500, 500, many + 1 - 1000, 0]
