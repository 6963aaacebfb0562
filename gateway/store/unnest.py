"""Write many rows in one statement: columns as arrays. It costs about what COPY costs (performance.md)."""

from collections.abc import Sequence
from typing import Any


def rows(alias: str, **columns: str) -> str:
    """Return the SQL of a table made of array parameters named `<alias>_<column>`; columns map to SQL types."""
    casts = ", ".join(f"CAST(:{alias}_{name} AS {sql_type}[])" for name, sql_type in columns.items())
    return f"unnest({casts}) AS {alias}({', '.join(columns)})"


def arrays(alias: str, items: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    """Return the parameters that `rows` names, read off the items by attribute."""
    return {f"{alias}_{name}": [getattr(item, name) for item in items] for name in names}
