"""How the registry writes days, instants, money and counts; both ways, exact, and nothing else is accepted."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from contracts.clock import CHINA

_WAN_YUAN_DECIMALS = 6  # 0.000001 万元 is one fen
_FEN_PER_WAN_YUAN = 1_000_000


def _digits(text: object, length: int | None = None) -> str:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) == (length or len(text))):
        raise ValueError("not the digits asked for")
    return text


def _read_day(text: object) -> date:
    return date.fromisoformat(_digits(text, 8))


def _write_day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _read_stamp(text: object) -> datetime:
    digits = _digits(text, 14)
    return datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}").replace(tzinfo=CHINA).astimezone(UTC)


def _write_stamp(instant: datetime) -> str:
    return f"{instant.astimezone(CHINA):%Y%m%d%H%M%S}"


def _parts(text: object, decimals: int) -> tuple[str, str]:
    """Take a decimal number apart; the second part is filled up to `decimals` digits."""
    whole, _, part = str(text).partition(".")
    if len(part) > decimals:
        raise ValueError("too many decimals")
    return _digits(whole), _digits(part.ljust(decimals, "0"))


def _read_wan_yuan(text: object) -> int:
    whole, part = _parts(text, _WAN_YUAN_DECIMALS)
    return int(whole) * _FEN_PER_WAN_YUAN + int(part)


def _write_wan_yuan(fen: int) -> str:
    return f"{fen // _FEN_PER_WAN_YUAN}.{fen % _FEN_PER_WAN_YUAN:06d}"


def _read_whole(text: object) -> int:
    return int(_digits(text))


#: yyyyMMdd
Day = Annotated[date, BeforeValidator(_read_day), PlainSerializer(_write_day)]
#: yyyyMMddHHmmss, China Standard Time; here aware, UTC
Stamp = Annotated[datetime, BeforeValidator(_read_stamp), PlainSerializer(_write_stamp)]
#: 万元 with at most six decimals; here fen
WanYuan = Annotated[int, BeforeValidator(_read_wan_yuan), PlainSerializer(_write_wan_yuan), Field(le=10**15)]
#: a count
Whole = Annotated[int, BeforeValidator(_read_whole), PlainSerializer(str), Field(le=10**9)]
