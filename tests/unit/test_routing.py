from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry import FIRST_SIX
from gateway.domain.directory import Directory
from gateway.domain.left_out import MOST_LISTED, LeftOut, LeftOutGroup
from gateway.domain.request import RequestBody
from gateway.domain.routing import Question, asked_types, route
from tests.builders import agency, court, directory, json, request_body

TYPES = ("deposits", "vehicles", "provident_fund")
LOCAL = {"channel": "p2p_local"}


def body(**other):
    return RequestBody.model_validate_json(json(request_body(**other)), strict=True)


def about_one(**other):
    return body(subjects=request_body()["subjects"][:1], **other)


def routed(asking, there, code="粤5302"):
    return route(asking, there, court(code))


def asked(routing):
    return [(part.subject, part.agency.agency) for part in routing.parts]


def reasons(routing):
    return {one.agency: one.reason for one in routing.listed}


def test_every_agency_of_the_types_asked_is_asked_about_every_subject():
    routing = routed(body(), directory())
    assert asked(routing) == [(0, "registry"), (0, "icbc"), (0, "abc"), (1, "registry"), (1, "icbc"), (1, "abc")]
    assert (routing.groups, routing.listed) == ((), ())


def test_parts_follow_the_order_asked():
    routing = routed(body(asset_types=["deposits", "real_estate"]), directory())
    assert asked(routing)[:3] == [(0, "icbc"), (0, "abc"), (0, "registry")]


YUNFU = Directory((
    agency("registry", "real_estate", region_code="445300", serves="all", **LOCAL), agency("bureau", "real_estate", region_code="445300", **LOCAL),
    agency("office", "vehicles", region_code="445300", serves="all", **LOCAL),
    agency("fund", "provident_fund", region_code="445300", serves="all", subject_kinds=("person",), **LOCAL),
    agency("village-bank", region_code="445302", serves=["粤53"], **LOCAL), agency("icbc"),
    agency("neighbour", "real_estate", region_code="441200", serves="all", **LOCAL)))


@pytest.mark.parametrize(("code", "besides"), [
    ("粤5302", {"bureau", "village-bank"}), ("粤53", {"bureau", "village-bank"}), ("粤0304", {"bureau"}), ("粤0391", {"bureau"}),
    ("粤", {"bureau", "neighbour"}), ("粤71", {"bureau", "neighbour"}), ("粤72", {"bureau", "neighbour"}), ("粤7101", {"bureau", "neighbour"}),
    ("最高法", {"bureau"}), ("京02", set()), ("兵0101", set()),
])
def test_a_debtor_of_yunfu_is_looked_for_in_yunfu_whichever_court_asks(code, besides):
    routing = routed(about_one(asset_types=None), YUNFU, code)
    assert {agency_code for _, agency_code in asked(routing)} == {"registry", "office", "fund", "icbc"} | besides


def test_an_agency_that_registers_elsewhere_is_left_out_until_the_court_names_its_region():
    far = agency("far", region_code="510600", serves="all", **LOCAL)
    routing = routed(about_one(asset_types=["deposits"]), Directory((agency(), far)))
    assert (asked(routing), routing.listed) == ([(0, "icbc")], (LeftOut("far", "deposits", 0, "outside_region"),))
    assert routing.groups == (LeftOutGroup("outside_region", "deposits", None, 1, (0,)),)
    for region in ("510000", "510600", "510603"):
        assert asked(routed(about_one(asset_types=["deposits"], regions=[region]), Directory((agency(), far)))) == [(0, "icbc"), (0, "far")]


def test_an_agency_that_does_not_serve_the_court_is_named():
    routing = routed(about_one(asset_types=["deposits"]), YUNFU, "粤0304")
    assert routing.groups == (LeftOutGroup("not_served", "deposits", "445302", 1, (0,), ("village-bank",)),)


def test_a_kind_that_nobody_registers_in_a_place_is_named():
    routing = routed(about_one(asset_types=["vehicles", "deposits"]), YUNFU, "粤0304")
    assert [(one.reason, one.asset_type, one.region_code, one.count) for one in routing.groups if one.asset_type == "vehicles"] == [
        ("no_agency", "vehicles", "440300", 0)]


def test_an_agency_that_cannot_be_queried_is_left_out():
    routing = routed(body(asset_types=["deposits"]), Directory((agency(capabilities=("freeze",)),)))
    assert reasons(routing) == {"icbc": "no_query_capability"}


def test_the_fund_is_not_asked_about_a_company():
    routing = routed(body(asset_types=["provident_fund"]), directory())
    assert asked(routing) == [(0, "fund")]
    assert routing.listed == (LeftOut("fund", "provident_fund", 1, "subject_kind_not_served"),)


def test_agencies_that_are_named_are_asked_wherever_they_register():
    routing = routed(body(asset_types=["real_estate"], agencies=["neighbour"]), YUNFU)
    assert asked(routing) == [(0, "neighbour"), (1, "neighbour")]
    assert routing.groups == (LeftOutGroup("not_asked", "real_estate", None, 4, (0, 1)),)
    assert reasons(routing) == {"registry": "not_asked", "bureau": "not_asked"}


def test_what_is_neither_named_nor_near_is_elsewhere():
    routing = routed(about_one(asset_types=["real_estate"], agencies=["registry"]), YUNFU)
    assert reasons(routing) == {"bureau": "not_asked", "neighbour": "outside_region"}


def test_one_that_is_named_and_keeps_nothing_of_such_a_subject_is_not_asked():
    routing = routed(body(agencies=["fund"], asset_types=["provident_fund"]), YUNFU)
    assert (asked(routing), reasons(routing)) == ([(0, "fund")], {"fund": "subject_kind_not_served"})


NATIONAL = {"agency": "national", "region_code": "000000", "channel": "c2c_national"}


def channels(*rows):
    return Directory(tuple(agency(row["agency"], "vehicles", **{name: value for name, value in row.items() if name != "agency"}) for row in rows))


PROVINCIAL = {"agency": "provincial", "region_code": "440000", "channel": "c2c_provincial", "channel_to": "national"}
CITY = {"agency": "city", "region_code": "445300", "channel": "p2p_local", "channel_to": "national"}


@pytest.mark.parametrize(("rows", "expected", "covered"), [
    ((CITY, PROVINCIAL, NATIONAL), ["national"], {"city": "national", "provincial": "national"}),
    ((CITY, PROVINCIAL), ["provincial"], {"city": "provincial"}),
    ((CITY, {**NATIONAL, "capabilities": ("freeze",)}), ["city"], {}),
    ((CITY, {**NATIONAL, "serves": ["粤03"]}), ["city"], {}),
    ((CITY, {**NATIONAL, "subject_kinds": ("organisation",)}), ["city"], {}),
    (({**CITY, "channel_to": None}, NATIONAL), ["city", "national"], {}),
    ((CITY, {**PROVINCIAL, "region_code": "445302"}), ["city", "provincial"], {}),
    ((CITY, {**CITY, "agency": "same"}), ["city", "same"], {}),
])
def test_a_register_is_asked_by_its_highest_channel_and_by_a_lower_one_for_what_that_does_not_cover(rows, expected, covered):
    routing = routed(about_one(asset_types=["vehicles"]), channels(*rows))
    assert [code for _, code in asked(routing)] == expected
    assert {one.agency: one.covered_by for one in routing.listed if one.reason == "covered_by_higher_channel"} == covered


def test_both_channels_are_asked_when_the_court_names_both():
    routing = routed(about_one(asset_types=["vehicles"], agencies=["city", "national"]), channels(CITY, NATIONAL))
    assert [code for _, code in asked(routing)] == ["city", "national"]


def test_nothing_chosen_asks_for_the_six_and_for_what_agencies_keep_beside_them():
    assert asked_types(None, None, directory(agency())) == FIRST_SIX
    assert asked_types(None, None, directory(agency(), agency("icbc-wealth", "wealth_products"))) == (*FIRST_SIX, "wealth_products")


def test_agencies_alone_ask_for_what_they_keep():
    assert asked_types(None, ["icbc", "registry", "nobody"], directory()) == ("real_estate", "deposits")


def test_four_thousand_banks_are_routed_and_those_left_out_are_counted():
    many = Directory(tuple(agency(f"bank-{number}", region_code="000000" if number % 2 else "441200") for number in range(4000)))
    routing = routed(body(asset_types=["deposits"]), many)
    assert (len(routing.parts), routing.listed) == (4000, ())
    assert routing.groups == (LeftOutGroup("outside_region", "deposits", None, 4000, (0, 1)),)


def test_of_many_that_are_left_out_those_that_come_near_are_listed():
    many = Directory(tuple(agency(f"bank-{number}", region_code="445302" if number < 60 else "441200", serves=["粤12"], **LOCAL) for number in range(200)))
    routing = routed(about_one(asset_types=["deposits"]), many)
    assert [one.reason for one in routing.listed] == ["not_served"] * MOST_LISTED
    assert [(one.reason, one.count) for one in routing.groups] == [("not_served", 60), ("outside_region", 140)]


REGIONS = ["000000", "440000", "445300", "445302", "441200"]


@st.composite
def directories(draw):
    rows = draw(st.lists(st.tuples(
        st.sampled_from(TYPES), st.sampled_from(REGIONS), st.sampled_from([("query",), ("freeze",)]),
        st.sampled_from([("person",), ("person", "organisation")]), st.sampled_from(["all", ("粤53",), ("粤12",)]),
        st.sampled_from(["c2c_national", "c2c_provincial", "p2p_local"]), st.sampled_from([None, "r1", "r2"])), max_size=12))
    return Directory(tuple(
        agency(f"a{number}", kind, region_code=region, capabilities=can, subject_kinds=kinds, serves=serves, channel=channel, channel_to=to)
        for number, (kind, region, can, kinds, serves, channel, to) in enumerate(rows)))


@given(directories(), st.lists(st.sampled_from(TYPES), min_size=1, unique=True), st.none() | st.sets(st.integers(0, 11), min_size=1))
def test_every_agency_of_a_type_asked_is_a_part_or_left_out_once(agencies, types, chosen):
    asking = body(asset_types=types, agencies=None if chosen is None else [f"a{number}" for number in sorted(chosen)])
    routing, left_out = routed(asking, agencies), list(Question(asking, agencies, court()).left_out())
    everyone = sorted((index, one.agency) for index in (0, 1) for one in agencies.agencies if one.asset_type in types)
    assert sorted(asked(routing) + [(one.subject, one.agency) for one in left_out]) == everyone
    assert [part.subject for part in routing.parts] == sorted(part.subject for part in routing.parts)
    assert list(routing.listed) == left_out
    counted = Counter({(one.reason, one.asset_type): 0 for one in routing.groups})
    for one in routing.groups:
        counted[one.reason, one.asset_type] += one.count
    assert +counted == Counter((one.reason, one.asset_type) for one in left_out)


@given(directories(), st.sampled_from(["粤5302", "粤12", "粤", "粤71", "京02"]), st.sets(st.sampled_from(REGIONS[1:]), min_size=1))
def test_naming_a_region_never_hides_an_agency(agencies, code, regions):
    wide = routed(about_one(asset_types=list(TYPES), regions=sorted(regions)), agencies, code)
    narrow = routed(about_one(asset_types=list(TYPES)), agencies, code)
    covered = {one.agency for one in wide.listed if one.reason == "covered_by_higher_channel"}
    assert set(asked(narrow)) - {(0, one) for one in covered} <= set(asked(wide))
