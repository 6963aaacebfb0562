"""Claim checks: signed addresses under which an adapter fetches a document's content until its task ends. Pure."""

import hmac
from datetime import UTC, datetime
from urllib.parse import quote

from contracts.keyed import keyed_hash

_PURPOSE = "claim-check"


def claim_path(secret: bytes, *, court_code: str, task_id: str, document_id: str, ends_at: datetime) -> str:
    """Return the path of a claim check, valid until the task's answer is due.

    Shape: `court_code` is the court whose documents go out with the task: who took the step, not whose request or control it is about.
           Being signed, it is decided here and nowhere else
    """
    expires = str(int(ends_at.timestamp()))
    signature = keyed_hash(secret, _PURPOSE, court_code, task_id, document_id, expires)
    return f"/claims/{task_id}/{document_id}?court={quote(court_code)}&expires={expires}&signature={signature}"


def claim_holds(
    secret: bytes, *, court_code: str, task_id: str, document_id: str, expires: str, signature: str, now: datetime
) -> bool:
    """Tell whether a claim check is one of ours and still in time."""
    right = keyed_hash(secret, _PURPOSE, court_code, task_id, document_id, expires)
    if not hmac.compare_digest(right, signature) or not expires.isdigit():
        return False
    return now < datetime.fromtimestamp(int(expires), UTC)
