"""Requests to be looked at for an excess, the proposals that were announced, and release documents given beforehand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.report import ReleaseProposal
from gateway.store.unnest import rows


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Documents that a judge gave with a plan, for what would prove too much; `officer` is who executed the plan."""

    plan_id: str
    officer: Mapping[str, Any]
    release_documents: Sequence[Mapping[str, Any]]


_ASK = text("""
    INSERT INTO excess_checks (request_id, asked_at) SELECT request_id, :now FROM unnest(CAST(:request_ids AS text[])) AS r(request_id)
    ORDER BY request_id ON CONFLICT (request_id) DO NOTHING""")
_WAITING = text("SELECT request_id FROM excess_checks ORDER BY asked_at LIMIT :most")
_TAKE = text("DELETE FROM excess_checks WHERE request_id = :request_id RETURNING request_id")
_ANNOUNCE = text(f"""
    INSERT INTO release_proposals (request_id, proposal_id, proposal, announced_at)
    SELECT :request_id, proposal_id, proposal::jsonb, :now FROM {rows("p", proposal_id="text", proposal="text")}
    ON CONFLICT DO NOTHING RETURNING proposal_id""")  # noqa: S608 - constants
_ORDER = text("""
    SELECT plan_id, officer, release_documents FROM control_plans
    WHERE request_id = :request_id AND state = 'executed' AND jsonb_array_length(release_documents) > 0 AND officer IS NOT NULL
    ORDER BY executed_at DESC LIMIT 1""")


async def ask_for_checks(connection: AsyncConnection, request_ids: Collection[str], now: datetime) -> None:
    """Note requests whose controls changed; the caller holds their rows."""
    await connection.execute(_ASK, {"request_ids": sorted(request_ids), "now": now})


async def waiting_checks(connection: AsyncConnection, most: int) -> list[str]:
    """Return requests to be looked at, those that wait longest first."""
    return list((await connection.execute(_WAITING, {"most": most})).scalars())


async def take_check(connection: AsyncConnection, request_id: str) -> bool:
    """Take a request off the list; False if somebody else did. The caller holds its row."""
    return (await connection.execute(_TAKE, {"request_id": request_id})).scalar_one_or_none() is not None


async def announce(connection: AsyncConnection, request_id: str, proposals: Sequence[ReleaseProposal], now: datetime) -> set[str]:
    """Note proposals as announced and return the ids of those that were not before."""
    found = await connection.execute(_ANNOUNCE, {
        "request_id": request_id, "now": now, "p_proposal_id": [one.proposal_id for one in proposals],
        "p_proposal": [one.model_dump_json() for one in proposals]})
    return set(found.scalars())


async def load_release_order(connection: AsyncConnection, request_id: str) -> ReleaseOrder | None:
    """Return the release documents of the request's newest executed plan that has any."""
    row = (await connection.execute(_ORDER, {"request_id": request_id})).mappings().one_or_none()
    return ReleaseOrder(**row) if row else None
