"""Beside the schedule: what a case holds may secure more than its claim. A proposal is announced once, and withdrawn once.

What to release is domain/excess.py, by the newest reports of all requests of the case. It is ordered only on documents given beforehand.
Cases are noted by whoever changes something: settlement, steps on controls, the end of a request. docs/adr/0011.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from contracts.batching import pause
from contracts.case import Officer
from contracts.clock import Clock, china_date
from contracts.documents import DocumentRef
from contracts.failures import ServiceUnavailable
from contracts.report import ReleaseProposal
from contracts.telemetry import ALARMS
from contracts.words import STORED
from gateway.domain.control_body import ReleaseBody
from gateway.domain.courts import CaseKey
from gateway.domain.excess import Review, review, told
from gateway.domain.progress import proposed
from gateway.follow_ups import FollowUps
from gateway.owed import owed_fen
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.announcements import About, tell_elsewhere
from gateway.store.database import Connection, Database
from gateway.store.progress import lock_progress, save_progress
from gateway.store.proposals import (
    announce,
    ask_for_checks,
    live_controls,
    load_release_order,
    load_standing,
    owners,
    take_check,
    waiting_checks,
    withdraw,
)
from gateway.store.set_aside import clear_aside, load_aside
from gateway.sweeping import each_alone
from gateway.taken_steps import By, Taken

_log = structlog.get_logger()

#: Most cases looked at in one tick, each in a transaction of its own.
_MOST = 100
_REASON = "超标的额，依随控制方案提交的解除文书解除"


class Proposing:
    """Looks at cases in which something changed."""

    def __init__(self, database: Database, reports: Reports, follow_ups: FollowUps, *, clock: Clock, rest_s: float = 0) -> None:
        """Take what it works with; a case rests for `rest_s` after it was noted, so that many changes are one look."""
        self._database, self._reports, self._follow_ups, self._clock, self._rest = database, reports, follow_ups, clock, timedelta(seconds=rest_s)

    async def tick(self) -> int:
        """Look at a batch of cases; return how many there were.

        Raises: StoreUnavailable
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            aside = await load_aside(connection, "case", now)
            cases = await waiting_checks(connection, now - self._rest, _MOST, aside)
        return sum([await each_alone(self._database, "case", self._look_alone, case, object_id=" ".join(case), now=now) for case in cases])

    async def _look_alone(self, case: CaseKey) -> None:
        async with self._database.transaction() as connection:
            await self._look(connection, case, self._clock.now())
            await clear_aside(connection, "case", [" ".join(case)])

    async def _look(self, connection: Connection, case: CaseKey, now: datetime) -> None:
        """Withdraw and announce under the locks of the requests concerned, so that report, event and list change as one."""
        courts = await owners(connection, case)
        locked = {one.request_id: one for one in await lock_progress(connection, list(courts))}
        if not await take_check(connection, case):
            return
        held, standing = await live_controls(connection, case), await load_standing(connection, case)
        if not locked.keys() >= {*held.values(), *(one.request_id for one in standing)}:
            await ask_for_checks(connection, [case], now)  # a control came to the case since: the next look locks its request too
            return
        found = await self._reviewed(connection, case, held, [one.proposal for one in standing], now)
        gone = [one for one in standing if one.proposal in found.withdrawn]
        new = [(held[one.control_id], one) for one in found.new]
        changed = {one.request_id for one in gone} | {request_id for request_id, _ in new}
        # A request of another court, whose control was converted, is told nothing of this case; the court of the case is.
        moved = {one: proposed(locked[one], [told(proposal, one, case.case_no, now) for of, proposal in new if of == one])
                 for one in sorted(changed) if courts[one] == case.court_code}
        shown_in = {one: moved[one].shown_in[one] if one in moved else 0 for one in changed}
        await withdraw(connection, gone, shown_in, now)
        await announce(connection, case, new, shown_in, now)
        await tell_elsewhere(connection, [About(case.court_code, of, "release_proposal", told(one, of, case.case_no, now)) for of, one in new if of not in moved], now)
        if moved:
            _log.warning("excess", proposals=len(new), withdrawn=len(gone), request_ids=list(moved))
            await save_progress(connection, list(moved.values()), now)
        await self._release_beforehand(connection, case, [*(one.proposal for one in standing if one not in gone), *found.new], now)

    async def _reviewed(
        self, connection: Connection, case: CaseKey, held: Mapping[str, str], standing: Sequence[ReleaseProposal], now: datetime,
    ) -> Review:
        """Judge the case: each live control by the newest report of its own request, all against the newest claim, on the day."""
        reports = await self._reports.newest(connection, set(held.values()), now)
        controls = [one for reported in reports.values() for one in reported.report.controls if one.control_id in held]
        policy = self._reports.policies.of(case.court_code, china_date(now))
        return review(standing, controls, await owed_fen(connection, case, now), policy)

    async def _release_beforehand(self, connection: Connection, case: CaseKey, proposals: Sequence[ReleaseProposal], now: datetime) -> None:
        """Order what is proposed, as a judge of the case decided beforehand; what cannot be ordered stays proposed, with an alarm."""
        order = await load_release_order(connection, case) if proposals else None
        if order is None:
            return
        officer = Officer.model_validate(order.officer, context=STORED)
        documents = tuple(DocumentRef.model_validate(one) for one in order.release_documents)
        by = By(case.court_code, officer.work_card_no, "judge", order.plan_id)
        locked = await self._follow_ups.lock(connection, [one.control_id for one in proposals])
        taken: list[Taken] = []
        for one in proposals:
            stored = locked.controls[one.control_id]
            body = ReleaseBody(officer=officer, documents=documents, reason=_REASON, amount_fen=one.amount_fen)
            step = self._follow_ups.take(stored, locked, body, by, now)
            why = [stored.control.code] if isinstance(step, Taken) else [finding.error.code for finding in step]
            if isinstance(step, Taken) and stored.control.code is None:
                taken.append(step)
            elif why != ["step_pending"]:  # another step is under way: after its answer the case is looked at again
                ALARMS.labels("release_not_ordered").inc()
                _log.error("release_not_ordered", control_id=one.control_id, why=why)
        await self._follow_ups.write(connection, taken, by, now)


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
