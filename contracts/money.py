"""Money is integer fen. The only place where yuan become fen and fen become yuan."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import Field

#: Highest amount taken from anyone: 10 trillion yuan (one mistyped amount must not poison a total; peers.md §0.5).
MOST_FEN = 10**15

Fen = Annotated[int, Field(ge=0, le=MOST_FEN, strict=True, description="Amount in fen (CNY unless a currency says otherwise)")]


def yuan_to_fen(text: str) -> int:
    """Convert an agency's yuan text to fen, exactly.

    Raises: ValueError if it is no decimal number or has a fraction of a fen
    """
    try:
        fen = Decimal(text.replace(",", "").strip()) * 100
    except InvalidOperation:
        raise ValueError(f"not an amount in yuan: {text!r}") from None
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ValueError(f"not a whole number of fen: {text!r}")
    return int(fen)


def fen_to_yuan(fen: int) -> str:
    """Write fen as yuan with two decimals and no separators, the form agencies take."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def display_yuan(fen: int) -> str:
    """Write fen as yuan for people: thousands separated, two decimals."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"
