"""The one list of roles. A role is `async def serve(mesh, stop)`; one process runs the list, or one container runs one entry."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.registry import asset_types
from deploy import roles
from deploy.mesh import Mesh

Serve = Callable[[Mesh, asyncio.Event], Coroutine[object, object, None]]


@dataclass(frozen=True)
class Role:
    """One role: how it runs, whether it answers HTTP, whether it is for development only, and by which clock it lives.

    `database`: it stores what it decides by the time. `sure`: it decides deadlines, and not while that clock is in doubt.
    """

    serve: Serve
    meaning: str
    http: bool = False
    development: bool = False
    clock: Literal["machine", "database", "sure"] = "machine"
    #: it has the database, and writes there that it lives
    database: bool = False


ROLES: Mapping[str, Role] = {
    "api": Role(roles.api, "takes requests and gives reports over REST", http=True, clock="database", database=True),
    "relay": Role(roles.relay, "sends due commands to Kafka", clock="database", database=True),
    "aggregator": Role(roles.aggregator, "turns replies into outcomes", clock="database", database=True),
    "schedule": Role(roles.schedule, "marks what is overdue and what has expired", clock="sure", database=True),
    "worker": Role(roles.worker, "speaks to agencies; `worker:deposits,vehicles` serves these asset types only"),
    "callbacks": Role(roles.callbacks, "takes what agencies call back", http=True),
    "mock-agencies": Role(roles.mock_agencies, "simulates the agencies", http=True, development=True),
}


def containers() -> dict[str, str]:
    """Return one entry a container of production: its name and the role it runs; a worker for each asset type."""
    entries: dict[str, str] = {}
    for name, role in ROLES.items():
        if name == "worker":
            entries |= {f"worker-{code.replace('_', '-')}": f"worker:{code}" for code in asset_types()}
        elif not role.development:
            entries[name] = name
    return entries


def chosen(names: list[str]) -> list[tuple[Role, str]]:
    """Return the roles named (all without a name) with what stands behind the colon.

    Raises: ValueError naming an unknown role, or an unknown asset type of a worker
    """
    found = []
    for name in names or list(ROLES):
        role, _, detail = name.partition(":")
        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}; there are {', '.join(ROLES)}")
        if detail and (role != "worker" or not set(detail.split(",")) <= set(asset_types())):
            raise ValueError(f"{name!r}: behind a worker's colon stand asset types, of {', '.join(asset_types())}")
        found.append((ROLES[role], detail))
    return found
