"""How a worker reaches the gateway: documents and turns, at the addresses that a command names."""

from random import Random
from typing import Self
from urllib.parse import urlsplit

from contracts.clock import Clock
from services.runtime.agency_client import HttpSession, Retries
from services.runtime.port import AgencyCall, AgencyResponse
from services.runtime.settings import WorkerSettings


class ContentClient:
    """Calls the gateway for what it signed, and nobody else where its own address is set."""

    def __init__(self, settings: WorkerSettings, *, most_bytes: int, clock: Clock, random: Random) -> None:
        """Take the settings and the longest document; nothing is opened yet."""
        ours = urlsplit(settings.content_base_url)
        self._gateway = {"scheme": ours.scheme, "netloc": ours.netloc} if ours.netloc else {}
        self._retries = Retries(settings, random)
        self._session = HttpSession(parallel=16, cap_bytes=most_bytes, clock=clock)

    async def fetch(self, url: str) -> AgencyResponse:
        """Return what is at a claim check's address.

        Raises: AgencyUnavailable, AgencyProtocolError
        """
        return await self._retries.run(lambda: self._session.exchange(AgencyCall("GET", ""), self._ours(url), timeout_s=10.0), repeatable=True)

    async def exchange(self, call: AgencyCall, url: str) -> AgencyResponse:
        """Make one call to the gateway at an address that it signed; tried again only if it was not received.

        Raises: as `fetch`
        """
        return await self._retries.run(lambda: self._session.exchange(call, self._ours(url), timeout_s=5.0), repeatable=False)

    def _ours(self, url: str) -> str:
        """Return an address at our own gateway: what is signed is the path, and a gateway may have moved since it was written."""
        return urlsplit(url)._replace(**self._gateway).geturl()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
