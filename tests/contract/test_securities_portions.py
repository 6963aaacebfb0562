from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from contracts.messages import Unread
from services.securities.adapter import ADAPTER
from services.securities.examples import DEMO_COMPANY
from services.securities.mock_agency import MOCK
from tests.contract.depository_answers import GOLDEN, RIGHT, ROW, items_of_example
from tests.contract.exchange import Exchange
from tests.contract.oddities import oddly_written


def portion(nature, unit, quantity, *, available=None, frozen=0, **changes):
    return items_of_example()[0] | {"GFXZ": nature, "TGDY": unit, "CYSL": str(quantity), "KYSL": str(quantity if available is None else available),
                                    "DJSL": str(frozen)} | changes


def test_tradable_and_restricted_shares_of_one_security_add_up_and_both_are_told():
    answer = GOLDEN.read([portion("00", "390100", 1_000, available=700, frozen=300), portion("01", "390200", 500), *items_of_example()[1:]])
    asset = answer.assets[0]
    assert (len(answer.assets), answer.unreadable, asset.unread) == (3, (), ())
    told = {name: asset.record.get(name) for name in ("share_nature", "custody_unit", "quantity", "available_quantity", "frozen_quantity")}
    assert told == {"share_nature": "mixed", "custody_unit": None, "quantity": 1_500, "available_quantity": 1_200, "frozen_quantity": 300}
    assert asset.record["portions"] == [
        {"share_nature": "tradable", "custody_unit": "390100", "quantity": 1_000, "available_quantity": 700, "frozen_quantity": 300},
        {"share_nature": "restricted", "custody_unit": "390200", "quantity": 500, "available_quantity": 500, "frozen_quantity": 0}]


def test_one_nature_in_two_custody_units_is_that_nature():
    asset = GOLDEN.read([portion("00", "390100", 1_000), portion("00", "390200", 500)]).assets[0]
    assert (asset.record["share_nature"], asset.record["quantity"], len(asset.record["portions"])) == ("tradable", 1_500, 2)


def test_what_stands_on_one_portion_stands_on_the_whole_and_its_marks_say_where():
    _, pledged, frozen = items_of_example()
    first = portion("00", "1", 10_000, ZY=pledged["ZY"], DJ=frozen["DJ"])
    second = portion("01", "2", 30_000, ZY=[pledged["ZY"][0] | {"DJRQ": "00010101"}], SFBJ=pledged["SFBJ"], DJ=[frozen["DJ"][0] | {"LHSX": "首冻"}],
                     TGDY=b"%1")
    asset = GOLDEN.read([first, second]).assets[0]
    assert [one["quantity"] for one in asset.record["pledges"]] == [6_000, 6_000]
    assert (len(asset.priority_rights), len(asset.prior_measures), len(asset.record["marks"])) == (2, 2, 1)
    assert {one.field for one in asset.unread} == {"portions.1.custody_unit", "pledges.1.registered_on", "prior_measures.1.rank"}


def test_names_and_prices_that_differ_between_portions_are_unread_and_the_one_that_is_told_is_taken():
    asset = GOLDEN.read([portion("00", "1", 10), portion("01", "1", 5, ZQMC="云石限售", QSPJ="12.000")]).assets[0]
    assert [(one.field, one.code, one.raw) for one in asset.unread] == [
        ("security_name", "implausible", '["云石股份", "云石限售"]'), ("close_price_fen", "implausible", "[1234, 1200]")]
    assert not {"security_name", "close_price_fen"} & asset.record.keys()
    asset = GOLDEN.read([portion("00", "1", 10, QSPJ=""), portion("01", "1", 5)]).assets[0]
    assert (asset.record["close_price_fen"], asset.unread) == (1234, ())


def test_portions_that_contradict_each_other_are_unreadable_and_never_added_up():
    answer = GOLDEN.read([portion("00", "1", 10), portion("01", "1", 5), portion("00", "1", 12), *items_of_example()[1:]])
    assert [(one.position, one.record["quantity"], one.unread[-1].field) for one in answer.unreadable] == [(0, 10, "quantity"), (2, 12, "quantity")]
    rest = next(one for one in answer.assets if one.record["security_code"] == "600901")
    assert (rest.record["quantity"], rest.record["share_nature"]) == (5, "restricted")
    assert rest.unread == (Unread(field="quantity", wire="CYSL", code="implausible", raw="5"),)
    assert len(answer.assets) == 3


def test_portions_of_two_holders_are_unreadable():
    answer = GOLDEN.read([portion("00", "1", 10), portion("01", "1", 5, CYR="陈伟明")])
    assert [(one.position, one.unread[-1].field) for one in answer.unreadable] == [(0, "holder_name"), (1, "holder_name")]
    assert answer.assets == []


def test_a_portion_that_cannot_be_read_is_told_beside_what_is_and_that_is_marked():
    answer = GOLDEN.read([portion("00", "1", 10), portion("01", "1", 5, CYSL="若干")])
    assert [(one.record["quantity"], [mark.field for mark in one.unread]) for one in answer.assets] == [(10, ["quantity"])]
    assert [(one.position, one.record["share_nature"]) for one in answer.unreadable] == [(1, "restricted")]


def test_more_units_than_there_can_be_are_unreadable():
    answer = GOLDEN.read([portion("00", "1", 10**13), portion("01", "1", 10**13)])
    assert (answer.assets, [one.position for one in answer.unreadable]) == ([], [0, 1])


def test_whatever_is_written_in_one_portion_the_other_is_shown_and_so_is_every_other_security():
    others = items_of_example()[1:]
    for what, changed in oddly_written(portion("01", "390200", 500)):
        answer = GOLDEN.read([portion("00", "390100", 1_000), changed, *others])
        assert answer.assets[-2:] == RIGHT.assets[1:], what
        shown = [*answer.assets[:-2], *answer.unreadable]
        told = [one.record.get("quantity") for one in shown]
        assert 1_000 in told or any(1_000 in (part["quantity"] for part in one.record.get("portions", ())) for one in answer.assets), what
        assert len(shown) == 2 or len(answer.assets) == 3, what


lines_of_one_person = st.lists(max_size=8, elements=st.builds(
    lambda key, nature, unit, quantity: portion(nature, unit, quantity, ZQDM=key),
    st.sampled_from(["600901", "000977"]), st.sampled_from(["00", "01", "02"]), st.sampled_from(["", "390100"]), st.integers(0, 9)))


@given(lines_of_one_person)
def test_no_share_is_hidden_and_none_is_counted_twice(items):
    """Each line that differs from the others is found in a sum or stands unreadable with its quantity; one key is one asset."""
    if not items:
        return
    answer = GOLDEN.read(items)
    told = Counter()
    for one in {tuple(sorted((name, value) for name, value in item.items() if isinstance(value, str))): item for item in items}.values():
        told[one["ZQDM"]] += int(one["CYSL"])
    shown = Counter()
    for one in (*answer.assets, *answer.unreadable):
        shown[one.record["security_code"]] += one.record["quantity"]
    assert shown == told
    assert len({one.record["security_code"] for one in answer.assets}) == len(answer.assets)


def test_what_a_company_holds_in_two_lines_arrives_as_one_asset_and_stays_so_when_some_is_taken():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    company = exchange.simulation.register.subject(DEMO_COMPANY)
    (holding,) = exchange.desk.holdings(company)
    order = exchange.order("freeze_and_deduct", company, holding, quantity=100_000, amount_fen=100_000 * holding.record.close_price_fen)
    exchange.ask_one(order)
    (asset,) = exchange.ask_one(exchange.command("query", company)).assets
    (held,) = exchange.desk.holdings(company)
    assert exchange.asset_type.record.model_validate(asset.record) == held.record
    assert [one.quantity for one in held.record.portions] == [20_000, 0]
    assert sum(one.quantity for one in held.record.portions) == held.record.quantity == 20_000
