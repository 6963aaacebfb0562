from pathlib import Path
from random import Random

import orjson
import pytest

from contracts.messages import Unread
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import MockRequest
from services.runtime.port import Found
from services.vehicles.adapter import ADAPTER
from services.vehicles.examples import EXAMPLES
from services.vehicles.mock_agency import MOCK, ODDITIES
from tests.contract.documents import by_openapi, everything_asked
from tests.contract.exchange import Exchange, agency_row, asked_of
from tests.contract.oddities import Golden, as_json, became, check_others_stand, to_json

ROW = agency_row("vehicles", capabilities=("query", "seal", "renew", "release", "transfer", "status"))
EXAMPLE = EXAMPLES[0]
GOLDEN = Golden("vehicles", ADAPTER, ROW, asked_of(EXAMPLE.outgoing[0].command), EXAMPLE.response, as_json, to_json,
                lambda tree: tree["jg"][0]["cl"])
DOCUMENT = by_openapi(Path("services/vehicles/vehicle_office.openapi.yaml"))


def read_with(position=0, **changes) -> Found:
    tree = GOLDEN.tree()
    GOLDEN.items(tree)[position].update(changes)
    return GOLDEN.read(tree)


# ---- the document judges both sides


def test_adapter_and_mock_keep_to_the_offices_document():
    assert everything_asked(Exchange(ADAPTER, MOCK, ROW), DOCUMENT) >= 20


def test_an_office_that_answers_later_keeps_to_it_too():
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status"}))
    assert everything_asked(there, DOCUMENT) >= 20


# ---- one odd field hides nothing


@pytest.mark.parametrize("position", [0, 1, 2])
def test_whatever_is_written_in_one_field_the_other_vehicles_stand(position):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > 80
    assert counts["marked"] > 100


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("hphm", "粤A1234应急", "plate_no", "粤A1234应急"), ("hphm", "粤W·A8K21", "plate_no", "粤WA8K21"), ("hphm", "粤W A8K21", "plate_no", "粤WA8K21"),
    ("hphm", "粤w-a8k21", "plate_no", "粤WA8K21"), ("hphm", "使224578", "plate_no", "使224578"), ("hphm", "WJ粤12345", "plate_no", "WJ粤12345"),
    ("clsbdh", "WVGZZZ5NZEW069297", "vin", "WVGZZZ5NZEW069297"), ("clsbdh", "8A0123456", "vin", "8A0123456"),
    ("csys", "AJ", "colour", "白、黑"), ("hpzl", "16", "plate_type", "driving_school"), ("cllx", "K13", "vehicle_type", "大型卧铺客车"),
    ("cllx", "H1A", "vehicle_type", "重型车辆运输车"), ("syxz", "L", "use_nature", "营转非"),
    ("ccdjrq", "20190305", "first_registered_on", "2019-03-05"), ("ccdjrq", "2019年3月5日", "first_registered_on", "2019-03-05"),
    ("ccdjrq", "2019/03/05", "first_registered_on", "2019-03-05"), ("ccdjrq", "2019-03-05T00:00:00", "first_registered_on", "2019-03-05"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert (answer.assets[0].record[field], answer.assets[0].unread, answer.unreadable) == (meant, (), ())


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("csys", "W", Unread(field="colour", wire="csys", code="unknown_code", raw="W")),
    ("hpzl", "77", Unread(field="plate_type", wire="hpzl", code="unknown_code", raw="77")),
    ("cllx", "K99", Unread(field="vehicle_type", wire="cllx", code="unknown_code", raw="K99")),
    ("clpp", "", Unread(field="brand", wire="clpp", code="missing")),
    ("ccdjrq", "2019年", Unread(field="first_registered_on", wire="ccdjrq", code="bad_form", raw="2019年")),
    ("ccdjrq", "0001-01-01", Unread(field="first_registered_on", wire="ccdjrq", code="implausible", raw="0001-01-01")),
    ("qzbfqz", "9999-12-31", Unread(field="scrap_by", wire="qzbfqz", code="implausible", raw="9999-12-31")),
    ("xzzd", "新增字段", Unread(field="xzzd", wire="xzzd", code="unknown_field", raw="新增字段")),
    ("fdjh", ["a"], Unread(field="engine_no", wire="fdjh", code="bad_form", raw='["a"]')),
    ("fdjh", "a\x00b", Unread(field="engine_no", wire="fdjh", code="bad_form", raw="a\ufffdb")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


def test_a_check_digit_that_fails_is_a_mark_and_never_a_loss():
    vehicle = read_with(clsbdh="LFV2A21J8K3000001").assets[0]
    assert vehicle.record["vin"] == "LFV2A21J8K3000001"
    assert vehicle.unread == (Unread(field="vin", wire="clsbdh", code="implausible", raw="LFV2A21J8K3000001"),)


@pytest.mark.parametrize(("wire", "written", "code"), [
    ("hphm", "无牌", "bad_form"), ("zt", "KX", "unknown_code"), ("syr", "", "missing"), ("dybj", "是", "unknown_code"), ("dybj", None, "missing"),
    ("cf", "有", "bad_form"), ("dy", [{"dyqr": "银行", "je": "98600"}], "bad_form"), ("cf", [{"cflx": "8", "cfjg": "法院"}], "unknown_code"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_vehicle_unreadable_and_no_other(wire, written, code):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 2
    item = answer.unreadable[0]
    assert (item.position, item.record["brand"], item.unread[0].code) == (0, "大众牌", code)


def test_a_measure_of_which_not_all_can_be_read_stands_where_what_it_takes_is_known():
    answer = read_with(position=1, cf=[{"cflx": "1", "cfjg": "某监察委员会", "jsrq": "9999-12-31"}])
    measure = answer.assets[1].prior_measures[0]
    assert (measure.authority, measure.until_on, measure.document_no) == ("某监察委员会", None, None)
    assert answer.assets[1].unread == (Unread(field="prior_measures.0.until_on", wire="cf.0.jsrq", code="implausible", raw="9999-12-31"),)


def test_a_vehicle_told_twice_counts_once_and_is_marked():
    tree = GOLDEN.tree()
    GOLDEN.items(tree).append(dict(GOLDEN.items(tree)[0]))
    tree["jg"][0]["sl"] = 4
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (Unread(field="plate_no", wire="hphm", code="implausible", raw="粤WA8K21"),)


def test_a_count_that_disagrees_with_its_list_is_an_item_that_is_not_seen():
    tree = GOLDEN.tree()
    tree["jg"][0]["sl"] = 5
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert answer.unreadable[0].position is None
    assert answer.unreadable[0].unread == (Unread(field="count", wire="sl", code="implausible", raw="5"),)


def test_nothing_listed_and_something_counted_is_not_nothing():
    tree = GOLDEN.tree()
    tree["jg"][0] |= {"sl": 1, "cl": []}
    assert GOLDEN.read(tree).unreadable


def test_what_stands_around_the_vehicles_may_be_odd_too():
    tree = GOLDEN.tree()
    tree |= {"sj": "昨天", "版本": "2"}
    tree["jg"][0]["bz"] = "新增字段"
    answer = GOLDEN.read(tree)
    assert (len(answer.assets), answer.as_of) == (3, None)
    assert {(one.wire, one.code) for one in answer.unread} == {("sj", "bad_form"), ("版本", "unknown_field"), ("bz", "unknown_field")}


def test_an_answer_to_a_stranger_takes_no_other_along():
    tree = GOLDEN.tree()
    tree["jg"].append({"code": "0000", "qqdh": "stranger", "sl": 0, "cl": []})
    answer = GOLDEN.read(tree)
    assert len(answer.assets) == 3
    assert [one.code for one in answer.unread] == ["implausible"]


def test_a_mortgage_on_a_vehicle_said_to_be_free_of_them_stands_and_is_marked():
    vehicle = read_with(position=2, dybj="0").assets[2]
    assert vehicle.priority_rights
    assert [(one.field, one.code) for one in vehicle.unread] == [("mortgage_flag", "implausible")]


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    right = GOLDEN.read(GOLDEN.tree())
    for oddity in ODDITIES:
        position = {"cf": 1, "dy": 2}.get(oddity.at.partition(".")[0], 0)
        tree = GOLDEN.tree()
        assert write_oddly([GOLDEN.items(tree)[position]], [oddity], Random(1))
        others = [asset for index, asset in enumerate(right.assets) if index != position]
        was = became(GOLDEN.read(tree), others, right.assets[position], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_vehicle():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject)
    call = exchange.call(command)
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    right, odd = exchange.simulation.answer(exchange.desk, request), exchange.simulation.answer(exchange.desk, request, odd=Random(3))
    assert right.body != odd.body
    assert len(orjson.loads(odd.body)["jg"][0]["cl"]) == len(orjson.loads(right.body)["jg"][0]["cl"])
    assert isinstance(exchange.read([command], odd)[command.request_no], Found)


def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = exchange.ask(*(exchange.command("query", one) for one in subjects)).values()
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) > 15
