from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize(("served", "court", "covers"), [
    ("000000", "445302", True), ("440000", "445302", True), ("445300", "445302", True), ("445302", "445302", True),
    ("445302", "445300", False), ("441200", "445302", False), ("500000", "510000", False), ("231000", "231100", False),
    ("000000", "000000", True), ("445300", "000000", False),
])
def test_an_agency_covers_the_courts_inside_its_region(served, court, covers):
    assert agency(region_code=served).covers(court) is covers
