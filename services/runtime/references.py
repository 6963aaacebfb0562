"""Signed references in call-back addresses: what an answer is matched to goes with the agency, so nobody stores it."""

from datetime import datetime, timedelta

import jwt
from jwt.types import Options

from contracts.failures import NotFound
from contracts.messages import Command
from services.runtime.port import Asked

_ALGORITHM = "HS256"
_AUDIENCE = "chakong.callback"
_CLAIMS = ("agency", "task", "request", "no", "asks", "exp")
#: A late answer still counts (design.md §3), but not for ever.
_TAKEN_AFTER_DEADLINE = timedelta(days=30)


class ReferenceExpired(NotFound):
    """The call-back address is no longer valid."""

    code, status = "reference_expired", 403


def callback_url(base_url: str, key: str, command: Command, now: datetime) -> str:
    """Return the address at which an agency gives its answer to one command.

    Shape: {base_url}/callbacks/{agency}/{reference}; no personal data in it
    """
    expires_at = max(now, command.answer_due_at) + _TAKEN_AFTER_DEADLINE
    claims = {"aud": _AUDIENCE, "agency": command.agency, "task": command.task_id, "request": command.request_id,
              "no": command.request_no, "asks": command.asks, "exp": int(expires_at.timestamp())}
    reference = jwt.encode(claims, key, algorithm=_ALGORITHM)
    return f"{base_url.rstrip('/')}/callbacks/{command.agency}/{reference}"


def read_reference(reference: str, key: str, agency: str, now: datetime) -> Asked:
    """Return what the reference in a call-back address stands for.

    Raises: NotFound if we did not sign it for this agency; ReferenceExpired
    """
    try:
        # The expiry is compared with the clock that was passed in, not with the machine's.
        options: Options = {"verify_exp": False, "require": list(_CLAIMS)}
        claims = jwt.decode(reference, key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=options)
    except jwt.InvalidTokenError as error:
        raise NotFound("no such call-back address") from error
    if claims["agency"] != agency:
        raise NotFound("no such call-back address")
    if claims["exp"] <= now.timestamp():
        raise ReferenceExpired
    return Asked(task_id=claims["task"], request_id=claims["request"], request_no=claims["no"], asks=claims["asks"])
