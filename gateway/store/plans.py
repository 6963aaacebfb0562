"""Plans before orders, and what a plan must not count twice: the court's live controls and the open plans of other requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.case import Officer
from contracts.control import FINAL_STATES
from gateway.domain.candidates import Hold
from gateway.domain.control import Control


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it was made; `plan` and `policy` are gateway.domain.plan.Plan and CourtPolicy as JSON."""

    plan_id: str
    request_id: str
    court_code: str
    case_no: str
    state: str
    created_at: datetime
    expires_at: datetime
    plan: Mapping[str, Any]
    policy: Mapping[str, Any]
    release_documents: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reserved:
    """What an open plan of another request names: an asset, for how much, what that counts for (fen), and whether it is the same case."""

    asset_id: str
    amount_fen: int
    secured_fen: int
    same_case: bool


_COLUMNS = "plan_id, request_id, court_code, case_no, state, created_at, expires_at, plan, policy, release_documents"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('control_plans ' || :court_code, 0))")
_SUPERSEDE = text("UPDATE control_plans SET state = 'superseded' WHERE request_id = :request_id AND state = 'open'")
_INSERT = text(f"""
    INSERT INTO control_plans ({_COLUMNS}) VALUES (:plan_id, :request_id, :court_code, :case_no, :state, :created_at, :expires_at,
        CAST(:plan AS jsonb), CAST(:policy AS jsonb), CAST(:release_documents AS jsonb))""")  # noqa: S608 - constants
_LOAD = text(f"SELECT {_COLUMNS} FROM control_plans WHERE plan_id = :plan_id")  # noqa: S608 - constants
_EXECUTE = text("""
    UPDATE control_plans SET state = 'executed', executed_at = :now, officer = CAST(:officer AS jsonb)
    WHERE plan_id = :plan_id AND state = 'open' AND expires_at > :now RETURNING plan_id""")
_RESERVED = text("""
    SELECT line->>'asset_id' AS asset_id, CAST(line->>'amount_fen' AS bigint) AS amount_fen,
        CAST(COALESCE(line->>'secured_fen', line->>'amount_fen') AS bigint) AS secured_fen, p.case_no = :case_no AS same_case
    FROM control_plans p, jsonb_array_elements(p.plan->'lines') AS line
    WHERE p.court_code = :court_code AND p.state = 'open' AND p.expires_at > :now AND p.request_id <> :request_id""")
_HOLDS = text("""
    SELECT asset_id, asset_type, case_no = :case_no AS same_case, request_id, request_no, subject_hash, created_at, control FROM controls
    WHERE court_code = :court_code AND (case_no = :case_no OR asset_id = ANY(CAST(:asset_ids AS text[])))
      AND state <> ALL(CAST(:final AS text[])) ORDER BY control_id""")


async def lock_court(connection: AsyncConnection, court_code: str) -> None:
    """Let one plan of a court be made or executed at a time, so that no two name the same money."""
    await connection.execute(_LOCK, {"court_code": court_code})


async def insert_plan(connection: AsyncConnection, made: StoredPlan) -> None:
    """Write a plan; the request's open one, if there is one, is replaced by it."""
    await connection.execute(_SUPERSEDE, {"request_id": made.request_id})
    await connection.execute(_INSERT, {
        "plan_id": made.plan_id, "request_id": made.request_id, "court_code": made.court_code, "case_no": made.case_no,
        "state": made.state, "created_at": made.created_at, "expires_at": made.expires_at, "plan": orjson.dumps(made.plan).decode(),
        "policy": orjson.dumps(made.policy).decode(), "release_documents": orjson.dumps(made.release_documents).decode()})


async def load_plan(connection: AsyncConnection, plan_id: str) -> StoredPlan | None:
    """Return a plan of any court; whose it is, is for the caller to check."""
    row = (await connection.execute(_LOAD, {"plan_id": plan_id})).mappings().one_or_none()
    return StoredPlan(**row) if row else None


async def execute_plan(connection: AsyncConnection, plan_id: str, officer: Officer, now: datetime) -> bool:
    """Mark a plan as executed by an officer; False if it was before, was replaced or has ended."""
    return (await connection.execute(_EXECUTE, {"plan_id": plan_id, "officer": officer.model_dump_json(), "now": now})).scalar_one_or_none() is not None


async def load_reserved(connection: AsyncConnection, *, court_code: str, case_no: str, request_id: str, now: datetime) -> list[Reserved]:
    """Return what the open plans of the court's other requests name."""
    found = await connection.execute(_RESERVED, {"court_code": court_code, "case_no": case_no, "request_id": request_id, "now": now})
    return [Reserved(**row) for row in found.mappings()]


async def load_holds(connection: AsyncConnection, *, court_code: str, case_no: str, asset_ids: Sequence[str]) -> list[Hold]:
    """Return the court's live controls on some assets, and those of a case on any."""
    found = await connection.execute(_HOLDS, {"court_code": court_code, "case_no": case_no, "asset_ids": list(asset_ids),
                                              "final": sorted(FINAL_STATES)})
    return [_hold(row) for row in found.mappings()]


def _hold(row: RowMapping) -> Hold:
    control = Control.model_validate(row["control"])
    return Hold(asset_id=row["asset_id"], asset_type=row["asset_type"], measure=control.measure, state=control.state, same_case=row["same_case"],
                request_id=row["request_id"], request_no=row["request_no"], subject_hash=row["subject_hash"], ordered_at=row["created_at"], requested_fen=control.requested_fen,
                requested_quantity=control.requested_quantity, actual_fen=control.actual_fen, actual_quantity=control.actual_quantity,
                pending=control.pending)
