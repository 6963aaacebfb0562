"""Which adapters and mock agencies there are: whatever folders `services` holds beside the runtime."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import services
from services.runtime.mock.port import MockAgency
from services.runtime.port import Adapter


def _folders() -> list[str]:
    return sorted(module.name for module in iter_modules(services.__path__) if module.ispkg and module.name != "runtime")


@cache
def adapters() -> Mapping[str, Adapter]:
    """Return every adapter by asset type."""
    return MappingProxyType({name: import_module(f"services.{name}.adapter").ADAPTER for name in _folders()})


@cache
def mock_agencies() -> Mapping[str, MockAgency]:
    """Return every mock agency by asset type."""
    return MappingProxyType({name: import_module(f"services.{name}.mock_agency").MOCK for name in _folders()})
