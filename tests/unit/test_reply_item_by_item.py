import json

import orjson
import pytest

from contracts.control import PriorMeasure
from contracts.failures import MalformedMessage
from contracts.kafka.replies import read_reply
from tests.builders import RECORDS

RIGHT = {"record": RECORDS["deposits"]}


def decoded(**said):
    body = {"task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "found", **said}
    return read_reply(json.dumps(body).encode())


@pytest.mark.parametrize("wrong", [
    {"record": RECORDS["deposits"], "prior_measures": [{"kind": "gone", "authority": "法院"}]}, {"record": "?"}, "?", {},
    {"record": RECORDS["deposits"], "unread": [{"field": "a"}]}])
def test_an_asset_that_cannot_be_decoded_takes_no_other_along(wrong):
    reply = decoded(assets=[RIGHT, wrong])
    assert [one.record for one in reply.assets] == [RECORDS["deposits"]]
    assert reply.unreadable[0].position == 1
    assert {one.code for one in reply.unreadable[0].unread} == {"bad_form"}


def test_what_the_reply_itself_calls_unreadable_stays():
    told = {"position": 4, "unread": []}
    reply = decoded(assets=["?"], unreadable=[told])
    assert ([one.position for one in reply.unreadable], reply.assets) == ([0, 4], None)


@pytest.mark.parametrize("mark", [
    None, "?", {"position": -1, "unread": []}, {"position": 10**30, "unread": []}, {"unread": [{"field": "a", "wire": "a", "code": "zzz"}]},
    {"unread": [{"field": "a", "wire": "a", "code": "missing", "raw": 5200000}]}, {"unread": [{"field": "a", "wire": "a", "code": "missing", "raw": "x" * 501}]}])
def test_an_odd_unreadable_item_is_one_all_the_same(mark):
    reply = decoded(assets=[RIGHT], unreadable=[mark])
    assert [one.record for one in reply.assets] == [RECORDS["deposits"]]
    assert [one.code for one in reply.unreadable[0].unread] == ["bad_form"]


@pytest.mark.parametrize(("said", "field", "code"), [
    ({"code": "OK"}, "code", "bad_form"), ({"elapsed_s": "fast"}, "elapsed_s", "bad_form"), ({"agency_ref": 7}, "agency_ref", "bad_form"),
    ({"raw": {}}, "raw", "bad_form"), ({"detail": "x" * 2001}, "detail", "bad_form"), ({"total": 50}, "total", "unknown_field"),
    ({"as_of": "0001-01-01T00:00:00+08:00"}, "as_of", "bad_form"), ({"as_of": "9999-12-31T23:59:59-08:00"}, "as_of", "bad_form"),
    ({"unread": [{"field": "a"}]}, "unread.0", "bad_form"), ({"unreadables": [RIGHT]}, "unreadables", "unknown_field")])
def test_an_odd_field_beside_the_assets_is_marked_and_they_stand(said, field, code):
    reply = decoded(assets=[RIGHT], **said)
    assert [one.record for one in reply.assets] == [RECORDS["deposits"]]
    assert [(one.field, one.code) for one in reply.unread] == [(field, code)]


@pytest.mark.parametrize(("besides", "field"), [
    ({"prior_measure": [{"kind": "freeze", "authority": "法院"}]}, "prior_measure"),
    ({"prior_measures": [{"kind": "freeze", "authority": "法院", "until": "2027-01-01"}]}, "prior_measures.0.until")])
def test_what_an_asset_says_besides_is_marked(besides, field):
    (asset,) = decoded(assets=[RIGHT | besides]).assets
    assert [(one.field, one.code) for one in asset.unread] == [(field, "unknown_field")]


@pytest.mark.parametrize("wrong", [
    {"amount_fen": True}, {"amount_fen": "1000000"}, {"amount_fen": -1}, {"quantity": 1.0}, {"authority": ""}])
def test_a_measure_is_read_as_strictly_as_a_record(wrong):
    reply = decoded(assets=[{"record": RECORDS["deposits"], "prior_measures": [{"kind": "freeze", "authority": "法院"} | wrong]}])
    assert reply.assets is None
    assert [one.field for one in reply.unreadable[0].unread] == [f"prior_measures.0.{next(iter(wrong))}"]


@pytest.mark.parametrize("wrong", [{"rank": 10**20}, {"rank": -1}, {"until_on": 0}, {"from_on": "gone", "rank": True}, {"document_no": 7}])
def test_what_only_tells_of_a_measure_is_marked_and_the_measure_stands(wrong):
    asset = decoded(assets=[{"record": RECORDS["deposits"], "prior_measures": [{"kind": "freeze", "authority": "法院", "amount_fen": 5} | wrong]}]).assets[0]
    assert {(one.field, one.code) for one in asset.unread} == {(f"prior_measures.0.{name}", "bad_form") for name in wrong}
    assert asset.prior_measures == (PriorMeasure(kind="freeze", authority="法院", amount_fen=5),)


@pytest.mark.parametrize("char", ["\\u0000", "\\ud800"])
def test_what_no_store_takes_is_replaced_wherever_it_stands(char):
    record = RECORDS["deposits"] | {"branch_name": "xCHAR", "kCHAR": "v"}
    body = {"task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "found", "detail": "aCHAR", "assets": [RIGHT, {"record": record}]}
    reply = read_reply(orjson.dumps(body).replace(b"CHAR", char.encode()))
    assert (reply.detail, reply.assets[1].record["branch_name"], reply.assets[1].record["k\ufffd"]) == ("a\ufffd", "x\ufffd", "v")


def test_assets_that_are_no_list_are_one_item_that_cannot_be_read():
    reply = decoded(assets={"a": 1})
    assert (reply.assets, reply.unreadable[0].position) == (None, None)


@pytest.mark.parametrize("said", [{"kind": "?"}, {"assets": ["?"], "kind": "?"}, {"outcome": "great"}, {"kind": "acknowledged", "agency_ref": 7}])
def test_a_reply_that_is_none_is_a_dead_letter(said):
    with pytest.raises(MalformedMessage):
        decoded(**said)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_a_dead_letter(body):
    with pytest.raises(MalformedMessage):
        read_reply(body)
