"""Stage 1, intake: one transaction writes the request and one task per agency. It never sends; the relay does.

Requests that arrive together are committed together. A caller's answer is given only after that commit.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from contracts.batching import Batcher, Linger
from contracts.case import CaseReference
from contracts.clock import Clock
from contracts.documents import CommandDocument, DocumentRef
from contracts.failures import Rejected
from contracts.identifiers import resident_id_18
from contracts.kafka import topics
from contracts.keyed import keyed_hash
from contracts.messages import Command
from contracts.subject import Subject
from contracts.telemetry import BATCH_SIZE, REQUESTS_ACCEPTED
from contracts.words import NewId
from gateway.admission import Admission
from gateway.domain.claim_check import claim_path
from gateway.domain.courts import Court
from gateway.domain.deadlines import answer_due_at
from gateway.domain.directory import Directory
from gateway.domain.left_out import LeftOutGroup
from gateway.domain.other_names import by_each_name
from gateway.domain.reaching import check_is_asked
from gateway.domain.request import RequestBody
from gateway.domain.routing import Part, Routing, route
from gateway.settings import GatewaySettings
from gateway.store.accept import NewRequest, NewTask, accept
from gateway.store.audit import AuditEntry
from gateway.store.database import Database
from gateway.store.idempotency import IdempotencyKey, KeptAnswer, load_answer
from gateway.store.known_places import Holder, load_agencies
from gateway.store.outbox import DueTask

#: Makes request numbers: now, the court's region, how many.
NewRequestNos = Callable[[datetime, str, int], Sequence[str]]

_UTC = orjson.OPT_UTC_Z
_OLD_RESIDENT_ID = re.compile(r"\d{15}")


@dataclass(frozen=True, slots=True)
class Submission:
    """A validated request with who sent it and under which key."""

    body: RequestBody
    key: IdempotencyKey
    officer: str
    roles: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submission: JSON of the 202 body, and whether it was given before."""

    answer: bytes
    location: str
    replayed: bool


class Intake:
    """Takes submissions. `committed` is handed every committed task; without it the relay is notified and finds them due."""

    def __init__(
        self, database: Database, directory: Directory, settings: GatewaySettings, *, clock: Clock, new_id: NewId,
        new_request_nos: NewRequestNos, committed: Callable[[Sequence[DueTask]], None] | None,
    ) -> None:
        """Take what it works with; `run` starts the group commit."""
        self._database, self._directory, self._settings = database, directory, settings
        self._clock, self._new_id, self._new_request_nos, self._committed = clock, new_id, new_request_nos, committed
        self._group: Batcher[NewRequest, bool] = Batcher(
            self._commit, most=settings.group_commit_most, linger=Linger(settings.group_commit_linger_s),
            turns=lambda new: new.court_code)
        self._places: Batcher[tuple[Holder, ...], list[list[str]]] = Batcher(
            self._agencies_of, most=settings.group_commit_most, linger=Linger(settings.group_commit_linger_s),
            turns=lambda holders: holders[0].court_code)
        self._in_flight: set[IdempotencyKey] = set()
        #: back-pressure, where there is any
        self.admission: Admission | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Commit groups, and look up what they need, until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._group.run(stop))
            group.create_task(self._places.run(stop))

    async def submit(self, submission: Submission) -> Submitted:
        """Accept a request, or give again the answer its idempotency key has.

        Raises: Rejected 422 no_agency, 409 request_in_flight, 422 idempotency_key_reused, 429 too_much_at_once; StoreUnavailable
        """
        slot = IdempotencyKey(submission.key.court_code, submission.key.path, submission.key.key, "")
        if slot in self._in_flight:
            raise Rejected(409, "request_in_flight", "A request with this Idempotency-Key is still in flight")
        self._in_flight.add(slot)
        try:
            return await self._submit(submission)
        finally:
            self._in_flight.discard(slot)

    async def _submit(self, submission: Submission) -> Submitted:
        court = self._directory.courts.find(submission.key.court_code)
        assert court is not None, "the body was read against the same courts"
        routing = route(submission.body, self._directory, court, await self.known_places(court.code, submission.body.subjects))
        check_is_asked(submission.body, routing.parts)
        if not routing.parts:
            raise Rejected(422, "no_agency", "No agency of the directory can be asked", detail=_why_nobody(routing.groups))
        if self.admission:
            self.admission.admit(court.code, [part.agency.agency for part in routing.parts], submission.key.key)
        new = self._new_request(submission, replace(routing, parts=by_each_name(routing.parts, submission.body.subjects)), court)
        if await self._group.add(new):
            REQUESTS_ACCEPTED.inc()
            if self._committed:
                self._committed([_due(task, new.trace_id) for task in new.new_tasks])
            return Submitted(new.answer.encode(), new.location, replayed=False)
        return await self.replay(submission.key)

    async def known_places(self, court_code: str, subjects: Sequence[Subject]) -> dict[int, tuple[str, ...]]:
        """Return where each subject (by its index) is known to have property: where agencies register at which the court has measures on it."""
        holders = tuple(Holder(court_code, subject_hash(self._settings.secret, one.id_no)) for one in subjects)
        found = await self._places.add(holders)
        return {index: self._directory.places_of(agencies) for index, agencies in enumerate(found) if agencies}

    async def _agencies_of(self, asked: Sequence[tuple[Holder, ...]]) -> list[list[list[str]]]:
        async with self._database.transaction() as connection:
            found = await load_agencies(connection, {one for holders in asked for one in holders})
        return [[found.get(one, []) for one in holders] for holders in asked]

    async def replay(self, key: IdempotencyKey) -> Submitted:
        """Give again the answer that was given for this key.

        Raises: Rejected 422 idempotency_key_reused if it came with another body; KeyError if the key is new
        """
        async with self._database.transaction() as connection:
            kept = await load_answer(connection, key)
        if kept is None:
            raise KeyError(key.key)
        check_same_body(kept, key)
        return Submitted(orjson.dumps(kept.answer), kept.location or "", replayed=True)

    async def _commit(self, requests: Sequence[NewRequest]) -> list[bool]:
        async with self._database.transaction() as connection:
            accepted = await accept(connection, requests, tell_relay=self._committed is None)
        BATCH_SIZE.labels("intake").observe(len(requests))
        return [one.request_id in accepted for one in requests]

    def _new_request(self, submission: Submission, routing: Routing, court: Court) -> NewRequest:
        now, request_id, body = self._clock.now(), self._new_id(), submission.body
        court_code, groups = court.code, orjson.dumps(routing.groups).decode()
        answer = {"request_id": request_id, "state": "in_progress", "accepted_at": now, "tasks": len(routing.parts),
                  "left_out": [one.shown() for one in routing.listed], "left_out_summary": routing.groups,
                  "warnings": [look.model_dump() for index, subject in enumerate(body.subjects) for look in subject.second_looks(index)]}
        return NewRequest(
            request_id=request_id, court_code=court_code, case_no=body.case.case_no, region_code=court.seat,
            body=body.model_dump_json(), left_out=groups, trace_id=submission.trace_id, accepted_at=now,
            new_tasks=tuple(self._new_tasks(submission, court, request_id, routing.parts, now)), key=submission.key,
            answer=orjson.dumps(answer, option=_UTC).decode(), location=f"/v1/requests/{request_id}",
            audit=AuditEntry(now, court_code, submission.officer, submission.roles, "request.submit", request_id,
                             f"{body.case.case_no} {body.purpose}", "accepted", submission.trace_id),
        )

    def _new_tasks(self, submission: Submission, court: Court, request_id: str, parts: Sequence[Part], now: datetime) -> list[NewTask]:
        """Make the outbox rows; what a request's commands have in common is written once a subject."""
        court_code, body = court.code, submission.body
        lease = now + timedelta(seconds=self._settings.relay_lease_s if self._committed else 0)
        common = [self._common(submission, court, request_id, subject, now) for subject in body.subjects]
        numbers = self._new_request_nos(now, court.seat, len(parts))
        tasks = []
        for part, request_no in zip(parts, numbers, strict=True):
            agency, task_id = part.agency, self._new_id()
            due = self._due_at(now, agency.answer_due_working_days, body)
            command = {**common[part.subject], "task_id": task_id, "request_no": request_no, "agency": agency.agency,
                       "asset_type": agency.asset_type, "answer_due_at": due}
            if part.name is not None and len(body.subjects[part.subject].names) > 1:
                command["subject"] = body.subjects[part.subject].known_as(part.name).model_dump(mode="json", exclude_none=True)
            if body.transactions is not None and agency.can("transactions"):
                command["transactions"] = body.transactions.model_dump(mode="json")
            if agency.wants_document_content:
                documents = [command_document(one, self._settings, court_code, task_id, due) for one in body.documents]
                command["documents"] = [one.model_dump(mode="json", exclude_none=True) for one in documents]
            tasks.append(NewTask(
                task_id=task_id, request_id=request_id, control_id=None, agency=agency.agency, asset_type=agency.asset_type,
                subject=part.subject, action="query", request_no=request_no, topic=topics.commands_for(agency),
                key=self._key(agency.agency, body.subjects[part.subject].id_no), command=orjson.dumps(command, option=_UTC).decode(),
                next_attempt_at=lease, answer_due_at=due))
        return tasks

    def _due_at(self, now: datetime, working_days: int, body: RequestBody) -> datetime:
        return answer_due_at(now, working_days, body.answer_by, within_s=self._settings.answer_within_s)

    def _key(self, agency: str, id_no: str) -> bytes:
        """Return the topic key: one agency's commands about one subject stay in order; it tells nothing of either."""
        return keyed_hash(self._settings.secret, "command-key", agency, id_no).encode()

    def _common(self, submission: Submission, court: Court, request_id: str, subject: Subject, now: datetime) -> dict[str, Any]:
        """Return what every command about a subject says, as JSON values; the rest stands for what differs."""
        body, court_code = submission.body, court.code
        return Command(
            task_id="", request_id=request_id, request_no="", agency="any", asset_type="any", action="query", answer_due_at=now,
            case=case_reference(body.case.case_no, court_code, court.name), officer=body.officer, subject=subject.identity,
            documents=tuple(command_document(one, self._settings, court_code, "", None) for one in body.documents),
        ).model_dump(mode="json", exclude_none=True)


def case_reference(case_no: str, court_code: str, court_name: str) -> CaseReference:
    """Return what an agency is told of the case."""
    return CaseReference.model_construct(case_no=case_no, court_code=court_code, court_name=court_name)


def command_document(
    document: DocumentRef, settings: GatewaySettings, court_code: str, task_id: str, content_until: datetime | None
) -> CommandDocument:
    """Return a document as an adapter gets it; with a claim check for its content where the agency wants that."""
    url = None
    if content_until is not None and document.document_id is not None:
        url = settings.gateway_url + claim_path(settings.secret, court_code=court_code, task_id=task_id,
                                                document_id=document.document_id, ends_at=content_until)
    return CommandDocument.model_construct(kind=document.kind, document_no=document.document_no, issued_on=document.issued_on,
                                           document_id=document.document_id, content_url=url)


def to_task(command: Command, *, subject: int, topic: str, key: bytes, lease: datetime) -> NewTask:
    """Return the outbox row of a command."""
    return NewTask(
        task_id=command.task_id, request_id=command.request_id, control_id=command.control.control_id if command.control else None,
        agency=command.agency, asset_type=command.asset_type, subject=subject, action=command.action, request_no=command.request_no,
        topic=topic, key=key, command=command.model_dump_json(exclude_none=True), next_attempt_at=lease,
        answer_due_at=command.answer_due_at,
    )


def subject_hash(secret: bytes, id_no: str) -> str:
    """Return what a control is found by when somebody searches for a subject's id number; 15 digits find 18."""
    number = id_no.strip().upper()
    return keyed_hash(secret, "subject", resident_id_18(number) if _OLD_RESIDENT_ID.fullmatch(number) else number)


def check_same_body(kept: KeptAnswer, key: IdempotencyKey) -> None:
    """Refuse a key that came before with another body.

    Raises: Rejected 422 idempotency_key_reused
    """
    if kept.body_sha256 != key.body_sha256:
        raise Rejected(422, "idempotency_key_reused", "此 Idempotency-Key 已用于另一请求 / This Idempotency-Key was used with another body")


def _due(task: NewTask, trace_id: str) -> DueTask:
    return DueTask(task_id=task.task_id, request_id=task.request_id, agency=task.agency, asset_type=task.asset_type, action=task.action,
                   topic=task.topic, key=task.key, command=task.command, attempts=0, agency_ref=None,
                   answer_due_at=task.answer_due_at, trace_id=trace_id, lease=task.next_attempt_at)


def _why_nobody(groups: Sequence[LeftOutGroup]) -> str:
    said = (" ".join(filter(None, (one.asset_type, one.region_code, *one.examples))) + f": {one.reason}" for one in groups)
    return "; ".join(islice(said, 20)) or "no agency keeps what was asked for"
