"""What the roles of one process share: clock, identifiers, directory, settings, addresses, and what is ready."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from contracts.agency import Agency
from contracts.failures import DirectoryInvalid
from contracts.kafka.settings import KafkaSettings
from contracts.pulse import Pulse, Pulses
from contracts.state import RoleState
from deploy.clock import DatabaseClock, SureClock, SystemClock
from deploy.settings import SHIPPED_AGENCIES, DeploySettings
from gateway.domain.court_policy import CourtPolicies, parse_court_policies
from gateway.domain.courts import Courts, courts, parse_courts
from gateway.domain.directory import Directory, parse_directory
from gateway.domain.law.overrides import Overrides, parse_overrides
from gateway.settings import GatewaySettings
from gateway.store.outbox import DueTask
from gateway.store.settings import StoreSettings

#: Thousands of rows take libyaml half a second and PyYAML alone five.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Mesh:
    """One process of the mesh. `checks` says by name whether each role of it is ready; `told` gives addresses to whoever waits."""

    directory: Directory
    #: what the roles of this process go by; `of` gives those that store decisions the database's
    clock: SystemClock | DatabaseClock | SureClock
    #: what stands behind the colon of a role's name (`worker:deposits,vehicles`)
    detail: str = ""
    #: the folder that holds everything embedded
    folder: Path = Path(".chakong")
    #: name and address of each role that answers HTTP, once it listens
    listening: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)
    checks: dict[str, Callable[[], bool]] = field(default_factory=dict)
    #: the main loop of each role of this process, by the role's name
    pulses: dict[str, Pulse | Pulses] = field(default_factory=dict)
    #: what the roles with a database tell of themselves
    tells: list[Callable[[], RoleState]] = field(default_factory=list)
    #: the relay runs in this process, so that intake can hand commands over
    relay_here: bool = False
    #: the relay's ear, once it listens
    committed: list[Callable[[Sequence[DueTask]], None]] = field(default_factory=list)
    #: the broker of this process lost every message with the last process
    fresh_broker: bool = False

    def of(self, detail: str, clock: SystemClock | DatabaseClock | SureClock) -> "Mesh":
        """Return the mesh as one role sees it, with the clock it lives by."""
        return replace(self, detail=detail, clock=clock)

    def state_of(self, role: str, detail: str = "") -> Callable[[], RoleState]:
        """Return what tells of a role of this process: that it lives, and how long its main loop has not turned."""
        process, started_at, name = f"{socket.gethostname()}:{os.getpid()}", self.clock.now(), f"{role}:{detail}" if detail else role

        def tell() -> RoleState:
            pulse = self.pulses.get(name)
            return RoleState(role=role, detail=detail, process=process, started_at=started_at, idle_s=pulse.idle_s if pulse else 0.0)

        return tell

    @property
    def agencies(self) -> Mapping[str, Agency]:
        """Return the directory's agencies by code."""
        return self.directory.by_code

    def hand_over(self, tasks: Sequence[DueTask]) -> None:
        """Hand freshly committed commands to the relay of this process; one that is not up yet finds them by its sweep."""
        for take in self.committed:
            take(tasks)

    @cached_property
    def overrides(self) -> Overrides:
        """Return what courts set for themselves in the legal table."""
        return load_overrides(DeploySettings().law_overrides)

    @cached_property
    def policies(self) -> CourtPolicies:
        """Return tolerance, order and terms of each court."""
        return load_court_policies(DeploySettings().court_policies)

    def check_files(self) -> None:
        """Read the files of the installation before anything is started.

        Raises: DirectoryInvalid, LawInvalid
        """
        _, _ = self.overrides, self.policies

    @cached_property
    def gateway(self) -> GatewaySettings:
        """Return the settings of the court side."""
        return GatewaySettings()

    @cached_property
    def store(self) -> StoreSettings:
        """Return where PostgreSQL is."""
        return StoreSettings()

    @cached_property
    def kafka(self) -> KafkaSettings:
        """Return where Kafka is."""
        return KafkaSettings()


def load_directory(path: Path) -> Directory:
    """Read and check the agency directory; one that says `shipped: true` adds to the rows that come with Chakong.

    Raises: DirectoryInvalid naming every row that is wrong, of the directory or of the courts that it serves
    """
    rows = _rows(path)
    adds = rows.pop("shipped", False)
    if not isinstance(adds, bool):
        raise DirectoryInvalid("`shipped` is true or false")
    return parse_directory(rows, _rows(SHIPPED_AGENCIES) if adds else None, load_courts())


def load_courts() -> Courts:
    """Return the courts: those that come with Chakong, and those of the installation's own file.

    Raises: DirectoryInvalid naming every row that is wrong
    """
    path = DeploySettings().courts
    return courts() if path is None else parse_courts(_rows(path))


def load_overrides(path: Path) -> Overrides:
    """Read and check what courts set for themselves in the legal table.

    Raises: LawInvalid naming every row that is wrong
    """
    return parse_overrides(_rows(path))


def load_court_policies(path: Path) -> CourtPolicies:
    """Read and check tolerance, order and terms of each court.

    Raises: DirectoryInvalid naming every row that is wrong
    """
    return parse_court_policies(_rows(path))


def _rows(path: Path) -> dict[str, Any]:
    """Read a YAML file that is one mapping.

    Raises: DirectoryInvalid if it is none
    """
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DirectoryInvalid(f"{path.name}: {' '.join(str(error).split())}") from None
    if not isinstance(read, dict):
        raise DirectoryInvalid(f"{path.name}: it is not a mapping")
    return read
