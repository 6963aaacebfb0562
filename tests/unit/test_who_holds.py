from gateway.domain.who_holds import About, who_holds
from tests.builders import RECORDS, asset_id, company, control_view, found, measure, report, report_request, task

ACCOUNT = RECORDS["deposits"]["account_no"]
PLACE = asset_id("deposits", "icbc", ACCOUNT)
NAMES = dict.fromkeys(("c1", "c2", "old", "new"), "本院")
OTHERS = (measure(amount_fen=100, until_on="2027-05-01"), measure(authority="公安局", rank=None))


def held(*reports, subject=0):
    return who_holds([About(one, subject, NAMES, NAMES) for one in reports])


def told(assets):
    return [[(one.authority, one.rank, one.amount_fen, one.control_id) for one in asset.measures] for asset in assets]


def account(*controls, measures=OTHERS):
    return report(task(assets=(found(measures=measures),)), controls=controls)


def test_everybodys_measures_stand_in_rank_order_with_ours_among_them():
    (one,) = assets = held(account(control_view(asset_id=PLACE, state="waiting", rank=2, requested_fen=50)))
    assert (one.asset_type, one.asset_key, one.agencies) == ("deposits", ACCOUNT, ("icbc",))
    assert told(assets) == [[("某某法院", 1, 100, None), ("本院", 2, 50, "c1"), ("公安局", None, None, None)]]


def test_what_ended_and_what_nobody_holds_is_not_there():
    assert held(account(control_view(asset_id=PLACE, state="released"), measures=())) == ()


def test_a_clue_that_no_answer_tells_of_is_there():
    assert told(held(report(task(), controls=(control_view(asset_id="clue", asset_key="6222", rank=1, actual_fen=7, agency="abc"),)))) == [
        [("本院", 1, 7, "c1")]]


def test_an_asset_of_two_requests_is_there_once_with_our_measures_of_both():
    newer = account(control_view(asset_id=PLACE, control_id="new", rank=2), measures=(measure(rank=1),))
    older = account(control_view(asset_id=PLACE, control_id="old", rank=3), measures=(measure(authority="已解除的法院", rank=1),))
    assert [[(one.authority, one.control_id) for one in asset.measures] for asset in held(newer, older)] == [
        [("某某法院", None), ("本院", "new"), ("本院", "old")]]


def test_only_one_subjects_assets_are_there():
    both = report(task(assets=(found(measures=OTHERS),)), task(at=1, assets=(found(account_no="62220000", measures=OTHERS),)),
                  request=report_request(subjects=(report_request().subjects[0], company())))
    assert [one.asset_key for one in held(both, subject=1)] == ["62220000"]


def test_a_court_sees_of_anothers_request_only_what_its_own_converted_control_is_on():
    elsewhere = asset_id("deposits", "icbc", "62220000")
    one = report(task(assets=(found(measures=OTHERS), found(account_no="62220000", measures=OTHERS))), controls=(
        control_view(asset_id=PLACE, control_id="c1", rank=2), control_view(asset_id=PLACE, control_id="c2", rank=3),
        control_view(asset_id=elsewhere, control_id="old", rank=2), control_view(asset_id="clue", control_id="new", rank=1, asset_key="77")))
    names = {"c1": "乙院", "c2": "甲院", "old": "甲院", "new": "甲院"}
    (seen,) = who_holds([About(one, 0, names, {"c1"}, whole=False)])
    assert (seen.asset_key, [(held.authority, held.control_id) for held in seen.measures]) == (
        ACCOUNT, [("某某法院", None), ("乙院", "c1"), ("甲院", None), ("公安局", None)])
    own = who_holds([About(one, 0, names, {"c2", "old", "new"})])
    assert {asset.asset_key: [held.control_id for held in asset.measures if held.authority == "甲院"] for asset in own} == {
        ACCOUNT: ["c2"], "62220000": ["old"], "77": ["new"]}
