"""What is known of a message that was set aside, and what becomes of it when somebody wants it sent again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.kafka.codec import Record, dead_letter
from gateway.domain.dead_letters import MOST_REDRIVES, REDRIVES, Standing, letter_of, verdict

TOPIC = "chakong.command.deposits.v1"
TOPICS = frozenset({TOPIC, "chakong.reply.v1"})


def aside(body, reason="malformed_message: asset_type: missing", topic=TOPIC, **headers):
    """A message as it comes from the dead-letter topic."""
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    out = dead_letter(Record(topic, 2, 17, b"k", value, {"ce_id": b"c", **headers}), reason)
    return letter_of(out.key, out.value, dict(out.headers))


def standing(**other):
    return Standing(**{"state": "open", "topic": TOPIC, "controls": False, "whole": True, "asked_by": None, **other})


def test_a_letter_says_where_it_came_from_and_why_and_keeps_what_it_came_with():
    letter = aside({"task_id": "01T", "agency": "icbc", "action": "query"}, ce_signature=b"s")
    assert (letter.topic, letter.partition, letter.offset) == (TOPIC, 2, 17)
    assert (letter.reason, letter.detail) == ("malformed_message", "malformed_message: asset_type: missing")
    assert (letter.action, letter.agency, letter.task_id, letter.controls) == ("query", "icbc", "01T", False)
    assert letter.headers == {"ce_id": b"c", "ce_signature": b"s"}
    assert (letter.whole, letter.redrives, letter.state) == (True, 0, "open")


def test_the_same_message_has_the_same_id_and_another_place_another():
    body = {"task_id": "01T"}
    assert aside(body).letter_id == aside(body).letter_id
    moved = dead_letter(Record(TOPIC, 2, 18, b"k", json.dumps(body).encode(), {"ce_id": b"c"}), "malformed_message: asset_type: missing")
    assert letter_of(moved.key, moved.value, dict(moved.headers)).letter_id != aside(body).letter_id


@pytest.mark.parametrize(("body", "topic", "controls"), [
    ({"action": "query"}, TOPIC, False), ({"action": "status"}, TOPIC, False), ({"action": "freeze"}, TOPIC, True), ({}, TOPIC, True),
    (b"not JSON", TOPIC, True), ([], TOPIC, True), ({"action": "freeze"}, "chakong.reply.v1", False)])
def test_a_command_that_may_change_what_an_agency_holds_is_known_also_where_it_cannot_be_read(body, topic, controls):
    assert aside(body, topic=topic).controls is controls


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=10), st.binary(max_size=40), max_size=5), st.one_of(st.none(), st.binary(max_size=9)))
def test_whatever_was_set_aside_can_be_stored_and_shown(value, headers, key):
    letter = letter_of(key, value, headers)
    told = f"{letter.topic}{letter.reason}{letter.detail}{letter.action}{letter.agency}{letter.task_id}"
    assert told.isprintable()
    assert told.isascii() or letter.detail
    assert letter.partition is None or letter.partition < 10**18


def test_numbers_that_no_column_holds_are_none_of_ours():
    letter = letter_of(None, b"{}", {"origin-partition": b"9" * 17, "origin-offset": b"9" * 18, REDRIVES: b"9" * 17})
    assert (letter.partition, letter.offset, letter.redrives, letter.state) == (None, 10**18 - 1, MOST_REDRIVES, "quarantined")


def test_it_shows_no_name_that_stands_where_a_code_should():
    letter = aside({"task_id": "陈伟", "agency": "x" * 65, "action": 7})
    assert (letter.task_id, letter.agency, letter.action) == (None, None, None)


def test_one_that_came_back_too_often_is_quarantined_at_once():
    assert aside({}, redrives=str(MOST_REDRIVES - 1).encode()).state == "open"
    again = aside({}, **{REDRIVES: str(MOST_REDRIVES).encode()})
    assert again.state == "quarantined"
    assert REDRIVES not in again.headers


@pytest.mark.parametrize(("letter", "becomes"), [
    (standing(), "redriven"), (standing(state="due"), "under_way"), (standing(state="redriven"), "already_redriven"),
    (standing(whole=False), "not_whole"), (standing(topic="somebody.else"), "no_topic"), (standing(state="quarantined"), "second_person"),
    (standing(controls=True), "second_person"), (standing(controls=True, asked_by="me"), "second_person"),
    (standing(controls=True, asked_by="another"), "redriven"), (standing(state="quarantined", asked_by="another"), "redriven")])
def test_what_becomes_of_one_that_is_named(letter, becomes):
    assert verdict(letter, "me", TOPICS, by_name=True) == becomes


def test_a_filter_leaves_the_quarantine_alone():
    assert verdict(standing(state="quarantined", asked_by="another"), "me", TOPICS, by_name=False) == "quarantined"
