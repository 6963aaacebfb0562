import pytest

from contracts.failures import DirectoryInvalid
from gateway.domain.courts import SUPREME, courts, parse_courts
from gateway.domain.divisions import divisions
from tests.builders import agency, court


@pytest.mark.parametrize(("code", "name", "level", "seat", "superior"), [
    ("最高法", "最高人民法院", "supreme", "110101", None),
    ("粤", "广东省高级人民法院", "high", "440100", "最高法"), ("京", "北京市高级人民法院", "high", "110000", "最高法"),
    ("粤53", "广东省云浮市中级人民法院", "intermediate", "445300", "粤"), ("粤5302", "云浮市云城区人民法院", "basic", "445302", "粤53"),
    ("粤5321", "新兴县人民法院", "basic", "445321", "粤53"), ("粤0304", "深圳市福田区人民法院", "basic", "440304", "粤03"),
    ("粤0104", "广州市越秀区人民法院", "basic", "440104", "粤01"), ("京0101", "北京市东城区人民法院", "basic", "110101", "京02"),
    ("渝0229", "重庆市城口县人民法院", "basic", "500229", "渝02"), ("云2501", "个旧市人民法院", "basic", "532501", "云25"),
    ("鄂9004", "仙桃市人民法院", "basic", "429004", "鄂96"), ("鄂9021", "神农架林区人民法院", "basic", "429021", "鄂05"),
    ("冀0629", "容城县人民法院", "basic", "130629", "冀96"), ("浙0103", "杭州市下城区人民法院", "basic", "330100", "浙01"),
    ("京02", "北京市第二中级人民法院", "intermediate", "110106", "京"), ("粤71", "广州铁路运输中级法院", "intermediate", "440100", "粤"),
    ("粤7101", "广州铁路运输法院", "basic", "440100", "粤71"), ("粤0391", "深圳前海合作区人民法院", "basic", "440305", "粤03"),
    ("兵0101", "新疆生产建设兵团阿拉尔垦区人民法院", "basic", "659002", "兵01"), ("新4002", "伊宁市人民法院", "basic", "654002", "新40"),
])
def test_a_court_is_known_by_its_code(code, name, level, seat, superior):
    one = court(code)
    assert (one.name, one.level, one.seat, one.superior) == (name, level, seat, superior)


@pytest.mark.parametrize("code", ["粤9999", "粤0399", "军01", "京05", "琼04", "琼0202", "新9001", "粤2823", "", "xx"])
def test_a_court_that_is_not_there_gets_no_invented_name(code):
    assert courts().find(code) is None
    assert (courts().name(code), courts().seat(code)) == (code, "000000")


def test_a_court_has_its_name_and_its_seat():
    assert (courts().name("粤5302"), courts().seat("粤71")) == ("云浮市云城区人民法院", "440100")


@pytest.mark.parametrize(("superior", "of", "stands"), [
    ("粤53", "粤5302", True), ("粤", "粤5302", True), ("最高法", "粤5302", True), ("京02", "京0101", True), ("京01", "京0101", False),
    ("粤71", "湘8601", True), ("湘", "湘8601", False), ("兵01", "兵0101", True), ("新", "兵0101", True), ("新40", "新42", True),
    ("粤5302", "粤5302", False), ("最高法", "最高法", False), ("粤12", "粤5302", False), ("粤", "粤9999", False),
])
def test_a_court_stands_over_those_whose_superior_it_is(superior, of, stands):
    assert courts().is_superior(superior, of) is stands


def test_the_courts_that_are_listed_point_to_places_and_courts_that_are_there():
    for one in courts().listed.values():
        assert all(region == "000000" or region in divisions().by_code for region in (one.seat, *one.regions)), one.code
        assert one.superior is None or courts().find(one.superior), one.code


def test_the_scheme_gives_every_county_its_court():
    counties = [code for code in divisions().by_code if divisions().in_force(code) and code.startswith("44") and not code.endswith("00")]
    assert {courts().find("粤" + code[2:]).level for code in counties} == {"basic"}


@pytest.mark.parametrize(("serves", "code", "may"), [
    ("all", "兵0101", True), ("province", "粤5302", True), ("province", "粤71", True), ("province", "最高法", True), ("province", "京02", False),
    ("province", "鄂72", False), (["粤53"], "粤53", True), (["粤53"], "粤5302", True), (["粤53"], "粤", False), (["粤53"], "粤71", False),
    (["粤7101"], "粤7101", True), (["粤"], "粤71", True), (["最高法"], "最高法", True),
])
def test_a_court_may_ask_whom_serves_it(serves, code, may):
    assert court(code).may_ask(agency(region_code="445300", channel="p2p_local", serves=serves)) is may


ROW = {"code": "粤0399", "name": "深圳某某人民法院", "level": "basic", "seat": "440305", "regions": ["440300"], "superior": "粤03"}


def test_an_installation_adds_courts_and_puts_others_in_the_place_of_those_that_are_there():
    known = parse_courts({"courts": [ROW, {**ROW, "code": "粤5302", "superior": "粤53"}, {**ROW, "code": "琼04", "superior": "琼"}]})
    assert [known.name(code) for code in ("粤0399", "粤5302", "琼04", "粤5303")] == ["深圳某某人民法院"] * 3 + ["云浮市云安区人民法院"]
    assert known.is_superior("粤03", "粤0399")
    assert courts().find("粤0399") is None


@pytest.mark.parametrize(("raw", "problem"), [
    ({}, "one key"), ({"courts": {}}, "one key"), ({"courts": [], "more": 1}, "one key"),
    ({"courts": [{**ROW, "superior": "粤98"}]}, "superior 粤98: there is no such court"),
    ({"courts": [{**ROW, "regions": ["441229"]}]}, "region 441229: there is no such division today"),
    ({"courts": [ROW, {**ROW, "level": "none"}]}, "court 2: level"), ({"courts": ["粤0399"]}, "court 1: row"),
])
def test_a_file_of_courts_that_is_wrong_is_refused_by_its_rows(raw, problem):
    with pytest.raises(DirectoryInvalid, match=problem):
        parse_courts(raw)


@pytest.mark.parametrize("code", ["粤00", "粤5300", "粤0100", "兵11", "兵44", "军44", "兵4453", "军4453", "兵65", "兵1401", "粤1900"])
def test_a_code_that_is_none_of_the_scheme_is_no_court(code):
    assert courts().find(code) is None


@pytest.mark.parametrize(("rows", "wrong"), [
    ([{"superior": "粤0399"}], "stand over itself"), ([{"superior": "粤0398"}, {"code": "粤0398", "superior": "粤0399"}], "stand over itself"), ([{}, {}], "listed twice"), ([{"superior": None}], "which court stands over it"),
    ([{"level": "high", "superior": "粤0304"}], "lower level")])
def test_a_file_of_courts_that_contradicts_itself_is_refused(rows, wrong):
    row = {"code": "粤0399", "name": "某某人民法院", "level": "basic", "seat": "440304", "regions": ["440304"], "superior": "粤03"}
    with pytest.raises(DirectoryInvalid, match=wrong):
        parse_courts({"courts": [row | one for one in rows]})


def test_the_way_up_from_every_court_that_comes_with_us_ends_at_the_supreme_court():
    for code in courts().listed:
        assert code == SUPREME or courts().over(code)[-1] == SUPREME, code
