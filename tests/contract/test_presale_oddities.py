from copy import deepcopy
from pathlib import Path
from random import Random

import orjson
import pytest

from contracts.messages import Unread
from services.real_estate.adapter import ADAPTER
from services.real_estate.examples import EXAMPLES
from services.real_estate.mock_agency import MOCK
from services.real_estate.mock_presale import ODDITIES
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import MockRequest
from services.runtime.port import Found
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row, asked_of
from tests.contract.oddities import GONE, Golden, as_json, became, check_others_stand, put, to_json

ROW = agency_row("real_estate", dialect="presale", capabilities=("query", "seal", "renew", "release", "status"))
EXAMPLE = next(one for one in EXAMPLES if one.title.startswith("三份买卖合同"))
GOLDEN = Golden("presale", ADAPTER, ROW, asked_of(EXAMPLE.outgoing[0].command), EXAMPLE.response, as_json, to_json,
                lambda tree: tree["replies"][0]["contracts"])
DOCUMENT = by_openapi(Path("services/real_estate/housing_bureau.openapi.yaml"))


def read_with(position=0, **changes) -> Found:
    tree = GOLDEN.tree()
    for name, value in changes.items():
        put(GOLDEN.items(tree)[position], [name], value)
    return GOLDEN.read(tree)


# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status", "callback"])
def test_adapter_and_mock_keep_to_the_bureaus_document(answers_by):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": answers_by}))
    assert everything_asked(there, DOCUMENT) >= 10


# ---- one odd field hides nothing


@pytest.mark.parametrize("position", [0, 1, 2])
def test_whatever_is_written_in_one_field_the_other_contracts_stand(position):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > 60
    assert counts["marked"] > 60


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("area", "118.5㎡", "area_building_m2", 118.5), ("area", "118.50", "area_building_m2", 118.5), ("area", 118, "area_building_m2", 118.0),
    ("floors", "32", "total_floors", 32), ("share", "50%", "share_ratio", "1/2"), ("share", 0.5, "share_ratio", "1/2"),
    ("district", 445303, "region_code", "445303"), ("house_code", "445303004002gb00077F00121503", "unit_code", "445303004002GB00077F00121503"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert (len(answer.assets), answer.unreadable) == (3, ())
    assert (answer.assets[0].record[field], answer.assets[0].unread) == (meant, ())


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("area", "约89", Unread(field="area_building_m2", wire="area", code="bad_form", raw="约89")),
    ("area", -1, Unread(field="area_building_m2", wire="area", code="bad_form", raw="-1")),
    ("floors", 0, Unread(field="total_floors", wire="floors", code="bad_form", raw="0")),
    ("floors", True, Unread(field="total_floors", wire="floors", code="bad_form", raw="true")),
    ("district", "44", Unread(field="region_code", wire="district", code="bad_form", raw="44")),
    ("address", None, Unread(field="location", wire="address", code="missing")),
    ("filing_no", GONE, Unread(field="business_no", wire="filing_no", code="missing")),
    ("remark", "新增字段", Unread(field="remark", wire="remark", code="unknown_field", raw="新增字段")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


@pytest.mark.parametrize(("position", "wire", "written", "code"), [
    (0, "state", "sold", "unknown_code"), (0, "holding", "x", "unknown_code"), (0, "buyer", "", "missing"), (0, "house_code", "1", "bad_form"),
    (0, "house_code", GONE, "missing"), (0, "share", "2", "bad_form"), (0, "fellow_buyers", [{"share": "1/2"}], "missing"),
    (0, "loans", [{"bank": "银行", "kind": "mortgage", "amount": "380000"}], "bad_form"),
    (0, "loans", [{"bank": "银行", "kind": "mortgage", "amount": "-1.00"}], "implausible"),
    (1, "holds", [{"kind": "lien", "by": "法院"}], "unknown_code"), (1, "holds", "有", "bad_form"), (1, "holds", [7], "bad_form"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_contract_unreadable_and_no_other(position, wire, written, code):
    answer = read_with(position, **{wire: written})
    assert len(answer.assets) == 2
    (item,) = answer.unreadable
    assert (item.position, item.unread[0].code) == (position, code)


def test_a_hold_of_which_not_all_can_be_read_stands_where_what_it_takes_is_known():
    room = read_with(1, holds=[{"kind": "pre_seal", "by": "法院", "until": "9999-12-31", "since": "2026-02-30"}]).assets[1]
    assert (room.prior_measures[0].authority, room.prior_measures[0].until_on, room.prior_measures[0].from_on) == ("法院", None, None)
    assert [(one.field, one.code) for one in room.unread] == [("prior_measures.0.until_on", "implausible"), ("prior_measures.0.from_on", "bad_form")]


def test_a_contract_told_twice_counts_once_and_is_marked():
    tree = GOLDEN.tree()
    GOLDEN.items(tree).append(deepcopy(GOLDEN.items(tree)[0]))
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [(one.field, one.code) for one in answer.assets[0].unread] == [("unit_code", "implausible")]


# ---- what stands around the contracts


def test_nothing_that_lists_contracts_is_something():
    tree = GOLDEN.tree()
    tree["replies"][0]["result"] = "nothing"
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert answer.unread == (Unread(field="result", wire="result", code="implausible", raw="nothing"),)


def test_a_contract_that_stands_alone_is_a_list_of_one():
    tree = GOLDEN.tree()
    tree["replies"][0]["contracts"] = GOLDEN.items(tree)[0]
    assert GOLDEN.read(tree).assets == GOLDEN.read(GOLDEN.tree()).assets[:1]


@pytest.mark.parametrize("listed", [GONE, [], None])
def test_nothing_is_nothing(listed):
    tree = GOLDEN.tree()
    tree["replies"][0]["result"] = "nothing"
    put(tree["replies"][0], ["contracts"], listed)
    assert GOLDEN.read(tree) == Found(GOLDEN.read(GOLDEN.tree()).as_of, [])


def test_what_stands_around_may_be_odd_too():
    tree = GOLDEN.tree()
    tree |= {"at": "昨天", "version": "2"}
    tree["replies"][0]["note"] = "附注"
    answer = GOLDEN.read(tree)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert {(one.wire, one.code) for one in answer.unread} == {("at", "bad_form"), ("version", "unknown_field"), ("note", "unknown_field")}


@pytest.mark.parametrize("stranger", [{"result": "nothing", "ticket": "stranger"}, {"result": "nothing"}, "x", None, []])
def test_a_reply_to_a_stranger_takes_no_other_along(stranger):
    tree = GOLDEN.tree()
    tree["replies"].append(stranger)
    answer = GOLDEN.read(tree)
    assert (len(answer.assets), [(one.wire, one.code) for one in answer.unread]) == (3, [("ticket", "implausible")])


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    right = GOLDEN.read(GOLDEN.tree())
    for oddity in ODDITIES:
        position = {"holds": 1}.get(oddity.at.partition(".")[0], 0)
        tree = GOLDEN.tree()
        assert write_oddly([GOLDEN.items(tree)[position]], [oddity], Random(1)), oddity
        others = [asset for index, asset in enumerate(right.assets) if index != position]
        was = became(GOLDEN.read(tree), others, right.assets[position], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_contract():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject)
    call = exchange.call(command)
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    right, odd = exchange.simulation.answer(exchange.desk, request), exchange.simulation.answer(exchange.desk, request, odd=Random(3))
    assert right.body != odd.body
    assert len(orjson.loads(odd.body)["replies"][0]["contracts"]) == len(orjson.loads(right.body)["replies"][0]["contracts"])
    assert isinstance(exchange.read([command], odd)[command.request_no], Found)


def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = exchange.ask(*(exchange.command("query", one) for one in subjects)).values()
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) > 15
