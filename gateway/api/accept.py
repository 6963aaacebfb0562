"""Which of the formats we offer a caller takes. Source: RFC 9110 §12.5.1."""

from collections.abc import Sequence

from contracts.failures import Rejected


def chosen(accept: str | None, offered: Sequence[str]) -> str:
    """Return the format of those offered that the header prefers; the first offered wins a tie.

    Raises: Rejected 406 not_acceptable
    """
    ranges = [_range(part) for part in (accept or "*/*").split(",") if part.strip()] or [("*/*", 1.0)]
    weights = [_weight(media_type, ranges) for media_type in offered]
    best = max(weights)
    if best <= 0:
        raise Rejected(406, "not_acceptable", "不提供所要求的格式 / None of the accepted formats is offered",
                       detail=f"offered: {', '.join(offered)}")
    return offered[weights.index(best)]


def _range(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return media_range, min(1.0, max(0.0, float(weight)))
    except ValueError:
        return media_range, 0.0


def _weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that covers a format."""
    for pattern in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        found = [weight for media_range, weight in ranges if media_range == pattern]
        if found:
            return found[0]
    return 0.0
