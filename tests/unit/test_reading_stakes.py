from contracts.assets.equity import ASSET_TYPE, EquityPledge
from contracts.messages import Unread
from services.runtime.reading import forms
from services.runtime.reading.items import Entry, Sheet, read_items

CLAIM = Sheet.of_rights({"who": Entry("holder", forms.text, always=True), "claim": Entry("amount_fen", forms.fen)}, passed_over=("fen",),
                        stands={"kind": "pledge"})
PLEDGE = Sheet(EquityPledge, {"who": Entry("pledgee", forms.text, always=True), "fen": Entry("capital_fen", forms.fen, always=True)},
               passed_over=frozenset({"claim"}))
STAKE = {"uscc": Entry("uscc", forms.text), "state": Entry("registration_status", forms.text), "holder": Entry("holder_name", forms.text),
         "share": Entry("share_ratio", forms.share), "pledges": Entry("pledges", PLEDGE, also=Entry("priority_rights", CLAIM))}
IN_FEN = Sheet.of_assets(ASSET_TYPE, STAKE | {"capital": Entry("subscribed_capital_fen", forms.fen)})
IN_YUAN = Sheet.of_assets(ASSET_TYPE, STAKE | {"capital": Entry("subscribed_capital_fen", forms.yuan)})


def stake(**changes):
    return {"uscc": "91445300MA4UN0001B", "state": "in_operation", "holder": "陈伟", "share": "1/2", "capital": "10000", "pledges": [], **changes}


def test_one_row_may_say_two_things():
    items = read_items(ASSET_TYPE, IN_FEN, [stake(pledges=[{"who": "银行", "fen": "100", "claim": "90"}])])
    (asset,) = items.assets
    assert asset.record["pledges"] == [{"pledgee": "银行", "capital_fen": 100}]
    assert [(one.kind, one.holder, one.amount_fen) for one in asset.priority_rights] == [("pledge", "银行", 90)]
    assert asset.unread == ()


def test_what_is_odd_in_a_row_that_says_two_things_is_marked_once():
    items = read_items(ASSET_TYPE, IN_FEN, [stake(pledges=[{"fen": "100", "claim": "?", "x": 1}])])
    (item,) = items.unreadable
    assert item.unread == (
        Unread(field="pledges.0.x", wire="pledges.0.x", code="unknown_field", raw="1"),
        Unread(field="pledges.0.pledgee", wire="pledges.0.who", code="missing"),
        Unread(field="priority_rights.0.amount_fen", wire="pledges.0.claim", code="bad_form", raw="?"))
    assert item.record["pledges"] == [{"capital_fen": 100}]


def test_a_row_that_is_none_is_marked_once_and_hides_no_other():
    items = read_items(ASSET_TYPE, IN_FEN, [stake(pledges=["有"]), stake(uscc="445300000012345"), "?"])
    assert [asset.record["uscc"] for asset in items.assets] == ["445300000012345"]
    assert [(item.position, [mark.wire for mark in item.unread]) for item in items.unreadable] == [(0, ["pledges.0"]), (2, [""])]


def test_rows_may_be_read_by_sheets_of_their_own():
    items = read_items(ASSET_TYPE, lambda words: IN_YUAN if "." in words["capital"] else IN_FEN, [stake(), stake(capital="100.00")])
    assert [asset.record["subscribed_capital_fen"] for asset in items.assets] == [10_000]
    assert [[(mark.field, mark.code) for mark in asset.unread] for asset in items.assets] == [[("uscc", "implausible")]]
