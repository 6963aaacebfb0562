"""What a case is still owed, and what subjects with a limit are still liable for: less what was deducted, less what is held."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.case import Claim
from contracts.clock import china_date
from contracts.report import AssetReport
from contracts.subject import Subject
from gateway.domain.candidates import Hold, held_fen
from gateway.domain.claim import claim_fen
from gateway.domain.courts import CaseKey
from gateway.domain.deadlines import end_of_day
from gateway.domain.law.overrides import table_of
from gateway.domain.liability import liabilities
from gateway.domain.worth import securing_states
from gateway.intake import subject_hash
from gateway.reports import Reports
from gateway.store.database import Connection
from gateway.store.deducted import being_deducted, deducted_by_subject, deducted_since
from gateway.store.plans import load_holds
from gateway.store.proposals import newest_claim


@dataclass(frozen=True, slots=True)
class HeldByCase:
    """What a case holds: the reports it is known by (request id -> report), the holds, and the states that count (LIMIT-WAITING).

    Shape: `deducted_fen` is what was deducted, by whose it was (a keyed hash)
    """

    reports: Mapping[str, AssetReport]
    holds: Sequence[Hold]
    securing: Collection[str]
    deducted_fen: Mapping[str, int]

    @property
    def fen(self) -> int:
        """Return what all of it secures, or will."""
        return held_fen(self.reports, self.holds, securing=self.securing)

    def liable_fen(self, subjects: Sequence[Subject], secret: bytes) -> dict[int, int]:
        """Return what each subject with a limit is still liable for, by its index."""
        return {index: max(0, most - self._taken_fen(subject_hash(secret, subjects[index].id_no))) for index, most in liabilities(subjects).items()}

    def _taken_fen(self, whose: str) -> int:
        return held_fen(self.reports, self.holds, securing=self.securing, subject_hash=whose) + self.deducted_fen.get(whose, 0)


async def held_by_case(
    connection: Connection, reports: Reports, case: CaseKey, now: datetime, *, known: Mapping[str, AssetReport] | None = None,
    asset_ids: Sequence[str] = (),
) -> HeldByCase:
    """Load what a case holds, by the newest reports of its requests; `known` are compiled already, `asset_ids` of interest beside it."""
    holds, on = await load_holds(connection, **case._asdict(), asset_ids=asset_ids), china_date(now)
    others = {one.request_id for one in holds if one.same_case} - (known or {}).keys()
    found = await reports.newest(connection, others, now) if others else {}
    by_request = {**(known or {}), **{request_id: one.report for request_id, one in found.items()}}
    taken = await deducted_by_subject(connection, case)
    return HeldByCase(by_request, holds, securing_states(on, table_of(case.court_code, reports.overrides)), taken)


async def owed_fen(connection: Connection, case: CaseKey, now: datetime) -> int | None:
    """Return what a case is still owed by its newest claim, less what was deducted since it was stated; None if no request states one."""
    stated = await newest_claim(connection, case)
    if stated is None:
        return None
    return max(0, claim_fen(stated.claim, china_date(now)) - await deducted_after(connection, case, stated.claim, stated.at))


async def may_deduct_fen(connection: Connection, case: CaseKey, now: datetime) -> int | None:
    """Return what may still be deducted for a case: what is owed, less what is being deducted (DEDUCT-LIMIT); the court is locked (lock_court)."""
    owed = await owed_fen(connection, case, now)
    return None if owed is None else max(0, owed - await being_deducted(connection, case))


async def deducted_after(connection: Connection, case: CaseKey, claim: Claim, stated_at: datetime) -> int:
    """Return what was deducted and is not in a claim: since it was stated, and what it leaves out of `paid_fen` (as of `as_of_on`).

    Shape: a claim that says less paid than was deducted for the case by then has not counted that; nothing is taken twice for it
    """
    since = await deducted_since(connection, case, min(end_of_day(claim.as_of_on), stated_at))
    before = sum((await deducted_by_subject(connection, case)).values()) - since
    return since + max(0, before - claim.paid_fen)
