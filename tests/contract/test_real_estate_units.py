"""One unit in several rows: history beside what stands, notice beside house, joint owners in rows of their own. Nothing of it is hidden."""

from copy import deepcopy
from fractions import Fraction

import orjson
import pytest

from contracts.assets.real_estate import ASSET_TYPE
from tests.contract.oddities import GONE, put
from tests.contract.test_presale_oddities import GOLDEN as CONTRACTS
from tests.contract.test_real_estate_oddities import BARE, HOME, ON_SALE, SHOP, add, told

WIFE = {"QLR": "林秀珍", "GYR": GONE}


def told_again(*rows, of=1, where=BARE, first=None):
    """The answer with further rows on one unit: each its first row with these changes; `first` changes that row itself."""
    tree = where.tree()
    row = deepcopy(where.items(tree)[of])
    for name, value in (first or {}).items():
        put(where.items(tree)[of], [name], value)
    for changes in rows:
        again = {name: value for name, value in {**deepcopy(row), **changes}.items() if value is not GONE}
        add(tree, changes.get("list", "FDCQ"), **{name: value for name, value in again.items() if name != "list"})
    tree["around"]["JGS"] = str(3 + len(rows))
    return where.read(tree)


def the(answer, unit):
    return answer.assets[told(answer).index(unit)]


def beside(asset):
    """The rows that are kept beside an asset."""
    return [orjson.loads(one.raw) for one in asset.unread if (one.field, one.wire, one.code) == ("right_status", "QSZT", "implausible")]


def share(asset):
    return ASSET_TYPE.record.model_validate(asset.record).share()


# ---- history


@pytest.mark.parametrize("historical_first", [True, False])
def test_what_stands_is_the_asset_and_history_is_kept_beside_it(historical_first):
    old = {"QSZT": "2", "BDCQZH": "粤（2012）云浮市不动产权第0000001号", "QLBL": "1/3", "JZMJ": "40.00"}
    answer = told_again({}, first=old) if historical_first else told_again(old)
    shop = the(answer, SHOP)
    assert sorted(told(answer)) == sorted([HOME, SHOP, ON_SALE])
    assert answer.unreadable == ()
    assert (shop.record["right_status"], shop.record["area_building_m2"], "share_ratio" in shop.record) == ("current", 46.28, False)
    assert [(row["right_status"], row["share_ratio"], row["holder_name"]) for row in beside(shop)] == [("historical", "1/3", "陈伟")]


def test_what_is_on_the_unit_is_on_the_asset_once():
    tree = BARE.tree()
    add(tree, "FDCQ", **{**BARE.items(tree)[1], "QSZT": "2"})
    add(tree, "CFDJ", BDCDYH=SHOP, CFLX="1", CFJG="法院")
    tree["around"]["JGS"] = "4"
    assert [one.authority for one in the(BARE.read(tree), SHOP).prior_measures] == ["法院"]


def test_two_mortgages_in_the_same_words_are_two_however_many_rows_the_unit_has():
    tree = BARE.tree()
    add(tree, "FDCQ", **{**BARE.items(tree)[1], "QSZT": "2"})
    for _ in range(2):
        add(tree, "DYAQ", BDCDYH=SHOP, DYQR="某银行", DYFS="1", BDBZZQSE="38")
    tree["around"]["JGS"] = "4"
    assert [one.amount_fen for one in the(BARE.read(tree), SHOP).priority_rights] == [38_000_000, 38_000_000]


def test_a_right_that_is_history_alone_is_shown_as_history():
    shop = the(told_again(first={"QSZT": "2"}), SHOP)
    assert (shop.record["right_status"], shop.unread) == ("historical", ())


@pytest.mark.parametrize(("status", "name"), [("2", "某前手"), ("0", "某买受人")])
def test_whose_a_unit_is_stays_open_where_the_rows_name_different_people(status, name):
    answer = told_again({"QSZT": status, "QLR": name})
    assert told(answer) == [HOME, ON_SALE]
    (item,) = answer.unreadable
    assert (item.position, item.record["unit_code"], item.unread[0].field, item.unread[0].wire) == (1, SHOP, "holder_name", "QLR")
    assert [row["holder_name"] for row in orjson.loads(item.unread[0].raw)] == ["陈伟", name]


def test_what_is_on_a_unit_is_told_of_one_that_cannot_be_read_too():
    tree = BARE.tree()
    BARE.items(tree)[1].update(GYFS="1")
    add(tree, "CFDJ", BDCDYH=SHOP, CFLX="1", CFJG="法院", CFQSSJ="20240521")
    (item,) = BARE.read(tree).unreadable
    assert item.record["prior_measures"] == [{"kind": "seal", "authority": "法院", "from_on": "2024-05-21"}]


def test_a_former_sole_owner_among_the_joint_owners_of_today_leaves_nothing_open():
    answer = told_again({"GYFS": "1", **WIFE}, {"QSZT": "2"}, first={"GYFS": "1"})
    shop = the(answer, SHOP)
    assert (share(shop), [one["name"] for one in shop.record["co_owners"]], len(beside(shop))) == (Fraction(1, 2), ["林秀珍"], 1)


# ---- joint owners in rows of their own


def test_joint_owners_in_rows_of_their_own_are_one_unit_with_all_its_owners():
    answer = told_again({"GYFS": "1", **WIFE}, first={"GYFS": "1"})
    shop = the(answer, SHOP)
    assert (told(answer), answer.unreadable, shop.unread) == ([HOME, SHOP, ON_SALE], (), ())
    assert (shop.record["holder_name"], shop.record["co_owners"], share(shop)) == ("陈伟", [{"name": "林秀珍"}], Fraction(1, 2))


def test_owners_by_equal_shares_have_them_each():
    answer = told_again(*({"GYFS": "2", "QLBL": "1/3", "QLR": name} for name in ("林秀珍", "陈小明")), first={"GYFS": "2", "QLBL": "1/3"})
    shop = the(answer, SHOP)
    assert (share(shop), [one["share_ratio"] for one in shop.record["co_owners"]]) == (Fraction(1, 3), ["1/3", "1/3"])


def test_an_owner_who_is_listed_and_has_a_row_too_counts_once():
    listed = [{"XM": "林秀珍", "ZJZL": "1", "ZJH": "44530219920512002X"}]
    shop = the(told_again({"GYFS": "1", "QLR": "林秀珍", "GYR": [{"XM": "陈伟"}]}, first={"GYFS": "1", "GYR": listed}), SHOP)
    assert shop.record["co_owners"] == [{"name": "林秀珍", "id_type": "resident_id", "id_no": "44530219920512002X"}]
    assert (shop.unread, share(shop)) == ((), Fraction(1, 2))


def test_how_much_is_whose_stays_open_where_the_rows_give_different_shares():
    answer = told_again({"GYFS": "2", "QLBL": "70%", **WIFE}, first={"GYFS": "2", "QLBL": "30%"})
    (item,) = answer.unreadable
    assert (told(answer), item.position, item.record["unit_code"]) == ([HOME, ON_SALE], 1, SHOP)
    assert (item.unread[0].field, "share_ratio" in item.record) == ("share_ratio", False)
    assert [row["share_ratio"] for row in orjson.loads(item.unread[0].raw)] == ["3/10", "7/10"]


def test_two_sole_owners_of_one_unit_leave_open_whose_it_is():
    answer = told_again(WIFE)
    assert [(one.unread[0].field, one.position) for one in answer.unreadable] == [("holder_name", 1)]


def test_two_shares_of_one_person_by_two_titles_leave_open_how_much_it_is():
    answer = told_again({"GYFS": "2", "QLBL": "1/4", "BDCQZH": "粤（2018）云浮市云城区不动产权第0000002号"}, first={"GYFS": "2", "QLBL": "1/4"})
    assert [one.unread[0].field for one in answer.unreadable] == ["share_ratio"]


def test_a_row_of_another_owner_that_cannot_be_read_leaves_the_owners_open():
    answer = told_again({"GYFS": "1", "QLR": ""}, first={"GYFS": "1"})
    assert told(answer) == [HOME, ON_SALE]
    assert sorted((one.position, one.unread[0].field) for one in answer.unreadable) == [(1, "co_owners"), (2, "holder_name")]


def test_a_share_that_is_told_stands_beside_a_row_that_cannot_be_read():
    answer = told_again({"GYFS": "2", "QLR": ""}, first={"GYFS": "2", "QLBL": "1/2"})
    assert (share(the(answer, SHOP)), [one.position for one in answer.unreadable]) == (Fraction(1, 2), [2])


@pytest.mark.parametrize("named", ["陈伟、林秀珍", "陈伟,林秀珍", "陈伟；林秀珍"])
def test_joint_owners_named_in_one_field_are_each_an_owner(named):
    shop = the(told_again(first={"GYFS": "1", "QLR": named}), SHOP)
    assert (shop.record["holder_name"], shop.record["co_owners"], share(shop), shop.unread) == ("陈伟", [{"name": "林秀珍"}], Fraction(1, 2), ())


def test_an_owner_named_beside_the_holder_and_listed_too_counts_once():
    shop = the(told_again(first={"GYFS": "1", "QLR": "陈伟、林秀珍", "GYR": [{"XM": "林秀珍", "ZJH": "44530219920512002X"}]}), SHOP)
    assert [owner["name"] for owner in shop.record["co_owners"]] == ["林秀珍"]


def test_a_holder_listed_among_the_other_owners_too_is_not_one_of_them():
    shop = the(told_again(first={"GYFS": "1", "GYR": [{"XM": "陈伟"}, {"XM": "林秀珍"}]}), SHOP)
    assert ([owner["name"] for owner in shop.record["co_owners"]], share(shop)) == (["林秀珍"], Fraction(1, 2))
    assert the(told_again(first={"GYFS": "0", "GYR": [{"XM": "陈伟"}]}), SHOP).record["co_owners"] == []


def test_a_comma_in_a_foreign_name_parts_nobody():
    shop = the(told_again(first={"GYFS": "2", "QLBL": "1/2", "QLR": "SMITH, JOHN"}), SHOP)
    assert shop.record["holder_name"] == "SMITH, JOHN"


@pytest.mark.parametrize(("first", "field", "wire", "code"), [
    ({"GYFS": "1"}, "co_owners", "GYR", "missing"), ({"GYFS": "2"}, "co_owners", "GYR", "missing"),
    ({"GYFS": "0", "QLR": "陈伟、林秀珍"}, "co_ownership", "GYFS", "implausible"),
    ({"GYFS": "0", "GYR": [{"XM": "林秀珍"}]}, "co_ownership", "GYFS", "implausible"),
])
def test_a_common_right_of_which_neither_owners_nor_share_are_told_is_never_taken_for_the_whole(first, field, wire, code):
    answer = told_again(first=first)
    assert told(answer) == [HOME, ON_SALE]
    (item,) = answer.unreadable
    assert (item.position, item.unread[0].field, item.unread[0].wire, item.unread[0].code) == (1, field, wire, code)


# ---- rows of several kinds


def test_a_house_stands_before_its_land_and_its_notice_which_are_kept_beside_it():
    land = {"list": "JSYDSYQ", "QLLX": "3", "BDCQZH": "云府国用（2005）第001号"}
    notice = {"list": "YGDJ", "QLLX": "96", "BDCQZH": GONE}
    shop = the(told_again(land, notice), SHOP)
    assert shop.record["right_type"] == "house"
    assert sorted(row["right_type"] for row in beside(shop)) == ["advance_notice", "construction_land"]


def test_a_row_told_twice_in_the_same_words_counts_once_and_is_marked():
    shop = the(told_again({}), SHOP)
    assert [(one.field, one.code) for one in shop.unread] == [("unit_code", "implausible")]


def test_a_row_told_twice_in_other_words_stands_once_with_the_other_beside_it():
    shop = the(told_again({"JZMJ": "46.30", "YWH": "2"}), SHOP)
    assert (shop.record["area_building_m2"], [row["business_no"] for row in beside(shop)]) == (46.28, ["2"])


def test_what_was_not_read_of_any_row_that_stands_is_marked():
    shop = the(told_again({"GYFS": "1", "JGSJ": "2016", **WIFE}, first={"GYFS": "1", "GHYT": {"x": "y"}}), SHOP)
    assert [one.wire for one in shop.unread] == ["GHYT", "JGSJ"]


# ---- the bureau's contracts


def test_a_contract_that_was_cancelled_and_filed_again_is_one_home():
    tree = CONTRACTS.tree()
    contracts = CONTRACTS.items(tree)
    contracts.insert(0, {**deepcopy(contracts[1]), "state": "cancelled", "filing_no": "备1"})
    answer = CONTRACTS.read(tree)
    assert (len(answer.assets), answer.unreadable) == (3, ())
    home = the(answer, contracts[0]["house_code"])
    assert (home.record["right_status"], home.record["business_no"], len(home.prior_measures)) == ("current", contracts[2]["filing_no"], 1)
    assert [(one.wire, orjson.loads(one.raw)["business_no"]) for one in home.unread] == [("state", "备1")]


def test_a_home_sold_to_somebody_else_later_leaves_open_whose_it_is():
    tree = CONTRACTS.tree()
    contracts = CONTRACTS.items(tree)
    contracts.append({**deepcopy(contracts[1]), "state": "cancelled", "buyer": "某买受人"})
    answer = CONTRACTS.read(tree)
    assert [(one.position, one.unread[0].field, one.unread[0].wire) for one in answer.unreadable] == [(1, "holder_name", "buyer")]
