"""Topic names as functions of codes, and what each topic is configured with. interface.md §2."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.agency import Agency

REPLIES = "chakong.reply.v1"
EVENTS = "chakong.event.v1"
DEAD_LETTERS = "chakong.dead-letter.v1"
STATES = "chakong.state.v1"
_COMMANDS = "chakong.command."

#: The group that brings states into the store.
STATES_GROUP = "chakong.state"
#: The group that brings dead letters into the store; how long they are kept.
DEAD_LETTERS_GROUP = "chakong.dead-letters"
DEAD_LETTER_DAYS = 90
#: What the names of the workers' groups begin with; and the one group of a broker that is read by one worker only.
_WORKERS = "chakong.worker."
ONLY_WORKER = "chakong.worker"
#: Largest message a topic takes, bytes.
_MOST_BYTES = 8 * 1024 * 1024
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic and how long it keeps messages, in days."""

    name: str
    keep_days: int

    def config(self, min_insync_replicas: int) -> dict[str, str]:
        """Return the broker's configuration for this topic."""
        return {"retention.ms": str(self.keep_days * _DAY_MS), "max.message.bytes": str(_MOST_BYTES),
                "min.insync.replicas": str(min_insync_replicas), "cleanup.policy": "delete"}


def commands(asset_type: str, external_agency: str | None = None) -> str:
    """Return the command topic of an asset type, or of one agency that a foreign adapter serves."""
    middle = f"{asset_type}.{external_agency}" if external_agency else asset_type
    return f"{_COMMANDS}{middle}.v1"


def carries_commands(topic: str) -> bool:
    """Tell whether a topic of this name carries commands."""
    return topic.startswith(_COMMANDS)


def commands_for(agency: Agency) -> str:
    """Return the topic an agency's commands go to."""
    return commands(agency.asset_type, agency.agency if agency.served_by == "external" else None)


def external_agency(topic: str) -> str | None:
    """Return the agency whose own topic this is; None for a topic of ours."""
    match topic.split("."):
        case ["chakong", "command", _, agency, "v1"]:
            return agency
        case _:
            return None


def worker_group(asset_type: str) -> str:
    """Return the consumer group of the workers of a topic, whatever else their processes do. ADR 18."""
    return _WORKERS + asset_type


def was_worker_group(group: str, asset_type: str) -> bool:
    """Tell whether a group once read an asset type's topic together with others: it was named by the list of kinds."""
    kinds = group.removeprefix(_WORKERS).split("+")
    return group.startswith(_WORKERS) and len(kinds) > 1 and asset_type in kinds


def all_topics(asset_types: Iterable[str], agencies: Iterable[Agency]) -> list[Topic]:
    """Return every topic an installation needs."""
    names = [commands(code) for code in asset_types]
    names += sorted({commands_for(agency) for agency in agencies if agency.served_by == "external"})
    return [*(Topic(name, 7) for name in names), Topic(REPLIES, 7), Topic(EVENTS, 7), Topic(DEAD_LETTERS, DEAD_LETTER_DAYS),
            Topic(STATES, 1)]
