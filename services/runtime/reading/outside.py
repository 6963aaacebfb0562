"""Where a message leaves its document, told without what it says there. Pure."""

from pydantic import ValidationError

#: From so many on, the places are only counted.
_MOST_ERRORS = 100
_MOST_CHARS = 500


def why(error: ValidationError | KeyError) -> str:
    """Say where a message leaves the document; what it says there may be personal data."""
    if isinstance(error, KeyError):
        return f"no {error}"
    if error.error_count() > _MOST_ERRORS:
        return f"{error.error_count()} times"
    first = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in first)[:_MOST_CHARS]
