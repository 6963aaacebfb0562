"""Proposals to release, each a fact with a life, the cases to be looked at for an excess, and release documents given beforehand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.case import Claim
from contracts.control import FINAL_STATES
from contracts.report import ReleaseProposal
from gateway.domain.courts import CaseKey
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal that stands; `request_id` is what its control was ordered under."""

    seq: int
    request_id: str
    case_no: str
    announced_at: datetime
    proposal: ReleaseProposal


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Documents that a judge gave with a plan, for what would prove too much; `officer` is who executed the plan."""

    plan_id: str
    officer: Mapping[str, Any]
    release_documents: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StatedClaim:
    """A claim, and when the request came that states it."""

    claim: Claim
    at: datetime


_CASES = rows("k", court_code="text", case_no="text")
#: A case that is on the list already is locked nevertheless: who takes it off waits, and sees what was changed.
_ASK = text(f"""
    INSERT INTO excess_checks (court_code, case_no, asked_at) SELECT court_code, case_no, CAST(:now AS timestamptz) FROM {_CASES}
    ORDER BY court_code, case_no ON CONFLICT (court_code, case_no) DO UPDATE SET asked_at = excess_checks.asked_at""")  # noqa: S608 - constants
_WAITING = text("SELECT court_code, case_no FROM excess_checks WHERE asked_at <= :before AND court_code || ' ' || case_no <> ALL(CAST(:aside AS text[])) ORDER BY asked_at LIMIT :most")
_TAKE = text("DELETE FROM excess_checks WHERE court_code = :court_code AND case_no = :case_no RETURNING case_no")
_LIVE = text("""
    SELECT control_id, request_id FROM controls
    WHERE court_code = :court_code AND case_no = :case_no AND state <> ALL(CAST(:final AS text[]))""")
_OWNERS = text("""
    SELECT request_id, court_code FROM requests WHERE request_id IN (
        SELECT request_id FROM controls WHERE court_code = :court_code AND case_no = :case_no AND state <> ALL(CAST(:final AS text[]))
        UNION SELECT request_id FROM release_proposals WHERE court_code = :court_code AND case_no = :case_no AND withdrawn_at IS NULL)""")
#: Stated in the case by a request or a conversion into it; else in the request that a converted measure was ordered under.
_CLAIM = text("""
    SELECT claim, at FROM (
        SELECT 1 AS place, body #> '{case,claim}' AS claim, accepted_at AS at, request_id AS id FROM requests
        WHERE court_code = :court_code AND case_no = :case_no
        UNION ALL SELECT 1, e.detail -> 'claim', e.at, e.event_id FROM control_events e JOIN controls c USING (control_id)
        WHERE c.court_code = :court_code AND c.case_no = :case_no AND e.kind = 'converted'
          AND e.detail ->> 'case_no' = :case_no AND e.detail ->> 'court_code' = :court_code
        UNION ALL SELECT 2, r.body #> '{case,claim}', r.accepted_at, r.request_id FROM requests r
        WHERE r.request_id IN (SELECT request_id FROM controls WHERE court_code = :court_code AND case_no = :case_no)
    ) AS stated WHERE jsonb_typeof(claim) = 'object' ORDER BY place, at DESC, id DESC LIMIT 1""")
_PROPOSED = text(f"""
    SELECT court_code, case_no FROM {_CASES} WHERE EXISTS (
        SELECT FROM release_proposals p WHERE p.court_code = k.court_code AND p.case_no = k.case_no AND p.withdrawn_at IS NULL)""")  # noqa: S608 - constants
_COLUMNS = "seq, request_id, case_no, announced_at, proposal"
_STANDING = text(f"""
    SELECT {_COLUMNS} FROM release_proposals
    WHERE court_code = :court_code AND case_no = :case_no AND withdrawn_at IS NULL ORDER BY seq""")  # noqa: S608 - constants
_PAGE = text(f"""
    SELECT {_COLUMNS} FROM release_proposals
    WHERE court_code = :court_code AND withdrawn_at IS NULL
      AND (CAST(:request_id AS text) IS NULL OR request_id = :request_id)
      AND (CAST(:case_no AS text) IS NULL OR case_no = :case_no)
      AND (CAST(:before AS bigint) IS NULL OR seq < :before)
    ORDER BY seq DESC LIMIT :most""")  # noqa: S608 - constants
_WITHDRAW = text(f"""
    UPDATE release_proposals p SET withdrawn_at = CAST(:now AS timestamptz), until_version = w.version
    FROM {rows("w", seq="bigint", version="int")} WHERE p.seq = w.seq""")  # noqa: S608 - constants
_ANNOUNCE = text(f"""
    INSERT INTO release_proposals (court_code, case_no, request_id, control_id, proposal, announced_at, from_version)
    SELECT :court_code, :case_no, request_id, control_id, proposal::jsonb, CAST(:now AS timestamptz), version
    FROM {rows("n", request_id="text", control_id="text", proposal="text", version="int")}""")  # noqa: S608 - constants
_ORDER = text("""
    SELECT plan_id, officer, release_documents FROM control_plans
    WHERE court_code = :court_code AND case_no = :case_no AND state = 'executed' AND jsonb_array_length(release_documents) > 0
      AND officer IS NOT NULL
    ORDER BY executed_at DESC LIMIT 1""")


async def ask_for_checks(connection: AsyncConnection, cases: Collection[CaseKey], now: datetime) -> None:
    """Note cases in which something changed; the caller has locked what it changed, and locks nothing after this."""
    if cases:
        await connection.execute(_ASK, {**arrays("k", sorted(cases), "court_code", "case_no"), "now": now})


async def with_proposals(connection: AsyncConnection, cases: Collection[CaseKey]) -> set[CaseKey]:
    """Return those of some cases in which a proposal stands."""
    if not cases:
        return set()
    return {CaseKey(*row) for row in await connection.execute(_PROPOSED, arrays("k", sorted(cases), "court_code", "case_no"))}


async def waiting_checks(connection: AsyncConnection, before: datetime, most: int, aside: Sequence[str] = ()) -> list[CaseKey]:
    """Return cases to be looked at that were noted by `before`, those that wait longest first, but for those set aside (court, blank, case)."""
    return [CaseKey(*row) for row in await connection.execute(_WAITING, {"before": before, "most": most, "aside": list(aside)})]


async def take_check(connection: AsyncConnection, case: CaseKey) -> bool:
    """Take a case off the list; False if somebody else did. What is read after it, is all that was noted."""
    return (await connection.execute(_TAKE, case._asdict())).scalar_one_or_none() is not None


async def owners(connection: AsyncConnection, case: CaseKey) -> dict[str, str]:
    """Return the requests that the case's live controls and standing proposals belong to, each with its court."""
    found = await connection.execute(_OWNERS, {**case._asdict(), "final": sorted(FINAL_STATES)})
    return {row.request_id: row.court_code for row in found}


async def live_controls(connection: AsyncConnection, case: CaseKey) -> dict[str, str]:
    """Return the live controls of a case, each with the request it was ordered under."""
    found = await connection.execute(_LIVE, {**case._asdict(), "final": sorted(FINAL_STATES)})
    return {row.control_id: row.request_id for row in found}


async def newest_claim(connection: AsyncConnection, case: CaseKey) -> StatedClaim | None:
    """Return the claim that was stated last in the case, by a request or by a conversion into it; else what a converted measure was ordered for."""
    row = (await connection.execute(_CLAIM, case._asdict())).one_or_none()
    return StatedClaim(Claim.model_validate(row.claim), row.at) if row is not None else None


async def load_standing(connection: AsyncConnection, case: CaseKey) -> list[Standing]:
    """Return the proposals of a case that stand."""
    return [_standing(row) for row in (await connection.execute(_STANDING, case._asdict())).mappings()]


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """Which standing proposals a list shows: those before `before` (a seq), newest first; null filters nothing."""

    court_code: str
    most: int
    before: int | None = None
    request_id: str | None = None
    case_no: str | None = None


async def load_page(connection: AsyncConnection, page: ProposalPage) -> list[Standing]:
    """Return a page of a court's standing proposals."""
    return [_standing(row) for row in (await connection.execute(_PAGE, asdict(page))).mappings()]


def _standing(row: RowMapping) -> Standing:
    return Standing(**{**row, "proposal": ReleaseProposal.model_validate(row["proposal"])})


async def withdraw(connection: AsyncConnection, gone: Sequence[Standing], shown_in: Mapping[str, int], now: datetime) -> None:
    """End proposals; `shown_in` names the report version of each request that shows them no more."""
    if gone:
        await connection.execute(_WITHDRAW, {"w_seq": [one.seq for one in gone], "w_version": [shown_in[one.request_id] for one in gone], "now": now})


async def announce(
    connection: AsyncConnection, case: CaseKey, new: Sequence[tuple[str, ReleaseProposal]], shown_in: Mapping[str, int], now: datetime,
) -> None:
    """Begin proposals, each with the request of its control; `shown_in` names the first report version that shows them."""
    if new:
        await connection.execute(_ANNOUNCE, {
            **case._asdict(), "now": now, "n_request_id": [request_id for request_id, _ in new], "n_control_id": [one.control_id for _, one in new],
            "n_proposal": [one.model_dump_json() for _, one in new], "n_version": [shown_in[request_id] for request_id, _ in new]})


async def load_release_order(connection: AsyncConnection, case: CaseKey) -> ReleaseOrder | None:
    """Return the release documents of the case's newest executed plan that has any."""
    row = (await connection.execute(_ORDER, case._asdict())).mappings().one_or_none()
    return ReleaseOrder(**row) if row else None
