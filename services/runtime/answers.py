"""What an agency said, or did not say, as our reply. Pure; nothing is concluded from silence or from a string."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import assert_never

from contracts.failures import AgencyError, AgencyProtocolError, AgencyRefused, AgencyUnavailable, AgencyUnsupported
from contracts.messages import MOST_RAW_CHARS, Reply
from services.runtime.port import (
    Accepted,
    Answer,
    Asked,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)

_MOST_DETAIL_CHARS = 2_000
#: PostgreSQL takes every character but this one.
_NUL, _REPLACEMENT = "\x00", "\ufffd"


class NotCalled(AgencyUnavailable):
    """The agency is not called for a while, because it did not answer; `retry_after_s` says for how long, `since` since when."""

    def __init__(self, *, retry_after_s: float, since: datetime | None = None) -> None:
        """Keep both."""
        super().__init__("not asked for a while", retry_after_s=retry_after_s, code="suspended")
        self.since = since


@dataclass(frozen=True, slots=True)
class Evidence:
    """The body an answer was read from, its SHA-256 in hex, and how long the call took."""

    body: bytes
    digest: str
    elapsed_s: float | None = None


def evidence_of(body: bytes, elapsed_s: float | None = None) -> Evidence:
    """Return a body as evidence."""
    return Evidence(body, sha256(body).hexdigest(), elapsed_s)


@dataclass(frozen=True, slots=True)
class Deferral:
    """How long until the gateway asks again: doubled with each attempt, in seconds."""

    first_s: float
    most_s: float

    def pause_s(self, attempt: int, error: AgencyUnavailable, jitter: float) -> float:
        """Return the pause; never shorter than the agency asked for, spread by `jitter` in [0, 1).

        Shape: an agency that is not called is asked when it may be called again, whatever the attempt, spread over as long again
        """
        grown_s = min(self.most_s, self.first_s * 2.0 ** min(attempt - 1, 30))
        asked_s = error.retry_after_s or 0.0
        return asked_s * (1 + jitter) if isinstance(error, NotCalled) else max(asked_s, grown_s) * (1 + jitter / 2)


def to_reply(agency: str, asked: Asked, answer: Answer, evidence: Evidence, now: datetime) -> Reply:
    """Return the reply an answer becomes.

    Shape: the raw answer is kept with what is outside the protocol
    """
    answered = partial(Reply, task_id=asked.task_id, agency=agency, kind="answered", elapsed_s=evidence.elapsed_s,
                       raw_sha256=evidence.digest)
    match answer:
        case Found():
            outcome = "found" if answer.assets or answer.unreadable else "none_found"
            return answered(outcome=outcome, as_of=answer.as_of, assets=tuple(answer.assets) or None,
                            unreadable=tuple(answer.unreadable) or None, unread=tuple(answer.unread) or None)
        case Controlled():
            return answered(outcome="controlled", as_of=answer.as_of, control=answer.control)
        case Refused():
            return answered(outcome="refused", code=answer.code, detail=_detail(answer.detail), as_of=now)
        case Unsupported():
            return answered(outcome="unsupported", code="no_capability", detail=_detail(answer.detail), as_of=now)
        case Accepted():
            until = None if answer.ask_after_s is None else now + timedelta(seconds=answer.ask_after_s)
            return Reply(task_id=asked.task_id, agency=agency, kind="acknowledged", agency_ref=answer.agency_ref,
                         until=until, elapsed_s=evidence.elapsed_s, raw_sha256=evidence.digest)
        case OutsideProtocol():
            return answered(outcome="failed", code="protocol", detail=_detail(answer.detail), as_of=now,
                            raw=raw_text(evidence.body))
        case _:
            assert_never(answer)


def no_answer(agency: str, asked: Asked, error: AgencyError, *, evidence: Evidence, pause_s: float, now: datetime) -> Reply:
    """Return the reply to a call that gave no answer we can use.

    Units:   pause_s counts if asking again may help
    Raises:  the error itself, if it is none that an agency can cause
    """
    match error:
        case AgencyUnavailable():
            since = error.since if isinstance(error, NotCalled) else None
            return deferred(agency, asked.task_id, error.why, str(error), now + timedelta(seconds=pause_s), since=since)
        case AgencyProtocolError():
            kept = evidence if evidence.body else evidence_of(error.raw, evidence.elapsed_s)
            return to_reply(agency, asked, OutsideProtocol(str(error)), kept, now)
        case AgencyUnsupported():
            outcome, code = "unsupported", "no_capability"
        case AgencyRefused():
            outcome, code = "refused", error.refusal_code
        case _:
            raise error
    return Reply.model_validate({"task_id": asked.task_id, "agency": agency, "kind": "answered", "outcome": outcome,
                                 "code": code, "detail": _detail(str(error)), "as_of": now})


def deferred(agency: str, task_id: str, code: str, detail: str, until: datetime, *, since: datetime | None = None) -> Reply:
    """Return the reply that asks the gateway to send the command again; `since` when the agency is not asked, if it was not."""
    return Reply(task_id=task_id, agency=agency, kind="deferred", code=code, detail=_detail(detail), until=until, as_of=since)


def fault(agency: str, task_id: str, detail: str, now: datetime) -> Reply:
    """Return the reply that says that we, and not the agency, are at fault."""
    return Reply(task_id=task_id, agency=agency, kind="answered", outcome="failed", code="fault", detail=_detail(detail),
                 as_of=now)


def raw_text(body: bytes) -> str:
    """Return an answer as text that can be stored; what is not UTF-8 is replaced, `raw_sha256` names the original."""
    return body[: 4 * MOST_RAW_CHARS].decode("utf-8", "replace")[:MOST_RAW_CHARS].replace(_NUL, _REPLACEMENT)


def _detail(text: str) -> str | None:
    return text[:_MOST_DETAIL_CHARS].replace(_NUL, _REPLACEMENT) or None
