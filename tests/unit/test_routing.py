
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry import FIRST_SIX
from gateway.domain.directory import Directory
from gateway.domain.request import RequestBody
from gateway.domain.routing import LeftOut, asked_types, route
from tests.builders import agency, directory, json, request_body

TYPES = ("deposits", "vehicles", "provident_fund")


def body(**other):
    return RequestBody.model_validate_json(json(request_body(**other)), strict=True)


def asked(routing):
    return [(part.subject, part.agency.agency) for part in routing.parts]


def test_every_agency_of_the_types_asked_is_asked_about_every_subject():
    routing = route(body(), directory(), "445302")
    assert asked(routing) == [(0, "registry"), (0, "icbc"), (0, "abc"), (1, "registry"), (1, "icbc"), (1, "abc")]
    assert routing.left_out == ()


def test_parts_follow_the_order_asked():
    routing = route(body(asset_types=["deposits", "real_estate"]), directory(), "445302")
    assert asked(routing)[:3] == [(0, "icbc"), (0, "abc"), (0, "registry")]


def test_an_agency_of_another_region_is_left_out():
    there = Directory((agency("here", region_code="445300"), agency("there", region_code="441200")))
    routing = route(body(asset_types=["deposits"]), there, "445302")
    assert asked(routing) == [(0, "here"), (1, "here")]
    assert routing.left_out[0] == LeftOut("there", "deposits", 0, "outside_region")


def test_an_agency_that_cannot_be_queried_is_left_out():
    routing = route(body(asset_types=["deposits"]), Directory((agency(capabilities=("freeze",)),)), "445302")
    assert {one.reason for one in routing.left_out} == {"no_query_capability"}


def test_the_fund_is_not_asked_about_a_company():
    routing = route(body(asset_types=["provident_fund"]), directory(), "445302")
    assert asked(routing) == [(0, "fund")]
    assert routing.left_out == (LeftOut("fund", "provident_fund", 1, "subject_kind_not_served"),)


def test_the_list_of_agencies_narrows_what_routing_finds():
    routing = route(body(asset_types=["deposits"], agencies=["abc"]), directory(), "445302")
    assert asked(routing) == [(0, "abc"), (1, "abc")]
    assert {(one.agency, one.reason) for one in routing.left_out} == {("icbc", "not_asked")}


def test_nothing_chosen_asks_for_the_six_and_for_what_agencies_keep_beside_them():
    assert asked_types(None, None, directory(agency())) == FIRST_SIX
    assert asked_types(None, None, directory(agency(), agency("icbc-wealth", "wealth_products"))) == (*FIRST_SIX, "wealth_products")


def test_agencies_alone_ask_for_what_they_keep():
    assert asked_types(None, ["icbc", "registry", "nobody"], directory()) == ("real_estate", "deposits")


def test_four_thousand_banks_are_routed():
    many = Directory(tuple(agency(f"bank-{number}", region_code="000000" if number % 2 else "441200") for number in range(4000)))
    asking = body(asset_types=["deposits"])
    routing = route(asking, many, "445302")
    assert len(routing.parts) == len(routing.left_out) == 4000


@st.composite
def directories(draw):
    rows = draw(st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from(["000000", "445300", "441200"]),
                                   st.sampled_from([("query",), ("freeze",)]), st.sampled_from([("person",), ("person", "organisation")])),
                         max_size=12))
    return Directory(tuple(agency(f"a{number}", kind, region_code=region, capabilities=can, subject_kinds=kinds)
                           for number, (kind, region, can, kinds) in enumerate(rows)))


@given(directories(), st.lists(st.sampled_from(TYPES), min_size=1, unique=True), st.none() | st.sets(st.integers(0, 11), min_size=1))
def test_every_agency_of_a_type_asked_is_a_part_or_left_out_once(agencies, types, chosen):
    asking = body(asset_types=types, agencies=None if chosen is None else [f"a{number}" for number in sorted(chosen)])
    routing = route(asking, agencies, "445302")
    routed = asked(routing) + [(one.subject, one.agency) for one in routing.left_out]
    assert sorted(routed) == sorted((index, one.agency) for index in (0, 1) for one in agencies.agencies if one.asset_type in types)
    assert [part.subject for part in routing.parts] == sorted(part.subject for part in routing.parts)
