"""What agencies tell of controls by their number, compared with them in the transaction that takes the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.registry import asset_type
from contracts.words import NewId
from gateway.domain.control import LIVE, Control
from gateway.domain.control_events import Event
from gateway.domain.reconciliation import Difference, Known, by_status
from gateway.store.controls import StoredControl
from gateway.store.differences import Place, compared
from gateway.store.reconciling import related


@dataclass(frozen=True, slots=True)
class Told:
    """What an agency says of a control as it stood before."""

    stored: StoredControl
    event: Event


def keeps_its_word(stored: StoredControl, event: Event) -> bool:
    """Tell whether a control stays as it was confirmed though its agency says otherwise now: another amount, another end, another measure."""
    return any(one.kind in {"amount", "term", "not_ours"} for one in _differences(Told(stored, event)))


async def compare_statuses(connection: AsyncConnection, told: Sequence[Told], now: datetime, new_id: NewId) -> None:
    """Compare what was told of controls with them; what it differs in becomes rows, what agrees again settles them."""
    if not told:
        return
    found = [(place_of(one.stored), difference) for one in told for difference in _differences(one)]
    numbers = {one.stored.request_no for one in told if any(difference.kind == "not_ours" for difference in _differences(one))}
    if numbers:  # a control may stand for the other measure already
        standing = [one.request_no for one in await related(connection, numbers, ()) if Control.model_validate(one.control).state in LIVE]
        found = [(place, one) for place, one in found if one.kind != "not_ours" or standing.count(str(one.theirs["request_no"])) == 1]
    await compared(connection, found, by="status", about={one.stored.control_id for one in told}, now=now, new_id=new_id)


def _differences(told: Told) -> tuple[Difference, ...]:
    stored = told.stored
    known = Known(stored.control_id, stored.agency, stored.request_no, stored.control, asset_type(stored.asset_type).counted_in)
    return by_status(known, told.event)


def place_of(stored: StoredControl) -> Place:
    """Return where a control is."""
    return Place(stored.court_code, stored.agency, stored.request_id, stored.subject, stored.asset_id, stored.asset_type, stored.record)
