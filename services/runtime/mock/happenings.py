"""What happens at an agency without an order of a court: a pledge ends, money comes in, the register takes its word back.

A tester makes it happen (app.py), the ledger keeps it like an order. Pure. Source: domain.md §7.2, §7.3(9), §7.4
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.failures import IllegalTransition
from contracts.words import Model
from services.runtime.mock.law import Thing, end, end_pledge, settle

_Some = Annotated[int, Field(strict=True, gt=0, le=10**15)]


class _OfAsset(Model):
    key: str = Field(description="text of the asset's key, as in /admin/register")
    id_no: str | None = Field(default=None, description="id number of the holder, where the key alone does not tell (a company's shareholders)")


class PledgeReleased(_OfAsset):
    """So many pledged units are free of their pledge, or all: what was marked of them becomes frozen."""

    kind: Literal["pledge_released"]
    quantity: _Some | None = Field(default=None, description="units; without it all that is pledged")


class Inflow(_OfAsset):
    """Money comes into an account: the first in rank that lacks some is given it."""

    kind: Literal["inflow"]
    amount_fen: _Some


class Reversal(Model):
    """The register takes back what it confirmed to a request number; the next in rank moves up."""

    kind: Literal["reversed"]
    request_no: str


Happening = Annotated[PledgeReleased | Inflow | Reversal, Field(discriminator="kind")]


def release_pledge(thing: Thing, happening: PledgeReleased, at: datetime) -> Thing:
    """End a pledge, or a part of it.

    Raises: IllegalTransition if not so many units are pledged
    """
    units = thing.pledged if happening.quantity is None else happening.quantity
    if not 0 < units <= thing.pledged:
        raise IllegalTransition(f"{thing.pledged} units are pledged")
    return end_pledge(thing, units, at)


def take_in(thing: Thing, happening: Inflow, at: datetime) -> Thing:
    """Put money into an account."""
    return settle(replace(thing, total=thing.total + happening.amount_fen), at)


def take_back(thing: Thing, index: int, at: datetime) -> Thing:
    """Undo a measure that stands.

    Raises: IllegalTransition if it does not stand
    """
    measure = thing.measures[index]
    if not measure.live:
        raise IllegalTransition(f"the measure is {measure.state}")
    return settle(thing.with_measure(index, end(measure, "reversed")), at)
