"""What was deducted for a case by its controls, live and ended, and what is being deducted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.control import FINAL_STATES
from gateway.domain.control import DEDUCTS_AT_ONCE
from gateway.domain.courts import CaseKey

_OF_CASE = "c.court_code = :court_code AND c.case_no = :case_no AND (c.control ->> 'deducted_fen')::bigint > 0"
_SINCE = text(f"""
    SELECT COALESCE(sum((c.control ->> 'deducted_fen')::bigint - COALESCE((
        SELECT (e.control ->> 'deducted_fen')::bigint FROM control_events e
        WHERE e.control_id = c.control_id AND e.at < :since ORDER BY e.seq DESC LIMIT 1), 0)), 0)::bigint
    FROM controls c WHERE {_OF_CASE}""")  # noqa: S608 - constants
_BY_SUBJECT = text(f"""
    SELECT c.subject_hash, sum((c.control ->> 'deducted_fen')::bigint)::bigint AS fen FROM controls c WHERE {_OF_CASE}
    GROUP BY c.subject_hash""")  # noqa: S608 - constants
#: The newest task of the step that is pending, answered or in doubt: its amount may be gone.
_UNDER_WAY = text("""
    SELECT COALESCE(sum((asked.command::jsonb #>> '{control,amount_fen}')::bigint), 0)::bigint FROM controls c
    JOIN LATERAL (SELECT t.command FROM tasks t WHERE t.control_id = c.control_id AND t.action = c.pending
                  ORDER BY t.task_id DESC LIMIT 1) asked ON true
    WHERE c.court_code = :court_code AND c.case_no = :case_no AND c.pending = ANY(CAST(:moves AS text[]))""")
_MOVES = sorted({"deduct", *DEDUCTS_AT_ONCE})


_TAKEN = text("""
    SELECT asset_id, sum(CASE WHEN state = ANY(CAST(:final AS text[])) THEN COALESCE((control ->> 'deducted_fen')::bigint, 0)
            ELSE GREATEST((control ->> 'requested_fen')::bigint, (control ->> 'actual_fen')::bigint, 0) END)::bigint AS amount_fen,
        sum(CASE WHEN state = ANY(CAST(:final AS text[])) THEN 0
            ELSE GREATEST((control ->> 'requested_quantity')::bigint, (control ->> 'actual_quantity')::bigint, 0) END)::bigint AS quantity
    FROM controls WHERE court_code = :court_code AND asset_id = ANY(CAST(:asset_ids AS text[])) GROUP BY asset_id""")


async def taken_of(connection: AsyncConnection, court_code: str, asset_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return what a court's controls hold of assets, ask for, or took for good: asset id -> `amount_fen` and `quantity`."""
    found = await connection.execute(_TAKEN, {"court_code": court_code, "asset_ids": list(asset_ids), "final": sorted(FINAL_STATES)})
    return {row.asset_id: {"amount_fen": row.amount_fen, "quantity": row.quantity} for row in found}


async def being_deducted(connection: AsyncConnection, case: CaseKey) -> int:
    """Return what agencies were asked to deduct and have not told of, in fen; what is in doubt may be gone too."""
    fen: int = (await connection.execute(_UNDER_WAY, {**case._asdict(), "moves": _MOVES})).scalar_one()
    return fen


async def deducted_since(connection: AsyncConnection, case: CaseKey, since: datetime) -> int:
    """Return what agencies told since an instant that they deducted, in fen."""
    fen: int = (await connection.execute(_SINCE, {**case._asdict(), "since": since})).scalar_one()
    return fen


async def deducted_by_subject(connection: AsyncConnection, case: CaseKey) -> dict[str, int]:
    """Return what was ever deducted of each subject's property, in fen, by its keyed hash."""
    return {row.subject_hash: row.fen for row in await connection.execute(_BY_SUBJECT, case._asdict())}
