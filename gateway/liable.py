"""What subjects with a limit are still liable for: their limit less what the case holds of their property. The law is domain/liability.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.clock import china_date
from contracts.report import AssetReport
from contracts.subject import Subject
from gateway.domain.candidates import Hold, held_fen
from gateway.domain.law.overrides import table_of
from gateway.domain.liability import liabilities
from gateway.domain.worth import securing_states
from gateway.intake import subject_hash
from gateway.reports import Reports
from gateway.store.database import Connection
from gateway.store.plans import load_holds


@dataclass(frozen=True, slots=True)
class HeldByCase:
    """What a case holds: the reports it is known by (request id -> report), the holds, and the states that count (LIMIT-WAITING)."""

    reports: Mapping[str, AssetReport]
    holds: Sequence[Hold]
    securing: Collection[str]

    @property
    def fen(self) -> int:
        """Return what all of it secures, or will."""
        return held_fen(self.reports, self.holds, securing=self.securing)

    def liable_fen(self, subjects: Sequence[Subject], secret: bytes) -> dict[int, int]:
        """Return what each subject with a limit is still liable for, by its index."""
        return {index: max(0, most - held_fen(self.reports, self.holds, securing=self.securing, subject_hash=subject_hash(secret, subjects[index].id_no)))
                for index, most in liabilities(subjects).items()}


async def held_by_case(
    connection: Connection, reports: Reports, *, court_code: str, case_no: str, now: datetime, known: Mapping[str, AssetReport] | None = None,
    asset_ids: Sequence[str] = (),
) -> HeldByCase:
    """Load what a case holds, by the newest reports of its requests; `known` are compiled already, `asset_ids` of interest beside it."""
    holds, on = await load_holds(connection, court_code=court_code, case_no=case_no, asset_ids=asset_ids), china_date(now)
    others = {one.request_id for one in holds if one.same_case} - (known or {}).keys()
    found = await reports.newest(connection, others, now) if others else {}
    by_request = {**(known or {}), **{request_id: one.report for request_id, one in found.items()}}
    return HeldByCase(by_request, holds, securing_states(on, table_of(court_code, reports.overrides)))
