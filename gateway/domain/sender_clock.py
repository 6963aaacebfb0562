"""A reply of a worker whose clock is off: what it says of instants is taken as so long after it was sent. Pure.

An adapter has no database to ask for the time. A message cannot come from the future, and no reply is older than its command.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.messages import Reply

#: How far a sender's clock may be from ours before anybody is told.
BOUND = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Placed:
    """A reply with its instants by our clock, and how far its sender's clock is certainly ahead (behind: less than zero); 0: it is right."""

    reply: Reply
    off: timedelta = timedelta()


def placed(reply: Reply, sent_at: datetime | None, asked_at: datetime | None, now: datetime) -> Placed:
    """Place a reply in our time.

    Shape: `sent_at` by the sender's clock (`ce_time`), `asked_at` when its command was sent by ours; either may be missing.
           A reply that is only old may have waited in Kafka: `until` is counted anew, which asks a little later and never at once.
    """
    if sent_at is None or abs(sent_at - now) <= BOUND:
        return Placed(reply)
    off = timedelta()
    if sent_at > now:
        off = sent_at - now
    elif asked_at is not None and asked_at - sent_at > BOUND:
        off = sent_at - asked_at
    try:
        return Placed(_moved(reply, sent_at, now), off)
    except OverflowError:
        return Placed(reply, off)  # an instant at the end of all years stays where it is, and is bounded by whoever reads it


def _moved(reply: Reply, sent_at: datetime, now: datetime) -> Reply:
    changes: dict[str, datetime] = {}
    if sent_at > now and reply.as_of is not None:
        changes["as_of"] = reply.as_of - (sent_at - now)
    if reply.until is not None:
        changes["until"] = now + max(timedelta(), reply.until - sent_at)
    return reply.model_copy(update=changes) if changes else reply
