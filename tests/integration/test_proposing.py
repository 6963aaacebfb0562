"""Answers that secure more than the claim: announced once, shown in the report, ordered on documents given beforehand."""

import pytest

from gateway.domain.control_events import Confirmed
from gateway.proposing import Proposing
from gateway.store.settlement import ControlHappening, settle
from tests import builders as build

FREEZE = [build.document(kind) for kind in ("ruling", "assist_freeze_notice")]
RELEASE = [build.document(kind) for kind in ("release_ruling", "assist_release_notice")]


@pytest.fixture
def proposing(court):
    return Proposing(court.database, court.deps.reports, court.deps.follow_ups, clock=court.clock)


async def case_with_an_account(court, fen=3_000_000):
    request_id = (await court.submit(case={"case_no": "（2026）粤5302执1234号", "claim": {"principal_fen": fen, "as_of_on": "2026-11-20"}}))["request_id"]
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
    (one,) = await proposals(court, request_id)
    assert (one["control_id"], one["amount_fen"], one["excess_fen"], one["claim_fen"]) == (control["control_id"], 2_000_000, 2_000_000, 3_000_000)
    assert [await proposing.tick(), await proposing.tick()] == [1, 0]
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
    await proposing.tick()
    assert (await court.get(f"/v1/controls/{control['control_id']}")).json()["pending"] == "release"
    (task,) = await court.rows("SELECT command::jsonb AS command FROM tasks WHERE action = 'release'")
    assert (task["command"]["control"]["amount_fen"], task["command"]["officer"]["name"]) == (2_000_000, "李明")
    assert {one["kind"] for one in task["command"]["documents"]} == {"release_ruling", "assist_release_notice"}
    assert await proposals(court, request_id) == []
    assert ("control.release", control["control_id"], "accepted") in await court.audit()
