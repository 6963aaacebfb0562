"""The forms in which agencies write text, codes, numbers, amounts, areas, shares and days. Pure.

A form takes what stands on the wire and returns what it means, or raises `Odd`. What means one thing is read, however it is written
(`118.5㎡`, `50%`, `20150901`); what may mean two things is not: no default and no guess.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from contracts.clock import CHINA
from contracts.failures import Unfit
from contracts.messages import UnreadCode

#: Reads one field. Raises: Odd
Form = Callable[[Any], Any]

MOST_TEXT_CHARS = 300
#: What agencies write where they know nothing.
NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "空", "null", "NULL", "None"})
#: Days before and after these are no days of a register: 0001-01-01 is none, 9999-12-31 no end.
_FIRST_DAY, _LAST_DAY = date(1850, 1, 1), date(2150, 12, 31)
#: Control characters and lone surrogates.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))")
_MONTH = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})月?|(\d{2}))")
_TIME = re.compile(r"[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.0+)?")
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_AREA_UNITS = re.compile(r"(?:㎡|m2|m²|平方米|平米|平方公尺)$", re.IGNORECASE)
_YUAN_SIGNS, _YUAN_UNITS = re.compile(r"^(?:￥|¥|CNY|RMB|人民币)"), re.compile(r"(?:元|元整|圆)$")
#: As nearly every amount is written.
_TWO_DECIMALS = re.compile(r"\d{1,13}\.\d\d", re.ASCII)
_FRACTION = re.compile(r"(\d{1,9})/(\d{1,9})")
_CHINESE_FRACTION = re.compile(r"([一二三四五六七八九十百]+)分之([一二三四五六七八九十百]+)")
_CHINESE_DIGITS = {char: value for value, char in enumerate("一二三四五六七八九十", start=1)} | {"百": 100}
_WHOLE = frozenset({"全部", "单独所有", "整体"})


class Odd(ValueError):
    """A field that was not read as its document says, and why; `kept`: what can be kept of it all the same, if anything."""

    def __init__(self, code: UnreadCode, kept: object = None) -> None:
        """Take the code and what is kept."""
        super().__init__(code)
        self.code, self.kept = code, kept


class Garbled(str):
    """A text that is not encoded as its document says: kept as it came, and read as nothing."""

    __slots__ = ()


def text(value: object, most: int = MOST_TEXT_CHARS) -> str:
    """Read a text; a whole number is one too. Blanks around it are none of it. Raises: Odd."""
    if not isinstance(value, str):
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise Odd("bad_form")
    plain = value.strip()
    if isinstance(value, Garbled) or not 0 < len(plain) <= most or _UNSEEN.search(plain):
        raise Odd("bad_form")
    return plain


def compact(value: object) -> str:
    """Read a short text that is no prose: half-width, without blanks. Raises: Odd."""
    plain = text(value)
    return plain if plain.isascii() and " " not in plain else "".join(normalize("NFKC", plain).split())


def code(table: Mapping[str, Any]) -> Form:
    """Return the form of a code of a published list; any other is an unknown code, never given a meaning."""

    def read(value: object) -> object:
        word = value if type(value) is str and value in table else compact(value)
        if word not in table:
            raise Odd("unknown_code")
        return table[word]

    return read


def letters(table: Mapping[str, Any], *, most: int) -> Form:
    """Return the form of a string of codes of one letter each; with one that is unknown nothing is concluded from the others."""

    def read(value: object) -> tuple[object, ...]:
        word = compact(value)
        if len(word) > most or any(letter not in table for letter in word):
            raise Odd("unknown_code")
        return tuple(table[letter] for letter in word)

    return read


def fit(check: Callable[[str], str], form: Form = text) -> Form:
    """Return the form of an identifier that `contracts.identifiers` writes in its normal form."""

    def read(value: object) -> str:
        try:
            return check(form(value))
        except Unfit:
            raise Odd("bad_form") from None

    return read


def doubtful(fits: Callable[[Any], bool], form: Form = text) -> Form:
    """Return a form whose value is kept and marked where it hardly can be true: a check digit that fails."""

    def read(value: object) -> object:
        meant = form(value)
        if not fits(meant):
            raise Odd("implausible", kept=meant)
        return meant

    return read


def number(value: object) -> Decimal:
    """Read a decimal number, thousands parted by commas or not. Raises: Odd."""
    if isinstance(value, float):
        value = repr(value)
    word = compact(value)
    if not _NUMBER.fullmatch(word):
        raise Odd("bad_form")
    return Decimal(word.replace(",", ""))


def whole(value: object) -> int:
    """Read a count: a whole number of nothing or more. Raises: Odd."""
    return _integer(number(value), least=0)


def fen(value: object) -> int:
    """Read an amount where fen are agreed; with a decimal point it may be yuan as well. Raises: Odd."""
    word = compact(value).removesuffix("分")
    if "." in word:
        raise Odd("bad_form")
    return _integer(number(word))


def yuan(value: object) -> int:
    """Read an amount where yuan with decimals are agreed, as fen; without a decimal point it may be fen as well. Raises: Odd."""
    if isinstance(value, str) and _TWO_DECIMALS.fullmatch(value):
        return int(value.replace(".", ""))
    word = repr(value) if isinstance(value, float) else compact(value)
    plain = _YUAN_UNITS.sub("", _YUAN_SIGNS.sub("", word))
    if "." not in plain and plain == word:
        raise Odd("bad_form")
    return _integer(number(plain) * 100)


def wan_yuan(value: object) -> int:
    """Read an amount where 万元 are agreed, as fen; one that says 元 and not 万 is of yuan. Raises: Odd."""
    word = repr(value) if isinstance(value, float) else compact(value)
    plain = word.removesuffix("元")
    wan = plain.removesuffix("万")
    return _integer(number(wan) * (100 if wan == plain != word else 1_000_000))


def _integer(value: Decimal, *, least: int | None = None) -> int:
    if value != value.to_integral_value() or abs(value) > 10**15 or (least is not None and value < least):
        raise Odd("bad_form")
    return int(value)


def area(value: object) -> float:
    """Read an area in m2, with its unit or without. Raises: Odd."""
    word = value if isinstance(value, float) else _AREA_UNITS.sub("", compact(value))
    read = number(word)
    if not 0 <= read <= 10**9:
        raise Odd("bad_form")
    return float(read)


def share(value: object) -> str:
    """Read a share as a fraction in lowest terms: 1/2, 50%, 0.5, 二分之一, 全部. Raises: Odd."""
    return _share(repr(value) if isinstance(value, float) else compact(value))


@lru_cache(maxsize=1024)  # shares are few
def _share(word: str) -> str:
    if word in _WHOLE:
        return "1"
    part = _chinese_fraction(word) or _fraction(word)
    if part is None:
        part = Fraction(number(word.removesuffix("%"))) / (100 if word.endswith("%") else 1)
    if not 0 < part <= 1:
        raise Odd("bad_form")
    return str(part)


def _fraction(word: str) -> Fraction | None:
    parts = _FRACTION.fullmatch(word)
    return Fraction(int(parts[1]), int(parts[2])) if parts and int(parts[2]) else None


def _chinese_fraction(word: str) -> Fraction | None:
    parts = _CHINESE_FRACTION.fullmatch(word)
    return Fraction(_chinese_number(parts[2]), _chinese_number(parts[1])) if parts else None


def _chinese_number(word: str) -> int:
    """Read 一 … 九十九, 一百; what is no such number is none. Raises: Odd."""
    if word == "一百":
        return 100
    tens, ten, ones = word.rpartition("十")
    if not {*tens, *ones} <= set("一二三四五六七八九") or len(tens) > 1 or len(ones) > 1:
        raise Odd("bad_form")
    return (_CHINESE_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_CHINESE_DIGITS[ones] if ones else 0)


@lru_cache(maxsize=4096)  # one answer says one day again and again
def _parted(word: str) -> tuple[date, tuple[int, int, int] | None]:
    """Take a day with or without a time apart. Raises: Odd."""
    word = normalize("NFKC", word)
    found = _DAY.match(word)
    rest = word[found.end():] if found else ""
    clock = _TIME.fullmatch(rest) if rest else None
    if not found or (rest and not clock):
        raise Odd("bad_form")
    year, *others = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, *others), (int(clock[1]), int(clock[2]), int(clock[3] or 0)) if clock else None
    except ValueError:
        raise Odd("implausible" if year < _FIRST_DAY.year else "bad_form") from None


def day(value: object) -> date:
    """Read a day, with a time or without; 0001-01-01 and 9999-12-31 are no days of a register. Raises: Odd."""
    return _day(text(value))


@lru_cache(maxsize=4096)
def _day(word: str) -> date:
    read, _ = _parted(normalize("NFKC", word))
    if not _FIRST_DAY <= read <= _LAST_DAY:
        raise Odd("implausible")
    return read


def instant(value: object) -> datetime:
    """Read an instant of China Standard Time as UTC; a day alone is none. Raises: Odd."""
    on, clock = _parted(text(value))
    if not clock or not _FIRST_DAY <= on <= _LAST_DAY:
        raise Odd("implausible" if clock else "bad_form")
    try:
        return datetime.combine(on, time(*clock), CHINA).astimezone(UTC)
    except ValueError:
        raise Odd("bad_form") from None


def unsigned(form: Form) -> Form:
    """Return the form of an amount that is never below nothing: what a right secures, what a freeze holds."""

    def read(value: object) -> object:
        amount = form(value)
        if amount < 0:
            raise Odd("implausible")
        return amount

    return read


def shaped(pattern: re.Pattern[str]) -> Form:
    """Return the form of a number or a code of a fixed shape, blanks in it or not."""

    def read(value: object) -> str:
        word = compact(value)
        if not pattern.fullmatch(word):
            raise Odd("bad_form")
        return word

    return read


def rank(value: object) -> int:
    """Read a place in a queue, from 1. Raises: Odd."""
    place = whole(value)
    if place < 1:
        raise Odd("implausible")
    return place


def month(value: object) -> str:
    """Read a month as 2026-11: 202611, 2026-11, 2026年11月, or a day of it. Raises: Odd."""
    word = normalize("NFKC", text(value))
    found = _MONTH.fullmatch(word)
    read = day(f"{found[1]}-{found[2] or found[3]}-01" if found else word)
    return f"{read:%Y-%m}"
