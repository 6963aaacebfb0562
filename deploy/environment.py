"""Every setting of every role, by the name of its environment variable: the table that `settings.example.env` shows. Pure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import to_json
from pydantic_settings import BaseSettings

from contracts.kafka.settings import KafkaSettings, MessageSettings
from deploy.settings import DeploySettings
from gateway.api.settings import ApiSettings
from gateway.settings import GatewaySettings
from gateway.store.settings import StoreSettings
from services.runtime.mock.settings import MockSettings
from services.runtime.settings import CallbackSettings, WorkerSettings

#: Which settings each role reads. Every role reads DeploySettings too.
OF_ROLE: dict[str, tuple[type[BaseSettings], ...]] = {
    "api": (GatewaySettings, ApiSettings, StoreSettings),
    "relay": (GatewaySettings, StoreSettings, KafkaSettings, MessageSettings),
    "aggregator": (GatewaySettings, StoreSettings, KafkaSettings, MessageSettings),
    "schedule": (GatewaySettings, StoreSettings),
    "worker": (WorkerSettings, KafkaSettings, MessageSettings),
    "callbacks": (CallbackSettings, KafkaSettings, MessageSettings),
    "mock-agencies": (MockSettings,),
}
SETTINGS: tuple[type[BaseSettings], ...] = tuple(dict.fromkeys([DeploySettings, *(one for row in OF_ROLE.values() for one in row)]))

_HEAD = """\
# Made by `make generate` from the settings classes. Every variable there is: its meaning, its default; `required` has none.
# A role reads its own only. In production every required one must be set; embedded, what is missing is made at first start.
"""


def variables(settings: type[BaseSettings]) -> dict[str, str]:
    """Return the environment variable of each field."""
    prefix = settings.model_config.get("env_prefix", "")
    return {name: str(field.validation_alias or (prefix + name).upper()) for name, field in settings.model_fields.items()}


def example() -> str:
    """Return the table as commented lines, ready to be copied."""
    shown: set[str] = set()
    return _HEAD + "".join(line for settings in SETTINGS for line in _section(settings, shown))


def _section(settings: type[BaseSettings], shown: set[str]) -> Iterator[str]:
    """Write one class; a variable that several classes read is written where it comes first."""
    readers = [role for role, read in OF_ROLE.items() if settings in read] or ["every role"]
    yield f"\n# --- {settings.__name__}: {', '.join(readers)}\n"
    for name, variable in variables(settings).items():
        if variable not in shown:
            shown.add(variable)
            yield f"\n# {_meaning(variable)}\n# {variable}={_default(settings.model_fields[name])}\n"


def _meaning(variable: str) -> str:
    """Join what the classes that read a variable say of it."""
    said = [field.description or "" for settings in SETTINGS for name, field in settings.model_fields.items()
            if variables(settings)[name] == variable]
    return "; ".join(dict.fromkeys(said))


def _default(field: FieldInfo) -> str:
    return "   (required)" if field.is_required() else _written(field.get_default(call_default_factory=True, validated_data={}))


def _written(value: Any) -> str:
    """Write a default as it would be set; paths below this folder relative to the checkout."""
    if isinstance(value, Path):
        return value.relative_to(Path(__file__).parents[1]).as_posix() if value.is_absolute() else value.as_posix()
    if value in (None, (), ""):
        return ""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else to_json(value).decode()
