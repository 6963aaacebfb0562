"""Commands become calls to the agencies of real estate, their answers ours. Pure; each dialect has a module of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts.agency import Agency
from contracts.failures import AgencyUnsupported
from services.real_estate import presale, registry
from services.runtime.port import AgencyCall, AgencyResponse, Answer, Asked, Outgoing


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How one kind of agency is spoken to; `actions` has the capability each action needs."""

    actions: Mapping[str, str]
    to_call: Callable[[Agency, Sequence[Outgoing]], AgencyCall]
    to_answers: Callable[[Sequence[Asked], AgencyResponse], Mapping[str, Answer]]


_DIALECTS = {
    "standard": _Dialect(registry.ACTIONS, registry.to_call, registry.to_answers),
    "presale": _Dialect(presale.ACTIONS, presale.to_call, presale.to_answers),
}


class RealEstate:
    """The translation for registries and housing bureaus."""

    asset_type = "real_estate"

    def to_call(self, agency: Agency, outgoing: Sequence[Outgoing]) -> AgencyCall:
        """Write one call. See services.runtime.port.Adapter."""
        dialect, action = _dialect(agency), outgoing[0].command.action
        if action not in dialect.actions or not agency.can(dialect.actions[action]):
            raise AgencyUnsupported(f"{agency.agency} does not do {action}")
        return dialect.to_call(agency, outgoing)

    def to_answers(self, agency: Agency, asked: Sequence[Asked], response: AgencyResponse) -> Mapping[str, Answer]:
        """Read an answer. See services.runtime.port.Adapter."""
        return _dialect(agency).to_answers(asked, response)


def _dialect(agency: Agency) -> _Dialect:
    dialect = _DIALECTS.get(agency.dialect)
    if dialect is None:
        raise AgencyUnsupported(f"real estate has no dialect {agency.dialect!r}")
    return dialect


ADAPTER = RealEstate()
