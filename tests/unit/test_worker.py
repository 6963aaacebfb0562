import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError

from contracts.failures import (
    AgencyError,
    DirectoryInvalid,
    MalformedMessage,
)
from contracts.kafka import topics
from contracts.kafka.moving import StillRead
from contracts.kafka.settings import KafkaSettings
from deploy.keys import new_key
from services.runtime.worker import serve
from tests.agency_side import (
    NOW,
    FakeAgency,
    FakeSink,
    FakeSource,
    FixedClock,
    TinyAdapter,
    agency,
    command,
    raises,
    record_of,
    run_worker,
    settings,
    worker,
)
from tests.keyring import COMMAND_TYPE, headers_of, keys, sender, signed

FREEZE = {"action": "freeze"}
STRANGER = new_key("stranger-1", "hmac-sha256", "gateway")


@pytest.fixture
def sink():
    return FakeSink()


# Settings


async def test_an_agency_without_an_address_or_credentials_stops_the_start():
    async def start(row, **changes):
        kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
        await serve(settings(**changes), kafka, {"icbc": row}, asyncio.Event(), clock=FixedClock(), new_id=str,
                    random=Random(7), keys=keys(), adapters={"deposits": TinyAdapter()})

    with pytest.raises(DirectoryInvalid, match="without an endpoint: icbc"):
        await start(agency(), mock_agencies_url="")
    with pytest.raises(DirectoryInvalid, match="not set: icbc_token"):
        await start(agency(credentials_ref="icbc_token"))


def test_production_refuses_mock_agencies_and_documents_from_anywhere():
    with pytest.raises(ValidationError):
        settings(production=True)
    assert settings(production=True, mock_agencies_url="", content_base_url="http://gateway.test").production


def test_asset_types_are_written_with_commas():
    assert settings(asset_types="deposits, vehicles").asset_types == ("deposits", "vehicles")


# Records in, replies out


async def test_a_record_is_done_only_when_its_reply_is_with_the_broker(sink):
    sink.away = True
    record = record_of(command())
    source = FakeSource([record])

    def retried():
        if sink.away and sink.refused == 2:
            assert not source.finished
            sink.away = False
        return source.finished

    await run_worker(worker(FakeAgency(), sink), source, retried)
    assert source.finished == [record]
    assert sink.replies["t1"].outcome == "none_found"
    assert dict(sink.messages[0].headers)["ce_causationid"] == b"command-1"
    assert sink.messages[0].key == b"request-of-t1"


async def test_a_command_that_was_answered_but_not_acknowledged_comes_again_and_is_asked_again(sink):
    desk = FakeAgency(lambda *_: "controlled")
    record = record_of(command(**FREEZE), b"asset")
    sink.away = True
    killed = FakeSource([record])
    await run_worker(worker(desk, sink), killed, lambda: sink.refused)
    assert not killed.finished
    sink.away = False
    again = FakeSource([record])
    await run_worker(worker(desk, sink), again, lambda: again.finished)
    assert desk.calls == [("freeze", ["no-t1"])] * 2
    assert [reply.outcome for reply in sink.all_replies] == ["controlled"]


async def test_messages_nobody_can_read_are_set_aside_and_their_partition_goes_on(sink):
    poison = [record_of(value) for value in (
        b"not json", None, b"{}", b"[" * 100_000, command().model_dump_json().replace("query", "confiscate").encode(),
        command(agency="nobody").model_dump_json().encode(), command(asset_type="ships").model_dump_json().encode(),
        command(**FREEZE, control=None).model_dump_json().encode(), b"x" * 2_000_000)]
    good = record_of(command())
    source = FakeSource([*poison, good])
    await run_worker(worker(FakeAgency(), sink), source, lambda: len(source.finished) == 10)
    assert set(sink.replies) == {"t1"}
    assert len(sink.letters) == 9
    headers = dict(sink.letters[0].headers)
    assert headers["reason"].startswith(b"malformed_message")
    assert headers["origin-offset"] == str(poison[0].offset).encode()


async def test_a_dead_letter_names_no_value_of_the_message(sink):
    body = command().model_dump_json().replace('"person"', '"陈伟的猫"').encode()
    source = FakeSource([record_of(body)])
    await run_worker(worker(FakeAgency(), sink), source, lambda: source.finished)
    assert "猫" not in dict(sink.letters[0].headers)["reason"].decode()


async def test_a_message_that_meets_a_bug_is_tried_five_times_and_then_set_aside(sink):
    desk = FakeAgency(lambda number, _: {"陈伟": "none"}[number] if number == "no-t2" else "none")
    source = FakeSource([record_of(command(name)) for name in ("t1", "t2", "t3")])
    await run_worker(worker(desk, sink), source, lambda: len(source.finished) == 3)
    assert set(sink.replies) == {"t1", "t3"}
    assert sum(numbers == ["no-t2"] for _, numbers in desk.calls) == 5
    reason = dict(sink.letters[0].headers)["reason"].decode()
    assert "KeyError at test_worker.py" in reason
    assert "陈伟" not in reason


@pytest.mark.parametrize("error", [AgencyError(), ValueError()])
async def test_an_error_no_agency_can_cause_is_a_bug(sink, error):
    source = FakeSource([record_of(command())])
    await run_worker(worker(FakeAgency(raises(error)), sink), source, lambda: source.finished)
    assert dict(sink.letters[0].headers)["reason"].startswith(f"bug: {type(error).__name__} at".encode())


async def test_a_command_the_adapter_cannot_write_is_set_aside_alone_and_at_once(sink):
    def says(number, _):
        if number == "no-t1":
            raise MalformedMessage("control.asset: missing")
        return "none"

    desk = FakeAgency(says)
    source = FakeSource([record_of(command("t1")), record_of(command("t2"))])
    await run_worker(worker(desk, sink), source, lambda: len(source.finished) == 2)
    assert set(sink.replies) == {"t2"}
    assert [numbers for _, numbers in desk.calls] == [["no-t1", "no-t2"], ["no-t1"], ["no-t2"]]


async def test_a_bug_that_passes_costs_nothing_but_a_repetition(sink):
    words = iter([None, None, "found"])

    def says(*_):
        return next(words) or {}["no such word"]

    source = FakeSource([record_of(command())])
    await run_worker(worker(FakeAgency(says), sink), source, lambda: source.finished)
    assert sink.replies["t1"].outcome == "found"
    assert not sink.letters


async def test_reading_stops_when_most_messages_are_dead_letters(sink):
    source = FakeSource(*[[record_of(b"poison")] for _ in range(50)])
    working = worker(FakeAgency(), sink, dead_letter_window=10, dead_letter_pause_s=60)
    await run_worker(working, source, lambda: source.stopped)
    assert len(source.batches) == 40


async def test_forged_commands_are_set_aside_with_an_alarm_and_stop_nobody(sink):
    forged = [replace(record_of(command(f"t{number}", **FREEZE)), headers=headers) for number in range(200)
              for headers in ({}, dict(signed(sender(STRANGER), topics.commands("deposits"), b"", headers_of("t1", COMMAND_TYPE))))]
    desk, good, before = FakeAgency(), record_of(command("t0")), alarms("not_authentic")
    source = FakeSource(*[[one] for one in forged], [good])
    await run_worker(worker(desk, sink, dead_letter_window=10, dead_letter_pause_s=60), source, lambda: len(source.finished) == 401)
    assert desk.calls == [("query", ["no-t0"])]
    assert sink.replies["t0"].outcome == "none_found"
    assert len(sink.letters) == 400 == alarms("not_authentic") - before
    assert {dict(one.headers)["reason"] for one in sink.letters} == {b"not_authentic"}
    assert {dict(one.headers)["detail"] for one in sink.letters} == {b"unsigned", b"unknown_key"}


def alarms(kind):
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": kind}) or 0.0


async def test_a_slow_agency_does_not_hold_the_answers_of_another(sink):
    slow = FakeAgency()
    slow.hold = asyncio.Event()
    rows = [agency("slow", batch_size=1), agency("quick")]
    source = FakeSource([record_of(command(f"s{n}", agency="slow")) for n in range(50)],
                        [record_of(command(f"q{n}", agency="quick")) for n in range(50)])
    await run_worker(worker({"slow": slow, "quick": FakeAgency()}, sink, rows=rows), source, lambda: len(source.finished) == 50)
    assert {reply.agency for reply in sink.all_replies} == {"quick"}
    assert slow.most_running == 8


async def test_what_has_no_room_in_its_lane_goes_back_as_busy(sink):
    desk = FakeAgency()
    desk.hold = asyncio.Event()
    source = FakeSource([record_of(command(f"t{n}")) for n in range(8)])
    working = worker(desk, sink, rows=[agency(batch_size=1)], lane_waiting=3)
    await run_worker(working, source, lambda: len(source.finished) == 5)
    assert {(reply.kind, reply.code) for reply in sink.all_replies} == {("deferred", "busy")}


async def test_what_waited_too_long_in_its_lane_goes_back_as_busy(sink):
    desk = FakeAgency()
    source = FakeSource([record_of(command())])
    await run_worker(worker(desk, sink, lane_wait_s=-1), source, lambda: source.finished)
    assert sink.replies["t1"].code == "busy"
    assert not desk.calls


async def test_a_reply_larger_than_a_message_may_be_becomes_a_fault_of_ours(sink):
    row, record = agency(), record_of(command())
    source = FakeSource([record])
    working = worker(FakeAgency(lambda *_: "found"), sink, rows=[row])
    working._sender.most_bytes = 200
    await run_worker(working, source, lambda: source.finished)
    assert (sink.replies["t1"].outcome, sink.replies["t1"].code) == ("failed", "fault")


async def test_the_worker_goes_on_when_the_broker_comes_back(sink):
    source = FakeSource([record_of(command())])
    sources = iter([FakeSource(fails=ConnectionRefusedError()), source])
    ready, stop = [], asyncio.Event()
    running = asyncio.create_task(worker(FakeAgency(), sink).run([lambda: next(sources)], stop, lambda: ready.append(1)))
    async with asyncio.timeout(5):
        while not source.finished:
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert ready == [1]
    assert source.stopped


async def test_told_to_stop_it_ends_soon_and_leaves_unanswered_commands_for_the_next(sink):
    desk = FakeAgency()
    desk.hold = asyncio.Event()
    source = FakeSource([record_of(command())])
    await run_worker(worker(desk, sink, stop_within_s=0.05), source, lambda: desk.calls)
    assert not source.finished
    assert source.stopped


# Partitions that go to another worker, and several readers


async def test_nothing_of_a_lost_partition_begins_and_what_is_under_way_is_counted(sink):
    desk = FakeAgency()
    desk.hold = asyncio.Event()
    source = FakeSource([record_of(command(f"t{n}")) for n in range(3)])
    working = worker(desk, sink, rows=[agency(batch_size=1, parallel_calls=1)], revoke_within_s=20)
    lost = []

    def under_way():
        if desk.calls and not lost:
            lost.append(asyncio.create_task(source.give_up([("chakong.command.deposits.v1", 0)])))
            asyncio.get_running_loop().call_later(0.05, desk.hold.set)
        return lost and lost[0].done()

    await run_worker(working, source, under_way)
    assert [numbers for _, numbers in desk.calls] == [["no-t0"]]
    assert [len(source.finished), list(sink.replies)] == [1, ["t0"]]


async def test_what_came_of_other_partitions_goes_on(sink):
    desk = FakeAgency()
    source = FakeSource([record_of(command("t1"))])
    working = worker(desk, sink)
    async with asyncio.timeout(5):
        await run_worker(working, source, lambda: source.finished)
        await source.give_up([("chakong.command.deposits.v1", 7)])
    assert set(sink.replies) == {"t1"}


async def test_when_the_broker_fails_what_waits_is_given_up_and_comes_again(sink):
    desk = FakeAgency()
    desk.hold = asyncio.Event()

    class Failing(FakeSource):
        async def poll(self, most, wait_s):
            if self.batches:
                return await super().poll(most, wait_s)
            await asyncio.sleep(0.02)
            raise ConnectionResetError

    first, second = Failing([record_of(command("t0")), record_of(command("t1"))]), FakeSource([record_of(command("t1"))])
    sources = iter([first, second])
    working = worker(desk, sink, rows=[agency(batch_size=1, parallel_calls=1)], revoke_within_s=0.05)
    stop = asyncio.Event()
    running = asyncio.create_task(working.run([lambda: next(sources)], stop, lambda: None))
    async with asyncio.timeout(10):
        while not first.stopped:
            await asyncio.sleep(0.01)
        assert [numbers for _, numbers in desk.calls] == [["no-t0"]]
        desk.hold.set()
        while not second.finished:
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert [numbers for _, numbers in desk.calls] == [["no-t0"], ["no-t1"]]


async def test_each_record_is_done_at_the_reader_it_came_from(sink):
    ours, theirs = FakeSource([record_of(command("t1"))]), FakeSource([record_of(command("t2"))])
    ready, stop = [], asyncio.Event()
    running = asyncio.create_task(worker(FakeAgency(), sink).run([lambda: ours, lambda: theirs], stop, lambda: ready.append(1)))
    async with asyncio.timeout(5):
        while not (ours.finished and theirs.finished and ready):
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert (len(ours.finished), len(theirs.finished), ready) == (1, 1, [1])
    assert ours.stopped
    assert theirs.stopped


async def test_a_group_that_others_still_read_is_waited_for_and_the_rest_goes_on(sink):
    source, waiting = FakeSource([record_of(command("t1"))]), FakeSource([record_of(command("t2"))])
    sources = iter([FakeSource(fails=StillRead("chakong.worker.deposits+vehicles")), waiting])
    stop = asyncio.Event()
    running = asyncio.create_task(worker(FakeAgency(), sink).run([lambda: source, lambda: next(sources)], stop, lambda: None))
    async with asyncio.timeout(10):
        while not (source.finished and waiting.finished):
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert set(sink.replies) == {"t1", "t2"}


async def test_an_expired_command_is_left_to_the_schedule_and_counts_as_done(sink):
    source = FakeSource([record_of(command())])
    desk = FakeAgency()
    await run_worker(worker(desk, sink, clock=FixedClock(NOW + timedelta(days=1))), source, lambda: source.finished)
    assert not desk.calls
    assert not sink.messages
