import asyncio
from datetime import timedelta
from hashlib import sha256
from random import Random

import pytest
from pydantic import ValidationError

from contracts.documents import CommandDocument
from contracts.failures import (
    AgencyError,
    AgencyProtocolError,
    AgencyRefused,
    AgencyUnavailable,
    DirectoryInvalid,
    MalformedMessage,
)
from contracts.kafka.settings import KafkaSettings
from services.runtime.claims import Claims
from services.runtime.port import AgencyResponse
from services.runtime.references import read_reference
from services.runtime.worker import serve
from tests.agency_side import (
    KEY,
    NOW,
    FakeAgency,
    FakeSink,
    FakeSource,
    FixedClock,
    TinyAdapter,
    agency,
    asking,
    command,
    record_of,
    run_worker,
    settings,
    worker,
)

FREEZE = {"action": "freeze"}


@pytest.fixture
def sink():
    return FakeSink()


async def ask_one(says, one=None, row=None, **changes):
    """What one command is answered with, when the agency says this."""
    desk = FakeAgency(says if callable(says) else lambda *_: says)
    (reply,) = await asking(desk, **changes).ask(row or agency(), [one or command()])
    return reply, desk


def raises(error):
    def says(*_):
        raise error
    return says


# What each answer becomes


async def test_assets_become_found_with_their_evidence():
    reply, _ = await ask_one("found")
    assert (reply.kind, reply.outcome, len(reply.assets), reply.as_of) == ("answered", "found", 1, NOW)
    assert reply.raw_sha256 == sha256(b'{"no-t1": "found"}').hexdigest()
    assert reply.elapsed_s is not None
    assert reply.raw is None


async def test_an_empty_list_becomes_none_found():
    reply, _ = await ask_one("none")
    assert (reply.outcome, reply.assets, reply.as_of) == ("none_found", None, NOW)


async def test_a_control_step_becomes_controlled():
    reply, _ = await ask_one("controlled", command(**FREEZE))
    assert (reply.outcome, reply.control.state, reply.control.actual_fen) == ("controlled", "in_force", 100)


async def test_a_request_taken_for_later_is_acknowledged_with_when_to_ask():
    reply, _ = await ask_one("later")
    assert (reply.kind, reply.agency_ref, reply.until) == ("acknowledged", "ref-7", NOW + timedelta(seconds=60))


async def test_an_action_the_agency_does_not_offer_is_unsupported():
    reply, desk = await ask_one("controlled", command(**FREEZE), agency(capabilities=("query",)))
    assert (reply.outcome, reply.code) == ("unsupported", "no_capability")
    assert not desk.calls


async def test_a_refusal_keeps_its_reason():
    for says in ("unknown_number", raises(AgencyRefused("no_original_measure", "无此记录"))):
        reply, _ = await ask_one(says)
        assert (reply.kind, reply.outcome, reply.code) == ("answered", "refused", "no_original_measure")
    assert reply.detail == "无此记录"


async def test_an_item_outside_the_protocol_fails_and_its_raw_answer_is_kept():
    reply, _ = await ask_one("gibberish\x00")
    assert (reply.outcome, reply.code) == ("failed", "protocol")
    assert "\x00" not in reply.raw + reply.detail
    assert "gibberish" in reply.raw


async def test_an_answer_that_leaves_the_request_out_is_outside_the_protocol():
    desk = FakeAgency()

    async def other_request(call, *, repeatable=True):
        return AgencyResponse(200, "application/json", b'{"no-other": "none"}')

    desk.call = other_request
    (reply,) = await asking(desk).ask(agency(), [command()])
    assert (reply.outcome, reply.code) == ("failed", "protocol")


async def test_an_oversized_answer_fails_with_its_beginning_kept():
    reply, _ = await ask_one(raises(AgencyProtocolError("oversized", raw=b"begin")))
    assert (reply.code, reply.detail, reply.raw) == ("protocol", "oversized", "begin")


async def test_an_agency_without_an_answer_is_deferred_for_longer_each_time():
    pauses = []
    for attempt in (1, 3, 50):
        reply, _ = await ask_one(raises(AgencyUnavailable()), command(attempt=attempt), deferral_s=5, most_deferral_s=600)
        assert (reply.kind, reply.code) == ("deferred", "unavailable")
        pauses.append((reply.until - NOW).total_seconds())
    assert 5 <= pauses[0] <= 7.5
    assert 20 <= pauses[1] <= 30
    assert 600 <= pauses[2] <= 900


async def test_the_pause_an_agency_asks_for_is_kept():
    reply, _ = await ask_one(raises(AgencyUnavailable(retry_after_s=300)))
    assert reply.until >= NOW + timedelta(seconds=300)


async def test_a_closed_office_is_named_as_such_and_does_not_open_the_breaker():
    desk = asking(FakeAgency(raises(AgencyUnavailable(code="office_closed"))), breaker_failures=100)
    (reply,) = await desk.ask(agency(), [command()])
    assert (reply.kind, reply.code) == ("deferred", "office_closed")


# What is asked together, and what is not asked


async def test_a_command_delivered_twice_in_one_batch_is_asked_once_and_answered_twice():
    desk = FakeAgency()
    replies = await asking(desk).ask(agency(), [command(), command()])
    assert desk.calls == [("query", ["no-t1"])]
    assert [reply.outcome for reply in replies] == ["none_found", "none_found"]


async def test_one_bad_item_takes_no_other_of_its_batch_along():
    desk = FakeAgency(lambda number, _: "garbage" if number == "no-t2" else "none")
    replies = await asking(desk).ask(agency(), [command("t1"), command("t2"), command("t3")])
    assert [reply.outcome for reply in replies] == ["none_found", "failed", "none_found"]
    assert desk.calls[1:] == [("query", ["no-t1"]), ("query", ["no-t2"]), ("query", ["no-t3"])]


async def test_evidence_of_a_bad_item_holds_nobody_elses_answer():
    desk = FakeAgency(lambda number, _: "gibberish" if number == "no-t2" else "found")
    _, bad = await asking(desk).ask(agency(), [command("t1"), command("t2")])
    assert bad.outcome == "failed"
    assert "no-t1" not in bad.raw


async def test_an_agency_that_does_not_answer_is_not_called_for_a_while():
    desk = FakeAgency(raises(AgencyUnavailable()))
    some = asking(desk, breaker_failures=2, breaker_pause_s=8)
    for _ in range(4):
        (reply,) = await some.ask(agency(), [command()])
    assert len(desk.calls) == 2
    assert (reply.kind, reply.code) == ("deferred", "unavailable")
    assert 4 <= (reply.until - NOW).total_seconds() <= 12


async def test_one_agency_that_is_away_leaves_the_others_alone():
    some = asking({"icbc": FakeAgency(raises(AgencyUnavailable())), "abc": FakeAgency()}, breaker_failures=1)
    await some.ask(agency(), [command()])
    (reply,) = await some.ask(agency("abc"), [command(agency="abc")])
    assert reply.outcome == "none_found"


async def test_a_command_long_past_its_deadline_is_not_sent():
    clock = FixedClock(NOW + timedelta(days=1, seconds=61))
    for one in (command(), command(**FREEZE)):
        reply, desk = await ask_one("none", one, clock=clock)
        assert reply is None
        assert not desk.calls


async def test_how_an_earlier_command_stands_is_asked_at_any_time():
    late = FixedClock(NOW + timedelta(days=30))
    reply, desk = await ask_one("controlled", command(action="status", of_action="query"), clock=late)
    assert reply.outcome == "controlled"
    assert desk.calls == [("status", ["no-t1"])]


# Agencies that are not idempotent


TWICE = {"idempotent": False}


async def test_a_step_the_agency_never_received_is_done_and_not_repeated():
    reply, desk = await ask_one(lambda _, action: "unknown_number" if action == "status" else "controlled",
                                command(**FREEZE), agency(**TWICE))
    assert reply.outcome == "controlled"
    assert desk.calls == [("status", ["no-t1"]), ("freeze", ["no-t1"])]
    assert desk.repeatable == [True, False]


async def test_a_step_whose_effect_is_known_is_answered_and_never_done_again():
    reply, desk = await ask_one("controlled", command(**FREEZE), agency(**TWICE))
    assert reply.outcome == "controlled"
    assert desk.calls == [("status", ["no-t1"])]


@pytest.mark.parametrize("says", [raises(AgencyUnavailable()), "later", "gibberish"])
async def test_a_step_whose_effect_nobody_tells_is_not_done(says):
    reply, desk = await ask_one(says, command(**FREEZE), agency(**TWICE))
    assert reply.outcome != "controlled"
    assert [action for action, _ in desk.calls] == ["status"]


async def test_queries_of_such_an_agency_need_no_status():
    _, desk = await ask_one("none", row=agency(**TWICE))
    assert desk.calls == [("query", ["no-t1"])]


# Documents and call-back addresses


class Contents:
    def __init__(self, response):
        self.response, self.fetched = response, []

    async def fetch(self, url):
        self.fetched.append(url)
        if isinstance(self.response, Exception):
            raise self.response
        return self.response


def with_document(content=b"%PDF", task_id="t1"):
    document = CommandDocument(kind="assist_query_notice", document_no="1", content_url="http://gateway.test/d",
                               document_id=f"sha256:{sha256(content).hexdigest()}")
    return command(task_id, documents=(document,))


WANTS = {"wants_document_content": True}


async def test_documents_are_fetched_once_and_handed_to_the_adapter():
    contents, desk = Contents(AgencyResponse(200, "application/pdf", b"%PDF")), FakeAgency()
    some = asking(desk, contents=contents)
    for _ in range(2):
        (reply, _) = await some.ask(agency(**WANTS), [with_document(), with_document(task_id="t2")])
    assert reply.outcome == "none_found"
    assert contents.fetched == ["http://gateway.test/d"]


@pytest.mark.parametrize("response", [AgencyResponse(200, "", b"forged"), AgencyResponse(404, "", b""), AgencyProtocolError("long")])
async def test_a_document_that_is_not_what_its_id_says_fails_its_own_command_only(response):
    replies = await asking(FakeAgency(), contents=Contents(response)).ask(agency(**WANTS), [with_document(), command("t2")])
    assert [(reply.outcome, reply.code) for reply in replies] == [("failed", "fault"), ("none_found", None)]


async def test_a_command_whose_document_cannot_be_fetched_now_is_deferred():
    (reply,) = await asking(FakeAgency(), contents=Contents(AgencyUnavailable())).ask(agency(**WANTS), [with_document()])
    assert reply.kind == "deferred"


async def test_an_agency_that_calls_back_is_told_a_signed_address():
    addresses = []
    desk = FakeAgency()
    answer = desk.call

    async def remember(call, *, repeatable=True):
        addresses.append(call.content.decode())
        return await answer(call, repeatable=repeatable)

    desk.call = remember
    await asking(desk).ask(agency(answers_by="callback"), [command()])
    reference = addresses[0].split("http://callbacks.test/callbacks/icbc/")[1].split('"')[0]
    assert read_reference(reference, KEY, "icbc", NOW).task_id == "t1"


async def test_only_the_documents_used_last_stay_in_memory():
    contents = Contents(AgencyResponse(200, "application/pdf", b"%PDF" * 20))
    claims = Claims(contents, most_bytes=100)
    for content in (b"%PDF" * 20, b"%PDF" * 21, b"%PDF" * 20):
        contents.response = AgencyResponse(200, "application/pdf", content)
        await claims.content(with_document(content).documents[0])
    assert len(contents.fetched) == 3


async def test_a_document_without_content_is_left_out():
    document = CommandDocument(kind="ruling", document_no="1")
    (reply,) = await asking(FakeAgency()).ask(agency(**WANTS), [command(documents=(document,))])
    assert reply.outcome == "none_found"


# Settings


async def test_an_agency_without_an_address_or_credentials_stops_the_start():
    async def start(row, **changes):
        kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
        await serve(settings(**changes), kafka, {"icbc": row}, asyncio.Event(), clock=FixedClock(), new_id=str,
                    random=Random(7), adapters={"deposits": TinyAdapter()})

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
    desk = FakeAgency(lambda number, _: "bug" if number == "no-t2" else "none")
    source = FakeSource([record_of(command(name)) for name in ("t1", "t2", "t3")])
    await run_worker(worker(desk, sink), source, lambda: len(source.finished) == 3)
    assert set(sink.replies) == {"t1", "t3"}
    assert sum(numbers == ["no-t2"] for _, numbers in desk.calls) == 5
    reason = dict(sink.letters[0].headers)["reason"].decode()
    assert "KeyError at agency_side.py" in reason
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
    words = iter(["bug", "bug", "found"])
    source = FakeSource([record_of(command())])
    await run_worker(worker(FakeAgency(lambda *_: next(words)), sink), source, lambda: source.finished)
    assert sink.replies["t1"].outcome == "found"
    assert not sink.letters


async def test_reading_stops_when_most_messages_are_dead_letters(sink):
    source = FakeSource(*[[record_of(b"poison")] for _ in range(50)])
    working = worker(FakeAgency(), sink, dead_letter_window=10, dead_letter_pause_s=60)
    await run_worker(working, source, lambda: source.stopped)
    assert len(source.batches) == 40


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
    running = asyncio.create_task(worker(FakeAgency(), sink).run(lambda: next(sources), stop, lambda: ready.append(1)))
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
