"""What a case holds beyond its claim: announced once, shown in report, event and list, withdrawn once, ordered on documents given beforehand."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from gateway.domain.control_events import Confirmed
from gateway.domain.courts import CaseKey
from gateway.follow_ups import FollowUps
from gateway.proposing import Proposing
from gateway.store.database import StoreUnavailable
from gateway.store.follow_ups import give_case
from gateway.store.proposals import ask_for_checks
from gateway.store.settlement import ControlHappening, settle
from tests import builders as build
from tests import control_side as side
from tests.court_side import COURT, OTHER_COURT, bearer, problem

FREEZE = [build.document(kind) for kind in ("ruling", "assist_freeze_notice")]
RELEASE = [build.document(kind) for kind in ("release_ruling", "assist_release_notice")]
CASE = "（2026）粤5302执1234号"


@pytest.fixture
def proposing(court):
    return Proposing(court.database, court.deps.reports, court.deps.follow_ups, clock=court.clock)


def owing(fen, case_no=CASE):
    return {"case_no": case_no, "claim": {"principal_fen": fen, "as_of_on": "2026-11-20"}} if fen else {"case_no": case_no}


async def case_with_an_account(court, fen=3_000_000, key="k1", case_no=CASE):
    request_id = (await court.submit(key, case=owing(fen, case_no)))["request_id"]
    await court.answer_all(request_id)
    return request_id


async def planned(court, request_id, **other):
    made = (await court.post({"request_id": request_id, **other}, key="p", path="/v1/control-plans")).json()
    body = {"plan_id": made["plan_id"], "officer": build.officer(), "documents": FREEZE}
    ordered = await court.post(body, key="e", path="/v1/controls")
    assert ordered.status_code == 202, ordered.text
    return ordered.json()["controls"][0]


async def agency_holds(court, request_id, control_id, fen):
    event = Confirmed(actual_fen=fen, unfunded_fen=0, rank=1, effective_at=court.clock.now())
    async with court.database.transaction() as connection:
        await settle(connection, [], [ControlHappening(control_id, request_id, event, "agency")], now=court.clock.now(), new_id=court.deps.new_id)


async def proposals(court, request_id):
    return (await court.get(f"/v1/release-proposals?request_id={request_id}")).json()["items"]


async def told(court, request_id):
    found = await court.rows("SELECT data FROM request_events WHERE request_id = :id AND kind = 'release_proposal'", id=request_id)
    return [row["data"]["proposal_id"] for row in found]


async def test_an_excess_is_proposed_and_told_once(court, proposing):
    request_id = await case_with_an_account(court)
    control = await planned(court, request_id)
    await agency_holds(court, request_id, control["control_id"], 5_000_000)
    assert [await proposing.tick(), await proposing.tick()] == [1, 0]
    (one,) = await proposals(court, request_id)
    assert (one["control_id"], one["amount_fen"], one["excess_fen"], one["claim_fen"]) == (control["control_id"], 2_000_000, 2_000_000, 3_000_000)
    await agency_holds(court, request_id, control["control_id"], 5_000_000)
    await proposing.tick()
    assert await told(court, request_id) == [one["proposal_id"]]
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    assert [shown["proposal_id"] for shown in report["release_proposals"]] == [one["proposal_id"]]
    stream = (await court.get(f"/v1/requests/{request_id}/events")).text
    assert stream.count("event: release_proposal") == 1


async def test_within_the_claim_nothing_is_proposed(court, proposing):
    request_id = await case_with_an_account(court)
    control = await planned(court, request_id)
    await agency_holds(court, request_id, control["control_id"], 3_000_000)
    assert await proposing.tick() == 1
    assert (await proposals(court, request_id), await told(court, request_id)) == ([], [])


async def test_without_documents_given_beforehand_a_judge_decides(court, proposing):
    request_id = await case_with_an_account(court)
    control = await planned(court, request_id)
    await agency_holds(court, request_id, control["control_id"], 5_000_000)
    await proposing.tick()
    assert (await court.get(f"/v1/controls/{control['control_id']}")).json()["pending"] is None


async def test_with_documents_given_beforehand_the_release_goes_out_at_once(court, proposing):
    request_id = await case_with_an_account(court)
    control = await planned(court, request_id, release_documents=RELEASE)
    await agency_holds(court, request_id, control["control_id"], 5_000_000)
    assert [await proposing.tick(), await proposing.tick(), await proposing.tick()] == [1, 1, 0]
    assert (await court.get(f"/v1/controls/{control['control_id']}")).json()["pending"] == "release"
    (task,) = await court.rows("SELECT command::jsonb AS command FROM tasks WHERE action = 'release'")
    assert (task["command"]["control"]["amount_fen"], task["command"]["officer"]["name"]) == (2_000_000, "李明")
    assert {one["kind"] for one in task["command"]["documents"]} == {"release_ruling", "assist_release_notice"}
    assert await proposals(court, request_id) == []
    assert ("control.release", control["control_id"], "accepted") in await court.audit()


async def held(court, fen, holds_fen, key):
    """Order a freeze under a new request of the case, and let the bank hold so much; the request with the control."""
    request_id = await case_with_an_account(court, fen, key=key)
    (asset,) = [asset for subject in (await report(court, request_id))["subjects"] for section in subject["sections"] for asset in section["assets"]]
    body = build.control_body(build.control_item(asset_id=asset["asset_id"], amount_fen=holds_fen), request_id=request_id)
    control = (await court.post(body, key=f"c-{key}", path="/v1/controls")).json()["controls"][0]["control_id"]
    await agency_holds(court, request_id, control, holds_fen)
    return request_id, control


async def report(court, request_id, version=None):
    response = await court.get(f"/v1/requests/{request_id}/report" + (f"?version={version}" if version is not None else ""))
    return response.json()


async def listed(court, **query):
    return (await court.client.get("/v1/release-proposals", params=query)).json()


async def test_measures_of_all_requests_of_a_case_secure_one_claim(court, proposing):
    first, one = await held(court, 5_000_000, 3_000_000, "k1")
    second, two = await held(court, 4_000_000, 2_500_000, "k2")
    await proposing.tick()
    (proposal,) = (await listed(court))["items"]
    assert (proposal["control_id"], proposal["request_id"], proposal["case_no"]) == (two, second, CASE)
    assert (proposal["amount_fen"], proposal["excess_fen"], proposal["claim_fen"]) == (1_500_000, 1_500_000, 4_000_000)
    (event,) = await court.rows("SELECT data FROM request_events WHERE kind = 'release_proposal'")
    assert event["data"] == proposal
    assert [await told(court, request_id) for request_id in (first, second)] == [[], [proposal["proposal_id"]]]
    assert (one, (await report(court, first))["release_proposals"]) != (two, [])
    assert [shown["control_id"] for shown in (await report(court, second))["release_proposals"]] == [two]


async def test_a_new_claim_of_a_request_without_controls_withdraws_and_announces(court, proposing):
    request_id, control = await held(court, 3_000_000, 3_000_000, "k1")
    await proposing.tick()
    assert (await listed(court))["items"] == []
    court.clock.advance(seconds=1)
    await case_with_an_account(court, 2_000_000, key="k2")
    assert await proposing.tick() == 1
    assert [one["amount_fen"] for one in (await listed(court))["items"]] == [1_000_000]
    await case_with_an_account(court, None, key="k3")
    await proposing.tick()
    assert [one["amount_fen"] for one in (await listed(court))["items"]] == [1_000_000]
    await case_with_an_account(court, 9_000_000, key="k4", case_no="（2026）粤5302执77号")
    assert await proposing.tick() == 0
    court.clock.advance(seconds=1)
    await case_with_an_account(court, 3_000_000, key="k5")
    await proposing.tick()
    assert (await listed(court))["items"] == []
    stood = [[one["control_id"] for one in (await report(court, request_id, version))["release_proposals"]] for version in (3, 4, 5)]
    assert stood == [[], [control], []]
    assert [one["kind"] for one in (await report(court, request_id, 5))["changes"]] == ["proposal_changed"]


async def test_before_a_request_ends_the_live_view_shows_a_proposal_and_its_end_the_first_version(court, proposing):
    request_id = (await court.submit(case=owing(3_000_000)))["request_id"]
    lines = (await court.status(request_id))["tasks"]
    account = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    await court.answer([account], "found", assets=[build.found()])
    control = (await planned(court, request_id))["control_id"]
    await agency_holds(court, request_id, control, 5_000_000)
    tag = (await court.get(f"/v1/requests/{request_id}/report")).headers["etag"]
    await proposing.tick()
    live = await court.get(f"/v1/requests/{request_id}/report")
    assert (live.json()["version"], len(live.json()["release_proposals"]), live.headers["etag"] == tag) == (0, 1, False)
    await court.answer([one for one in lines if one is not account])
    assert [len((await report(court, request_id, version))["release_proposals"]) for version in (1, None)] == [1, 1]


async def test_two_looks_at_once_announce_once(court, proposing):
    request_id, _ = await held(court, 3_000_000, 5_000_000, "k1")
    other = Proposing(court.database, court.deps.reports, court.deps.follow_ups, clock=court.clock)
    await asyncio.gather(proposing.tick(), other.tick())
    assert (len((await listed(court))["items"]), len(await told(court, request_id))) == (1, 1)


async def test_a_control_that_comes_to_the_case_while_it_is_looked_at_is_seen_by_the_next_look(court, proposing):
    _, one = await held(court, 3_000_000, 2_000_000, "k1")
    coming = await side.in_force(court, case_no="（2026）粤5302执保9号")
    async with court.database.transaction() as connection:
        await give_case(connection, coming, case_no=CASE, court_code=COURT)
        await ask_for_checks(connection, [CaseKey(COURT, CASE)], court.clock.now())
        looking = asyncio.create_task(proposing.tick())
        await asyncio.sleep(0.3)
        assert not looking.done()
    await looking
    await proposing.tick()
    assert {proposal["control_id"] for proposal in (await listed(court))["items"]} == {one, coming}


async def test_a_converted_control_belongs_to_its_new_case(court, proposing):
    control = await side.in_force(court, case_no="（2026）粤5302执保9号")
    await proposing.tick()
    await case_with_an_account(court, 2_000_000, key="k2")
    await side.step(court, control, "conversions", side.conversion(CASE))
    await proposing.tick()
    await proposing.tick()
    (one,) = (await listed(court, case_no=CASE))["items"]
    assert (one["control_id"], one["amount_fen"]) == (control, 3_000_000)
    assert (await listed(court, case_no="（2026）粤5302执保9号"))["items"] == []


async def test_a_control_that_went_to_another_court_is_proposed_there_and_told_nobody_here(court, proposing):
    control = await side.in_force(court, case_no="（2026）粤5302执保9号")
    elsewhere = bearer("judge", court_code=OTHER_COURT)
    there = {"case": owing(2_000_000, "（2026）粤5303执8号")}
    assert (await court.post(build.request_body(**there), key="k2", **elsewhere)).status_code == 202
    upload = await court.client.post("/v1/documents", content=b"%PDF-1.4 letter", headers={"Content-Type": "application/pdf", **elsewhere})
    letter = build.document("transfer_letter", document_no="（2026）粤5302执保9号之三", document_id=upload.json()["document_id"])
    body = side.conversion("（2026）粤5303执8号", documents=[letter])
    converted = await side.step(court, control, "conversions", body, **elsewhere)
    assert converted.status_code == 202, converted.text
    await proposing.tick()
    request_id = converted.json()["request_id"]
    assert [one["control_id"] for one in (await court.get("/v1/release-proposals", **elsewhere)).json()["items"]] == [control]
    assert ((await listed(court))["items"], await told(court, request_id), (await report(court, request_id))["release_proposals"]) == ([], [], [])


async def test_a_refused_release_stays_proposed_and_is_not_ordered_again(court, proposing):
    request_id = await case_with_an_account(court)
    control = (await planned(court, request_id, release_documents=RELEASE))["control_id"]
    await agency_holds(court, request_id, control, 5_000_000)
    await proposing.tick()
    await side.reply(court, control, outcome="refused", code="document_missing")
    assert [await proposing.tick(), await proposing.tick()] == [1, 0]
    assert (await side.control(court, control))["pending"] is None
    assert [one["control_id"] for one in (await listed(court))["items"]] == [control]


async def test_release_documents_of_a_plan_serve_the_whole_case(court, proposing):
    first = await case_with_an_account(court, 5_000_000)
    one = (await planned(court, first, release_documents=RELEASE))["control_id"]
    await agency_holds(court, first, one, 5_000_000)
    court.clock.advance(seconds=1)
    _, two = await held(court, 5_000_000, 2_000_000, "k2")
    await proposing.tick()
    assert [(await side.control(court, control))["pending"] for control in (one, two)] == [None, "release"]


async def test_the_list_is_the_courts_by_pages_newest_first(court, proposing):
    cases = [f"（2026）粤5302执{number}号" for number in (1, 2, 3)]
    for number, case_no in enumerate(cases):
        await side.in_force(court, f"c{number}", case_no)
        court.clock.advance(seconds=1)
        await case_with_an_account(court, 1_000_000, key=f"k{number}", case_no=case_no)
        await proposing.tick()
    page = await listed(court, limit=2)
    rest = await listed(court, limit=2, cursor=page["next_cursor"])
    assert [one["case_no"] for one in (*page["items"], *rest["items"])] == cases[::-1]
    assert (page["report_version"], page["request_id"], rest["next_cursor"]) == (None, None, None)
    assert [one["case_no"] for one in (await listed(court, case_no=cases[1]))["items"]] == [cases[1]]
    assert (await court.get("/v1/release-proposals", **bearer("judge", court_code=OTHER_COURT))).json()["items"] == []
    for wrong in ("cursor=x", "limit=0", "case_no=1", "colour=1"):
        assert problem(await court.get(f"/v1/release-proposals?{wrong}")) == (422, "invalid_parameter")


class KilledBeforeCommit(FollowUps):
    """A role that goes away after everything was written and before it is committed."""

    async def lock(self, connection, control_ids):
        raise StoreUnavailable


async def test_a_look_that_is_killed_is_repeated_and_tells_once(court, proposing):
    request_id = await case_with_an_account(court)
    control = (await planned(court, request_id, release_documents=RELEASE))["control_id"]
    await agency_holds(court, request_id, control, 5_000_000)
    deps = court.deps
    dying = KilledBeforeCommit(court.database, deps.directory, deps.settings, clock=court.clock, new_id=deps.new_id, new_request_nos=lambda *_: [])
    with pytest.raises(StoreUnavailable):
        await Proposing(court.database, deps.reports, dying, clock=court.clock).tick()
    assert (await told(court, request_id), (await listed(court))["items"]) == ([], [])
    await proposing.tick()
    assert (len(await told(court, request_id)), (await side.control(court, control))["pending"]) == (1, "release")


async def test_a_case_is_noted_by_a_late_answer_only_if_it_holds_something(court, proposing):
    noted = "SELECT case_no FROM excess_checks"
    for key, case_no in (("k1", CASE), ("k2", "（2026）粤5302执77号")):
        request_id = (await court.submit(key, case=owing(3_000_000, case_no)))["request_id"]
        lines = (await court.status(request_id))["tasks"]
        await court.answer(lines[:1], "overdue")
        await court.answer(lines[1:])
        assert await court.rows(noted) == []
        if case_no == CASE:
            await held(court, 3_000_000, 1_000_000, "k3")
            await proposing.tick()
        await court.answer(lines[:1])
        assert [row["case_no"] for row in await court.rows(noted)] == ([CASE] if case_no == CASE else [])
        await proposing.tick()


async def test_a_release_given_beforehand_waits_for_the_step_under_way(court, proposing):
    alarms = REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "release_not_ordered"}) or 0
    request_id = await case_with_an_account(court)
    control = (await planned(court, request_id, release_documents=RELEASE))["control_id"]
    await side.answer(court, control, actual_fen=3_000_000)
    assert (await side.step(court, control, "renewals", side.renewal())).status_code == 202
    await proposing.tick()
    court.clock.advance(seconds=1)
    await case_with_an_account(court, 1_000_000, key="k2")  # the claim is less by now
    assert [await proposing.tick(), await proposing.tick()] == [1, 0]
    assert (await side.control(court, control))["pending"] == "renew"
    await side.answer(court, control, actual_fen=3_000_000, until_on="2028-11-21")
    assert await proposing.tick() == 1
    assert (await side.control(court, control))["pending"] == "release"
    assert (REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "release_not_ordered"}) or 0) == alarms
