"""Which kinds of asset there are: whatever modules `contracts/assets` holds."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from contracts import assets
from contracts.asset_type import AssetType
from contracts.failures import UnknownAssetType

#: The six that interface.md names, in the order a court reads them: asked for by default whoever keeps them. Kinds added later follow by name.
FIRST_SIX = ("real_estate", "vehicles", "equity", "deposits", "securities", "provident_fund")


@cache
def asset_types() -> Mapping[str, AssetType]:
    """Return every declared asset type by code, in reading order."""
    names = [module.name for module in iter_modules(assets.__path__)]
    names.sort(key=lambda name: (FIRST_SIX.index(name) if name in FIRST_SIX else len(FIRST_SIX), name))
    declared = [import_module(f"contracts.assets.{name}").ASSET_TYPE for name in names]
    return MappingProxyType({one.code: one for one in declared})


def asset_type(code: str) -> AssetType:
    """Return one asset type.

    Raises: UnknownAssetType
    """
    found = asset_types().get(code)
    if found is None:
        raise UnknownAssetType(f"unknown asset type {code!r}")
    return found
