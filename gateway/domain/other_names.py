"""Asking by each name a subject has or had, where agencies match by name, and what one name's answer means for the other's. Pure."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from contracts.subject import Subject
from gateway.domain.routing import Part

_ANSWERED = frozenset({"found", "none_found"})


class Told(Protocol):
    """How one task ended, or that it has not."""

    @property
    def agency(self) -> str:
        """Return who was asked."""

    @property
    def subject(self) -> int:
        """Return about whom, an index of the request's subjects."""

    @property
    def outcome(self) -> str | None:
        """Return how it ended, null while it has not."""

    @property
    def code(self) -> str | None:
        """Return why, where it was not answered."""


AnyTold = TypeVar("AnyTold", bound=Told)


def by_each_name(parts: Iterable[Part], subjects: Sequence[Subject]) -> tuple[Part, ...]:
    """Ask an agency that matches by name by every name of the subject, each in a part of its own; any other once."""
    return tuple(part._replace(name=name) for part in parts
                 for name in (subjects[part.subject].names if part.agency.matches_name else (None,)))


def known_by_another(tasks: Sequence[AnyTold]) -> list[AnyTold]:
    """Return the tasks refused because the number has another name there, whose agency answered by that name: they leave no gap."""
    refused = [one for one in tasks if one.outcome == "refused" and one.code == "identity_mismatch"]
    answered = {(one.agency, one.subject) for one in tasks if one.outcome in _ANSWERED} if refused else ()
    return [one for one in refused if (one.agency, one.subject) in answered]
