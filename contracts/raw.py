"""What somebody else wrote, as text to be kept. Pure."""

import json

#: Characters kept of one field that was not read.
MOST_FIELD_CHARS = 500


#: Control characters that PostgreSQL or XML does not take, for `str.translate`.
NOT_STORED = dict.fromkeys((*range(9), 11, 12, *range(14, 32)), "\ufffd")


def raw_of(value: object) -> str:
    """Return a value as it came: a text as it is, anything else as JSON, cut where it is very long."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))[:MOST_FIELD_CHARS]


def in_whole_characters(text: str) -> str:
    """Return a text with U+FFFD for each half of a character (lone surrogate): UTF-8 writes none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
