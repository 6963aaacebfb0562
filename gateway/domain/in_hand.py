"""Since when the replies wait that an aggregator has and has not applied, by kind of asset. Pure."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from contracts.agency import Agency

#: Replies of adapters that do not say whose they are as ours do.
OTHER = "other"


class InHand:
    """The replies in hand. They come in order, so the oldest of them is the oldest of their partitions that is not applied."""

    def __init__(self, agencies: Mapping[str, Agency]) -> None:
        """Take the directory's agencies by code."""
        self._agencies = agencies
        self._since: dict[str, datetime] = {}

    @property
    def since(self) -> dict[str, datetime]:
        """Return the instant at which the oldest reply in hand was given, by kind."""
        return dict(self._since)

    def now(self, headers: Iterable[Mapping[str, bytes]]) -> None:
        """Take the headers of the replies that are in hand now; those before are applied."""
        since: dict[str, datetime] = {}
        for one in headers:
            with suppress(ValueError):
                given_at = datetime.fromisoformat(one.get("ce_time", b"").decode("ascii", "replace"))
                kind = self._kind(one.get("ce_source", b"").decode("ascii", "replace"))
                if given_at.tzinfo is not None:
                    since[kind] = min(since.get(kind, given_at), given_at)
        self._since = since

    def _kind(self, source: str) -> str:
        agency = self._agencies.get(source.rpartition("/")[2])
        return agency.asset_type if agency else OTHER
