"""Write every file that is made from the code: schemas, AsyncAPI, OpenAPI, the settings table, the compose file, the state picture.

`make generate` writes them, a test compares them. Same code, same bytes.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.registry import asset_types
from deploy import asyncapi, compose, environment, lawbook, schemas, vectors, worked_example
from deploy.clock import SystemClock, new_id, new_request_nos
from deploy.mesh import load_directory
from gateway.api.app import make_app
from gateway.api.deps import Deps
from gateway.domain.control_map import beginnings, explore, mermaid
from gateway.domain.court_policy import BY_LAW
from gateway.domain.directory import Directory
from gateway.follow_ups import FollowUps
from gateway.intake import Intake
from gateway.ordering import Ordering
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.database import EVENTS_CHANNEL, Database, Listener
from gateway.store.settings import StoreSettings

ROOT = Path(__file__).parents[1]
_STATES = """\
# The states of a control

Made by `make generate` from the machine itself (`gateway/domain/control.py`), by walking every state it can reach.
A state is what the agency confirmed; an arrow names what the agency, the calendar or the court did.

```mermaid
{picture}```
"""


def files() -> dict[str, str]:
    """Return the text of every generated file by its path below the checkout."""
    kinds, directory = asset_types(), load_directory(ROOT / "deploy/agencies.yaml")
    return {
        **{f"contracts/schema/{name}.json": _json(schema) for name, schema in schemas.documents(kinds).items()},
        "docs/signature-vectors.json": _json(vectors.document()),
        "contracts/schema/asyncapi.yaml": _yaml(asyncapi.document(kinds, directory.agencies), head="# Made by `make generate`.\n"),
        "docs/openapi.json": _json(openapi(directory)),
        "deploy/settings.example.env": environment.example(),
        "deploy/compose.yaml": _yaml(compose.document(), head=compose.HEAD),
        **lawbook.pages(),
        "docs/worked-example.md": worked_example.page(directory),
        "docs/control-states.md": _STATES.format(picture=mermaid(explore(beginnings()))),
    }


def openapi(directory: Directory) -> dict[str, Any]:
    """Return what `/openapi.json` says; nothing is connected, since the pool and the listener open at first use."""
    settings, store = GatewaySettings(signing_key="no call is signed" * 2), StoreSettings(DATABASE_URL="postgresql://nowhere/none")
    database, clock = Database(store), SystemClock()
    made: dict[str, Any] = {"clock": clock, "new_id": new_id, "new_request_nos": new_request_nos}
    deps = Deps(
        settings=settings, database=database, events=Listener(store, EVENTS_CHANNEL, every_s=1.0), directory=directory,
        intake=Intake(database, directory, settings, committed=lambda _: None, **made),
        ordering=Ordering(database, Reports(settings.secret, directory, BY_LAW), settings, **made), follow_ups=FollowUps(database, directory, settings, **made), clock=clock, token_clock=clock, new_id=new_id)
    return make_app(deps).openapi()


def write(root: Path, made: Mapping[str, str]) -> list[str]:
    """Write what differs, remove schemas that are made no longer, and return the paths touched."""
    touched = [path for path, text in made.items() if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text]
    for path in touched:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(made[path], encoding="utf-8")
    left_over = [path for path in stored(root) if path not in made]
    for path in left_over:
        (root / path).unlink()
    return touched + left_over


def stored(root: Path) -> list[str]:
    """Return the files of the folder that holds nothing but generated ones."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "contracts/schema").glob("*"))


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands: no anchors; texts of several lines as blocks."""

    def ignore_aliases(self, _data: object) -> bool:
        """Ignore them all."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(document: object, *, head: str) -> str:
    return head + yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def main(show: Callable[[str], None] = print) -> None:
    """Write the files below the checkout and say which changed."""
    for path in write(ROOT, files()):
        show(path)


if __name__ == "__main__":
    main()
