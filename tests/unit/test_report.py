from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.outcome import GAP_OUTCOMES, OUTCOMES
from contracts.registry import FIRST_SIX
from contracts.report import AssetReport
from gateway.domain.left_out import LeftOutGroup
from gateway.domain.report import changes, with_changes
from tests.builders import (
    NOW,
    RECORDS,
    USCC,
    asset_id,
    company,
    control_view,
    found,
    measure,
    proposal,
    report,
    report_request,
    right,
    subject,
    task,
)

EARLIER = NOW - timedelta(days=30)
ACCOUNT = RECORDS["deposits"]["account_no"]
DEPOSIT_ID = asset_id("deposits", "icbc", ACCOUNT)


def sections(compiled, at=0):
    return {section.asset_type: section for section in compiled.subjects[at].sections}


def only_asset(compiled, asset_type="deposits", at=0):
    (asset,) = sections(compiled, at)[asset_type].assets
    return asset


def house(**other):
    return found("real_estate", **other)


def test_every_section_asked_is_there_in_the_order_asked():
    compiled = report(task(), request=report_request(asset_types=("deposits", "real_estate", "equity"), subjects=(subject(), company())))
    for one in compiled.subjects:
        assert [section.asset_type for section in one.sections] == ["deposits", "real_estate", "equity"]


def test_a_section_that_nobody_was_asked_for_says_so():
    compiled = report(task())
    assert (sections(compiled)["real_estate"].asked, sections(compiled)["deposits"].asked) == (0, 1)
    assert "没有单位可供查询的有：陈伟的不动产" in compiled.completeness.statement.zh


def test_none_found_gives_no_gap():
    compiled = report(task(), task("registry", "real_estate"))
    assert all(not section.gaps for section in sections(compiled).values())
    assert (compiled.all_ended, compiled.all_answered) == (True, True)
    assert "全部查询均已得到答复" in compiled.completeness.statement.zh


@pytest.mark.parametrize(("outcome", "code"), [
    ("refused", "rejected_by_agency"), ("unsupported", "no_capability"), ("failed", "fault"), ("overdue", "no_answer"), (None, "awaiting")])
def test_every_other_outcome_gives_a_gap_with_its_reason(outcome, code):
    compiled = report(task(outcome=outcome))
    (gap,) = sections(compiled)["deposits"].gaps
    assert (gap.agency, gap.outcome, gap.code) == ("icbc", outcome, code)
    assert gap.reason.zh
    assert not compiled.all_answered
    assert compiled.all_ended is (outcome is not None)


@pytest.mark.parametrize(("outcome", "code"), [("overdue", "no_answer"), (None, "awaiting")])
def test_a_gap_of_an_agency_that_is_not_asked_says_since_when_and_that_it_does_not_mean_no_assets(outcome, code):
    compiled = report(task(outcome=outcome, suspended_since=datetime(2026, 11, 22, 1, 30, tzinfo=UTC)))
    (gap,) = sections(compiled)["deposits"].gaps
    assert (gap.code, gap.suspended_since) == (code, datetime(2026, 11, 22, 1, 30, tzinfo=UTC))
    assert gap.reason.zh.endswith("；自2026年11月22日09:30起暂停询问，不视为无财产")
    assert gap.reason.en.endswith("; suspended since 2026-11-22 09:30 (China Standard Time), not counted as no assets")
    assert "自2026年11月22日09:30起暂停询问，不视为无财产" in compiled.completeness.statement.zh
    assert "suspended since 2026-11-22 09:30" in compiled.completeness.statement.en


def test_an_agency_that_answered_after_all_is_not_shown_as_suspended():
    (gap,) = sections(report(task(outcome="refused", code="document_missing", suspended_since=datetime(2026, 11, 22, tzinfo=UTC))))["deposits"].gaps
    assert gap.suspended_since is None
    assert "暂停" not in gap.reason.zh


def test_a_gap_keeps_the_agencys_own_code_and_words():
    (gap,) = sections(report(task(outcome="refused", code="document_missing", detail="缺少执行公务证")))["deposits"].gaps
    assert (gap.code, gap.detail, gap.reason.zh) == ("document_missing", "缺少执行公务证", "缺少法律文书")


def test_the_statement_can_be_read_aloud():
    compiled = report(task(assets=(found(),)), task("abc", outcome="overdue"), task("registry", "real_estate"),
                      request=report_request(left_out=(LeftOutGroup("outside_region", "deposits", None, 2, (0,)),)))
    assert compiled.completeness.statement.zh == (
        "本报告就1名被查询人，共向3个单位发出3项查询，其中1项查到财产、1项回复无财产；逾期未复1项。"
        "本报告不完整，未获答复的有：abc单位（陈伟，逾期未复）。未回复不等于无财产。另有2项因登记地不在查找范围内而未查询。"
        "本院未选择查询的财产种类有：机动车、股权、证券、住房公积金；未查询不等于无财产。")
    assert "incomplete" in compiled.completeness.statement.en


def test_the_statement_says_by_which_name_a_silent_agency_was_asked_and_is_silent_where_all_was_chosen():
    former = task("bureau", "real_estate", outcome="overdue", asked_as="陈大伟")
    compiled = report(former, request=report_request(asset_types=FIRST_SIX))
    assert "bureau单位（陈伟，曾用名陈大伟，逾期未复）" in compiled.completeness.statement.zh
    assert "未选择" not in compiled.completeness.statement.zh


def test_a_long_list_of_silent_agencies_is_counted():
    silent = [task(f"bank-{number:02d}", outcome="overdue") for number in range(25)]
    statement = report(*silent, request=report_request(asset_types=("deposits",))).completeness.statement
    assert "bank-19单位" in statement.zh
    assert "等25项" in statement.zh
    assert "and 5 more" in statement.en


def test_many_sections_that_nobody_was_asked_for_are_counted():
    many = report_request(subjects=tuple(subject(name=f"甲{number}") for number in range(24)))
    statement = report(request=many).completeness.statement
    assert "甲0的不动产、银行存款；甲1的" in statement.zh
    assert "等24名被查询人。未查询不等于无财产" in statement.zh
    assert "and of 4 more" in statement.en


def test_an_asset_shows_its_record_and_where_it_was_read():
    asset = only_asset(report(task(assets=(found(),))))
    assert asset.record == RECORDS["deposits"]
    assert (asset.asset_id, asset.value_fen, asset.debtor_share) == (DEPOSIT_ID, 8_812_300, "1")
    assert [(one.agency, one.task_id, one.as_of) for one in asset.sources] == [("icbc", "icbc-deposits-0", NOW)]


def test_one_house_in_two_registers_is_one_asset():
    compiled = report(
        task("housing", "real_estate", as_of=EARLIER, assets=(house(certificate_no="粤（2020）1号", registry="住建局"),)),
        task("registry", "real_estate", assets=(house(),)))
    asset = only_asset(compiled, "real_estate")
    assert [one.agency for one in asset.sources] == ["registry", "housing"]
    assert (asset.record["registry"], asset.record["certificate_no"]) == ("云浮市不动产登记中心", "粤（2020）1号")
    assert asset.conflicts == ("registry",)


def test_one_account_number_at_two_banks_is_two_assets():
    compiled = report(task(assets=(found(),)), task("abc", assets=(found(),)))
    assert len(sections(compiled)["deposits"].assets) == 2


def test_one_company_held_by_two_debtors_is_two_stakes():
    request = report_request(asset_types=("equity",), subjects=(subject(), company()))
    compiled = report(task("market", "equity", assets=(found("equity"),)), task("market", "equity", at=1, assets=(found("equity"),)), request=request)
    assert only_asset(compiled, "equity").asset_id != only_asset(compiled, "equity", at=1).asset_id
    assert USCC in only_asset(compiled, "equity", at=1).asset_id


def test_a_measure_that_two_registers_report_counts_once():
    seal = measure(kind="seal", amount_fen=10_000_000)
    compiled = report(task("housing", "real_estate", as_of=EARLIER, assets=(house(measures=(seal,), rights=(right(amount_fen=5),)),)),
                      task("registry", "real_estate", assets=(house(measures=(seal,), rights=(right(amount_fen=7),)),)))
    asset = only_asset(compiled, "real_estate")
    assert (len(asset.prior_measures), asset.encumbered_fen) == (1, 10_000_007)


def test_two_equal_mortgages_in_one_register_both_count():
    compiled = report(task("registry", "real_estate", assets=(house(rights=(right(amount_fen=5), right(amount_fen=5))),)))
    assert only_asset(compiled, "real_estate").encumbered_fen == 10


def test_a_security_in_portions_is_worth_what_they_make_together():
    portions = [{"share_nature": nature, "quantity": 500, "available_quantity": free, "frozen_quantity": 500 - free}
                for nature, free in (("tradable", 500), ("restricted", 100))]
    shares = found("securities", share_nature="mixed", portions=portions)
    asset = only_asset(report(task("csdc", "securities", assets=(shares,)), request=report_request(asset_types=("securities",))), "securities")
    assert (asset.value_fen, asset.controllable_fen) == (1_000_000, 600_000)
    assert asset.record["portions"] == portions


def test_our_own_measure_is_no_prior_one():
    ours = measure(amount_fen=1_000_000, request_no="202611224453020001", document_no="本院")
    asset = only_asset(report(task(assets=(found(measures=(ours, measure(amount_fen=5))),)),
                              controls=(control_view(asset_id=DEPOSIT_ID, request_no="202611224453020001"),)))
    assert (asset.encumbered_fen, asset.controls) == (5, ("c1",))


def test_the_most_valuable_asset_comes_first_and_the_unvalued_last():
    accounts = (found(account_no="1", balance_fen=5, available_balance_fen=5), found(account_no="2", currency="USD"), found(account_no="3"))
    assets = sections(report(task(assets=accounts)))["deposits"].assets
    assert [asset.record["account_no"] for asset in assets] == ["3", "1", "2"]


def test_totals_count_yuan_and_the_debtors_share():
    compiled = report(task(assets=(found(), found(account_no="2", currency="USD"))),
                      task("registry", "real_estate", assets=(house(share_ratio="1/2", rights=(right(amount_fen=40_000_000),)),)))
    totals = compiled.totals
    assert (totals.value_fen, totals.encumbered_fen, totals.controllable_fen, totals.unvalued_assets, totals.claim_fen) == (
        58_812_300, 40_000_000, 38_812_300, 1, 129_540_000)


def test_what_controls_secure_is_added_up_once_for_each_whole_thing():
    place = asset_id("real_estate", "", RECORDS["real_estate"]["unit_code"])
    seals = [control_view(control_id=f"s{number}", asset_id=place, asset_type="real_estate", measure="seal") for number in range(2)]
    freezes = [control_view(control_id=f"f{number}", asset_id=DEPOSIT_ID, actual_fen=100) for number in range(2)]
    compiled = report(task(assets=(found(),)), task("registry", "real_estate", assets=(house(),)), controls=(*seals, *freezes))
    assert compiled.totals.secured_fen == 100_000_200
    assert [one.control_id for one in compiled.controls] == ["f0", "f1", "s0", "s1"]


@pytest.mark.parametrize(("other", "secured"), [
    ({"actual_fen": 100}, 100), ({"actual_fen": 100, "state": "waiting"}, 0), ({"actual_fen": None}, 0),
    ({"actual_fen": 100, "priority_rights": (right(amount_fen=30),)}, 70), ({"actual_fen": 100, "priority_rights": (right(),)}, 0),
    ({"asset_type": "real_estate", "measure": "seal"}, 0), ({"asset_type": "securities", "actual_quantity": 5}, 0),
])
def test_a_control_on_an_asset_that_no_answer_tells_of_secures_the_money_its_agency_says(other, secured):
    compiled = report(task(), controls=(control_view(asset_id="a clue", **other),))
    assert [(one.control_id, one.secured_fen) for one in compiled.controls] == [("c1", secured)]


def test_a_report_and_itself_do_not_differ():
    compiled = report(task(assets=(found(),)))
    assert changes(compiled, compiled) == ()
    assert with_changes(None, compiled) is compiled


def test_a_late_answer_adds_assets_and_changes_an_outcome():
    before = report(task(outcome="overdue"))
    after = with_changes(before, report(task(assets=(found(),), late=True), version=2))
    assert [(one.kind, one.before and one.before.get("outcome"), one.after and one.after.get("outcome")) for one in after.changes] == [
        ("asset_added", None, None), ("outcome_changed", "overdue", "found")]
    assert after.changes[0].after["account_no"] == ACCOUNT
    assert after.agencies[0].late


def test_an_asset_that_changed_shows_only_what_changed():
    before, after = report(task(assets=(found(),))), report(task(assets=(found(balance_fen=9_000_000),)), version=2)
    (change,) = changes(before, after)
    assert (change.kind, change.before, change.after) == (
        "asset_changed", {"balance_fen": 8_812_300, "value_fen": 8_812_300}, {"balance_fen": 9_000_000, "value_fen": 9_000_000})


def test_an_asset_that_is_gone_is_removed():
    (change,) = changes(report(task(assets=(found(),), outcome="found")), report(task(outcome="found"), version=2))
    assert (change.kind, change.asset_id, change.after) == ("asset_removed", DEPOSIT_ID, None)


def test_a_control_that_moved_is_a_change():
    asked = report(task(), controls=(control_view(state="requested", pending="freeze"),))
    held = report(task(), controls=(control_view(),), version=2)
    assert [one.before for one in changes(report(task()), asked)] == [None]
    assert changes(held, held) == ()
    (change,) = changes(asked, held)
    assert (change.kind, change.before["state"], change.after["state"]) == ("control_changed", "requested", "in_force")


def test_proposals_are_shown_as_they_stand_and_their_changes_named():
    none, some = report(task(), proposals=(proposal(control_id="c3"),)), report(
        task(), proposals=(proposal(amount_fen=300), proposal(control_id="c2"), proposal(control_id="c3")), version=2)
    fewer = report(task(), proposals=(proposal(amount_fen=200), proposal(control_id="c3")), version=3)
    assert changes(fewer, fewer) == ()
    assert [one.amount_fen for one in some.release_proposals] == [300, None, None]
    assert [(one.kind, one.before, one.after["control_id"]) for one in changes(none, some)] == [
        ("proposal_changed", None, "c1"), ("proposal_changed", None, "c2")]
    assert [(one.before["amount_fen"], one.after and one.after["amount_fen"]) for one in changes(some, fewer)] == [(300, 200), (None, None)]


def test_a_report_survives_being_sent():
    compiled = report(task(assets=(found(measures=(measure(amount_fen=1),)),)), task("abc", outcome=None))
    assert AssetReport.model_validate_json(compiled.model_dump_json()) == compiled


@st.composite
def answered(draw):
    tasks = []
    for number, at in enumerate(draw(st.lists(st.integers(0, 1), max_size=8))):
        outcome = draw(st.sampled_from([*OUTCOMES, None]))
        balances = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=3)) if outcome == "found" else []
        assets = tuple(found(account_no=f"{index}", balance_fen=fen, available_balance_fen=draw(st.integers(0, fen)))
                       for index, fen in enumerate(balances))
        tasks.append(task(f"bank-{number}", at=at, outcome=outcome, assets=assets))
    return tasks


TWO = report_request(asset_types=("deposits",), subjects=(subject(), company()))


@given(answered())
def test_every_task_appears_exactly_once(tasks):
    compiled = report(*tasks, request=TWO)
    assert sorted(line.task_id for line in compiled.agencies) == sorted(one.task_id for one in tasks)
    gaps = [gap for one in compiled.subjects for section in one.sections for gap in section.gaps]
    assert sorted(gap.task_id for gap in gaps) == sorted(one.task_id for one in tasks if one.outcome is None or one.outcome in GAP_OUTCOMES)


@given(answered())
def test_gaps_and_found_and_none_make_what_was_asked(tasks):
    counted = report(*tasks, request=TWO).completeness
    assert counted.asked == len(tasks) == sum(
        getattr(counted, word) for word in ("found", "none_found", "refused", "unsupported", "failed", "overdue", "awaiting"))


@given(answered())
def test_totals_are_the_sum_of_the_assets(tasks):
    compiled = report(*tasks, request=TWO)
    assets = [asset for one in compiled.subjects for section in one.sections for asset in section.assets]
    assert compiled.totals.value_fen == sum(asset.value_fen for asset in assets)
    assert compiled.totals.controllable_fen == sum(asset.controllable_fen for asset in assets)
    assert compiled.totals.encumbered_fen == sum(asset.encumbered_fen for asset in assets)
    assert len({asset.asset_id for asset in assets}) == len(assets)


@given(answered().flatmap(lambda tasks: st.tuples(st.just(tasks), st.permutations(tasks))))
def test_the_order_of_answers_does_not_matter(orders):
    assert report(*orders[0], request=TWO) == report(*orders[1], request=TWO)


@given(answered(), answered())
def test_changes_there_and_back_mirror_each_other(some, others):
    before, after = report(*some, request=TWO), report(*others, request=TWO)
    assert sorted((one.kind, str(one.asset_id)) for one in changes(before, after) if one.kind == "asset_added") == sorted(
        ("asset_added", str(one.asset_id)) for one in changes(after, before) if one.kind == "asset_removed")


@pytest.mark.parametrize(("rank", "named"), [(3, ["甲院", "乙院"]), (2, ["甲院"]), (1, []), (None, ["甲院", "乙院", "丙院"])])
def test_a_control_names_who_stands_before_it_by_now(rank, named):
    told = [measure(authority=name, rank=at) for at, name in enumerate(("甲院", "乙院", "丙院"), start=1)]
    told.append(measure(authority="本院", rank=1, request_no="ours"))
    ours, own = control_view(rank=rank, prior_measures=told), control_view(control_id="c9", request_no="ours")
    assert [one.authority for one in report(controls=(ours, own)).controls[0].prior_measures] == named
