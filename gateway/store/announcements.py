"""Tell a court what is in no stream of a request of its own: what is outside every request, and what is about a control that came to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import EVENTS_CHANNEL, notify
from gateway.store.unnest import rows

#: A transaction has its number before its events have theirs: by that, who places events knows when no more can come.
_BEGIN = text("SELECT pg_current_xact_id()")
_ANNOUNCE = text("INSERT INTO announcements (court_code, kind, data, at) VALUES (:court_code, :kind, CAST(:data AS jsonb), :at)")
_ELSEWHERE = text(f"""
    INSERT INTO announcements (court_code, kind, data, at)
    SELECT a.court_code, a.kind, a.data::jsonb || jsonb_build_object('request_id', a.request_id), CAST(:at AS timestamptz)
    FROM {rows("a", court_code="text", request_id="text", kind="text", data="text")} JOIN requests r USING (request_id)
    WHERE r.court_code <> a.court_code""")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class About:
    """What happened to a request's control, for the court that the control belongs to; `data` names the case."""

    court_code: str
    request_id: str
    kind: str
    data: Mapping[str, object]


async def announce(connection: AsyncConnection, court_code: str, kind: str, data: Mapping[str, object], at: datetime) -> None:
    """Tell a court something outside any stream of a request, when this transaction commits.

    Shape: `kind` a lower-case word, part of the CloudEvents type; `data` names what it is about (`control_id`, `case_no`), no person
    """
    await connection.execute(_BEGIN)
    await connection.execute(_ANNOUNCE, {"court_code": court_code, "kind": kind, "data": _json(data), "at": at})
    await notify(connection, EVENTS_CHANNEL)


async def tell_elsewhere(connection: AsyncConnection, told: Sequence[About], at: datetime) -> None:
    """Tell courts what happened to controls of theirs that were ordered under another court's request; of other controls, nothing.

    Shape: the caller has locked the requests
    """
    if told:
        await connection.execute(_ELSEWHERE, {
            "a_court_code": [one.court_code for one in told], "a_request_id": [one.request_id for one in told],
            "a_kind": [one.kind for one in told], "a_data": [_json(one.data) for one in told], "at": at})
        await notify(connection, EVENTS_CHANNEL)


def _json(data: Mapping[str, object]) -> str:
    return orjson.dumps(data, option=orjson.OPT_UTC_Z).decode()
