"""The housing bureau's own words (dialect `presale`): small JSON about contracts for homes that are not registered yet.

Constructed; no bureau's document is public. Days `yyyy-MM-dd`, instants `yyyy-MM-dd HH:mm` in China Standard Time, areas as
numbers in m2, loans as text in yuan with two decimals. What we say, and what a bureau says to a hold: there an unknown name or code is an
error. The contracts it lists are read field by field (presale_reading.py).
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from contracts.asset_type import Line, UnitCode
from contracts.clock import CHINA
from contracts.money import fen_to_yuan, yuan_to_fen
from contracts.words import Model

QUERY_PATH, HOLD_PATH, STATUS_PATH = "/presale/query", "/presale/hold", "/presale/status"  # … /query/<ticket>, … /hold/<ticket>

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")
_YUAN = re.compile(r"\d{1,13}\.\d{2}")


def _text(pattern: re.Pattern[str], text: object) -> str:
    if not (isinstance(text, str) and text.isascii() and pattern.fullmatch(text)):
        raise ValueError("not in the form asked for")
    return text


def _read_day(text: object) -> date:
    return date.fromisoformat(_text(_DAY, text))


def _read_instant(text: object) -> datetime:
    return datetime.fromisoformat(_text(_INSTANT, text)).replace(tzinfo=CHINA).astimezone(UTC)


def _write_instant(instant: datetime) -> str:
    return f"{instant.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _read_yuan(text: object) -> int:
    return yuan_to_fen(_text(_YUAN, text))


Day = Annotated[date, BeforeValidator(_read_day), PlainSerializer(date.isoformat)]
Instant = Annotated[datetime, BeforeValidator(_read_instant), PlainSerializer(_write_instant)]
Yuan = Annotated[int, BeforeValidator(_read_yuan), PlainSerializer(fen_to_yuan)]
Count = Annotated[int, Field(ge=0, le=10**6, strict=True)]
Ticket = Annotated[str, Field(min_length=1, max_length=45)]

CardKind = Literal["citizen", "household", "passport", "permit", "officer", "credit_code", "organisation", "licence",
                   "unlisted"]
Reason = Literal["papers_missing", "papers_wrong", "cards_missing", "name_differs", "identity_short", "no_access",
                 "not_done_here", "no_such_house", "exempt", "too_long", "nothing_to_follow", "too_late", "too_many",
                 "not_passed"]
HoldState = Literal["holding", "queued", "lifted", "run_out", "ended_by_sale", "handed_over", "withdrawn"]


class Paper(Model):
    """A legal document, by kind and number; the bureau looks at the papers themselves elsewhere."""

    kind: Literal["ruling", "notice", "unlisted"]
    name: Line
    number: Line


class Ask(Model):
    """One question: which contracts this buyer has filed."""

    ticket: Ticket
    buyer: Line
    card_kind: CardKind
    card_no: Line
    court: Line
    case_no: Line
    judge: Line | None = None
    work_card: Line | None = None
    duty_card: Line | None = None
    papers: tuple[Paper, ...] = ()
    reply_to: str | None = None


class HoldAsk(Ask):
    """Hold this home for the court before it is registered (预查封), or prolong or lift the hold of an earlier ticket."""

    house_code: UnitCode
    measure: Literal["pre_seal", "prolong", "lift"]
    follows: Ticket | None = None
    hold_no: Line | None = None
    months: Count | None = None
    until: Day | None = None
    ruling_no: Line | None = None


class Asks(Model):
    """Body of a query."""

    asks: tuple[Ask, ...] = Field(min_length=1)


class Hold(Model):
    """What already holds a home; a queued hold has no end yet."""

    kind: Literal["seal", "pre_seal"]
    by: Line
    paper_no: Line | None = None
    order: Count | None = None
    since: Day | None = None
    until: Day | None = None
    ticket: Ticket | None = None


class Loan(Model):
    """A loan that the home secures."""

    bank: Line
    kind: Literal["mortgage", "maximum"]
    amount: Yuan | None = None


class Received(Model):
    """Taken in; a person answers it later."""

    result: Literal["received"] = "received"
    ticket: Ticket
    slip_no: Line
    ready_in_s: Count | None = None


class Declined(Model):
    """Not done, and why."""

    result: Literal["declined"] = "declined"
    ticket: Ticket
    reason: Reason
    note: Line


class Held(Model):
    """How a hold stands."""

    result: Literal["held"] = "held"
    ticket: Ticket
    house_code: UnitCode
    state: HoldState
    order: Count | None = None
    hold_no: Line | None = None
    served: Instant | None = None
    since: Instant | None = None
    until: Day | None = None
    holds: tuple[Hold, ...] = ()
    loans: tuple[Loan, ...] = ()


class Replies(Model):
    """A body with answers; each is read by itself."""

    status: Literal["ok"] = "ok"
    at: Instant
    replies: tuple[dict[str, Any], ...]


class Trouble(Model):
    """A body without answers."""

    status: Literal["trouble"] = "trouble"
    at: Instant
    trouble: Literal["closed", "busy", "unreadable", "no_access"]
    note: Line


#: What a question is answered with that says nothing yet, or nothing at all.
QUERY_REPLY: TypeAdapter[Received | Declined] = TypeAdapter(Annotated[Received | Declined, Field(discriminator="result")])
HOLD_REPLY: TypeAdapter[Held | Received | Declined] = TypeAdapter(
    Annotated[Held | Received | Declined, Field(discriminator="result")])
