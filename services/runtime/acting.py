"""A step that an agency would do twice: under a turn, its status asked first, done only if the agency never received it. ADR 17."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Protocol

import structlog

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.failures import AgencyUnavailable
from contracts.messages import Command, Reply
from services.runtime.answers import deferred
from services.runtime.port import Outgoing
from services.runtime.terms import Act, Terms
from services.runtime.turns import Ended, Taken, Turn, Turns

_log = structlog.get_logger()

#: What an agency answers to `status` for a request number it never received (contracts.outcome).
_NEVER_RECEIVED = "no_original_measure"
#: Those who wait for one turn come back apart, seconds.
_SPREAD_S = 2.0


class Exchange(Protocol):
    """What makes one call and reads it: Asking."""

    async def __call__(
        self, agency: Agency, outgoing: Sequence[Outgoing], *, repeatable: bool = True, terms: Terms | None = None,
    ) -> Mapping[str, Reply]:
        """Return the replies by request number."""
        ...


class Acting:
    """Does such steps for a worker."""

    def __init__(self, turns: Turns, exchange: Exchange, *, clock: Clock, random: Random) -> None:
        """Take what grants turns and what calls agencies."""
        self._turns, self._exchange, self._clock, self._random = turns, exchange, clock, random

    async def act_once(self, agency: Agency, one: Outgoing) -> Mapping[str, Reply]:
        """Return the reply to a step; none if the task has ended and the agency never received it.

        Raises: AgencyUnavailable if no turn can be had; nothing was asked and nothing done then
        """
        if one.command.turn_url is None:
            raise AgencyUnavailable("the command says nowhere who may act: its gateway is older than this worker", code="busy")
        turn = await self._turns.take(one.command.turn_url)
        match turn:
            case Taken(wait_s):
                reply = deferred(agency.agency, one.command.task_id, "busy", "somebody else is at it", self._in(wait_s))
                return {one.command.request_no: reply}
            case Ended():
                return await self._as_it_stands(agency, one)
            case Turn():
                return await self._under(turn, agency, one)

    async def _as_it_stands(self, agency: Agency, one: Outgoing) -> Mapping[str, Reply]:
        """Repeat the reply of a step that was done: a late one ends a doubt, and any other changes nothing."""
        replies = await self._exchange(agency, [_status_of(one)])
        return {number: reply for number, reply in replies.items() if not _never_received(reply)}

    async def _under(self, turn: Turn, agency: Agency, one: Outgoing) -> Mapping[str, Reply]:
        act = None
        question = Terms(turn.quiet_s - 2 * agency.timeout_s, turn.quiet_s - agency.timeout_s)
        replies = await self._exchange(agency, [_status_of(one)], terms=question)
        (reply,) = replies.values()
        if _never_received(reply):
            act = turn.act(agency.timeout_s, self._due_s(one.command), self._turns.guard)
            _log.info("acts", agency=agency.agency, task_id=one.command.task_id, turn=turn.number)
            replies = await self._exchange(agency, [one], repeatable=False, terms=act)
        return {number: await self._settled(turn, act, reply) for number, reply in replies.items()}

    async def _settled(self, turn: Turn, act: Act | None, reply: Reply) -> Reply:
        """Give the turn back if the step goes on and nothing is under way; else the step comes back when the turn is over."""
        left_s = turn.over_s - monotonic()
        if left_s < 0:
            _log.warning("heard_after_the_turn", agency=reply.agency, task_id=reply.task_id, turn=turn.number)
        if reply.kind == "answered":
            return reply
        if act is None or not act.under_way:
            await self._turns.give_back(turn)
            return reply
        return reply.model_copy(update={"until": max(reply.until or self._clock.now(), self._in(max(0.0, left_s)))})

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds + _SPREAD_S * self._random.random())

    def _due_s(self, command: Command) -> float:
        return monotonic() + (command.answer_due_at - self._clock.now()).total_seconds()


def _status_of(one: Outgoing) -> Outgoing:
    return Outgoing(one.command.model_copy(update={"action": "status", "of_action": one.command.action}))


def _never_received(reply: Reply) -> bool:
    return reply.outcome == "refused" and reply.code == _NEVER_RECEIVED
