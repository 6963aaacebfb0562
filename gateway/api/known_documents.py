"""Documents that a court is known to have, remembered with a bound."""

from collections.abc import Sequence

_MOST_REMEMBERED = 20_000


class KnownDocuments:
    """Documents known to be there; they are never deleted, so what was seen stays true."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: dict[tuple[str, str], None] = {}

    def unseen(self, court_code: str, document_ids: Sequence[str]) -> list[str]:
        """Return the documents that must be looked up."""
        return [one for one in document_ids if (court_code, one) not in self._seen]

    def saw(self, court_code: str, document_ids: Sequence[str]) -> None:
        """Remember documents; the oldest are forgotten."""
        self._seen |= dict.fromkeys((court_code, one) for one in document_ids)
        while len(self._seen) > _MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
