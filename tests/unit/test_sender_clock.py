"""Replies of workers whose clocks are off: a deferral of five seconds stays one of five seconds."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.kafka.codec import Record, encode_reply
from contracts.kafka.instants import ASKED_AT, SENT_AT, instant_of
from contracts.messages import Reply
from gateway.domain.sender_clock import placed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIVE, HOUR = timedelta(seconds=5), timedelta(hours=1)


def deferred(sent_at, until=FIVE):
    return Reply(task_id="t", agency="icbc", kind="deferred", until=sent_at + until)


@pytest.mark.parametrize("off", [HOUR, -HOUR, timedelta(days=5), timedelta(seconds=-6)])
def test_a_deferral_lasts_as_long_as_it_was_meant(off):
    sent_at = NOW + off
    one = placed(deferred(sent_at), sent_at, NOW - timedelta(milliseconds=80), NOW)
    assert one.reply.until == NOW + FIVE
    assert abs(one.off - off) <= timedelta(seconds=1)


@pytest.mark.parametrize("off", [timedelta(), timedelta(seconds=4), timedelta(seconds=-4)])
def test_a_clock_that_is_right_within_the_bound_is_believed(off):
    sent_at = NOW + off
    assert placed(deferred(sent_at), sent_at, NOW, NOW).reply == deferred(sent_at)


def test_a_reply_that_waited_in_kafka_accuses_nobody_and_is_not_asked_again_at_once():
    sent_at = NOW - HOUR
    one = placed(deferred(sent_at), sent_at, sent_at - timedelta(seconds=1), NOW)
    assert (one.reply.until, one.off) == (NOW + FIVE, timedelta())


def test_an_answer_from_the_future_is_as_of_now():
    sent_at = NOW + HOUR
    reply = Reply(task_id="t", agency="icbc", kind="answered", outcome="none_found", as_of=sent_at - timedelta(seconds=1))
    one = placed(reply, sent_at, None, NOW)
    assert (one.reply.as_of, one.off) == (NOW - timedelta(seconds=1), HOUR)


def test_an_end_of_a_deferral_before_its_sending_is_now():
    sent_at = NOW + HOUR
    assert placed(deferred(sent_at, -FIVE), sent_at, None, NOW).reply.until == NOW


def test_a_worker_gives_back_when_the_gateway_sent_the_command():
    command = Record("c", 0, 0, b"k", b"", {"ce_id": b"m", "ce_time": NOW.isoformat().encode()})
    sent = encode_reply(deferred(NOW), command, request_id="r", message_id="n", now=NOW + HOUR)
    record = Record("r", 0, 0, sent.key, sent.value, dict(sent.headers))
    assert (instant_of(record, SENT_AT), instant_of(record, ASKED_AT)) == (NOW + HOUR, NOW)


@pytest.mark.parametrize("written", [b"", b"soon", b"9999-99-99", b"\xff", b"2026-11-23T09:00:00Z" * 9, b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"])
def test_an_instant_that_is_none_is_not_believed(written):
    assert instant_of(Record("r", 0, 0, b"k", b"", {"ce_time": written}), "ce_time") is None
