"""The simulated agencies of real estate: what they record, and which of them speaks how."""

from collections.abc import Sequence
from random import Random

from contracts.agency import Agency
from services.real_estate import mock_presale, mock_registry
from services.real_estate.holdings import invent
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, RegisteredSubject


class RealEstateAgencies:
    """Simulated registries and housing bureaus."""

    asset_type = "real_estate"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
        """Give some subjects land and homes. See MockAgency."""
        return invent(agency, subject, rng, shared)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See MockAgency."""
        speak = mock_presale.answer if desk.agency.dialect == "presale" else mock_registry.answer
        return speak(desk, request)

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one right or contract oddly. See MockAgency."""
        return mock_presale.odd(response, rng) if response.content_type == "application/json" else mock_registry.odd(response, rng)

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer wrongly, or decline. See MockAgency."""
        misspeak = mock_presale.error if desk.agency.dialect == "presale" else mock_registry.error
        return misspeak(desk, request, kind)


MOCK = RealEstateAgencies()
