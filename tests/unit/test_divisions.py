import pytest

from gateway.domain.divisions import above, divisions


@pytest.mark.parametrize(("code", "today"), [
    ("445302", ("445302",)), ("440000", ("440000",)),
    ("441229", ("445322", "441200")), ("442829", ("445322",)), ("442827", ("445300",)),
    ("110221", ("110114",)), ("441201", ("441200",)), ("330103", ("330100",)), ("999999", ()),
])
def test_a_code_of_any_day_stands_for_divisions_of_today(code, today):
    assert divisions().today(code) == today


def test_a_county_that_went_to_another_province_is_found_there():
    assert divisions().today("512221")[0].startswith("50")


@pytest.mark.parametrize(("code", "name"), [
    ("445302", "广东省云浮市云城区"), ("110105", "北京市朝阳区"), ("469001", "海南省五指山市"), ("441229", "广东省肇庆市郁南县"), ("999999", "999999")])
def test_a_division_has_its_whole_name(code, name):
    assert divisions().name(code) == name


@pytest.mark.parametrize(("code", "wider"), [("445302", ("445300", "440000")), ("445300", ("440000",)), ("440000", ())])
def test_above_a_division_are_its_city_and_its_province(code, wider):
    assert above(code) == wider


@pytest.mark.parametrize(("code", "city"), [("445302", "445300"), ("445300", "445300"), ("440000", "440000"), ("110105", "110000"), ("469001", "469001")])
def test_a_county_has_a_city(code, city):
    assert divisions().city(code) == city


def test_every_province_has_its_cities():
    cities = divisions().cities
    assert (len(cities), len(cities["440000"]), "469001" in cities["460000"], "110105" in cities["110000"]) == (31, 21, True, True)


def test_what_has_a_name_today_is_in_force():
    table = divisions()
    assert all(table.in_force(one) for division in table.by_code.values() for one in division.now)
    assert len(table.by_code) > 6_000
