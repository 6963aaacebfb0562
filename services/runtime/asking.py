"""How commands become calls and calls become replies: breaker, documents, deadlines, one by one where a batch fails."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from time import monotonic
from typing import Protocol

import structlog

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.failures import AgencyError, AgencyProtocolError, AgencyUnavailable
from contracts.messages import Command, Reply
from contracts.telemetry import ALARMS, BATCH_SIZE, REPLIES_FILED
from services.runtime.acting import Acting
from services.runtime.answers import (
    Deferral,
    Evidence,
    NotCalled,
    evidence_of,
    fault,
    no_answer,
    read_answers,
    to_reply,
)
from services.runtime.board import Board
from services.runtime.breaker import Breaker, BreakerRule
from services.runtime.claims import Claims, ContentMissing
from services.runtime.port import Adapter, AgencyCall, AgencyResponse, Asked, Outgoing, OutsideProtocol
from services.runtime.ramp import Ramp
from services.runtime.references import callback_url
from services.runtime.settings import WorkerSettings
from services.runtime.terms import Act, NotBegun, Terms
from services.runtime.turns import Turns

_log = structlog.get_logger()

#: Tells the agency which owner of a step it hears from: who has a lower number acts no more. ADR 17.
TURN_HEADER = "X-Chakong-Turn"
_NOTHING = Evidence(b"", None)


class Client(Protocol):
    """What calls one agency: agency_client.AgencyClient."""

    async def call(self, call: AgencyCall, *, repeatable: bool = True, terms: Terms | None = None) -> AgencyResponse:
        """Return the agency's answer."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class _Line:
    """The connection to one agency, and whether it is used at present."""

    def __init__(self, agency: Agency, client: Client, rule: BreakerRule, random: Random, board: Board) -> None:
        self.client, self._random, self._agency, self._board = client, random, agency.agency, board
        self._breaker, self._ramp, self._answered_s = Breaker(rule), Ramp(), 0.0
        board.show(self._agency, self._breaker.state, 0.0)

    async def call(self, call: AgencyCall, *, repeatable: bool, terms: Terms | None) -> AgencyResponse:
        """Call the agency if its breaker lets us; any answer closes the breaker, also one we cannot use."""
        self._admit()
        if wait_s := self._ramp.wait_s(_now_s()):
            await asyncio.sleep(wait_s)
            self._admit()
        began_s = _now_s()
        try:
            response = await self.client.call(call, repeatable=repeatable, terms=terms)
        except NotBegun:
            raise  # it says nothing of the agency
        except AgencyUnavailable:
            silent_s = _now_s() - max(began_s, self._answered_s)
            self._now(self._breaker.failed(_now_s(), self._random.random(), silent_s))
            raise
        except AgencyProtocolError:
            self._answered()
            raise
        self._answered()
        return response

    def _answered(self) -> None:
        self._answered_s = now_s = _now_s()
        self._ramp.answered(now_s)
        if self._breaker.openings:
            self._ramp.begin(now_s)
        self._now(self._breaker.succeeded())

    def _admit(self) -> None:
        now_s = _now_s()
        breaker, admitted = self._breaker.admit(now_s)
        self._now(breaker)
        if not admitted:
            raise NotCalled(retry_after_s=breaker.wait_s(now_s), since=self._board.since(self._agency))

    def _now(self, breaker: Breaker) -> None:
        if breaker is not self._breaker:
            before, self._breaker = self._breaker.state, breaker
            if breaker.state != before:
                _log.warning("breaker", agency=self._agency, before=before, after=breaker.state)
                self._board.show(self._agency, breaker.state, breaker.wait_s(_now_s()))


class Asking:
    """Asks agencies for a worker; keeps a connection and a breaker per agency and nothing else."""

    def __init__(
        self, settings: WorkerSettings, adapters: Mapping[str, Adapter], connect: Callable[[Agency], Client],
        claims: Claims, *, turns: Turns, clock: Clock, random: Random, board: Board | None = None,
    ) -> None:
        """Take the adapters by asset type, what makes an agency's client, what grants turns, and where breakers are shown."""
        self._settings, self._adapters, self._connect, self._claims = settings, adapters, connect, claims
        self._clock, self._random = clock, random
        self._deferral = Deferral(settings.deferral_s, settings.most_deferral_s)
        self._acting = Acting(turns, self._exchange, clock=clock, random=random)
        self._board = board or Board(clock)
        self._lines: dict[str, _Line] = {}

    async def ask(self, agency: Agency, commands: Sequence[Command]) -> Sequence[Reply | None]:
        """Return one reply a command, in order; None for one that is too late to be sent.

        Shape:   commands of one action, as many as the agency takes in a call; one asked twice is asked once
        Raises:  ContractError if a command cannot be written in the agency's words
        """
        due = {one.request_no: one for one in commands if not self._expired(one)}
        BATCH_SIZE.labels("worker").observe(len(commands))
        replies: dict[str, Reply] = {}
        outgoing: list[Outgoing] = []
        for command in due.values():
            try:
                outgoing.append(await self._outgoing(agency, command))
            except AgencyUnavailable as error:
                replies[command.request_no] = self._no_answer(agency, command, error)
            except ContentMissing as error:
                replies[command.request_no] = self._content_missing(agency, command, error)
        if outgoing:
            replies |= await self._ask(agency, outgoing)
        return [replies.get(one.request_no) for one in commands]

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(line.client.close() for line in self._lines.values()))

    def busy(self, command: Command, detail: str) -> Reply:
        """Return the reply to a command that has no room here."""
        error = AgencyUnavailable(detail, code="busy")
        return self._no_answer_to(command.agency, asked_of(command), command.attempt, error, _NOTHING)

    async def _ask(self, agency: Agency, outgoing: Sequence[Outgoing]) -> Mapping[str, Reply]:
        command = outgoing[0].command
        if agency.idempotent or command.action in {"query", "status"}:
            return await self._exchange(agency, outgoing, terms=self._terms(outgoing))
        try:
            return await self._acting.act_once(agency, outgoing[0])
        except AgencyUnavailable as error:
            return {command.request_no: self._no_answer(agency, command, error)}

    def _terms(self, outgoing: Sequence[Outgoing]) -> Terms | None:
        """Return until when commands are worth a call: the last deadline among them; how something stands may be asked at any time."""
        if outgoing[0].command.action == "status":
            return None
        due_s = monotonic() + (max(one.command.answer_due_at for one in outgoing) - self._clock.now()).total_seconds()
        return Terms(due_s, due_s + self._settings.expired_after_s)

    async def _exchange(
        self, agency: Agency, outgoing: Sequence[Outgoing], *, repeatable: bool = True, terms: Terms | None = None,
    ) -> Mapping[str, Reply]:
        """Make one call and read it; what of a batch is outside the protocol is asked again by itself, once."""
        adapter, asked = self._adapters[agency.asset_type], [asked_of(one.command) for one in outgoing]
        evidence, began_s = _NOTHING, _now_s()
        try:
            call = adapter.to_call(agency, outgoing)
            if isinstance(terms, Act):
                call = replace(call, headers={**call.headers, TURN_HEADER: str(terms.turn)})
            response = await self._line(agency).call(call, repeatable=repeatable, terms=terms)
            evidence = evidence_of(response.body, _now_s() - began_s, response.content_type)
            answers = read_answers(adapter, agency, asked, response)
        except AgencyError as error:
            if len(outgoing) > 1 and isinstance(error, AgencyProtocolError):
                return await self._one_by_one(agency, outgoing, terms)
            return {one.command.request_no: self._no_answer(agency, one.command, error, evidence) for one in outgoing}
        alone, replies = [], {}
        for one, about in zip(outgoing, asked, strict=True):
            answer = answers.get(about.request_no) or OutsideProtocol("the answer leaves this request out")
            if isinstance(answer, OutsideProtocol) and len(outgoing) > 1:
                alone.append(one)
                continue
            reply = to_reply(agency.agency, about, answer, evidence, self._clock.now())
            replies[about.request_no] = self._noted(reply, about)
        return replies | await self._one_by_one(agency, alone, terms)

    async def _one_by_one(self, agency: Agency, outgoing: Sequence[Outgoing], terms: Terms | None) -> dict[str, Reply]:
        """Ask each by itself: one bad item takes no other along, and evidence holds nobody else's data."""
        replies: dict[str, Reply] = {}
        for one in outgoing:
            replies |= await self._exchange(agency, [one], terms=terms)
        return replies

    async def _outgoing(self, agency: Agency, command: Command) -> Outgoing:
        url, contents = None, {}
        if agency.answers_by == "callback":
            key = self._settings.signing_key.get_secret_value()
            url = callback_url(self._settings.callback_base_url, key, command, self._clock.now())
        if agency.wants_document_content and command.action != "status":
            for document in command.documents:
                content = await self._claims.content(document)
                if content is not None and document.document_id is not None:
                    contents[document.document_id] = content
        return Outgoing(command, url, contents)

    def _no_answer(self, agency: Agency, command: Command, error: AgencyError, evidence: Evidence = _NOTHING) -> Reply:
        return self._no_answer_to(agency.agency, asked_of(command), command.attempt, error, evidence)

    def _no_answer_to(self, agency: str, asked: Asked, attempt: int, error: AgencyError, evidence: Evidence) -> Reply:
        pause_s = 0.0
        if isinstance(error, AgencyUnavailable):
            pause_s = self._deferral.pause_s(attempt, error, self._random.random())
        reply = no_answer(agency, asked, error, evidence=evidence, pause_s=pause_s, now=self._clock.now())
        return self._noted(reply, asked)

    def _content_missing(self, agency: Agency, command: Command, error: ContentMissing) -> Reply:
        ALARMS.labels("content_missing").inc()
        _log.error("content_missing", agency=agency.agency, task_id=command.task_id)
        return fault(agency.agency, command.task_id, str(error), self._clock.now())

    def _noted(self, reply: Reply, asked: Asked) -> Reply:
        """Raise the alarm for an answer outside the protocol; the log names no person."""
        if reply.outcome == "failed":
            ALARMS.labels("protocol").inc()
            _log.error("agency_outside_protocol", agency=reply.agency, task_id=asked.task_id,
                       request_no=asked.request_no, raw_sha256=reply.raw_sha256)
        return reply

    def _expired(self, command: Command) -> bool:
        """Tell whether a command is too late to be sent: the schedule ends its task. How an earlier one stands may be asked at any time."""
        if command.action == "status" or self._clock.now() < command.answer_due_at:
            return False
        REPLIES_FILED.labels("expired").inc()
        return True

    def _line(self, agency: Agency) -> _Line:
        line = self._lines.get(agency.agency)
        if line is None:
            settings = self._settings
            probe_s = settings.budget_s + agency.timeout_s
            rule = BreakerRule(settings.breaker_failures, settings.breaker_pause_s, settings.breaker_most_pause_s, probe_s,
                               settings.breaker_silent_s)
            line = self._lines[agency.agency] = _Line(agency, self._connect(agency), rule, self._random, self._board)
        return line


def asked_of(command: Command) -> Asked:
    """Return what the answer to a command is matched to."""
    return Asked(command.task_id, command.request_id, command.request_no, command.asks)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
