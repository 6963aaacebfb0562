"""Who may do what on the broker: the access rules of an installation, from its roles and its directory. Pure.

A process is known by the name of its container (`chakong-relay`, `chakong-worker-deposits`), an external adapter by its agency.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from contracts.agency import Agency
from contracts.kafka import topics
from contracts.registry import asset_types
from deploy import topology

#: What the groups of our workers begin with.
_WORKER_GROUPS = "chakong.worker."
_OURS = "chakong."


@dataclass(frozen=True)
class Acl:
    """One permission: everything that no rule allows is refused by the broker's authorizer."""

    principal: str
    operation: Literal["Read", "Write", "Describe", "Create", "DescribeConfigs"]
    resource: Literal["topic", "group"]
    name: str
    pattern: Literal["literal", "prefixed"] = "literal"

    def command(self) -> str:
        """Return the line that adds it with Kafka's own tool."""
        prefixed = " --resource-pattern-type prefixed" if self.pattern == "prefixed" else ""
        return (f'kafka-acls.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --command-config admin.properties --add'
                f" --allow-principal {shlex.quote(self.principal)} --operation {self.operation} --{self.resource} {shlex.quote(self.name)}{prefixed}")


def rules(agencies: Iterable[Agency]) -> list[Acl]:
    """Return every permission an installation needs, and no other."""
    external = [one for one in agencies if one.served_by == "external"]
    made = [*_of("topics-create", _prefixed("Create"), _prefixed("Describe"))]
    for container, command in topology.containers().items():
        role, _, kind = command.partition(":")
        made += _of_role(container, role, kind, external)
    for agency in external:
        made += [one for one in _of_agency(agency) if one not in made]
    return made


def as_lines(found: Iterable[Acl]) -> Iterator[str]:
    """Return the lines for Kafka's own tool."""
    return (one.command() for one in found)


def as_json(found: Iterable[Acl]) -> str:
    """Return the rules as a list of objects."""
    return json.dumps([asdict(one) for one in found], indent=1)


def _of_role(container: str, role: str, kind: str, external: Iterable[Agency]) -> Iterator[Acl]:
    match role:
        case "relay":  # replies, since what was set aside is sent again from here
            ours = [topics.commands(code) for code in asset_types()]
            yield from _of(container, *_writes(*ours, *sorted({topics.commands_for(one) for one in external}), topics.EVENTS, topics.REPLIES))
        case "aggregator":
            yield from _of(container, *_reads(topics.REPLIES, "chakong.aggregator"),
                           *_reads(topics.DEAD_LETTERS, topics.DEAD_LETTERS_GROUP), *_reads(topics.STATES, topics.STATES_GROUP), *_writes(topics.DEAD_LETTERS))
        case "worker":
            yield from _of(container, *_reads(topics.commands(kind), _WORKER_GROUPS, pattern="prefixed"),
                           *_writes(topics.REPLIES, topics.DEAD_LETTERS, topics.STATES))
        case "callbacks":
            yield from _of(container, *_writes(topics.REPLIES, topics.STATES))


def _of_agency(agency: Agency) -> list[Acl]:
    """Return what an external adapter may do: read its own commands with groups of its own name, and answer."""
    return list(_named(agency.agency, *_reads(topics.commands_for(agency), agency.agency, pattern="prefixed"), *_writes(topics.REPLIES)))


_Wanted = tuple[Literal["Read", "Write", "Describe", "Create", "DescribeConfigs"], Literal["topic", "group"], str, Literal["literal", "prefixed"]]


def _of(container: str, *wanted: _Wanted) -> Iterator[Acl]:
    return _named(f"chakong-{container}", *wanted)


def _named(name: str, *wanted: _Wanted) -> Iterator[Acl]:
    return (Acl(f"User:{name}", *one) for one in wanted)


def _prefixed(operation: Literal["Describe", "Create"]) -> _Wanted:
    return operation, "topic", _OURS, "prefixed"


def _reads(topic: str, group: str, pattern: Literal["literal", "prefixed"] = "literal") -> list[_Wanted]:
    """Return what a consumer needs; who may read may describe."""
    return [("Read", "topic", topic, "literal"), ("Read", "group", group, pattern)]


def _writes(*names: str) -> list[_Wanted]:
    """Return what an idempotent producer needs; who may write may describe."""
    return [("Write", "topic", name, "literal") for name in names]
