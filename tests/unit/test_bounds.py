"""What an agency may say at most: the same on the agency side, before a reply is sent, and where it is read."""

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from contracts.bounds import MOST_ITEMS, MOST_RAW_BYTES, MOST_REPLY_BYTES, is_storable
from contracts.failures import AgencyProtocolError, AgencyUnavailable, MalformedMessage
from contracts.kafka.codec import MOST_LETTER_BYTES, Record, bare_letter, dead_letter
from contracts.kafka.replies import read_reply
from contracts.messages import FoundAsset, Unread
from services.runtime.answers import Deferral, evidence_of, no_answer, read_answers, to_reply
from services.runtime.port import Accepted, AgencyResponse, Asked, Controlled, Found, OutsideProtocol, Refused
from tests.agency_side import TinyAdapter, agency
from tests.builders import RECORDS

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ASKED = Asked("t", "r", "no-t", "freeze")
BODY = "云浮".encode("gb18030")
RECORD = RECORDS["deposits"]


def reply_to(answer):
    return to_reply("icbc", ASKED, answer, evidence_of(BODY, media_type="text/plain; charset=gb18030"), NOW)


def nested(depth):
    value = "x"
    for _ in range(depth):
        value = [value]
    return value


ODD_VALUES = [10**30, -(10**19), float("inf"), float("nan"), "长" * 30_000, nested(40), [0] * 6_000, {"k" * 300: 1}, "a\x00b", "\ud800", {"a": {"\ud800\x00": "\x01"}}]


@pytest.mark.parametrize("value", [one for one in ODD_VALUES if not isinstance(one, float)])
def test_what_of_a_record_cannot_be_stored_is_marked_and_the_rest_stands(value):
    told = Found(NOW, [FoundAsset.model_construct(record=RECORD | {"branch_name": value}), FoundAsset(record=RECORD)])
    reply = reply_to(told)
    assert (reply.outcome, len(reply.assets), reply.assets[1].record) == ("found", 2, RECORD)
    first = reply.assets[0]
    assert is_storable(first.record)
    assert "branch_name" not in first.record or "\ufffd" in json.dumps(first.record, ensure_ascii=False)
    assert [one.field for one in first.unread] == ([] if "branch_name" in first.record else ["branch_name"])
    assert b"\\u00" not in reply.model_dump_json().encode()


@pytest.mark.parametrize("value", ODD_VALUES)
def test_an_unreadable_item_and_a_foreign_reply_keep_to_the_same_bounds(value):
    body = {"task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "found", "detail": "\x00", "assets": [{"record": RECORD | {"x": value}}],
            "unreadable": [{"position": 4, "record": {"x": value}, "unread": []}]}
    reply = read_reply(json.dumps(body).encode())
    assert all(is_storable(one.record) for one in (*reply.assets, *reply.unreadable))


@pytest.mark.parametrize("control", [
    {"actual_fen": 10**30}, {"rank": -(10**40)}, {"until_on": "9999-12-31"}, {"until_on": "0001-01-01"}, {"served_at": "9999-12-31T23:59:59-08:00"},
    {"effective_at": "0001-01-01T00:00:00+08:00"}, {"waiting_serial": "9" * 500}, {"agency_control_no": "长" * 3_000},
    {"parts": [{"part": "a", "state": "in_force"}] * 200}, {"state": "gone"}, {"prior_measures": "?"}])
def test_a_control_that_cannot_be_stored_or_computed_with_has_failed_and_its_raw_answer_is_kept(control):
    reply = reply_to(Controlled(NOW, {"state": "in_force"} | control))
    assert (reply.kind, reply.outcome, reply.code, reply.control) == ("answered", "failed", "protocol", None)
    assert reply.evidence == (BODY, "text/plain; charset=gb18030")
    foreign = {"task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "controlled", "control": {"state": "in_force"} | control}
    read = read_reply(json.dumps(foreign).encode())
    assert (read.outcome, read.code, json.loads(read.evidence[0])) == ("failed", "protocol", foreign)


def test_codes_that_are_only_kept_are_cut():
    reply = reply_to(Controlled(NOW, {"state": "in_force", "wire": {"K" * 900: "v" * 900, "a\x00": "\ud800"}}))
    assert {name: value for name, value in reply.control.wire.items() if len(name) > 5} == {"K" * 200: "v" * 200}
    assert reply.control.wire["a\ufffd"] == "\ufffd"


@pytest.mark.parametrize("after_s", [10.0**30, float("inf"), float("nan"), -(10.0**30), 10**400])
def test_however_long_an_agency_wants_to_wait_there_is_an_instant_to_ask_again(after_s):
    reply = reply_to(Accepted("ref", ask_after_s=after_s))
    assert (reply.kind, reply.agency_ref) == ("acknowledged", "ref")
    assert NOW <= reply.until <= datetime(2027, 1, 1, tzinfo=UTC)
    error = AgencyUnavailable(retry_after_s=after_s)
    pause_s = Deferral(5, 600).pause_s(1, error, 0.5)
    assert no_answer("icbc", ASKED, error, evidence=evidence_of(b""), pause_s=pause_s, now=NOW).until.year < 2028


@pytest.mark.parametrize("until", ["9999-12-31T00:00:00Z", "0001-01-01T00:00:00+08:00", "gone", 10**30])
@pytest.mark.parametrize("kind", [{"kind": "acknowledged", "agency_ref": "ref"}, {"kind": "deferred"}])
def test_a_foreign_office_that_says_ask_again_in_another_age_is_asked_when_we_say(kind, until):
    reply = read_reply(json.dumps({"task_id": "t", "agency": "icbc", "until": until} | kind).encode())
    assert (reply.kind, reply.until) == (kind["kind"], None)


@pytest.mark.parametrize("answer", [Refused("Not A Code"), Refused("a\x00"), Accepted("9" * 900), Accepted(7), Found("yesterday?", [None])])
def test_an_answer_that_no_reply_can_be_made_of_has_failed(answer):
    reply = reply_to(answer)
    assert (reply.task_id, reply.kind) == ("t", "answered")
    assert reply.outcome == "failed" or isinstance(answer, Found | Refused)


def test_too_many_items_and_too_large_a_reply_have_failed():
    many = reply_to(Found(NOW, [FoundAsset(record={"n": 1})] * (MOST_ITEMS + 1)))
    large = reply_to(Found(NOW, [FoundAsset(record={f"k{n}": "长" * 15_000 for n in range(20)}) for _ in range(12)]))
    assert [(one.outcome, one.code, one.evidence[0]) for one in (many, large)] == [("failed", "protocol", BODY)] * 2
    with pytest.raises(MalformedMessage):
        read_reply(b" " * (MOST_REPLY_BYTES + 1))


@pytest.mark.parametrize("size", [0, 1, MOST_RAW_BYTES, MOST_RAW_BYTES + 1])
def test_the_raw_answer_is_what_came_byte_by_byte_and_says_what_its_digests_are_of(size):
    body = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    reply = to_reply("icbc", ASKED, OutsideProtocol("no"), evidence_of(body, media_type="application/zip\ud800"), NOW)
    assert (reply.raw, reply.raw_size, b64decode(reply.raw_base64)) == (None, size, body[:MOST_RAW_BYTES])
    assert reply.raw_sha256 == evidence_of(body).digest
    assert reply.raw_media_type == "application/zip\ufffd"
    assert read_reply(reply.model_dump_json(exclude_none=True).encode()) == reply


@pytest.mark.parametrize("words", [b'{"no-t1": "bug"}', b'{"no-t1": ["a"]}', b'["no-t1"]', b"[" * 100_000])
def test_whatever_an_adapter_does_with_an_answer_is_no_bug_that_ends_something(words):
    asked = [Asked("t1", "r", "no-t1", "query")]
    try:
        answers = read_answers(TinyAdapter(), agency(), asked, AgencyResponse(200, "application/json", words))
    except AgencyProtocolError:
        return
    assert isinstance(answers["no-t1"], OutsideProtocol)


@pytest.mark.parametrize("record", [
    Record("t", 0, 1, b"k", b"x" * (60 * 1024 * 1024), {"ce_id": b"i"}), Record("t", 0, 1, b"k" * 9_000_000, b"x"),
    Record("t", 0, 1, None, None, {f"h{n}": b"v" * 9_000 for n in range(1_000)}), Record("t", 0, 1, None, b"x" * (MOST_LETTER_BYTES - 10))])
def test_a_dead_letter_that_does_not_fit_is_written_cut(record):
    letter = dead_letter(record, "because " * 900)
    headers = dict(letter.headers)
    assert letter.size_bytes <= MOST_LETTER_BYTES
    assert (headers["cut"], int(headers["original-bytes"])) == (b"true", len(record.value or b""))
    assert headers["original-sha256"].decode() == evidence_of(record.value or b"").digest
    bare = bare_letter(letter)
    assert (bare.value, dict(bare.headers)["origin-offset"]) == (b"", b"1")


def test_a_dead_letter_that_fits_is_as_it_came():
    record = Record("t", 3, 1, b"k", b"x", {"ce_id": b"i", "odd": b""})
    letter = dead_letter(record, "why")
    assert (letter.key, letter.value, dict(letter.headers)) == (b"k", b"x", {
        "ce_id": b"i", "odd": b"", "reason": b"why", "origin-topic": b"t", "origin-partition": b"3", "origin-offset": b"1"})


def test_marks_beyond_any_number_are_cut():
    mark = Unread(field="f" * 500, wire="w" * 500, code="missing")
    reply = read_reply(json.dumps({
        "task_id": "t", "agency": "icbc", "kind": "answered", "outcome": "found", "assets": [{"record": RECORD, "unread": [mark.model_dump()] * 6_000}]}).encode())
    assert len(reply.assets[0].unread) == 1_000
    assert {len(one.field) for one in reply.assets[0].unread} == {100}
