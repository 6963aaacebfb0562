"""Read at which agencies a court has measures on somebody's property: there it is known to be."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.unnest import arrays, rows


class Holder(NamedTuple):
    """Somebody as one court knows them: by the keyed hash of the id number."""

    court_code: str
    subject_hash: str


_COLUMNS = {"court_code": "text", "subject_hash": "text"}
_AGENCIES = text(f"""
    SELECT DISTINCT court_code, subject_hash, agency FROM {rows("h", **_COLUMNS)} JOIN controls USING (court_code, subject_hash)
    WHERE controls.state <> 'refused'""")  # noqa: S608 - constants


async def load_agencies(connection: AsyncConnection, holders: Collection[Holder]) -> dict[Holder, list[str]]:
    """Return the agencies at which each has property under a measure, whatever became of it, in one question; without those who have none."""
    found: dict[Holder, list[str]] = {}
    for court_code, subject_hash, agency in await connection.execute(_AGENCIES, arrays("h", list(holders), *_COLUMNS)):
        found.setdefault(Holder(court_code, subject_hash), []).append(agency)
    return found
