from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import law
from gateway.domain.candidates import Around, Candidate, Hold, candidates, held_fen
from gateway.domain.court_policy import BY_LAW, PlanPolicy
from gateway.domain.plan import Plan, items, plan, stale_lines
from gateway.domain.worth import securing_states
from tests import builders as build
from tests.builders import NOW, TODAY, USCC

LAW = BY_LAW.of("粤5302", TODAY)
TYPES = ("deposits", "real_estate", "securities", "equity", "vehicles", "provident_fund", "wealth_products")
CASH, CARD, FUND = "deposits|icbc|6222024530200012345", "deposits|abc|1", "provident_fund|fund|GJJ0001"
HOUSE, SHARES = f"real_estate||{build.UNIT_CODE}", "securities||A123456789/600000"
OTHER_UNIT = "445302001001GB00014F00310206"


def compiled(*tasks, **request):
    return build.report(*tasks, request=build.report_request(asset_types=TYPES, **request))


def deposits(*assets, agency="icbc", **other):
    return build.task(agency, assets=assets or (build.found(**other),))


def houses(*assets):
    return build.task("registry", "real_estate", assets=assets or (build.found("real_estate"),))


def around(policy=LAW, holds=(), reserved=None, directory=None):
    return Around(directory or build.directory(), policy, holds, reserved or {}, TODAY)


def planned(report, claim, *, policy=LAW, holds=(), reserved=None, directory=None):
    found = candidates(report, around(policy, holds, reserved, directory))
    return plan(found, claim_fen=claim, held_fen=held({report.request_id: report}, holds), policy=policy)


def held(reports, holds, of=None):
    return held_fen(reports, holds, securing=securing_states(TODAY, law.LAW), subject_hash=of)


def lines(made):
    return {line.asset_id: (line.amount_fen, line.reason.code) for line in made.lines}


def why(made):
    return {one.asset_id: one.reason.code for one in made.left_out}


def hold(**other):
    values = {"asset_id": CASH, "asset_type": "deposits", "measure": "freeze", "state": "in_force", "same_case": True, "request_id": "01JD", "request_no": "r1", "subject_hash": "chen",
              "ordered_at": NOW + timedelta(minutes=1), **other}
    return Hold(**values)


def test_deposits_come_first_to_the_fen_and_the_rest_is_left_out_with_the_rule():
    made = planned(compiled(deposits(), houses()), 5_000_001)
    assert lines(made) == {CASH: (5_000_001, "takes_part")}
    assert (made.secured_fen, made.uncovered_fen, why(made)) == (5_000_001, 0, {HOUSE: "not_needed"})
    assert made.left_out[0].reason.rule.id == "LIMIT"


def test_a_house_that_exceeds_is_the_one_stated_exception():
    made = planned(compiled(deposits(), houses()), 10_000_000)
    assert lines(made) == {CASH: (8_812_300, "takes_all"), HOUSE: (100_000_000, "taken_whole")}
    assert made.lines[-1].reason.rule.id == "LIMIT-SPLIT"


def test_an_only_dwelling_comes_after_another_house_that_suffices():
    small = build.found("real_estate", unit_code=OTHER_UNIT, planned_use="商业", assessed_value_fen=120_000_000)
    made = planned(compiled(houses(build.found("real_estate"), small)), 90_000_000)
    assert list(lines(made)) == [f"real_estate||{OTHER_UNIT}"]


def test_things_without_a_value_come_last_and_count_nothing():
    report = compiled(deposits(), build.task("vehicle-office", "vehicles", assets=(build.found("vehicles"),)),
                      build.task("market", "equity", assets=(build.found("equity"),)))
    made = planned(report, 10_000_000)
    assert [(line.asset_type, line.amount_fen, line.counted, line.ratio) for line in made.lines] == [
        ("deposits", 8_812_300, True, None), ("equity", 0, False, "1"), ("vehicles", 0, False, None)]
    assert (made.secured_fen, made.uncovered_fen) == (8_812_300, 1_187_700)
    assert [line.asset_type for line in planned(report, 8_000_000).lines] == ["deposits"]


def test_shares_are_counted_in_units_at_the_adjusted_price():
    report = compiled(build.task("csdc", "securities", assets=(build.found("securities"),)))
    made = planned(report, 90_000, policy=LAW.adjusted(PlanPolicy(securities_adjustment="-0.1")))
    assert [(line.quantity, line.amount_fen) for line in made.lines] == [(100, 90_000)]


@pytest.mark.parametrize(("record", "code"), [
    ({"account_class": "migrant_wage"}, "asset_exempt"), ({"account_status": "closed"}, "no_longer_there"),
    ({"available_balance_fen": 0}, "worth_nothing"), ({"currency": "USD"}, "no_value"),
])
def test_an_account_that_cannot_secure_is_left_out_with_the_reason(record, code):
    assert why(planned(compiled(deposits(**record)), 5_000_000)) == {CASH: code}


def test_the_courts_policy_spares_accounts_of_limited_purpose():
    policy = LAW.model_copy(update={"spared_account_classes": ("presale_supervision",)})
    assert why(planned(compiled(deposits(account_class="presale_supervision")), 5, policy=policy)) == {CASH: "purpose_limited"}


def test_who_is_not_liable_pays_nothing():
    report = compiled(deposits(), subjects=(build.subject(role="legal_representative"),))
    assert why(planned(report, 5)) == {CASH: "subject_not_liable"}


def test_an_agency_that_only_answers_queries_secures_nothing():
    report = compiled(deposits())
    assert why(planned(report, 5, directory=build.directory(build.agency(capabilities=("query",))))) == {CASH: "agency_cannot_control"}


def test_a_house_with_an_earlier_seal_would_only_wait():
    sealed = build.found("real_estate", measures=(build.measure(kind="seal"),))
    assert why(planned(compiled(houses(sealed)), 5)) == {HOUSE: "waits_only"}
    unassessed = build.found("real_estate", measures=(build.measure(kind="seal"),), assessed_value_fen=None)
    assert why(planned(compiled(houses(unassessed)), 5)) == {HOUSE: "waits_only"}


def test_a_mortgage_for_the_whole_value_leaves_nothing():
    assert why(planned(compiled(houses(build.found("real_estate", rights=(build.right(),)))), 5)) == {HOUSE: "rights_first"}


def test_a_mortgage_for_a_part_leaves_the_rest_and_a_share_its_part():
    half = build.found("real_estate", rights=(build.right(amount_fen=40_000_000),), share_ratio="1/2")
    made = planned(compiled(houses(half)), 30_000_000)
    assert lines(made) == {HOUSE: (30_000_000, "least_excess")}


PLEDGE = build.right(kind="pledge", amount_fen=1_000_000)


def test_out_of_an_account_what_is_paid_first_is_frozen_besides():
    report = compiled(deposits(build.found(rights=(PLEDGE,))))
    part, all_of_it = planned(report, 5_000_000), planned(report, 9_000_000)
    assert lines(part) == {CASH: (6_000_000, "rights_besides")}
    assert (part.lines[0].secured_fen, part.secured_fen, part.uncovered_fen) == (5_000_000, 5_000_000, 0)
    assert lines(all_of_it) == {CASH: (8_812_300, "takes_all")}
    assert (all_of_it.secured_fen, all_of_it.uncovered_fen) == (7_812_300, 1_187_700)


@pytest.mark.parametrize(("record", "secured"), [({}, 6_812_300), ({"available_balance_fen": 6_812_300}, 5_812_300), ({"available_balance_fen": 500_000}, 0)])
def test_what_a_plan_counts_of_a_pledged_account_is_what_its_control_will_secure(record, secured):
    """The earlier freeze takes 1,000,000: of what the bank calls available, or before."""
    told = {"measures": (build.measure(amount_fen=1_000_000),), "rights": (PLEDGE,)}
    made = planned(compiled(deposits(build.found(**told, **record))), 10**9)
    assert made.secured_fen == secured
    for line in made.lines:
        control = build.control_view(asset_id=CASH, requested_fen=line.amount_fen, actual_fen=line.amount_fen)
        held = build.report(deposits(build.found(**told, **record)), request=build.report_request(asset_types=TYPES), controls=(control,))
        assert held.controls[0].secured_fen == line.secured_fen == secured
    assert secured or why(made) == {CASH: "rights_first"}


def test_of_the_account_of_a_spouse_a_plan_takes_the_share_that_an_order_may_take():
    table = build.court_law("LIABLE-SPOUSE", liable=True)
    request = build.report_request(asset_types=TYPES, subjects=(build.subject(role="spouse"),), table=table)
    report = build.report(deposits(build.found(rights=(PLEDGE,))), request=request)
    made = plan(candidates(report, replace(around(), table=table)), claim_fen=10**9, held_fen=0, policy=LAW)
    assert [(line.amount_fen, line.secured_fen) for line in made.lines] == [(4_406_150, 3_406_150)]


def test_a_second_plan_adds_nothing_where_the_first_one_holds_the_claim():
    report = compiled(deposits(build.found(rights=(PLEDGE,))))
    again = planned(report, 5_000_000, holds=[hold(requested_fen=6_000_000, actual_fen=6_000_000)])
    assert (again.held_fen, again.lines) == (5_000_000, ())


def test_units_that_are_pledged_were_taken_off_by_the_bank_already():
    product = build.found("wealth_products", rights=(build.right(kind="pledge", amount_fen=3_000_000),))
    made = planned(compiled(build.task("wealth", "wealth_products", assets=(product,))), 10**9,
                   directory=build.directory(build.agency("wealth", "wealth_products")))
    assert [(line.asset_type, line.amount_fen, line.secured_fen) for line in made.lines] == [("wealth_products", 5_000_000, 5_000_000)]


def test_a_line_holds_no_longer_when_more_is_paid_first():
    made = planned(compiled(deposits(build.found(rights=(PLEDGE,)))), 5_000_000)
    more = compiled(deposits(build.found(rights=(PLEDGE, build.right(kind="pledge", amount_fen=1)))))
    assert stale_lines(made, candidates(compiled(deposits(build.found(rights=(PLEDGE,)))), around()), 0) == []
    assert stale_lines(made, candidates(more, around()), 0) == [0]


def test_a_plan_made_before_lines_said_what_they_count_for_counts_its_amounts():
    made = planned(compiled(deposits()), 5_000_000).model_dump(mode="json")
    del made["lines"][0]["secured_fen"]
    assert Plan.model_validate(made).lines[0].secured_fen == 5_000_000


def test_living_expenses_stay_in_the_smallest_accounts():
    policy = LAW.adjusted(PlanPolicy(reserve_fen=200_000, reserve_per_dependant_fen=100_000, dependants=1))
    report = compiled(deposits(), deposits(build.found(account_no="1", balance_fen=250_000, available_balance_fen=250_000), agency="abc"))
    made = planned(report, 10_000_000, policy=policy)
    assert lines(made) == {CASH: (8_762_300, "takes_all")}
    assert why(made) == {CARD: "living_expenses"}


def test_a_company_keeps_no_living_expenses():
    policy = LAW.adjusted(PlanPolicy(reserve_fen=200_000))
    report = compiled(deposits(), subjects=(build.company(),))
    assert planned(report, 10_000_000, policy=policy).secured_fen == 8_812_300


def test_what_the_case_holds_is_not_secured_twice():
    made = planned(compiled(deposits()), 6_000_000, holds=[hold(state="requested", requested_fen=2_000_000)])
    assert (made.held_fen, lines(made)) == (2_000_000, {CASH: (4_000_000, "takes_part")})


def test_what_waits_secures_nothing_and_takes_nothing_else():
    made = planned(compiled(deposits()), 6_000_000, holds=[hold(state="waiting", requested_fen=2_000_000)])
    assert (made.held_fen, made.secured_fen) == (0, 6_000_000)


def test_what_another_case_froze_since_is_not_there_any_more():
    made = planned(compiled(deposits()), 6_000_000, holds=[hold(same_case=False, requested_fen=8_812_300)])
    assert (made.uncovered_fen, why(made)) == (6_000_000, {CASH: "reserved"})


def test_what_was_frozen_before_the_bank_answered_is_not_taken_off_again():
    earlier = hold(same_case=False, requested_fen=8_812_300, ordered_at=NOW - timedelta(days=1))
    assert planned(compiled(deposits()), 6_000_000, holds=[earlier]).secured_fen == 6_000_000


def test_plans_of_other_requests_reserve_what_they_name():
    report = compiled(deposits(), houses())
    made = planned(report, 8_812_300, reserved={CASH: 812_300, HOUSE: 100_000_000})
    assert (lines(made), why(made)) == ({CASH: (8_000_000, "takes_all")}, {HOUSE: "reserved"})


def test_a_house_the_case_sealed_counts_once_and_is_not_sealed_again():
    ours = build.measure(kind="seal", request_no="r1")
    report = compiled(houses(build.found("real_estate", measures=(ours,))))
    seals = [hold(asset_id=HOUSE, asset_type="real_estate", measure=measure, ordered_at=NOW) for measure in ("seal", "pre_seal")]
    made = planned(report, 150_000_000, holds=seals)
    assert (made.held_fen, made.uncovered_fen, why(made)) == (100_000_000, 50_000_000, {HOUSE: "already_controlled"})


def test_a_house_another_case_sealed_since_is_reserved():
    report = compiled(houses())
    sealed = hold(asset_id=HOUSE, asset_type="real_estate", measure="seal", same_case=False)
    assert why(planned(report, 5, holds=[sealed])) == {HOUSE: "reserved"}


def test_frozen_shares_take_their_units():
    report = compiled(build.task("csdc", "securities", assets=(build.found("securities"),)))
    ours = hold(asset_id=SHARES, asset_type="securities", state="requested", requested_quantity=590)
    assert planned(report, 600_000, holds=[ours]).held_fen == 590_000
    assert [line.quantity for line in planned(report, 600_000, holds=[ours]).lines] == [10]
    everything = hold(asset_id=SHARES, asset_type="securities", actual_quantity=600, same_case=False)
    assert why(planned(report, 600_000, holds=[everything])) == {SHARES: "reserved"}


@pytest.mark.parametrize(("state", "fen"), [("in_force", 7), ("requested", 9), ("waiting", 0)])
def test_what_the_case_holds_of_assets_outside_the_report_counts_as_the_agency_says(state, fen):
    elsewhere = hold(asset_id="elsewhere", state=state, actual_fen=7, requested_fen=9)
    assert held({"01JD": compiled(deposits())}, [elsewhere, hold(same_case=False, actual_fen=5)]) == fen


def test_a_house_sealed_under_another_request_counts_by_the_report_of_that_request():
    first, second = compiled(houses()), compiled(deposits())
    sealed = hold(asset_id=HOUSE, asset_type="real_estate", measure="seal", request_id="first")
    again = hold(asset_id=HOUSE, asset_type="real_estate", measure="seal", request_id="second", request_no="r2")
    assert held({"first": first, "01JD": second}, [sealed]) == 100_000_000
    ours = compiled(houses(build.found("real_estate", measures=(build.measure(kind="seal", request_no="r1"),))))
    assert held({"first": first, "second": ours}, [sealed, again]) == 100_000_000


def test_what_is_held_of_one_subject_is_told_apart():
    holds = [hold(actual_fen=7), hold(actual_fen=5, subject_hash="wang")]
    reports = {"01JD": compiled(deposits())}
    assert [held(reports, holds, one) for one in (None, "chen", "wang", "li")] == [12, 7, 5, 0]


def test_a_right_that_is_not_registered_yet_is_sealed_beforehand():
    made = planned(compiled(houses(build.found("real_estate", right_type="advance_notice"))), 5)
    assert [line.measure for line in made.lines] == ["pre_seal"]


def test_a_company_has_no_only_dwelling():
    found = candidates(compiled(houses(), subjects=(build.company(id_no=USCC),)), around())
    assert [one.kind for one in found] == ["real_estate"]


amounts = st.lists(st.tuples(st.sampled_from(["deposits", "real_estate"]), st.integers(1, 90)), max_size=7)


@given(amounts, st.integers(0, 300), st.sampled_from(["0", "0.1"]), st.randoms(use_true_random=False))
def test_a_plan_keeps_the_limit_and_does_not_depend_on_the_order(pairs, claim, tolerance, random):
    found = [Candidate(f"a{number}", kind, kind, 0, "freeze" if kind == "deposits" else "seal", fen) for number, (kind, fen) in enumerate(pairs)]
    policy = LAW.adjusted(PlanPolicy(tolerance=tolerance))
    made = plan(found, claim_fen=claim, held_fen=0, policy=policy)
    exceptions = [line for line in made.lines if line.reason.code == "taken_whole"]
    assert made.secured_fen <= made.limit_fen or len(exceptions) == 1
    assert made.secured_fen == sum(line.amount_fen for line in made.lines)
    assert made.uncovered_fen == max(0, claim - made.secured_fen)
    assert len(made.lines) + len(made.left_out) == len(found)
    random.shuffle(found)
    assert plan(found, claim_fen=claim, held_fen=0, policy=policy) == made


def test_what_a_plan_orders_has_the_terms_of_the_court_or_the_longest_of_the_law():
    report = compiled(deposits(), build.task("csdc", "securities", assets=(build.found("securities"),)), houses(),
                      build.task("market", "equity", assets=(build.found("equity"),)))
    made = planned(report, 500_000_000)
    ordered = items(made, {"deposits": 6}, TODAY)
    assert [(one.measure, one.amount_fen, one.quantity, one.ratio, one.term_months) for one in ordered] == [
        ("freeze", 8_812_300, None, None, 6), ("freeze", None, 600, None, 36), ("seal", None, None, None, 36), ("freeze", None, None, "1", 36)]


def test_a_line_is_stale_when_its_asset_holds_less_is_gone_or_got_a_value():
    found = candidates(compiled(deposits(), houses()), around())
    made = plan(found, claim_fen=108_812_300, held_fen=0, policy=LAW)
    assert stale_lines(made, found, 0) == []
    assert stale_lines(made, found, 1) == [0, 1]
    assert stale_lines(made, [], 0) == [0, 1]
    less = candidates(compiled(deposits(available_balance_fen=8_812_299), houses(build.found("real_estate", assessed_value_fen=100_000_001))), around())
    assert stale_lines(made, less, 0) == [0, 1]
    unvalued = candidates(compiled(deposits(), houses(build.found("real_estate", assessed_value_fen=None))), around())
    assert stale_lines(made, unvalued, 0) == [1]


def test_an_asset_the_law_keeps_from_the_court_is_named_so():
    assert why(planned(compiled(deposits(account_class="social_insurance")), 5)) == {CASH: "asset_exempt"}


def test_money_for_one_purpose_is_left_alone():
    assert why(planned(compiled(deposits(account_class="presale_supervision")), 5)) == {CASH: "purpose_limited"}
