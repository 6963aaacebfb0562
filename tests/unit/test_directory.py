from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from contracts.failures import DirectoryInvalid
from gateway.domain.directory import Directory, parse_directory
from tests.builders import agency

ROW = {"agency": "icbc", "name": {"zh": "工行", "en": "ICBC"}, "asset_type": "deposits"}
DEFAULTS = {"deposits": {"region_code": "000000", "channel": "c2c_national", "batch_size": 100}}


def test_the_directory_of_the_first_installation_is_valid():
    directory = parse_directory(yaml.safe_load(Path("deploy/agencies.yaml").read_text(encoding="utf-8")))
    assert len(directory.agencies) == len(directory.by_code) == sum(map(len, directory.by_asset_type.values()))


def test_defaults_of_an_asset_type_lie_under_each_row():
    directory = parse_directory({"defaults": DEFAULTS, "agencies": [ROW, {**ROW, "agency": "abc", "batch_size": 1}]})
    assert [one.batch_size for one in directory.of_type("deposits")] == [100, 1]


def test_what_an_installation_adds_stands_behind_what_ships_and_over_its_defaults():
    shipped = {"defaults": DEFAULTS, "agencies": [ROW]}
    added = {"defaults": {"deposits": {**DEFAULTS["deposits"], "batch_size": 7}}, "agencies": [{**ROW, "agency": "abc"}]}
    assert [(one.agency, one.batch_size) for one in parse_directory(added, shipped).agencies] == [("icbc", 7), ("abc", 7)]
    with pytest.raises(DirectoryInvalid, match="icbc: listed twice"):
        parse_directory(shipped, shipped)
    with pytest.raises(DirectoryInvalid, match="unknown keys: more"):
        parse_directory(added, {**shipped, "more": 1})


def test_a_type_that_nobody_keeps_has_no_agencies():
    assert Directory((agency(),)).of_type("vehicles") == ()


def test_agencies_keep_the_order_listed():
    directory = Directory((agency("b"), agency("a"), agency("c", "vehicles")))
    assert [one.agency for one in directory.of_type("deposits")] == ["b", "a"]


def test_a_code_listed_twice_is_refused():
    with pytest.raises(DirectoryInvalid, match="icbc: listed twice"):
        Directory((agency(), agency()))


def test_an_unknown_asset_type_is_refused():
    with pytest.raises(DirectoryInvalid, match="unknown asset type 'boats'"):
        Directory((agency("x", "boats"),))


def test_every_wrong_row_and_field_is_named_at_once():
    raw = {"defaults": DEFAULTS, "agencies": [{**ROW, "colour": "red"}, {**ROW, "agency": "B A D", "batch_size": 0}, {}]}
    with pytest.raises(DirectoryInvalid) as refused:
        parse_directory(raw)
    for said in ("row 1 (icbc): colour", "row 2 (B A D): agency", "row 2 (B A D): batch_size", "row 3 (?): agency"):
        assert said in str(refused.value)


def test_an_external_agency_with_an_endpoint_of_ours_is_refused():
    row = {**ROW, "served_by": "external", "endpoint": "http://127.0.0.1"}
    with pytest.raises(DirectoryInvalid, match="no endpoint of ours"):
        parse_directory({"defaults": DEFAULTS, "agencies": [row]})


@pytest.mark.parametrize("raw", [
    {"agencies": [], "more": 1}, {"agencies": {}}, {}, {"defaults": [1], "agencies": []}, {"defaults": {"boats": {}}, "agencies": []},
    {"agencies": ["icbc"]}, {"defaults": {"deposits": "x"}, "agencies": [ROW]},
])
def test_a_directory_of_another_shape_is_refused(raw):
    with pytest.raises(DirectoryInvalid):
        parse_directory(raw)


@pytest.mark.parametrize(("registered", "region", "meet"), [
    ("000000", "445302", True), ("440000", "445302", True), ("445300", "445302", True), ("445302", "445302", True),
    ("445302", "445300", True), ("445302", "440000", True), ("441200", "445302", False), ("500000", "510000", False), ("231000", "231100", False),
])
def test_a_register_and_a_region_meet_where_the_one_lies_in_the_other(registered, region, meet):
    assert agency(region_code=registered).registers(region) is meet


@pytest.mark.parametrize(("row", "serves"), [
    ({"region_code": "445300", "channel": "p2p_local"}, "province"), ({"region_code": "440000", "channel": "c2c_provincial"}, "province"),
    ({"region_code": "000000", "channel": "p2p_local"}, "all"), ({"region_code": "445300", "channel": "c2c_national"}, "all"),
    ({"region_code": "445300", "channel": "p2p_local", "serves": ["粤53"]}, ("粤53",)),
])
def test_a_row_that_does_not_say_whom_it_serves_serves_all_where_it_is_national_and_else_its_province(row, serves):
    assert agency(**row).serves == serves


def test_a_register_of_the_whole_country_has_no_province():
    with pytest.raises(ValidationError, match="has no province"):
        agency(serves="province")


@pytest.mark.parametrize(("row", "problem"), [
    ({"region_code": "445399"}, "there is no region 445399"), ({"serves": ("粤53", "粤9999")}, "there is no court 粤9999"),
])
def test_a_region_or_a_court_that_is_not_there_is_refused_since_nobody_would_be_asked(row, problem):
    with pytest.raises(DirectoryInvalid, match=problem):
        Directory((agency(**row),))


def test_agencies_are_found_by_region_in_the_order_listed():
    there = Directory((agency("county", region_code="445302"), agency("country"), agency("neighbour", region_code="441200"),
                       agency("city", region_code="445300"), agency("registry", "real_estate", region_code="445300")))
    assert [one.agency for one in there.registering("deposits", {"445300"})] == ["county", "country", "city"]
    assert [one.agency for one in there.registering("deposits", {"445303", "441202"})] == ["country", "neighbour", "city"]
    assert [one.agency for one in there.registering("real_estate", {"440000"})] == ["registry"]
    assert [one.agency for one in there.named("deposits", ["city", "county", "nobody", "registry"])] == ["county", "city"]


def test_the_places_without_a_register_are_named():
    there = Directory((agency("city", "vehicles", region_code="445300"), agency("county", "real_estate", region_code="445302"), agency()))
    assert there.without_register("deposits", "445302") == ()
    assert there.without_register("vehicles", "445302") == ()
    assert there.without_register("vehicles", "440305") == ("440300",)
    assert there.without_register("real_estate", "445303") == ("445303",)
    assert there.without_register("real_estate", "445300") == ()
    assert len(there.without_register("vehicles", "440000")) == 20
    assert there.without_register("vehicles", "110105") == ("110000",)


def test_an_agency_of_a_city_tells_of_a_place_and_one_of_a_province_does_not():
    there = Directory((agency("city", region_code="445300"), agency("province", region_code="440000"), agency("country"), agency("county", region_code="445302")))
    assert there.places_of(["county", "country", "province", "city", "gone", "city"]) == ("445302", "445300")
