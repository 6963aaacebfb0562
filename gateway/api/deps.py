"""What the REST edge works with: made once by whoever starts the role, reached from every call."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from contracts.clock import Clock
from contracts.registry import asset_types
from contracts.words import NewId
from gateway.admission import Admission
from gateway.adopting import Adopting
from gateway.api.audit import AuditTrail
from gateway.api.known_documents import KnownDocuments
from gateway.api.settings import ApiSettings
from gateway.api.streams import Streams
from gateway.api.tokens import TokenReader
from gateway.control_batches import ControlBatches
from gateway.domain.admission import AdmissionRule
from gateway.domain.court_policy import BY_LAW, CourtPolicies
from gateway.domain.directory import Directory
from gateway.domain.law.overrides import NONE, Overrides
from gateway.follow_ups import FollowUps
from gateway.intake import Intake
from gateway.ordering import Ordering
from gateway.outlook import Outlook
from gateway.redriving import Redriving
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.database import Database, Listener

#: The checks that say whether Kafka is reached: a relay of this process, or who asks in its place.
BROKER_CHECKS = ("relay", "kafka")


@dataclass(frozen=True, eq=False)
class Deps:
    """Everything a call may need.

    Shape: `events` listens to EVENTS_CHANNEL; `token_clock` is the machine's own clock, so that a tester who advances
           `clock` ends no tokens; `checks` are what `/readyz` asks besides the database and the outbox, by name
    """

    settings: GatewaySettings
    database: Database
    events: Listener
    directory: Directory
    intake: Intake
    ordering: Ordering
    follow_ups: FollowUps
    clock: Clock
    token_clock: Clock
    new_id: NewId
    checks: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    #: what courts set for themselves in the legal table
    overrides: Overrides = NONE
    api: ApiSettings = field(default_factory=ApiSettings)
    policies: CourtPolicies = BY_LAW
    control_batches: ControlBatches = field(init=False)
    redriving: Redriving = field(init=False)
    adopting: Adopting = field(init=False)
    reports: Reports = field(init=False)
    audit: AuditTrail = field(init=False)
    tokens: TokenReader = field(init=False)
    streams: Streams = field(init=False)
    outlook: Outlook = field(init=False)
    #: calls under way by court
    calls_of: Counter[str] = field(init=False, default_factory=Counter)
    known_documents: KnownDocuments = field(init=False, default_factory=KnownDocuments)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reports", Reports(self.settings.secret, self.directory, self.policies, self.overrides))
        object.__setattr__(self, "control_batches", ControlBatches(self.database, self.follow_ups, clock=self.clock, new_id=self.new_id))
        object.__setattr__(self, "redriving", Redriving(self.database, self.directory, asset_types=frozenset(asset_types()), clock=self.clock))
        object.__setattr__(self, "adopting", Adopting(self.database, self.directory, self.follow_ups, self.settings, clock=self.clock, new_id=self.new_id))
        object.__setattr__(self, "audit", AuditTrail(self.database, linger_s=self.api.audit_linger_s))
        object.__setattr__(self, "tokens", TokenReader(self.settings.token_public_key, self.token_clock))
        object.__setattr__(self, "outlook", Outlook(self.database, self.clock))
        rule = AdmissionRule(self.api.refuse_from_lag_s, self.api.refuse_all_from_lag_s, self.api.refuse_from_backlog)
        self.intake.admission = Admission(lambda: self.outlook.newest, rule, away=self._broker_is_away)
        object.__setattr__(self, "streams", Streams(self.database, self.events, most=self.api.most_streams))

    def _broker_is_away(self) -> bool:
        return any(not check() for name, check in self.checks.items() if name in BROKER_CHECKS)

    async def run(self, stop: asyncio.Event) -> None:
        """Do what goes on behind the calls until told to stop: group commits and the listening of the streams."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.intake.run(stop))
            group.create_task(self.audit.run(stop))
            group.create_task(self.events.run(stop))
            group.create_task(self.streams.run(stop))
            group.create_task(self.outlook.run(stop))


def deps_of(request: Request) -> Deps:
    """Return what the application was made with."""
    deps: Deps = request.app.state.deps
    return deps
