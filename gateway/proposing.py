"""Beside the schedule: answers may secure more than the claim. A proposal is announced; it is ordered only on documents given beforehand.

What to release is domain/excess.py, by the newest report; settlement notes the requests whose controls changed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from contracts.batching import pause
from contracts.case import Officer
from contracts.clock import Clock
from contracts.documents import DocumentRef
from contracts.failures import ServiceUnavailable
from contracts.report import ReleaseProposal
from contracts.telemetry import ALARMS
from gateway.domain.control_body import ReleaseBody
from gateway.domain.progress import Moved, Progress, StreamEvent
from gateway.follow_ups import By, FollowUps, Taken
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.database import Connection, Database
from gateway.store.progress import lock_progress, save_progress
from gateway.store.proposals import ReleaseOrder, announce, load_release_order, take_check, waiting_checks

_log = structlog.get_logger()

#: Most requests looked at in one tick, each in a transaction of its own.
_MOST = 100
_REASON = "超标的额，依随控制方案提交的解除文书解除"


class Proposing:
    """Looks at requests whose controls changed."""

    def __init__(self, database: Database, reports: Reports, follow_ups: FollowUps, *, clock: Clock) -> None:
        """Take what it works with."""
        self._database, self._reports, self._follow_ups, self._clock = database, reports, follow_ups, clock

    async def tick(self) -> int:
        """Look at a batch of requests; return how many there were.

        Raises: StoreUnavailable
        """
        async with self._database.transaction() as connection:
            request_ids = await waiting_checks(connection, _MOST)
        for request_id in request_ids:
            async with self._database.transaction() as connection:
                await self._look(connection, request_id, self._clock.now())
        return len(request_ids)

    async def _look(self, connection: Connection, request_id: str, now: datetime) -> None:
        (progress,) = await lock_progress(connection, [request_id])
        if not await take_check(connection, request_id):
            return
        reported = await self._reports.newest(connection, request_id, now)
        proposals = reported.report.release_proposals if reported else ()
        if not reported or not proposals:
            return
        new = await announce(connection, request_id, proposals, now)
        if new:
            _log.warning("excess", request_id=request_id, proposals=len(new))
            await save_progress(connection, [_told(progress, [one for one in proposals if one.proposal_id in new])], now)
        order = await load_release_order(connection, request_id)
        if order is not None:
            await self._release(connection, reported.head.court_code, proposals, order, now)

    async def _release(
        self, connection: Connection, court_code: str, proposals: Sequence[ReleaseProposal], order: ReleaseOrder, now: datetime,
    ) -> None:
        """Order what is proposed, as the judge decided beforehand; what cannot be ordered stays proposed, with an alarm."""
        officer = Officer.model_validate(order.officer)
        documents = tuple(DocumentRef.model_validate(one) for one in order.release_documents)
        by = By(court_code, officer.work_card_no, "judge", order.plan_id)
        locked = await self._follow_ups.lock(connection, [one.control_id for one in proposals])
        taken: list[Taken] = []
        for one in proposals:
            body = ReleaseBody(officer=officer, documents=documents, reason=_REASON, amount_fen=one.amount_fen)
            step = self._follow_ups.take(locked.controls[one.control_id], locked, body, by, now)
            if isinstance(step, list):
                ALARMS.labels("release_not_ordered").inc()
                _log.error("release_not_ordered", control_id=one.control_id, why=[finding.error.code for finding in step])
            else:
                taken.append(step)
        await self._follow_ups.write(connection, taken, by, now)


def _told(progress: Progress, proposals: Sequence[ReleaseProposal]) -> Moved:
    """Tell the request's stream of proposals; the report has them already, since the change of a control made its version."""
    events = tuple(StreamEvent(progress.event_seq + number, "release_proposal", one.model_dump(mode="json"))
                   for number, one in enumerate(proposals, start=1))
    return Moved(replace(progress, event_seq=progress.event_seq + len(events)), events, (), {})


async def serve(proposing: Proposing, settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Look until told to stop."""
    while not stop.is_set():
        try:
            looked_at = await proposing.tick()
        except ServiceUnavailable as error:
            _log.warning("proposing_waits", code=error.code)
            looked_at = 0
        if not looked_at:
            await pause(stop, settings.schedule_every_s)
