"""How a worker reaches the gateway: documents and turns, at the addresses that a command names."""

from random import Random
from typing import Self
from urllib.parse import urlsplit

from contracts.clock import Clock
from contracts.failures import AgencyProtocolError
from services.runtime.agency_client import HttpSession, Retries
from services.runtime.port import AgencyCall, AgencyResponse
from services.runtime.settings import WorkerSettings


class ContentClient:
    """Calls the gateway at addresses that it signed, and nobody else where its own is set."""

    def __init__(self, settings: WorkerSettings, *, most_bytes: int, clock: Clock, random: Random) -> None:
        """Take the settings and the longest document; nothing is opened yet."""
        self._allowed, self._retries = settings.content_base_url, Retries(settings, random)
        self._session = HttpSession(parallel=16, cap_bytes=most_bytes, clock=clock)

    async def fetch(self, url: str) -> AgencyResponse:
        """Return what is at a claim check's address.

        Raises: AgencyUnavailable, AgencyProtocolError (also for an address that is not the gateway's)
        """
        allowed = self._checked(url)
        return await self._retries.run(lambda: self._session.exchange(AgencyCall("GET", ""), allowed, timeout_s=10.0), repeatable=True)

    async def exchange(self, call: AgencyCall, url: str) -> AgencyResponse:
        """Make one call to the gateway at an address that it signed; tried again only if it was not received.

        Raises: as `fetch`
        """
        return await self._retries.run(lambda: self._session.exchange(call, self._checked(url), timeout_s=5.0), repeatable=False)

    def _checked(self, url: str) -> str:
        if self._allowed and _origin(url) != _origin(self._allowed):
            raise AgencyProtocolError("the address is not the gateway's")
        return url

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
