"""The turn to act for a task that must not be done twice: asked for from the gateway, measured by this process's own clock. ADR 17."""

from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Protocol

import orjson
import structlog
from pydantic import Field, ValidationError

from contracts.failures import AgencyError, AgencyProtocolError, AgencyUnavailable
from contracts.words import Message
from services.runtime.port import AgencyCall, AgencyResponse
from services.runtime.terms import Act, Guard, unguarded

_log = structlog.get_logger()

#: A wait is never believed to be longer than this: somebody would mend the gateway sooner.
_LONGEST_WAIT_S = 600.0
#: Between the end of a call that began last and the end of this process that its guard would bring.
_SLACK_S = 1.0


class Gateway(Protocol):
    """What calls the gateway: gateway_client.ContentClient."""

    async def exchange(self, call: AgencyCall, url: str) -> AgencyResponse:
        """Return its answer."""
        ...


class _Granted(Message):
    turn: int
    for_s: float = Field(gt=0)
    grace_s: float = Field(ge=0)


class _Refused(Message):
    retry_after_s: float = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that this process has; instants are of the monotonic clock (not of the event loop's: uvloop's stands still within a round).

    Shape: nothing is begun that may not have ended by `quiet_s`; from `over_s` on somebody else may have the turn
    """

    url: str
    number: int
    quiet_s: float
    over_s: float

    def act(self, timeout_s: float, due_s: float, guard: Guard | None) -> Act:
        """Return the terms of the one call under this turn: all of its time-out fits, and it begins before the answer is due."""
        return Act(min(self.quiet_s - timeout_s - _SLACK_S, due_s), self.quiet_s - _SLACK_S, self.quiet_s, self.number, guard.arm if guard else unguarded)


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else has the turn, or an earlier attempt of ours is not settled: ask again after so many seconds."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The task has its outcome, or its answer is due: nothing is done for it any more."""


class Turns:
    """Takes turns for one worker process."""

    def __init__(self, gateway: Gateway, holder: str, guard: Guard | None = None) -> None:
        """Take what calls the gateway, the name of this process, and what watches over acts (nobody: no other could act)."""
        self._gateway, self._holder, self.guard = gateway, holder, guard

    async def take(self, url: str) -> Turn | Taken | Ended:
        """Ask for the turn at a command's address.

        Raises: AgencyUnavailable if the gateway is away or says something else; nothing may be done then
        """
        # Counted from before the question left: the gateway's turn ends later than ours, never sooner.
        began_s = monotonic()
        call = AgencyCall("POST", "", orjson.dumps({"holder": self._holder}))
        try:
            response = await self._gateway.exchange(call, url)
            return _read(response, url, began_s)
        except (AgencyProtocolError, ValidationError) as error:
            _log.error("turn_not_read", error=type(error).__name__)
            raise AgencyUnavailable("the gateway grants no turns at this address") from None

    async def give_back(self, turn: Turn) -> None:
        """Give a turn back: nothing of it is under way. It runs out by itself if the gateway does not hear of it."""
        try:
            await self._gateway.exchange(AgencyCall("DELETE", ""), f"{turn.url}&turn={turn.number}")
        except AgencyError as error:
            _log.warning("turn_runs_out", turn=turn.number, error=type(error).__name__)


def _read(response: AgencyResponse, url: str, began_s: float) -> Turn | Taken | Ended:
    match response.status:
        case HTTPStatus.OK:
            said = _Granted.model_validate_json(response.body)
            over_s = began_s + said.for_s
            return Turn(url, said.turn, over_s - said.grace_s, over_s)
        case HTTPStatus.CONFLICT:
            return Taken(min(_LONGEST_WAIT_S, _Refused.model_validate_json(response.body).retry_after_s))
        case HTTPStatus.GONE | HTTPStatus.NOT_FOUND:
            return Ended()
        case _:
            raise AgencyProtocolError(f"status {response.status}")
