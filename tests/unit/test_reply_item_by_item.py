import orjson
import pytest

from contracts.failures import MalformedMessage
from contracts.kafka.codec import Record, decode_reply
from tests.builders import RECORDS

RIGHT = {"record": RECORDS["deposits"]}


def decoded(**said):
    body = {"task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "found", **said}
    return decode_reply(Record("chakong.reply.v1", 0, 0, None, orjson.dumps(body)))


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
    assert ([one.position for one in reply.unreadable], reply.assets) == ([4, 0], None)


@pytest.mark.parametrize("said", [{"kind": "?"}, {"assets": "?"}, {"assets": ["?"], "kind": "?"}, {"assets": ["?"], "unreadable": "?"}])
def test_a_reply_that_is_none_is_a_dead_letter(said):
    with pytest.raises(MalformedMessage):
        decoded(**said)
