"""Controls over the whole path: what the judge orders, what the agency's ledger holds, what the report says afterwards."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from contracts.clock import china_date
from deploy.clock import new_id
from tests.controlling import Judge, asset_with, assets_of, freeze, problem_of, seal

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
COMPANY = {"id_no": "91445300MA4UN0001B", "name": "云浮市新成石材有限公司", "kind": "organisation"}
IN_AN_OLD_HOUSE, OLD_TITLE = {"id_no": "445302198807274806", "name": "蔡勇"}, "粤房地权证云浮字第0100275088号"
AT_CIB = {"id_no": "44120220051016202X", "name": "周婷欣"}
AT_VILLAGE_BANK = {"id_no": "445322198707186855", "name": "何秀洁"}
ICBC_ACCOUNT, HOUSE = "6222024530200012345", "445302001001GB00014F00310202"


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


@pytest.fixture
def other_judge(mesh):
    return Judge(mesh, court="粤5381", officer="粤5381-0007", case_no="（2026）粤5381执77号")


def account_at_icbc(judge, **more):
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"], **more)
    return report, asset_with(report, account_no=ICBC_ACCOUNT)


def test_a_freeze_is_in_force_with_what_the_bank_really_holds(judge):
    report, account = account_at_icbc(judge)
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 10_000_000))
    control = judge.answered(control_id)
    assert (control["state"], control["rank"], control["in_doubt"], control["code"]) == ("in_force", 1, False, None)
    assert (control["requested_fen"], control["actual_fen"], control["unfunded_fen"]) == (10_000_000, 8_812_300, 1_187_700)
    (effect,) = judge.mesh.effects("icbc")
    assert (effect["amount_fen"], effect["actual_fen"], effect["unfunded_fen"]) == (10_000_000, 8_812_300, 1_187_700)
    assert (effect["state"], effect["rank"], effect["times_received"]) == ("in_force", 1, 1)
    assert (effect["key"], effect["until_on"], effect["agency_control_no"]) == (
        ICBC_ACCOUNT, control["until_on"], control["agency_control_no"])
    assert [event["kind"] for event in control["events"]] == ["ordered", "confirmed"]


def test_the_next_version_of_the_report_shows_the_control_and_what_it_secures(judge):
    report, account = account_at_icbc(judge)
    assert account["controls"] == []
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 5_000_000))
    control = judge.answered(control_id)
    newest = judge.report(report["request_id"])
    assert newest["version"] > report["version"]
    assert asset_with(newest, account_no=ICBC_ACCOUNT)["controls"] == [control_id]
    assert newest["totals"]["secured_fen"] == control["secured_fen"] == 5_000_000
    assert report["totals"]["secured_fen"] == 0
    assert any(control_id in str(change) for change in newest["changes"])
    first = judge.get(f"/v1/requests/{report['request_id']}/report", version=report["version"]).json()
    assert first["subjects"] == report["subjects"]


def test_a_second_court_waits_with_rank_two(judge, other_judge):
    report, account = account_at_icbc(judge)
    (first,) = judge.ordered(report["request_id"], freeze(account, 8_812_300))
    assert judge.answered(first)["state"] == "in_force"
    other_report, same_account = account_at_icbc(other_judge)
    assert same_account["asset_id"] != account["asset_id"]
    (second,) = other_judge.ordered(other_report["request_id"], freeze(same_account, 3_000_000))
    waiting = other_judge.answered(second)
    assert (waiting["state"], waiting["rank"], waiting["until_on"], waiting["secured_fen"]) == ("waiting", 2, None, 0)
    assert [(effect["state"], effect["rank"]) for effect in judge.mesh.effects("icbc")] == [("in_force", 1), ("waiting", 2)]


@pytest.mark.parametrize(("asked", "known_by", "measure"), [
    ({"asset_types": ["deposits"], "agencies": ["icbc"]}, {"account_no": ICBC_ACCOUNT}, lambda asset: freeze(asset, 8_812_300)),
    ({"asset_types": ["real_estate"], "agencies": ["yunfu-real-estate"]}, {"unit_code": HOUSE}, seal),
    ({"asset_types": ["vehicles"], "agencies": ["yunfu-vehicle-office"]}, {"plate_no": "粤WA8K21"}, lambda asset: seal(asset, 24)),
])
def test_who_waits_is_told_who_stands_before_it(judge, other_judge, asked, known_by, measure):
    (ours, asset), (theirs, same) = ((report, asset_with(report, **known_by)) for report in (
        one.report_of(**CHEN, **asked) for one in (judge, other_judge)))
    assert not any(one["authority"] == "云浮市云城区人民法院" for one in same["prior_measures"])
    (first,) = judge.ordered(ours["request_id"], measure(asset))
    assert judge.answered(first)["state"] == "in_force"
    (second,) = other_judge.ordered(theirs["request_id"], measure(same))
    waiting = other_judge.answered(second)
    assert (waiting["state"], waiting["rank"]) == ("waiting", 2)
    assert [(one["authority"], one["rank"]) for one in waiting["others"]] == [("云浮市云城区人民法院", 1)]


def test_a_house_is_sealed(judge):
    report = judge.report_of(**CHEN, asset_types=["real_estate"], agencies=["yunfu-real-estate"])
    (control_id,) = judge.ordered(report["request_id"], seal(asset_with(report, unit_code=HOUSE)))
    control = judge.answered(control_id)
    assert (control["state"], control["rank"], control["measure"]) == ("in_force", 1, "seal")
    (effect,) = judge.mesh.effects("yunfu-real-estate")
    assert (effect["key"], effect["action"], effect["until_on"]) == (HOUSE, "seal", control["until_on"])


def test_a_house_without_a_unit_code_is_found_and_sealed_by_its_certificate(judge):
    report = judge.report_of(**IN_AN_OLD_HOUSE, asset_types=["real_estate"], agencies=["yunfu-real-estate"])
    house = asset_with(report, certificate_no=OLD_TITLE)
    assert house["record"].get("unit_code") is None
    (control_id,) = judge.ordered(report["request_id"], seal(house))
    assert judge.answered(control_id)["state"] == "in_force"
    (effect,) = judge.mesh.effects("yunfu-real-estate")
    assert (effect["key"], effect["action"]) == (f"certificate_no:{OLD_TITLE}", "seal")
    again = asset_with(judge.report(report["request_id"]), certificate_no=OLD_TITLE)
    assert (again["asset_id"], again["controls"]) == (house["asset_id"], [control_id])


def test_a_certificate_that_a_judge_names_is_sealed_as_the_same_house(judge):
    report = judge.report_of(**IN_AN_OLD_HOUSE, asset_types=["deposits"], agencies=["yuncheng-village-bank"])
    clue = {"agency": "yunfu-real-estate", "key": f"certificate_no:{OLD_TITLE}", "measure": "seal", "term_months": 36}
    (control_id,) = judge.ordered(report["request_id"], clue)
    sealed = judge.answered(control_id)
    assert (sealed["state"], sealed["rank"]) == ("in_force", 1)
    found = judge.report_of(**IN_AN_OLD_HOUSE, asset_types=["real_estate"], agencies=["yunfu-real-estate"])
    assert asset_with(found, certificate_no=OLD_TITLE)["asset_id"] == sealed["asset_id"]


def test_what_the_bank_declines_is_refused_with_its_reason(judge):
    report, account = account_at_icbc(judge)
    judge.mesh.faults("icbc", "refused")
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 100))
    control = judge.answered(control_id)
    assert (control["state"], control["code"], control["secured_fen"]) == ("refused", "rejected_by_agency", 0)
    assert judge.mesh.effects("icbc") == []


def test_exempt_accounts_are_refused_by_rule_and_nobody_is_asked(judge):
    report = judge.report_of(**COMPANY, asset_types=["deposits"], agencies=["abc"])
    problem = problem_of(judge.order(report["request_id"], *(freeze(one, 100) for one in assets_of(report))))
    assert problem["code"] == "control_refused"
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/items/0/asset_id", "asset_exempt"), ("/items/1/asset_id", "asset_exempt")]
    assert problem["rule"]["id"] in {"SEC-EXEMPT", "SEC-EXEMPT-WAGE"}
    assert problem["rule"]["source"]
    assert judge.mesh.effects("abc") == []


def test_a_bank_that_cannot_freeze_over_the_network_is_named(judge):
    report = judge.report_of(**AT_VILLAGE_BANK, asset_types=["deposits"], agencies=["yuncheng-village-bank"])
    problem = problem_of(judge.order(report["request_id"], freeze(assets_of(report)[0], 100)))
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/items/0/measure", "agency_cannot_control")]


def test_a_term_over_the_legal_cap_is_refused_with_the_rule_and_its_source(judge):
    report, account = account_at_icbc(judge)
    problem = problem_of(judge.order(report["request_id"], freeze(account, 100, term_months=13)))
    assert (problem["code"], problem["rule"]["id"]) == ("control_refused", "DUR-DEP")
    assert "485" in problem["rule"]["source"]
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/items/0/term_months", "term_over_cap")]


def test_missing_papers_are_named(judge):
    report, account = account_at_icbc(judge)
    problem = problem_of(judge.order(report["request_id"], freeze(account, 100), papers=("ruling",)))
    assert [error["pointer"] for error in problem["errors"]] == ["/documents"]
    assert "assist_freeze_notice" in problem["errors"][0]["expected"]


def test_another_courts_control_looks_like_one_that_is_not_there(judge, other_judge):
    report, account = account_at_icbc(judge)
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 100))
    judge.answered(control_id)
    foreign = problem_of(other_judge.get(f"/v1/controls/{control_id}"), 404)
    missing = problem_of(other_judge.get(f"/v1/controls/{new_id()}"), 404)
    assert without_trace(foreign) == without_trace(missing)
    foreign_order = problem_of(other_judge.order(report["request_id"], freeze(account, 100)), 404)
    missing_order = problem_of(other_judge.order(new_id(), freeze(account, 100)), 404)
    assert without_trace(foreign_order) == without_trace(missing_order)


def without_trace(problem):
    return {name: value for name, value in problem.items() if name != "trace_id"}


def test_the_same_call_twice_orders_once(judge):
    report, account = account_at_icbc(judge)
    key = new_id()
    first = judge.order(report["request_id"], freeze(account, 100), key=key)
    again = judge.order(report["request_id"], freeze(account, 100), key=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert problem_of(judge.order(report["request_id"], freeze(account, 200), key=key))["code"] == "idempotency_key_reused"
    judge.answered(first.json()["controls"][0]["control_id"])
    assert [effect["times_received"] for effect in judge.mesh.effects("icbc")] == [1]


def test_a_hundred_identical_calls_at_once_order_once(judge):
    report, account = account_at_icbc(judge)
    key, body = new_id(), judge.order_body(report["request_id"], freeze(account, 100))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: judge.post("/v1/controls", body, key), range(100)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {202, 409}, statuses
    controls = {answer.json()["controls"][0]["control_id"] for answer in answers if answer.status_code == 202}
    assert len(controls) == 1
    judge.answered(controls.pop())
    print(f"calls 100, accepted {statuses[202]}, in flight {statuses[409]}, effects {len(judge.mesh.effects('icbc'))}")
    assert len(judge.mesh.effects("icbc")) == 1


def test_controls_are_listed_by_request_state_end_and_subject(judge, other_judge):
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc", "boc", "cmb"])
    wanted = [one for one in assets_of(report, "deposits") if one["controllable_fen"]]
    ordered = judge.ordered(report["request_id"], *(freeze(one, 100, 6) for one in wanted))
    ends = {judge.answered(control_id)["until_on"] for control_id in ordered}
    asked = {"request_id": report["request_id"]}
    newest_first = sorted(ordered, reverse=True)
    assert listed(judge.get("/v1/controls", **asked)) == newest_first
    assert listed(judge.get("/v1/controls", **asked, state="in_force")) == newest_first
    assert listed(judge.get("/v1/controls", **asked, state="waiting")) == []
    assert listed(judge.get("/v1/controls", **asked, due_before=max(ends))) == []
    assert listed(judge.get("/v1/controls", **asked, due_before=date.fromisoformat(max(ends)) + timedelta(days=1))) == newest_first
    assert listed(other_judge.get("/v1/controls", **asked)) == []
    assert paged(judge, **asked) == newest_first
    assert set(ordered) <= set(listed(judge.post("/v1/controls/search", {"id_no": CHEN["id_no"]})))
    assert set(ordered).isdisjoint(listed(other_judge.post("/v1/controls/search", {"id_no": CHEN["id_no"]})))


def listed(answer):
    return [one["control_id"] for one in answer.raise_for_status().json()["items"]]


def paged(judge, **query):
    found, cursor = [], None
    while True:
        page = judge.get("/v1/controls", **query, limit=1, **({"cursor": cursor} if cursor else {})).raise_for_status().json()
        found += [one["control_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_lost_response_freezes_once(judge):
    report, account = account_at_icbc(judge)
    judge.mesh.faults("icbc", "lost_response", for_s=1.5)
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 5_000_000))
    control = judge.answered(control_id)
    (effect,) = judge.mesh.effects("icbc")
    print(f"orders 1, effects 1, received {effect['times_received']} times, duplicates absorbed {effect['times_received'] - 1}")
    assert (control["state"], control["actual_fen"]) == ("in_force", 5_000_000)
    assert effect["times_received"] > 1


def test_a_bank_that_is_not_idempotent_is_asked_how_it_stands_and_freezes_once(judge):
    report = judge.report_of(**AT_CIB, asset_types=["deposits"], agencies=["cib"])
    account = max(assets_of(report), key=lambda one: one["controllable_fen"] or 0)
    # By the seed the second call meets the fault: status, freeze. Nobody acts again before the turn is over, and the answer is due before that.
    judge.mesh.faults("cib", "lost_response", rate=0.15)
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 1_000))
    judge.until(control_id, lambda control: control["in_doubt"])
    judge.mesh.faults("cib")
    judge.mesh.advance(minutes=31)
    control = judge.answered(control_id)
    effects = judge.mesh.effects("cib")
    print(f"orders 1, effects {len(effects)}, received {[effect['times_received'] for effect in effects]}")
    assert (control["state"], control["actual_fen"]) == ("in_force", 1_000)
    assert [effect["times_received"] for effect in effects] == [1]


def test_silence_leaves_a_control_in_doubt_until_an_answer_comes(judge):
    report, account = account_at_icbc(judge)
    judge.mesh.faults("icbc", "lost_response")
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 100))
    doubtful = judge.until(control_id, lambda control: control["in_doubt"])
    assert (doubtful["state"], doubtful["pending"], doubtful["code"]) == ("requested", "freeze", "no_answer")
    assert len(judge.mesh.effects("icbc")) == 1
    judge.mesh.faults("icbc")
    judge.mesh.advance(minutes=31)
    resolved = judge.answered(control_id)
    assert (resolved["state"], resolved["in_doubt"], resolved["code"]) == ("in_force", False, None)
    assert [event["kind"] for event in resolved["events"]] == ["ordered", "answer_overdue", "confirmed"]


def test_a_control_expires_with_its_term(judge):
    report, account = account_at_icbc(judge)
    (control_id,) = judge.ordered(report["request_id"], freeze(account, 100, term_months=1))
    control = judge.answered(control_id)
    assert control["until_on"] > china_date(judge.mesh.clock.now()).isoformat()
    judge.mesh.advance(days=32)
    expired = judge.until(control_id, lambda one: one["state"] != "in_force")
    assert (expired["state"], expired["until_on"], expired["secured_fen"]) == ("expired", control["until_on"], 0)
    assert [effect["state"] for effect in judge.mesh.effects("icbc")] == ["expired"]
