"""The testers' face of the mock agencies is what interface.md §4 says."""

import json

import httpx
import pytest

from services.runtime.mock.app import MockApp
from tests.mock_world import DEMO_PERSON, FakeMock, TestClock, account, agency, shares, simulation

FAULTS = "/admin/agencies/bank/faults"
KINDS = ["error_500", "refused", "malformed", "unknown_field", "unknown_code", "duplicate", "never", "slow_drip", "reset",
         "oversized", "lost_response", "office_closed"]
FREEZE = {"request_no": "r1", "amount_fen": 60, "term_months": 12}


@pytest.fixture
def mock():
    return FakeMock(holdings=[account(balance_fen=100)], only=DEMO_PERSON)


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture
async def world(mock, clock):
    made = simulation(mock, agency(), agency("slow", answers_by="status"), agency("hand", mode="manual", answers_by="status"),
                      clock=clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(MockApp(made)), base_url="http://mock") as client:
        yield client


async def test_the_register_tells_the_truth_of_today(world):
    answered = (await world.get("/admin/register", params={"id_no": DEMO_PERSON})).json()
    assert answered["subject"] == {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": DEMO_PERSON,
                                   "region_code": "445302"}
    assert answered["assets"][0] == {"agency": "bank", "asset_type": "deposits", "key": "6222000000000001", "value_fen": 100}
    await world.post("/agencies/bank/control", json=FREEZE)
    await world.post("/agencies/bank/control", json={"request_no": "d", "action": "deduct", "original_request_no": "r1"})
    answered = (await world.get("/admin/register", params={"id_no": DEMO_PERSON})).json()
    assert answered["assets"][0]["value_fen"] == 40
    assert (await world.get("/admin/register", params={"id_no": "440000"})).status_code == 404


async def test_a_holding_of_securities_has_its_quantity():
    made = simulation(FakeMock("securities", [shares(quantity=30)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(MockApp(made)), base_url="http://mock") as client:
        answered = (await client.get("/admin/register", params={"id_no": DEMO_PERSON})).json()
    assert answered["assets"] == [{"agency": "bank", "asset_type": "securities", "key": "A123456789/600000",
                                   "value_fen": 30_000, "quantity": 30}]


async def test_the_ledger_has_one_entry_for_each_effect_and_counts_how_often_it_was_asked(world):
    for _ in range(3):
        await world.post("/agencies/bank/control", json=FREEZE)
    await world.post("/agencies/bank/control", json=FREEZE | {"request_no": "r2", "term_months": 13})
    answered = (await world.get("/admin/agencies/bank/ledger")).json()
    [effect] = answered["effects"]
    assert effect.items() >= {
        "request_no": "r1", "action": "freeze", "key": "6222000000000001", "amount_fen": 60, "state": "in_force", "rank": 1,
        "until_on": "2027-11-21", "at": "2026-11-22T01:00:00Z", "times_received": 3}.items()
    assert answered["refusals"][0]["code"] == "term_over_cap"
    for query, count in (({"request_no": "r1"}, 1), ({"request_no": "r9"}, 0), ({"id_no": DEMO_PERSON}, 1), ({"id_no": "1"}, 0)):
        found = (await world.get("/admin/agencies/bank/ledger", params=query)).json()["effects"]
        assert len(found) == count
    assert (await world.get("/admin/agencies/nobody/ledger")).status_code == 404


async def test_a_call_to_an_agency_that_is_not_there_is_404(world):
    assert (await world.post("/agencies/nobody/x")).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_fault_can_be_set_read_and_taken_away(world, kind):
    faults = {"faults": [{"kind": kind, "rate": 0.2, "for_s": 60}]}
    assert (await world.put(FAULTS, json=faults)).json() == faults
    assert (await world.get(FAULTS)).json() == faults
    assert (await world.delete(FAULTS)).status_code == 200
    assert (await world.get(FAULTS)).json() == {"faults": []}


async def test_latency_and_lateness_have_their_numbers(world):
    faults = {"faults": [{"kind": "latency", "p50_ms": 5, "p99_ms": 50}, {"kind": "late", "after_s": 2}]}
    assert (await world.put(FAULTS, json=faults)).status_code == 200


@pytest.mark.parametrize("fault", [
    {"kind": "explode"}, {"kind": "latency"}, {"kind": "latency", "p50_ms": 9, "p99_ms": 8}, {"kind": "late"}, {},
    {"kind": "reset", "rate": 0}, {"kind": "reset", "rate": 1.1}, {"kind": "reset", "rate": "0.5"}, {"kind": "reset", "for": 3},
])
async def test_a_fault_that_is_not_right_is_refused(world, fault):
    assert (await world.put(FAULTS, json={"faults": [fault]})).status_code == 422


async def test_an_unknown_kind_is_answered_with_the_kinds_there_are(world):
    answered = (await world.put(FAULTS, json={"faults": [{"kind": "explode"}]})).text
    assert all(kind in answered for kind in [*KINDS, "latency", "late"])
    assert (await world.put("/admin/agencies/nobody/faults", json={"faults": []})).status_code == 404


@pytest.mark.parametrize("kind", ["refused", "malformed", "unknown_field", "unknown_code", "office_closed"])
async def test_some_faults_come_in_the_agencys_own_words_and_have_no_effect(world, mock, kind):
    await world.put(FAULTS, json={"faults": [{"kind": kind}]})
    assert (await world.post("/agencies/bank/control", json=FREEZE)).json() == kind
    assert mock.received == 0


async def test_an_error_500_has_no_effect(world, mock):
    await world.put(FAULTS, json={"faults": [{"kind": "error_500"}]})
    assert (await world.post("/agencies/bank/control", json=FREEZE)).status_code == 500
    assert mock.received == 0


@pytest.mark.parametrize(("kind", "effects"), [("lost_response", 1), ("reset", 0)])
async def test_an_aborted_connection_with_and_without_effect(world, kind, effects):
    await world.put(FAULTS, json={"faults": [{"kind": kind}]})
    with pytest.raises(ConnectionResetError):
        await world.post("/agencies/bank/control", json=FREEZE)
    assert len((await world.get("/admin/agencies/bank/ledger")).json()["effects"]) == effects


async def test_a_duplicate_is_received_twice_and_acts_once(world):
    await world.put(FAULTS, json={"faults": [{"kind": "duplicate"}]})
    assert (await world.post("/agencies/bank/control", json=FREEZE)).json()["state"] == "in_force"
    [effect] = (await world.get("/admin/agencies/bank/ledger")).json()["effects"]
    assert effect["times_received"] == 2


async def test_faults_end_by_the_clock(world):
    await world.put(FAULTS, json={"faults": [{"kind": "error_500", "for_s": 60}]})
    await world.post("/admin/clock", json={"advance_s": 60})
    assert (await world.get(FAULTS)).json() == {"faults": []}
    assert (await world.post("/agencies/bank/q", json={"id_no": DEMO_PERSON})).json() == ["6222000000000001"]


async def test_the_same_script_draws_the_same_calls_again(world):
    async def statuses():
        await world.put(FAULTS, json={"faults": [{"kind": "error_500", "rate": 0.3}]})
        return [(await world.post("/agencies/bank/q", json={"id_no": DEMO_PERSON})).status_code for _ in range(60)]

    first = await statuses()
    assert await statuses() == first
    assert 5 < first.count(500) < 35


async def test_terms_end_when_the_clock_is_put_forward(world):
    await world.post("/agencies/bank/control", json=FREEZE)
    answered = await world.post("/admin/clock", json={"advance_s": 366 * 86_400})
    assert answered.json() == (await world.get("/admin/clock")).json() == {"now_at": "2027-11-23T01:00:00Z"}
    [effect] = (await world.get("/admin/agencies/bank/ledger")).json()["effects"]
    assert (effect["state"], effect["rank"]) == ("expired", None)
    assert (await world.post("/admin/clock", json={"advance_s": -1})).status_code == 422


async def test_a_reset_goes_back_to_the_start(world):
    await world.post("/agencies/bank/control", json=FREEZE)
    await world.put(FAULTS, json={"faults": [{"kind": "error_500"}]})
    await world.post("/admin/clock", json={"advance_s": 99})
    assert (await world.post("/admin/reset")).json() == {"now_at": "2026-11-22T01:00:00Z"}
    assert (await world.get("/admin/agencies/bank/ledger")).json() == {"effects": [], "refusals": []}
    assert (await world.get(FAULTS)).json() == {"faults": []}


async def test_an_agency_that_is_asked_again_has_its_answer_after_a_moment(world, clock):
    asked = {"id_no": DEMO_PERSON, "number": "q1"}
    assert (await world.post("/agencies/slow/q", json=asked)).json() == {"state": "taken"}
    assert (await world.post("/agencies/slow/s", json={"status": "q1"})).status_code == 202
    clock.advance(0.2)
    assert (await world.post("/agencies/slow/s", json={"status": "q1"})).json() == ["6222000000000001"]


async def test_a_late_answer_of_such_an_agency_is_ready_later(world, clock):
    await world.put("/admin/agencies/slow/faults", json={"faults": [{"kind": "late", "after_s": 300}]})
    await world.post("/agencies/slow/q", json={"id_no": DEMO_PERSON, "number": "q1"})
    await world.delete("/admin/agencies/slow/faults")
    clock.advance(300)
    assert (await world.post("/agencies/slow/s", json={"status": "q1"})).status_code == 202
    clock.advance(0.2)
    assert (await world.post("/agencies/slow/s", json={"status": "q1"})).status_code == 200


async def test_an_agency_that_works_by_hand_takes_two_days(world):
    await world.post("/agencies/hand/q", json={"id_no": DEMO_PERSON, "number": "q1"})
    for advance_s, status in ((86_400, 202), (86_399, 202), (1, 200)):
        await world.post("/admin/clock", json={"advance_s": advance_s})
        assert (await world.post("/agencies/hand/s", json={"status": "q1"})).status_code == status


async def test_the_process_says_that_it_lives(world):
    assert json.loads((await world.get("/healthz")).content) == {"status": "ok"}


async def test_what_no_court_ordered_can_be_made_to_happen(world):
    await world.post("/agencies/bank/control", json=FREEZE | {"amount_fen": 150})
    answered = await world.post("/admin/agencies/bank/events", json={"kind": "inflow", "key": "6222000000000001", "amount_fen": 30})
    [effect] = answered.json()["effects"]
    assert (answered.status_code, effect["actual_fen"], effect["unfunded_fen"]) == (200, 130, 20)
    [effect] = (await world.post("/admin/agencies/bank/events", json={"kind": "reversed", "request_no": "r1"})).json()["effects"]
    assert (effect["state"], effect["rank"]) == ("reversed", None)


@pytest.mark.parametrize(("event", "status"), [
    ({"kind": "reversed", "request_no": "r9"}, 404), ({"kind": "inflow", "key": "0", "amount_fen": 1}, 404),
    ({"kind": "pledge_released", "key": "6222000000000001"}, 409), ({"kind": "inflow", "key": "6222000000000001"}, 422),
    ({"kind": "inflow", "key": "6222000000000001", "amount_fen": 0}, 422), ({"kind": "flood"}, 422),
])
async def test_what_cannot_happen_is_refused(world, event, status):
    assert (await world.post("/admin/agencies/bank/events", json=event)).status_code == status
    assert (await world.post("/admin/agencies/nobody/events", json={"kind": "reversed", "request_no": "r1"})).status_code == 404
