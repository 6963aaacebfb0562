import pytest

from contracts.failures import Unfit
from contracts.registry import asset_type, asset_types
from gateway.domain.clues import Ground, with_clues
from gateway.domain.control_body import ControlBody
from gateway.domain.control_rules import check_items, targets
from gateway.domain.law.overrides import parse_overrides, table_of
from gateway.domain.report_views import asset_ids
from tests.builders import (
    RECORDS,
    TODAY,
    agency,
    asset_id,
    company,
    control_body,
    control_item,
    court,
    directory,
    document,
    found,
    json,
    report,
    report_request,
    subject,
    task,
)

PAPERS = [document(kind) for kind in ("ruling", "assist_freeze_notice", "assist_execution_notice")]
AGENCIES = directory(agency("registry", "real_estate"), agency("icbc"), agency("abc"), agency("market", "equity"), agency("csdc", "securities"),
                     agency("fund", "provident_fund", subject_kinds=("person",)), agency("far-office", "vehicles", region_code="510600", channel="p2p_local"))
ACCOUNT = RECORDS["deposits"]["account_no"]


def clue(code="icbc", key=ACCOUNT, **other):
    return {**{name: value for name, value in control_item(**other).items() if name != "asset_id"}, "agency": code, "key": key}


def read(*items, known=None, subjects=None):
    body = ControlBody.model_validate_json(json(control_body(*items, documents=PAPERS)), strict=True)
    return with_clues(body, known or {}, Ground(subjects or (subject(),), AGENCIES, court(), asset_id))


def said(findings):
    return [(one.error.pointer, one.error.code, one.rule.id if one.rule else None) for one in findings]


def checked(named, papers=PAPERS):
    body = named.body.model_copy(update={"documents": tuple(ControlBody.model_validate(control_body(documents=papers)).documents)})
    return said(check_items(body, named.assets, AGENCIES, case_no="（2026）粤5302执1234号", today=TODAY))


def test_a_clue_is_an_asset_of_which_no_more_is_known_than_its_key():
    named = read(clue())
    (item,) = named.body.items
    target = named.assets[item.asset_id]
    assert asset_ids(b"secret", "粤5302")("deposits", "icbc", ACCOUNT) != asset_ids(b"secret", "粤5303")("deposits", "icbc", ACCOUNT)
    assert (named.findings, target.clue, target.asset_type, target.agencies, target.role) == ((), True, "deposits", ("icbc",), "debtor")
    assert target.record == {"account_no": ACCOUNT, "currency": "CNY"}
    assert checked(named) == []


def test_a_clue_that_an_answer_tells_of_is_the_asset_of_the_report():
    known = targets(report(task("icbc", assets=(found(),))))
    named = read(clue(), known=known)
    assert named.assets.keys() == known.keys()
    assert not named.assets[named.body.items[0].asset_id].clue


@pytest.mark.parametrize(("register", "named"), [
    ("6222-0245-0001", "622202450001"), ("622202450001", "6222-0245-0001"), ("622202450001", " 6222 0245 0001"), ("622202450001", "６２２２０２４５０００１"),
])
def test_hyphens_blanks_and_full_width_letters_do_not_make_another_asset(register, named):
    known = targets(report(task("icbc", assets=(found(account_no=register),))))
    assert read(clue(key=named), known=known).assets.keys() == known.keys()


def test_equity_of_one_debtor_is_not_that_of_another():
    asked = report_request(asset_types=("equity",))
    known = targets(report(task("market", "equity", assets=(found("equity"),)), request=asked))
    both, key = (subject(), company()), RECORDS["equity"]["uscc"]
    assert not read(clue("market", key, amount_fen=None, ratio="1/9", subject=0), known=known, subjects=both).assets.keys() - known.keys()
    (other,) = (target for target in read(clue("market", key, amount_fen=None, ratio="1/9", subject=1), known=known, subjects=both).assets.values()
                if target.clue)
    assert (other.subject, other.asset_type) == (1, "equity")


def test_a_clue_of_what_another_subject_holds_is_refused():
    known = targets(report(task("icbc", assets=(found(),))))
    assert said(read(clue(subject=1), known=known, subjects=(subject(), company())).findings) == [("/items/0/subject", "held_by_another", None)]


def test_a_clue_goes_to_the_agency_that_it_names():
    house = RECORDS["real_estate"]["unit_code"]
    known = targets(report(task("bureau", "real_estate", assets=(found("real_estate"),))))
    named = read(clue("registry", house, measure="seal", amount_fen=None), known=known)
    (target,) = named.assets.values()
    assert target.agencies == ("registry", "bureau")


def test_an_account_of_one_bank_is_no_account_of_another():
    known = targets(report(task("icbc", assets=(found(),))))
    named = read(clue("abc"), known=known)
    assert len(named.assets) == 2


@pytest.mark.parametrize(("item", "finding"), [
    (clue("nobody"), ("/items/0/agency", "unknown_agency", None)),
    (clue("far-office", "粤WA1234", measure="seal", amount_fen=None), ("/items/0/agency", "agency_does_not_serve_court", None)),
    (clue("csdc", "A123456789"), ("/items/0/key", "bad_key", None)),
    (clue("csdc", "A1/600000"), ("/items/0/key", "bad_key", None)),
    (clue("registry", "445302"), ("/items/0/key", "bad_format", None)),
])
def test_a_clue_that_cannot_be_read_is_named(item, finding):
    named = read(item)
    assert said(named.findings) == [finding]
    assert checked(named) == []


@pytest.mark.parametrize(("item", "finding"), [
    (clue(), ("/items/0/subject", "subject_required", None)), (clue(subject=2), ("/items/0/subject", "subject_required", None)),
    (clue("fund", "GJJ0001", subject=1), ("/items/0/subject", "subject_kind_not_served", None)),
])
def test_whose_a_clue_is_must_be_said_where_it_is_not_plain(item, finding):
    assert said(read(item, subjects=(subject(), company())).findings) == [finding]


def test_a_clue_is_held_to_who_is_liable():
    named = read(clue(subject=1), subjects=(subject(), company(role="legal_representative")))
    assert checked(named) == [("/items/0/key", "subject_not_liable", "LIABLE-LEGAL-REP")]


def test_a_share_of_what_nobody_answered_for_cannot_be_taken():
    own = table_of("粤5302", parse_overrides({"overrides": [{"rule": "LIABLE-SPOUSE", "court": "粤5302", "parameters": {"liable": True}, "source": "本院规定",
                                                            "effective_from": "2026-01-01"}]}))
    named = read(clue(), subjects=(subject(role="spouse"),))
    found_wrong = check_items(named.body, named.assets, AGENCIES, case_no="（2026）粤5302执1234号", today=TODAY, table=own)
    assert said(found_wrong) == [("/items/0/key", "share_not_known", "LIABLE-SPOUSE")]


def test_equity_nobody_answered_for_needs_the_proof_of_whose_it_is():
    named = read(clue("market", RECORDS["equity"]["uscc"], amount_fen=None, ratio="1/2"))
    papers = [document("ruling"), document("assist_publicity_notice")]
    assert checked(named, papers) == [("/documents", "ownership_not_known", "EQ-PRE")]
    assert checked(named, [*papers, document("ownership_proof")]) == []


def test_one_asset_named_twice_is_refused():
    known = targets(report(task("icbc", assets=(found(),))))
    named = read(control_item(asset_id=next(iter(known))), clue(), known=known)
    assert said(named.findings) == [("/items/1/key", "duplicate_item", None)]


@pytest.mark.parametrize("kind", sorted(asset_types()))
def test_a_key_written_as_text_reads_as_it_was(kind):
    one = asset_type(kind)
    record = one.known_by(one.key_text(RECORDS[kind]))
    assert {name: record[name] for name in one.key} == {name: RECORDS[kind][name] for name in one.key}
    with pytest.raises(Unfit):
        one.known_by("a/b/c")
