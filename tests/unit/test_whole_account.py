"""A freeze without an amount: allowed by a court's own row only, and then counted as the whole account."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.candidates import Around, Hold, candidates, held_fen
from gateway.domain.control import asked
from gateway.domain.control_body import DeductionBody, ReleaseBody, RenewalBody, read_action
from gateway.domain.control_events import Confirmed
from gateway.domain.court_policy import BY_LAW
from gateway.domain.follow_up import OnControl, check
from gateway.domain.quota import adds_up
from gateway.domain.worth import securing_states
from tests import builders as build
from tests import control_side as side
from tests.orders import wrong_with

WHOLE = {"amount_fen": None}
ALLOWED = build.court_law("LIMIT-WHOLE", asset_types=["deposits"])
REQUIRED = ("amount_fen", "amount_required", "LIMIT-ACC")
BALANCE = build.RECORDS["deposits"]["balance_fen"]
LAW = BY_LAW.of("粤5302", build.TODAY)


@pytest.mark.parametrize("asset_type", ["deposits", "provident_fund"])
def test_no_court_freezes_a_whole_account_unless_it_said_so(asset_type):
    assert wrong_with(WHOLE, asset_type) == [REQUIRED]


def test_where_the_court_said_so_a_freeze_may_do_without_an_amount():
    assert wrong_with(WHOLE, table=ALLOWED) == []
    assert wrong_with({}, table=ALLOWED) == []
    assert wrong_with(WHOLE, "provident_fund", table=ALLOWED) == [REQUIRED]
    assert wrong_with(WHOLE, table=ALLOWED, liable_fen={0: 100}) == [REQUIRED]
    assert wrong_with(WHOLE, table=ALLOWED, liable_fen={1: 100}) == []
    assert wrong_with({**WHOLE, "measure": "withdraw_income", "case_funds_account": side.FUNDS}, table=ALLOWED) == [REQUIRED]


def test_a_holder_who_is_liable_for_a_share_keeps_the_rest():
    spouses = (*ALLOWED, *build.court_law("LIABLE-SPOUSE", liable=True)[-1:])
    assert wrong_with(WHOLE, role="spouse", table=spouses) == [REQUIRED]
    assert wrong_with({"amount_fen": 1}, role="spouse", table=spouses) == []
    assert wrong_with(WHOLE, role="neighbour", table=ALLOWED) == [("asset_id", "subject_not_liable", None), REQUIRED]


def on(**state):
    values = {"state": "in_force", "pending": None, "until_on": build.TODAY + timedelta(days=90), "actual_fen": BALANCE, **state}
    control = asked("freeze", term_months=12).model_copy(update=values)
    return OnControl(control, "deposits", build.RECORDS["deposits"], "（2026）粤5302执1234号", "粤5302", build.agency("one", "deposits"), build.TODAY)


@pytest.mark.parametrize(("model", "body", "codes"), [
    (RenewalBody, side.renewal(), []), (ReleaseBody, side.release(), []), (ReleaseBody, side.release(amount_fen=5), []),
    (DeductionBody, side.deduction(BALANCE), []), (DeductionBody, side.deduction(BALANCE + 1), ["over_frozen"]),
    (ReleaseBody, side.release(amount_fen=BALANCE + 1), ["over_frozen"]),
])
def test_a_whole_account_is_renewed_released_and_deducted_within_what_it_holds(model, body, codes):
    assert [one.error.code for one in check(on(), read_action(build.json(body), model))] == codes


def test_what_a_whole_account_holds_always_adds_up():
    assert adds_up(on().control, Confirmed(actual_fen=BALANCE, unfunded_fen=0))


# ---- what a plan makes of it

CASH = build.asset_id("deposits", "icbc", build.RECORDS["deposits"]["account_no"])
REPORT = build.report(build.task(assets=(build.found(),)))


def hold(minutes=1, **other):
    values = {"asset_id": CASH, "asset_type": "deposits", "measure": "freeze", "state": "requested", "same_case": True, "request_id": "01JD", "request_no": f"r{minutes}",
              "subject_hash": "chen", "ordered_at": build.NOW + timedelta(minutes=minutes), **other}
    return Hold(**values)


def held(report, holds):
    return held_fen({report.request_id: report}, holds, securing=securing_states(build.TODAY, ALLOWED))


def free(*holds, report=REPORT):
    (one,) = candidates(report, Around(build.directory(), LAW, holds, {}, build.TODAY))
    return one.free_fen or 0, one.left_out


@pytest.mark.parametrize("state", ["requested", "waiting", "in_force"])
@pytest.mark.parametrize("same_case", [True, False])
def test_nothing_of_an_account_is_left_beside_a_freeze_of_the_whole(state, same_case):
    assert free(hold(state=state, same_case=same_case, actual_fen=7 if state == "in_force" else None)) == (0, "reserved")


def test_a_freeze_of_the_whole_that_the_register_knows_is_not_taken_off_again():
    assert free(hold(minutes=-60)) == (BALANCE, None)


@pytest.mark.parametrize(("holds", "fen"), [
    ([hold()], BALANCE),
    ([hold(state="in_force", actual_fen=7)], 7),
    ([hold(state="waiting", actual_fen=0)], 0),
    ([hold(1), hold(2)], BALANCE),
    ([hold(1, requested_fen=300), hold(2)], BALANCE),
    ([hold(1), hold(2, requested_fen=300)], BALANCE),
    ([hold(1, requested_fen=300, same_case=False), hold(2)], BALANCE - 300),
    ([hold(1), hold(2, requested_fen=300, same_case=False)], BALANCE),
    ([hold(1, same_case=False), hold(2)], 0),
    ([hold(1, requested_fen=BALANCE + 1, same_case=False), hold(2)], 0),
    ([hold(asset_id="elsewhere")], 0),
])
def test_a_freeze_of_the_whole_will_hold_what_others_leave(holds, fen):
    assert held(REPORT, holds) == fen


def test_a_priority_right_comes_first_in_a_whole_account_too():
    pledged = build.report(build.task(assets=(build.found(rights=(build.right(kind="pledge", amount_fen=300),)),)))
    assert held(pledged, [hold()]) == BALANCE - 300


def test_an_account_in_dollars_secures_nothing_known():
    dollars = build.report(build.task(assets=(build.found(currency="USD"),)))
    assert (held(dollars, [hold()]), free(hold(), report=dollars)) == (0, (0, "no_value"))


amounts = st.one_of(st.none(), st.integers(1, 2 * BALANCE))


@given(st.lists(st.tuples(amounts, st.booleans()), max_size=5))
def test_with_a_whole_account_among_them_what_is_asked_of_an_account_is_never_more_than_it_has(asked_for):
    holds = [hold(minutes, requested_fen=fen, same_case=ours) for minutes, (fen, ours) in enumerate(asked_for, start=1)]
    of_amounts = sum(one.requested_fen or 0 for one in holds if one.same_case)
    whole = any(one.whole_account for one in holds)
    assert held(REPORT, holds) <= max(BALANCE, of_amounts)
    assert free(*holds)[0] == (0 if whole else max(0, BALANCE - sum(one.requested_fen or 0 for one in holds)))
    assert held(REPORT, [replace(one, same_case=False) for one in holds]) == 0
