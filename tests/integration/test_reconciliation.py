"""Differences with agencies on a real PostgreSQL: asked about, compared, listed, worked through."""

from datetime import date

import orjson
import pytest
from prometheus_client import REGISTRY

from contracts.control import ControlAnswer
from contracts.messages import Reply, Unread
from gateway.aggregator import Aggregator
from gateway.api.difference_answers import DifferenceList
from gateway.domain.directory import Directory
from gateway.reconciling import Reconciling
from gateway.schedule import Schedule
from gateway.watching import Watching
from tests import builders as build
from tests import control_side as side
from tests.court_side import bearer, problem

COURT_NAME = "云浮市云城区人民法院"
LISTED = {"kind": "freeze", "authority": COURT_NAME, "document_no": "（2026）粤5302执1234号之一", "rank": 1}


def knowing(court):
    """The directory with agencies that tell how a number stands."""
    return Directory(tuple(one.model_copy(update={"capabilities": (*one.capabilities, "status")}) for one in court.deps.directory.agencies))


def reconciling(court):
    numbers = iter(range(1, 10_000))
    return Reconciling(court.database, knowing(court), court.deps.settings, clock=court.clock, new_id=court.deps.new_id,
                       new_request_nos=lambda now, region, count: [f"{now:%Y%m%d}{region}R{next(numbers):06d}" for _ in range(count)])


async def apply(court, *replies):
    role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id, compare=reconciling(court).compare)
    await role.apply(list(replies))


async def question(court, control_id, action):
    (task,) = await court.rows("SELECT * FROM tasks WHERE control_id = :id AND action = :action", id=control_id, action=action)
    return {**task, "command": orjson.loads(task["command"])}


async def told(court, control_id, outcome="controlled", code=None, **said):
    """The agency tells how a control's number stands, asked by `watching`."""
    court.clock.advance(days=1)
    await Watching(court.database, knowing(court).agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id).ask()
    await answer_status(court, control_id, outcome, code, **said)


async def answer_status(court, control_id, outcome="controlled", code=None, **said):
    task = await question(court, control_id, "status")
    assert task["outcome"] is None
    control = ControlAnswer.model_validate(said) if said else None
    await apply(court, Reply(task_id=task["task_id"], agency=task["agency"], kind="answered", outcome=outcome, code=code, control=control,
                             as_of=court.clock.now(), raw_sha256="00" * 32))


async def lists(court, control_id, *measures, **asset):
    """The bank lists measures on the account, asked by the reconciliation."""
    court.clock.advance(days=8)
    assert await reconciling(court).look() >= 1
    await side.send(court)
    task = await question(court, control_id, "query")
    assert task["outcome"] is None
    found = build.found(measures=tuple(build.measure(**one) for one in measures)).model_copy(update=asset)
    await apply(court, Reply(task_id=task["task_id"], agency=task["agency"], kind="answered", outcome="found", assets=(found,), as_of=court.clock.now()))
    return task


async def differences(court, query="", **headers):
    response = await court.get(f"/v1/reconciliation{query}", **headers)
    assert response.status_code == 200, response.text
    DifferenceList.model_validate_json(response.content)
    return response.json()["items"]


async def number(court, control_id):
    return (await side.control(court, control_id))["request_no"]


def alarms():
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "reconciliation"}) or 0


def settlement(reason="explained", **other):
    return {"officer": build.officer(), "reason": reason, "note": "纸质文书另行办理", **other}


async def act(court, difference, path, body, key="d1", **headers):
    return await court.post(body, key=key, path=f"/v1/reconciliation/{difference['difference_id']}/{path}", **headers)


async def second_freeze(court):
    """A control in force, and a second freeze under its number that no control stands for."""
    control_id = await side.in_force(court)
    own = await number(court, control_id)
    await lists(court, control_id, {**LISTED, "request_no": own, "amount_fen": 5_000_000}, {**LISTED, "request_no": own, "amount_fen": 200_000, "rank": 2})
    return control_id, own


async def test_a_second_freeze_that_nobody_holds_a_control_for_is_an_alarm_an_event_and_a_row(court):
    before = alarms()
    control_id, own = await second_freeze(court)
    (row,) = await differences(court)
    assert (row["kind"], row["agency"], row["control_id"], row["settled_at"]) == ("not_ours", "icbc", None, None)
    assert (row["theirs"]["request_no"], row["theirs"]["amount_fen"], row["ours"]) == (own, 200_000, {"control_ids": [control_id]})
    assert alarms() == before + 1
    (event,) = await court.rows("SELECT data FROM request_events WHERE kind = 'difference'")
    assert (event["data"]["difference_id"], event["data"]["difference"]) == (row["difference_id"], "not_ours")
    assert (await side.control(court, control_id))["state"] == "in_force"


async def test_the_question_is_the_cases_own_query_and_no_part_of_its_report(court):
    control_id = await side.in_force(court)
    request_id = (await side.control(court, control_id))["request_id"]
    before = await court.status(request_id)
    task = await lists(court, control_id)
    first = (await court.rows("SELECT command FROM tasks WHERE request_id = :id AND control_id IS NULL AND agency = 'icbc' AND subject = 0", id=request_id))[0]
    same = ("action", "case", "officer", "subject", "documents", "agency")
    assert {name: task["command"][name] for name in same} == {name: orjson.loads(first["command"])[name] for name in same}
    assert task["request_no"] != orjson.loads(first["command"])["request_no"]
    assert await court.status(request_id) == before
    assert ("control.reconcile", control_id, "accepted") in await court.audit()
    assert await differences(court) == []


async def test_found_again_is_seen_again_and_gone_agrees_again(court):
    control_id, own = await second_freeze(court)
    (first,) = await differences(court)
    pair = ({**LISTED, "request_no": own}, {**LISTED, "request_no": own, "rank": 2})
    raised = alarms()
    await lists(court, control_id, *pair)
    (again,) = await differences(court)
    assert (again["difference_id"], again["found_at"], alarms()) == (first["difference_id"], first["found_at"], raised)
    assert again["last_seen_at"] > first["last_seen_at"]
    await lists(court, control_id, pair[0])
    (gone,) = await differences(court)
    assert (gone["settlement"], gone["settled_by"]) == ({"reason": "agrees_again"}, None)
    events = [one["data"]["settled_at"] for one in await court.rows("SELECT data FROM request_events WHERE kind = 'difference' ORDER BY seq")]
    assert [one is None for one in events] == [True, False]
    await lists(court, control_id, *pair)
    assert [one["settled_at"] is None for one in await differences(court)] == [True, False]


async def test_a_list_that_was_not_read_in_full_settles_nothing(court):
    control_id, _ = await second_freeze(court)
    await lists(court, control_id, unread=(Unread(field="prior_measures.1.from_on", wire="DJKSRQ", code="bad_form"),))
    assert (await differences(court))[0]["settled_at"] is None


async def test_an_ordinary_query_tells_too_and_other_courts_measures_are_nothing(court):
    await side.in_force(court)
    lines = (await court.status((await court.submit("again"))["request_id"]))["tasks"]
    task = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    await side.send(court)
    measures = (build.measure(**{**LISTED, "request_no": "PAPER1"}), build.measure(authority="罗定市人民法院", request_no="X", rank=2))
    await apply(court, Reply(task_id=task["task_id"], agency="icbc", kind="answered", outcome="found", assets=(build.found(measures=measures),),
                             as_of=court.clock.now()))
    (row,) = await differences(court)
    assert (row["kind"], row["theirs"]["request_no"]) == ("not_ours", "PAPER1")


async def test_released_here_and_held_there_is_found_by_number(court):
    control_id = await side.in_force(court)
    await side.step(court, control_id, "releases", side.release())
    await side.answer(court, control_id, state="released")
    court.clock.advance(days=8)
    await reconciling(court).look()
    await answer_status(court, control_id, **{**side.IN_FORCE, "agency_control_no": "F2"})
    (row,) = await differences(court)
    assert (row["kind"], row["control_id"], row["ours"]["state"], row["theirs"]["state"]) == ("state", control_id, "released", "in_force")
    court.clock.advance(days=8)
    await reconciling(court).look()
    await answer_status(court, control_id, state="released")
    assert (await differences(court))[0]["settlement"] == {"reason": "agrees_again"}


async def test_what_ended_long_ago_is_asked_about_no_more(court):
    control_id = await side.in_force(court)
    await side.step(court, control_id, "releases", side.release())
    await side.answer(court, control_id, state="released")
    court.clock.advance(days=200)
    assert await reconciling(court).look() == 2
    court.clock.advance(days=200)
    assert await reconciling(court).look() == 0


@pytest.mark.parametrize(("kind", "said", "names"), [
    ("amount", {"actual_fen": 3_000_000}, ("actual_fen", 5_000_000, 3_000_000)),
    ("term", {"until_on": date(2027, 5, 1)}, ("until_on", "2027-11-21", "2027-05-01")),
])
async def test_another_amount_or_end_is_a_row_and_no_edit_until_a_judge_takes_it(court, kind, said, names):
    name, ours, theirs = names
    control_id = await side.in_force(court)
    before = await side.control(court, control_id)
    await told(court, control_id, **{**side.IN_FORCE, **said})
    (row,) = await differences(court, f"?kind={kind}&open=true")
    assert (row["control_id"], row["ours"][name], row["theirs"][name]) == (control_id, ours, theirs)
    assert (await side.control(court, control_id))["events"] == before["events"]
    response = await act(court, row, "settlements", settlement("took_theirs"))
    assert response.status_code == 200, response.text
    after = await side.control(court, control_id)
    assert (after[name], after["events"][-1]["by"]) == (theirs, "court")
    await told(court, control_id, **{**side.IN_FORCE, **said})
    assert await differences(court, "?open=true") == []


async def test_a_measure_that_the_agency_denies_is_missing_there(court):
    control_id = await side.in_force(court)
    await told(court, control_id, "refused", "no_original_measure")
    (row,) = await differences(court)
    assert (row["kind"], row["control_id"], row["ours"]["state"]) == ("missing_there", control_id, "in_force")
    assert (await side.control(court, control_id))["state"] == "in_force"
    await act(court, row, "settlements", settlement("took_theirs"))
    assert (await side.control(court, control_id))["state"] == "reversed"


async def test_another_measure_under_the_same_number_is_not_taken_for_ours(court):
    control_id = await side.in_force(court)
    await told(court, control_id, **{**side.IN_FORCE, "agency_control_no": "F2", "actual_fen": 200_000})
    (row,) = await differences(court)
    assert (row["kind"], row["theirs"]["agency_control_no"]) == ("not_ours", "F2")
    found = await side.control(court, control_id)
    assert (found["agency_control_no"], found["actual_fen"]) == ("F1", 5_000_000)
    own = await number(court, control_id)
    await lists(court, control_id, {**LISTED, "request_no": own}, {**LISTED, "request_no": own, "rank": 2})
    (again,) = await differences(court)
    assert (again["difference_id"], again["theirs"]["agency_control_no"]) == (row["difference_id"], "F2")
    await lists(court, control_id, {**LISTED, "request_no": own})
    assert (await differences(court))[0]["settlement"] == {"reason": "agrees_again"}


async def test_of_a_second_measure_that_is_listed_the_agency_is_asked_its_own_number_at_once(court):
    control_id, _ = await second_freeze(court)
    await Watching(court.database, knowing(court).agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id).ask()
    await answer_status(court, control_id, **{**side.IN_FORCE, "agency_control_no": "F2"})
    (row,) = await differences(court)
    assert (row["theirs"]["agency_control_no"], row["theirs"]["amount_fen"]) == ("F2", 200_000)


async def test_news_is_no_difference(court):
    control_id = await side.in_force(court, actual_fen=4_000_000, unfunded_fen=1_000_000)
    court.clock.advance(minutes=31)
    await told(court, control_id, **side.IN_FORCE)
    assert (await side.control(court, control_id))["actual_fen"] == 5_000_000
    assert await differences(court) == []


async def test_a_judge_releases_what_nobody_holds_a_control_for(court):
    control_id, own = await second_freeze(court)
    (row,) = await differences(court)
    body = {"officer": build.officer(), "documents": side.RELEASE, "reason": "重复冻结"}
    response = await act(court, row, "releases", body)
    assert response.status_code == 200, response.text
    adopted_as = response.json()["adopted_as"]
    (task,) = await side.tasks(court, adopted_as)
    order = task["command"]["control"]
    assert (task["action"], task["agency"], order["original_request_no"]) == ("release", "icbc", own)
    assert (await side.control(court, adopted_as))["events"][0]["kind"] == "adopted"
    assert (await differences(court))[0]["settled_at"] is None
    await side.answer(court, adopted_as, state="released")
    (after,) = await differences(court)
    assert (after["settlement"], after["adopted_as"]) == ({"reason": "released"}, adopted_as)
    assert (await side.control(court, control_id))["state"] == "in_force"
    audit = [action for action, _, decision in await court.audit() if decision == "accepted"]
    assert audit[-2:] == ["control.adopt", "control.release"]


async def test_a_twin_is_released_by_the_agencys_own_number(court):
    control_id = await side.in_force(court)
    await told(court, control_id, **{**side.IN_FORCE, "agency_control_no": "F2", "actual_fen": 200_000})
    (row,) = await differences(court)
    response = await act(court, row, "releases", {"officer": build.officer(), "documents": side.RELEASE, "reason": "重复冻结"})
    (task,) = await side.tasks(court, response.json()["adopted_as"])
    assert (task["command"]["control"]["agency_control_no"], task["command"]["control"].get("original_request_no")) == ("F2", None)


async def test_an_adopted_measure_differs_no_more_and_is_a_control_like_any_other(court):
    court.deps.adopting._directory = knowing(court)
    control_id, _ = await second_freeze(court)
    (row,) = await differences(court)
    response = await act(court, row, "adoptions", {"officer": build.officer(), "note": "保留"})
    assert response.json()["settlement"] == {"reason": "adopted", "note": "保留"}
    adopted_as = response.json()["adopted_as"]
    found = await side.control(court, adopted_as)
    assert (found["state"], found["case_no"], found["requested_fen"]) == ("waiting", "（2026）粤5302执1234号", 200_000)
    court.clock.advance(days=8)
    assert await reconciling(court).look() == 1
    assert await Watching(court.database, knowing(court).agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id).ask() == 1
    task = await question(court, adopted_as, "status")
    assert (task["command"]["of_action"], task["command"]["documents"], task["attempts"]) == ("freeze", [], 0)
    await answer_status(court, adopted_as, **{**side.IN_FORCE, "actual_fen": 200_000})
    assert (await side.control(court, adopted_as))["state"] == "in_force"
    await told(court, adopted_as, **{**side.IN_FORCE, "actual_fen": 200_000})
    report = (await court.get(f"/v1/requests/{found['request_id']}/report")).json()
    assert {one["control_id"] for one in report["controls"]} == {control_id, adopted_as}
    released = await side.step(court, adopted_as, "releases", side.release())
    assert (released.status_code, released.json()["pending"]) == (202, "release")


async def test_what_a_judge_explained_stays_explained_until_it_changes(court):
    control_id = await side.in_force(court)
    await told(court, control_id, **{**side.IN_FORCE, "actual_fen": 3_000_000})
    (row,) = await differences(court)
    done = await act(court, row, "settlements", settlement())
    assert (done.json()["settled_by"], done.json()["settlement"]["reason"]) == ("粤5302-0031", "explained")
    await told(court, control_id, **{**side.IN_FORCE, "actual_fen": 3_000_000})
    assert len(await differences(court)) == 1
    await told(court, control_id, **{**side.IN_FORCE, "actual_fen": 1_000_000})
    assert [one["settled_at"] is None for one in await differences(court)] == [True, False]


async def test_only_a_judge_of_the_court_works_through_it_and_a_key_gives_the_same_answer(court):
    await second_freeze(court)
    (row,) = await differences(court)
    assert problem(await act(court, row, "settlements", settlement(), **bearer("clerk"))) == (403, "not_permitted")
    stranger = bearer("judge", court_code="粤5303", sub="粤5303-1")
    other = settlement(officer=build.officer(work_card_no="粤5303-1"))
    assert problem(await act(court, row, "settlements", other, **stranger)) == (404, "not_found")
    assert problem(await act(court, row, "settlements", settlement(officer=build.officer(work_card_no="粤5302-0099")))) == (403, "officer_mismatch")
    assert await differences(court, **stranger) == []
    assert len(await differences(court, **bearer("auditor"))) == 1
    assert problem(await court.get("/v1/reconciliation", **bearer("operator"))) == (403, "not_permitted")
    assert problem(await act(court, row, "settlements", settlement("take_it_away"))) == (422, "invalid_request")
    assert problem(await act(court, row, "settlements", settlement("took_theirs"))) == (409, "not_takeable")
    first = await act(court, row, "settlements", settlement())
    again = await act(court, row, "settlements", settlement())
    assert (first.status_code, again.json(), again.headers["idempotency-replayed"]) == (200, first.json(), "true")
    assert problem(await act(court, row, "settlements", settlement("mended"))) == (422, "idempotency_key_reused")
    assert problem(await act(court, row, "settlements", settlement("mended"), key="d2")) == (409, "difference_settled")
    assert problem(await act(court, row, "releases", {"officer": build.officer(), "documents": side.RELEASE, "reason": "重复"}, key="d3")) == (409, "difference_settled")


async def test_a_release_without_its_documents_changes_nothing(court):
    await second_freeze(court)
    (row,) = await differences(court)
    refused = await act(court, row, "releases", {"officer": build.officer(), "documents": [], "reason": "重复冻结"})
    assert problem(refused) == (422, "control_refused")
    (after,) = await differences(court)
    assert (after["adopted_as"], after["settled_at"]) == (None, None)
    assert len(await court.rows("SELECT 1 FROM controls")) == 1


async def test_pages_and_filters(court):
    control_id, _ = await second_freeze(court)
    await told(court, control_id, **{**side.IN_FORCE, "actual_fen": 1})
    page = (await court.get("/v1/reconciliation?limit=1")).json()
    rest = (await court.get(f"/v1/reconciliation?limit=1&cursor={page['next_cursor']}")).json()
    assert [one["kind"] for one in (*page["items"], *rest["items"])] == ["amount", "not_ours"]
    assert rest["next_cursor"] is None
    assert await differences(court, "?agency=abc") == []
    assert problem(await court.get("/v1/reconciliation?kind=odd")) == (422, "invalid_parameter")


async def test_what_is_open_is_counted(court):
    await second_freeze(court)
    await reconciling(court).look()
    assert REGISTRY.get_sample_value("chakong_differences_open", {"agency": "icbc", "kind": "not_ours"}) == 1


async def test_a_question_without_an_answer_leaves_no_doubt_and_is_asked_again(court):
    control_id = await side.in_force(court)
    court.clock.advance(days=8)
    await reconciling(court).look()
    court.clock.advance(days=30)
    await Schedule(court.database, clock=court.clock, new_id=court.deps.new_id).tick()
    assert (await question(court, control_id, "query"))["outcome"] == "overdue"
    assert (await side.control(court, control_id))["in_doubt"] is False
    assert await reconciling(court).look() == 1
    assert (await question(court, control_id, "query"))["outcome"] is None
