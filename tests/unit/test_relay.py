import json
from datetime import UTC, datetime, timedelta

from gateway.relay import resend_after, to_message
from gateway.store.outbox import DueTask

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def due(**changes):
    fields = {"task_id": "t", "request_id": "r", "agency": "icbc", "asset_type": "deposits", "action": "query",
              "topic": "chakong.command.deposits.v1", "key": b"k", "command": '{"action":"query","attempt":1}', "attempts": 0,
              "agency_ref": None, "answer_due_at": NOW + timedelta(days=1), "trace_id": "ab" * 16, "lease": NOW}
    return DueTask(**{**fields, **changes})


def test_a_first_command_goes_out_as_it_was_written():
    message = to_message(due(), "m", NOW)
    assert message.value == b'{"action":"query","attempt":1}'
    headers = dict(message.headers)
    assert headers["ce_type"] == b"cn.chakong.command.query.v1"
    assert headers["ce_correlationid"] == b"r"
    assert headers["ce_subject"] == b"t"
    assert headers["ce_specversion"] == b"1.0"


def test_an_acknowledged_command_asks_for_its_status():
    message = to_message(due(agency_ref="ref-7", attempts=1), "m", NOW)
    assert json.loads(message.value) == {"action": "status", "of_action": "query", "agency_ref": "ref-7", "attempt": 2}
    assert dict(message.headers)["ce_type"] == b"cn.chakong.command.status.v1"


def test_a_repeated_command_counts_its_attempt():
    assert json.loads(to_message(due(attempts=2), "m", NOW).value)["attempt"] == 3


def test_waits_for_a_reply_double_up_to_ten_minutes():
    assert [resend_after(n, 30).total_seconds() for n in (0, 1, 2, 9, 50)] == [30, 60, 120, 600, 600]
