"""How much an agency may say: what is beyond is neither stored nor computed with nor passed on, whoever says it. Pure. docs/operations.md.

Both sides read every reply through these bounds (contracts.kafka.replies): the agency side before it sends one, the gateway before it believes one.
"""

from collections.abc import Mapping
from datetime import date

#: Largest reply, bytes: what a message may weigh but for its headers.
MOST_REPLY_BYTES = 8 * 1024 * 1024 - 16_384
#: Most items of one reply, readable and unreadable together.
MOST_ITEMS = 20_000
#: Most characters of one text in a record; most fields of a record, or entries of a list in it; deepest nesting of one.
MOST_TEXT_CHARS, MOST_ENTRIES, MOST_DEPTH = 20_000, 5_000, 12
#: Most characters of a field's name, of what names an asset, and of a number an agency gives (its reference, a control's number).
MOST_NAME_CHARS, MOST_KEY_CHARS, MOST_REF_CHARS = 200, 500, 200
#: Most characters of a task's id.
MOST_ID_CHARS = 100
#: Whole numbers stay below it, above its negative: PostgreSQL's bigint.
NUMBERS_BELOW = 2**63
#: The years that registers answer in: no time zone, term or count of working days leads out of what a date can be.
FIRST_YEAR, LAST_YEAR = 1950, 2199
#: Most of an agency's own answer that is kept as evidence, bytes; base64 of it fits into a message.
MOST_RAW_BYTES = 4 * 1024 * 1024
#: Longest wait that an agency can ask for, in seconds: thirty days.
MOST_WAIT_S = 30 * 86_400.0


def in_our_time(day: date) -> bool:
    """Tell whether a day, or an instant, is one that a register answers with."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def is_storable(value: object, depth: int = MOST_DEPTH) -> bool:
    """Tell whether a JSON value is within the bounds: texts, numbers, names, entries, nesting."""
    if isinstance(value, str):
        return len(value) <= MOST_TEXT_CHARS
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return -NUMBERS_BELOW < value < NUMBERS_BELOW  # NaN is none either
    if not depth or not isinstance(value, Mapping | list | tuple) or len(value) > MOST_ENTRIES:
        return False
    if isinstance(value, Mapping):
        return all(len(name) <= MOST_NAME_CHARS and is_storable(one, depth - 1) for name, one in value.items())
    return all(is_storable(one, depth - 1) for one in value)
