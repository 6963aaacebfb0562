"""A step at an agency that would do it twice: under a turn, and never without one."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest

from contracts.failures import AgencyUnavailable
from services.runtime.agency_client import NotReached
from services.runtime.asking import TURN_HEADER
from services.runtime.port import AgencyResponse
from services.runtime.terms import Act, NotBegun, Terms
from services.runtime.turns import Turn
from tests.agency_side import NOW, FakeAgency, FakeGateway, FixedClock, agency, asking, command

TWICE = agency(idempotent=False)
FREEZE = command(action="freeze")


def never_heard_of_it(act="controlled"):
    """An agency that never received the step; `act` is what the step then meets."""
    def says(_, action):
        if action == "status":
            return "unknown_number"
        if isinstance(act, Exception):
            raise act
        return act
    return says


class Bank(FakeAgency):
    """An agency whose client tells the act what a real one does: that its bytes go out, and that it was answered."""

    async def call(self, call, *, repeatable=True, terms=None):
        self.headers = [*getattr(self, "headers", []), dict(call.headers)]
        self.terms = [*getattr(self, "terms", []), terms]
        if isinstance(terms, Act):
            terms.begin(monotonic())
        response = await super().call(call, repeatable=repeatable, terms=terms)
        if isinstance(terms, Act):
            terms.answered = True
        return response


async def ask(bank, gateway=None, one=FREEZE, row=TWICE, **changes):
    gateway = gateway or FakeGateway()
    (reply,) = await asking(bank, gateway=gateway, **changes).ask(row, [one])
    return reply, gateway


async def test_the_turn_is_taken_before_the_status_is_asked_and_told_to_the_agency():
    bank = Bank(never_heard_of_it())
    reply, gateway = await ask(bank)
    assert reply.outcome == "controlled"
    assert bank.calls == [("status", ["no-t1"]), ("freeze", ["no-t1"])]
    assert [one.get(TURN_HEADER) for one in bank.headers] == [None, "1"]
    assert list(gateway.holders.values()) == ["w1"]


async def test_two_workers_that_have_the_same_command_act_once():
    """The race of the issue: both ask, both hear that it was never received, both act."""
    gateway, bank = FakeGateway(), Bank(never_heard_of_it())
    bank.hold = asyncio.Event()
    asking_twice = asyncio.gather(*(ask(bank, gateway) for _ in range(2)))
    asyncio.get_running_loop().call_later(0.05, bank.hold.set)
    replies = [reply for reply, _ in await asking_twice]
    assert [action for action, _ in bank.calls] == ["status", "freeze"]
    assert sorted(reply.kind for reply in replies) == ["answered", "deferred"]
    deferred = next(reply for reply in replies if reply.kind == "deferred")
    assert deferred.code == "busy"
    assert timedelta(seconds=40) <= deferred.until - NOW <= timedelta(seconds=42)


@pytest.mark.parametrize("gateway", [
    FakeGateway(away=AgencyUnavailable()), FakeGateway(says=AgencyResponse(403, "", b"{}")), FakeGateway(says=AgencyResponse(200, "", b"{}")),
    FakeGateway(says=AgencyResponse(409, "", b"no")), FakeGateway(says=AgencyResponse(200, "", b'{"turn": 1, "for_s": -1, "grace_s": 0}'))])
async def test_without_a_turn_nothing_is_asked_and_nothing_is_done(gateway):
    bank = Bank(never_heard_of_it())
    reply, _ = await ask(bank, gateway)
    assert reply.kind == "deferred"
    assert not bank.calls


async def test_nor_for_a_command_that_says_nowhere_who_may_act():
    bank = Bank(never_heard_of_it())
    reply, _ = await ask(bank, one=command(action="freeze", turn_url=None))
    assert (reply.kind, bank.calls) == ("deferred", [])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_repeated_command_of_a_task_that_has_ended_repeats_the_reply_and_never_the_effect(status):
    ended = FakeGateway(says=AgencyResponse(status, "", b"{}"))
    done = Bank(lambda *_: "controlled")
    assert (await ask(done, ended))[0].outcome == "controlled"
    unknown = Bank(never_heard_of_it())
    assert (await ask(unknown, ended))[0] is None
    assert [action for action, _ in done.calls + unknown.calls] == ["status", "status"]


@pytest.mark.parametrize("error", [AgencyUnavailable("no answer within 10 s"), AgencyUnavailable("status 503")])
async def test_after_an_act_that_nobody_answered_the_turn_runs_out_before_the_step_comes_again(error):
    reply, gateway = await ask(Bank(never_heard_of_it(error)))
    assert not gateway.given_back
    assert timedelta(seconds=60) <= reply.until - NOW <= timedelta(seconds=70)


@pytest.mark.parametrize("says", ["busy", "later"])
async def test_an_agency_that_answered_and_did_not_do_it_has_the_turn_given_back(says):
    reply, gateway = await ask(Bank(never_heard_of_it(says)))
    assert reply.kind in {"deferred", "acknowledged"}
    assert gateway.given_back == [("t1", 1)]


async def test_so_has_one_that_was_not_reached_or_whose_status_nobody_told():
    for bank in (FakeAgency(never_heard_of_it(NotReached("refused"))), FakeAgency(lambda *_: "later"), FakeAgency(never_heard_of_it(NotBegun()))):
        reply, gateway = await ask(bank)
        assert reply.kind in {"deferred", "acknowledged"}
        assert gateway.given_back == [("t1", 1)]


async def test_a_gateway_that_does_not_hear_of_it_keeps_nothing_back():
    class Deaf(FakeGateway):
        async def exchange(self, call, url):
            if call.method == "DELETE":
                raise AgencyUnavailable
            return await super().exchange(call, url)

    reply, _ = await ask(Bank(never_heard_of_it("busy")), Deaf())
    assert reply.kind == "deferred"


async def test_a_turn_that_is_too_short_for_the_call_is_given_back_and_nothing_is_done():
    bank = Bank(never_heard_of_it())
    reply, gateway = await ask(bank, FakeGateway(for_s=35, grace_s=30))
    assert [action for action, _ in bank.calls] == ["status"]
    assert reply.kind == "deferred"
    assert gateway.given_back == [("t1", 1)]


async def test_a_failure_to_begin_says_nothing_of_the_agency():
    some = asking(Bank(never_heard_of_it()), gateway=FakeGateway(for_s=35, grace_s=30), breaker_failures=1)
    for _ in range(3):
        (reply,) = await some.ask(TWICE, [FREEZE])
    assert "time" in reply.detail or "turn" in reply.detail


# Terms


def test_an_act_begins_once_and_not_too_late():
    act = Turn("u", 7, quiet_s=100.0, over_s=130.0).act(10.0, 1_000.0, None)
    act.begin(89.0)
    with pytest.raises(NotBegun):
        act.begin(50.0)
    assert act.under_way
    late = Turn("u", 7, quiet_s=100.0, over_s=130.0).act(10.0, 1_000.0, None)
    with pytest.raises(NotBegun):
        late.begin(89.1)
    assert not late.under_way


def test_an_act_does_not_begin_once_its_answer_is_due():
    act = Turn("u", 7, quiet_s=100.0, over_s=130.0).act(10.0, 50.0, None)
    with pytest.raises(NotBegun):
        act.begin(50.1)


def test_an_act_is_watched_from_its_first_byte_until_it_has_ended():
    armed = []

    class Watch:
        def arm(self, at_s):
            armed.append(at_s)
            return armed.clear

    act = Turn("u", 7, quiet_s=100.0, over_s=130.0).act(10.0, 1_000.0, Watch())
    assert not armed
    act.begin(10.0)
    assert armed == [100.0]
    act.end()
    act.end()
    assert not armed


def test_a_call_waits_no_longer_than_its_answer_is_wanted():
    terms = Terms(begin_by_s=100.0, answer_by_s=160.0)
    assert terms.timeout_s(90.0, 10.0) == 10.0
    assert terms.timeout_s(100.0, 90.0) == 60.0
    with pytest.raises(NotBegun):
        terms.timeout_s(100.1, 10.0)


# Deadlines


async def test_a_call_is_told_how_long_its_command_is_worth_it():
    bank = Bank()
    at = FixedClock(NOW + timedelta(days=1, seconds=-4))
    await asking(bank, clock=at, expired_after_s=2.0).ask(agency(), [command()])
    (terms,) = bank.terms
    assert 0 < terms.begin_by_s - monotonic() <= 4
    assert terms.timeout_s(monotonic(), 60.0) <= 6


async def test_a_batch_is_worth_a_call_as_long_as_one_of_it_is():
    bank = Bank()
    near = command("t1", answer_due_at=NOW + timedelta(seconds=1))
    await asking(bank).ask(agency(), [near, command("t2")])
    assert bank.terms[0].begin_by_s - monotonic() > 1_000


async def test_how_a_step_stands_has_no_deadline():
    bank = Bank(lambda *_: "controlled")
    await asking(bank).ask(agency(), [command(action="status", of_action="freeze")])
    assert bank.terms == [None]
