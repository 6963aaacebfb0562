from datetime import timedelta
from hashlib import sha256

import pytest

from contracts.documents import CommandDocument
from contracts.failures import (
    AgencyProtocolError,
    AgencyRefused,
    AgencyUnavailable,
)
from services.runtime.claims import Claims
from services.runtime.port import AgencyResponse
from services.runtime.references import read_reference
from tests.agency_side import (
    KEY,
    NOW,
    FakeAgency,
    FixedClock,
    agency,
    asking,
    command,
    raises,
)

FREEZE = {"action": "freeze"}


async def ask_one(says, one=None, row=None, **changes):
    """What one command is answered with, when the agency says this."""
    desk = FakeAgency(says if callable(says) else lambda *_: says)
    (reply,) = await asking(desk, **changes).ask(row or agency(), [one or command()])
    return reply, desk


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
    assert "\x00" not in reply.detail
    body = b'{"no-t1": "gibberish\\u0000"}'
    assert reply.evidence == (body, "application/json")
    assert (reply.raw_sha256, reply.raw_size) == (sha256(body).hexdigest(), len(body))


async def test_an_answer_that_leaves_the_request_out_is_outside_the_protocol():
    desk = FakeAgency()

    async def other_request(call, **_):
        return AgencyResponse(200, "application/json", b'{"no-other": "none"}')

    desk.call = other_request
    (reply,) = await asking(desk).ask(agency(), [command()])
    assert (reply.outcome, reply.code) == ("failed", "protocol")


async def test_an_oversized_answer_fails_with_its_beginning_kept():
    reply, _ = await ask_one(raises(AgencyProtocolError("oversized", raw=b"begin\xff", media_type="text/x")))
    assert (reply.code, reply.detail, reply.evidence) == ("protocol", "oversized", (b"begin\xff", "text/x"))
    assert (reply.raw_sha256, reply.raw_size) == (None, None)


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
    assert b"no-t1" not in bad.evidence[0]


async def test_an_agency_that_does_not_answer_is_not_called_for_a_while():
    desk = FakeAgency(raises(AgencyUnavailable()))
    some = asking(desk, breaker_failures=2, breaker_pause_s=8)
    for _ in range(4):
        (reply,) = await some.ask(agency(), [command()])
    assert len(desk.calls) == 2
    assert (reply.kind, reply.code, reply.as_of) == ("deferred", "suspended", NOW)
    assert 4 <= (reply.until - NOW).total_seconds() <= 12


async def test_one_agency_that_is_away_leaves_the_others_alone():
    some = asking({"icbc": FakeAgency(raises(AgencyUnavailable())), "abc": FakeAgency()}, breaker_failures=1)
    await some.ask(agency(), [command()])
    (reply,) = await some.ask(agency("abc"), [command(agency="abc")])
    assert reply.outcome == "none_found"


async def test_a_command_whose_deadline_has_passed_is_not_sent():
    clock = FixedClock(NOW + timedelta(days=1))
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

    async def remember(call, **_):
        addresses.append(call.content.decode())
        return await answer(call)

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
