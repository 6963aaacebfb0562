"""Reconciliation: agencies are asked, at a slow pace, what they hold for our courts, and what they say is compared with the controls.

By request number for measures that have ended (of those that stand `watching` asks often); by subject at every agency at which a case has
measures, with the case's own query. What differs says domain/reconciliation.py; it becomes rows (store/differences.py). docs/adr/0025.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog

from contracts.batching import pause
from contracts.clock import Clock
from contracts.failures import ServiceUnavailable
from contracts.messages import FoundAsset
from contracts.registry import asset_type
from contracts.subject import Subject
from contracts.telemetry import DIFFERENCES_OPEN
from contracts.words import NewId
from gateway.domain.claim_check import claim_path
from gateway.domain.control import Control
from gateway.domain.deadlines import answer_due_at, next_open
from gateway.domain.directory import Directory
from gateway.domain.reconciliation import Difference, Known, Listed, by_list, listed
from gateway.domain.report_unread import as_read
from gateway.domain.report_views import asset_ids, holder_of
from gateway.intake import NewRequestNos, subject_hash
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask
from gateway.store.audit import AuditEntry, append
from gateway.store.database import Connection, Database
from gateway.store.differences import Place, compared, count_open
from gateway.store.follow_ups import about_requests
from gateway.store.progress import lock_progress
from gateway.store.reconciling import (
    Asker,
    Due,
    Holder,
    MayReconcile,
    Related,
    ask_again,
    asked_about,
    askers,
    due,
    related,
    requests_told,
)
from gateway.store.statuses import ask, ask_soon
from gateway.watching import status_task

_log = structlog.get_logger()
#: What the record has in place of an officer and his roles, where the mesh asks by itself.
_BY, _ROLE = "-", "schedule"


@dataclass(frozen=True, slots=True)
class Answered:
    """The assets of an answered query; `asked`: by the reconciliation itself, so that what it does not find any more is settled."""

    task_id: str
    assets: Sequence[FoundAsset]
    asked: bool


@dataclass(frozen=True, slots=True)
class _Look:
    """One asset of an answer, and whose it is."""

    holder: Holder
    listed: Listed
    place: Place


class Reconciling:
    """Has agencies asked, and compares what they list."""

    def __init__(
        self, database: Database, directory: Directory, settings: GatewaySettings, *, clock: Clock, new_id: NewId, new_request_nos: NewRequestNos,
    ) -> None:
        """Take what it works with."""
        self._database, self._directory, self._settings = database, directory, settings
        self._clock, self._new_id, self._new_request_nos = clock, new_id, new_request_nos

    async def look(self) -> int:
        """Put what is to be asked now into the outbox, and count what is open; return how many questions there were.

        Raises: StoreUnavailable
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await due(connection, list(self._allowed(now)), self._settings.reconcile_batch)
            questions = await self._ask(connection, found, now) if found else 0
            still_open = await count_open(connection)
        DIFFERENCES_OPEN.clear()
        for (agency, kind), count in still_open.items():
            DIFFERENCES_OPEN.labels(agency, kind).set(count)
        return questions

    def _allowed(self, now: datetime) -> Iterator[MayReconcile]:
        """Return the agencies that may be asked now: inside their office hours, each as often as the settings say."""
        before = now - timedelta(seconds=self._settings.reconcile_every_s)
        for agency in self._directory.agencies:
            if next_open(now, agency.office_hours) == now:
                answer_by = answer_due_at(now, agency.answer_due_working_days, None, within_s=self._settings.answer_within_s)
                yield MayReconcile(agency.agency, before, answer_by, agency.can("status"))

    async def _ask(self, connection: Connection, found: Sequence[Due], now: datetime) -> int:
        by_number = [(status_task(number, self._new_id(), now), number.agency_ref) for one in found if (number := one.by_number)]
        asked = await ask(connection, by_number, now) if by_number else 0
        of_subjects = {(one.court_code, one.subject_hash, one.agency): one for one in found if one.query is not None}
        armed = await ask_again(connection, [self._question(one, now) for one in of_subjects.values()]) if of_subjects else set()
        await asked_about(connection, [one.control_id for one in found], now, now - timedelta(days=self._settings.reconcile_ended_days))
        await append(connection, [
            AuditEntry(now, one.court_code, _BY, _ROLE, "control.reconcile", one.control_id, f"{one.case_no} {one.agency}", "accepted", one.request_id)
            for one in of_subjects.values() if one.control_id in armed])
        return asked + len(armed)

    def _question(self, one: Due, now: datetime) -> NewTask:
        """Return the case's query about a subject once more, as a question of a control: no part of its request's report."""
        command: dict[str, Any] = orjson.loads(one.query or "")
        task_id = one.query_task_id or self._new_id()
        (request_no,) = self._new_request_nos(now, self._directory.courts.seat(one.court_code), 1)
        documents = [self._claimed(document, command, task_id, one.due_at) for document in command.get("documents", ())]
        command |= {"task_id": task_id, "request_no": request_no, "attempt": 1, "documents": documents, "answer_due_at": one.due_at}
        command.pop("transactions", None)
        return NewTask(
            task_id=task_id, request_id=one.request_id, control_id=one.control_id, agency=one.agency, asset_type=one.asset_type,
            subject=one.subject, action="query", request_no=request_no, topic=one.query_topic or "", key=one.query_key or b"",
            command=orjson.dumps(command, option=orjson.OPT_UTC_Z).decode(), next_attempt_at=now, answer_due_at=one.due_at)

    def _claimed(self, document: dict[str, Any], command: Mapping[str, Any], task_id: str, ends_at: datetime) -> dict[str, Any]:
        """Return a document with a claim check of this task, where it had one."""
        if document.get("content_url") is None:
            return document
        path = claim_path(self._settings.secret, court_code=command["case"]["court_code"], task_id=task_id,
                          document_id=document["document_id"], ends_at=ends_at)
        return {**document, "content_url": self._settings.gateway_url + path}

    async def compare(self, answered: Sequence[Answered]) -> None:
        """Compare what answers list under the names of our courts with the controls; the same answer once more changes nothing.

        Shape:  of a query that nobody asked for this, only what names the court that asked is looked into; most name others, at the cost of one read
        Raises: StoreUnavailable
        """
        telling = {one.task_id: one for one in answered if one.asked or any(asset.prior_measures for asset in one.assets)}
        if not telling:
            return
        async with self._database.transaction() as connection:
            asked_by = await askers(connection, telling)
            own = [(asker, self._own(asker, telling[task_id])) for task_id, asker in asked_by.items()]
            if any(listed for _, listed in own):
                about = await about_requests(connection, [asker.request_id for asker, listed in own if listed])
                looks = [look for asker, listed in own if listed for look in self._looks(asker, about[asker.request_id].subjects[asker.subject], listed)]
                await self._compare(connection, looks)

    def _own(self, asker: Asker, answered: Answered) -> list[tuple[FoundAsset, Listed]]:
        """Return the assets of an answer that name the court that asked; all of one that the reconciliation asked for."""
        name = self._directory.courts.name(asker.asked_by)
        pairs = ((asset, listed(asker.agency, asset, name, asker.asked_at)) for asset in answered.assets)
        return [(asset, own) for asset, own in pairs if answered.asked or own.measures]

    async def _compare(self, connection: Connection, looks: Sequence[_Look]) -> None:
        """Compare under the locks of all requests that may be told of it, so that nobody moves a control or a row meanwhile."""
        assets, agencies = {one.place.asset_id for one in looks}, {one.place.agency for one in looks}
        told = await requests_told(connection, assets, agencies)
        told |= {one.place.request_id for one in looks} | {one.request_id for one in await self._related(connection, looks)}
        await lock_progress(connection, sorted(told))
        ours = {one.control_id: one for one in await self._related(connection, looks)}
        found: list[tuple[Place, Difference]] = []
        for look in looks:
            differing = by_list(look.listed, [_known(control, look) for control in ours.values()])
            found += [(_place(ours[one.control_id]) if one.control_id else look.place, one) for one in differing]
        twins = {control_id for _, one in found if one.kind == "not_ours" for control_id in one.ours["control_ids"]}
        if twins:
            await ask_soon(connection, sorted(twins))  # the agency's own number of the other measure may be told by that
        whole = {one.place.asset_id for one in looks if one.listed.complete}  # what was not read may be there still
        await compared(connection, found, by="query", about=whole, agencies=agencies, now=self._clock.now(), new_id=self._new_id)

    def _looks(self, asker: Asker, holder: Subject, assets: Sequence[tuple[FoundAsset, Listed]]) -> Iterator[_Look]:
        """Return the assets that are looked into; of one that cannot be read in what decides nothing is said."""
        kind, agency = asset_type(asker.asset_type), self._directory.by_code.get(asker.agency)
        whose = holder_of(kind, holder, agency.register_code if agency else asker.agency)
        hashed = subject_hash(self._settings.secret, holder.id_no)
        id_of = asset_ids(self._settings.secret, asker.court_code)
        for asset, own in assets:
            if isinstance(read := as_read(kind, asset, 0), FoundAsset):
                asset_id = id_of(kind.code, whose, kind.key_text(read.record))
                place = Place(asker.court_code, asker.agency, asker.request_id, asker.subject, asset_id, kind.code, read.record)
                yield _Look(Holder(asker.court_code, hashed), replace(own, asset_id=asset_id), place)

    async def _related(self, connection: Connection, looks: Sequence[_Look]) -> list[Related]:
        numbers = {one.request_no for look in looks for one in look.listed.measures if one.request_no}
        return await related(connection, numbers, {one.holder for one in looks})


def _known(one: Related, look: _Look) -> Known:
    """Return a control as it is compared with what is listed on an asset."""
    kind = asset_type(one.asset_type)
    on_asset = (one.asset_type, one.agency) == (look.place.asset_type, look.place.agency) and kind.key_text(one.record) == kind.key_text(look.place.record)
    return Known(one.control_id, one.agency, one.request_no, Control.model_validate(one.control), kind.counted_in, one.changed_at, on_asset)


def _place(one: Related) -> Place:
    """Return where a control is: a conversion may have given it to another court than the one that asked."""
    return Place(one.court_code, one.agency, one.request_id, one.subject, one.asset_id, one.asset_type, one.record)


async def serve(reconciling: Reconciling, settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Look until told to stop."""
    while not stop.is_set():
        try:
            await reconciling.look()
        except ServiceUnavailable as error:
            _log.warning("reconciling_waits", code=error.code)
        await pause(stop, settings.reconcile_look_every_s)
