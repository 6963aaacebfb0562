"""One call of a known caller: may it, and the record of it. Who calls is tokens.py, what is allowed domain/policy.py."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from starlette.requests import Request

from contracts.failures import ChakongError, NotFound, Rejected, ServiceUnavailable
from gateway.admission import TooMuchAtOnce
from gateway.api.deps import Deps, deps_of
from gateway.api.problems import trace_of
from gateway.domain.courts import unknown_court
from gateway.domain.policy import Claims, Deed, decide
from gateway.store.audit import AuditEntry

NOTHING = "-"
_ID = re.compile(r"[0-9A-Za-z:_-]{1,100}")
#: Ids of ours are 26 characters or longer; what is shorter may be an identity number that went astray, and is not written down.
_RECORDED = re.compile(r"[0-9A-Za-z:_-]{20,100}")
_NO_RIGHT = "无权进行此操作 / The caller has no right to do this"


@dataclass(slots=True)
class Call:
    """A call under way. `object_id` and `basis` go on record; `recorded` says that a commit has it on record already."""

    deps: Deps
    request: Request
    claims: Claims
    deed: Deed
    trace_id: str
    object_id: str = NOTHING
    basis: str | None = None
    recorded: bool = field(default=False)

    @property
    def court_code(self) -> str:
        """Return the caller's court."""
        return self.claims.court_code

    @property
    def roles(self) -> str:
        """Return the caller's roles as the record has them."""
        return ",".join(self.claims.roles)

    def entry(self, decision: str) -> AuditEntry:
        """Return what goes on record."""
        return AuditEntry(self.deps.clock.now(), self.court_code, self.claims.sub, self.roles, self.deed, self.object_id, self.basis,
                          decision, self.trace_id)

    def check(self, target_court: str | None) -> None:
        """Refuse what the caller's roles or court do not allow; None: the deed has no object.

        Raises: Rejected 403 not_permitted; NotFound for another court's object, the same as for one that is not there
        """
        decision = decide(self.claims, self.deed, target_court)
        if decision.status == NotFound.status:
            raise NotFound
        if not decision.allowed:
            raise Rejected(decision.status, decision.code, _NO_RIGHT)


@asynccontextmanager
async def doing(request: Request, deed: Deed, object_id: str = NOTHING) -> AsyncIterator[Call]:
    """Let a caller do a deed in the block; the refusal or the reading is on record before the block is left.

    Raises: Unauthenticated (counted, not on record); Rejected 403; StoreUnavailable if nothing can be put on record
    """
    deps = deps_of(request)
    claims = deps.tokens.read(request.headers.get("authorization"))
    call = Call(deps, request, claims, deed, trace_of(request), recorded_id(object_id))
    try:
        with _one_of_the_court(call):
            _check_court(call)
            call.check(None)
            if not _ID.fullmatch(object_id):
                raise NotFound
            yield call
    except (ServiceUnavailable, TooMuchAtOnce):
        raise  # nothing was decided of what it asks for: it may come again
    except ChakongError as refusal:
        await deps.audit.record(call.entry(f"refused:{code_of(refusal)}"))
        raise
    if not call.recorded:
        await deps.audit.record(call.entry("read"))


@contextmanager
def _one_of_the_court(call: Call) -> Iterator[None]:
    """Count a call of a court while it is worked on, so that no court takes the places of all.

    Raises: TooMuchAtOnce
    """
    under_way, court = call.deps.calls_of, call.court_code
    if under_way[court] >= call.deps.api.court_most_in_flight:
        raise TooMuchAtOnce(1)
    under_way[court] += 1
    try:
        yield
    finally:
        under_way[court] -= 1
        if not under_way[court]:
            del under_way[court]


def _check_court(call: Call) -> None:
    """Refuse a token of a court that is not there: its name would go out to agencies.

    Raises: Rejected 403 unknown_court
    """
    if call.deps.directory.courts.find(call.court_code) is None:
        said = unknown_court(("court_code",))
        raise Rejected(403, said.code, f"{said.zh} / {said.en}")


def recorded_id(object_id: str) -> str:
    """Return an id as the record has it."""
    return object_id if object_id == NOTHING or _RECORDED.fullmatch(object_id) else "?"


def code_of(refusal: ChakongError) -> str:
    """Return the stable code of a refusal."""
    return refusal.problem_code if isinstance(refusal, Rejected) else refusal.code
