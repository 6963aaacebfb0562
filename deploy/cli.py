"""The one entry point: `chakong`. Each command says what it does in one line; the work is elsewhere."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from contracts.failures import DirectoryInvalid, KeyringInvalid, LawInvalid
from deploy import acls, dead_letters, embedded, issuer, message_keys, process, topics, topology
from deploy import backup as backup_run
from deploy import demo as demo_run
from deploy import demo_control as demo_control_run
from deploy import load as load_run
from deploy import restore as restore_run
from deploy.clock import SystemClock
from deploy.mesh import load_courts, load_directory
from deploy.postgres import PostgresError
from deploy.settings import DeploySettings, instant_of
from gateway.domain.courts import unknown_court
from gateway.settings import GatewaySettings
from gateway.store.migrate import upgrade
from gateway.store.settings import StoreSettings
from services.runtime.mock.register import Register
from services.runtime.registry import mock_agencies as registered_mocks

app = typer.Typer(help="查控 Chakong: one request, every agency, one report.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
database = typer.Typer(help="The database.", no_args_is_help=True)
kafka_topics = typer.Typer(help="The Kafka topics.", no_args_is_help=True)
agencies = typer.Typer(help="The mock agencies.", invoke_without_command=True)
app.add_typer(database, name="db")
app.add_typer(kafka_topics, name="topics")
app.add_typer(agencies, name="mock-agencies")
app.add_typer(dead_letters.commands, name="dead-letters")
app.add_typer(message_keys.app, name="keys")


def directory_path() -> Path:
    """Return the directory file in use."""
    return DeploySettings().agencies


def _known(roles: list[str] | None) -> list[str]:
    try:
        topology.chosen(roles or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return roles or []


@app.command()
def serve(roles: Annotated[list[str] | None, typer.Argument(help="roles; default: all", callback=_known)] = None, port: int = 8080) -> None:
    """Run roles: all of them embedded, unless the environment names servers."""
    process.run(roles or [], port, directory_path())


@app.command()
def run(port: int = 8080) -> None:
    """Run the mesh and stay up, printing a token and a curl that works."""
    process.run([], port, directory_path(), greeting=True)


@app.command()
def demo() -> None:
    """Play the demo and print its report."""
    demo_run.run(embedded.data_dir())


@app.command("demo-control")
def demo_control() -> None:
    """Play the life of a measure: two courts, one house, one account."""
    demo_control_run.run(embedded.data_dir())


@app.command()
def token(
    court: Annotated[str, typer.Option(help="court code")], officer: Annotated[str, typer.Option(help="work card number")],
    role: Annotated[list[str], typer.Option(help="judge, clerk, approver, operator, auditor, agency, tester")],
) -> None:
    """Print one development token."""
    if load_courts().find(court) is None:
        said = unknown_court(())
        raise typer.BadParameter(f"{said.zh} / {said.en} ({said.expected})", param_hint="--court")
    now = SystemClock().now()
    print(issuer.token(embedded.data_dir(), court_code=court, officer=officer, roles=role, now=now))


@agencies.callback()
def mock_agencies_alone(
    context: typer.Context, port: int = 0, seed: Annotated[int, typer.Option(help="same seed, same answers")] = 1
) -> None:
    """Run the mock agencies alone."""
    if context.invoked_subcommand is None:
        os.environ |= {"CHAKONG_MOCK_PORT": str(port or embedded.free_port()), "CHAKONG_MOCK_SEED": str(seed)}
        process.run(["mock-agencies"], 0, directory_path(), servers=False)


@agencies.command("subjects")
def mock_subjects(
    holding: Annotated[str, typer.Option("--with", help="asset types they hold, comma separated")] = "",
    limit: Annotated[int | None, typer.Option(help="how many")] = None, seed: int = 1,
) -> None:
    """Print subjects of the seeded register, one JSON object a line."""
    register = Register(seed, load_directory(directory_path()).agencies, registered_mocks())
    for one in register.subjects([code for code in holding.split(",") if code], limit):
        print(json.dumps({"role": "debtor", **one.told()}, ensure_ascii=False))


@app.command()
def load(
    seconds: Annotated[float, typer.Option(help="how long to measure, after five seconds of warming up")] = 20,
    rate: Annotated[float | None, typer.Option(help="requests a second; without it as many as come back")] = None,
    in_flight: Annotated[int, typer.Option(help="requests in flight, without a rate")] = 64,
    kafka: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--kafka/--embedded", help="on Apache Kafka or on the in-process broker")] = False,
) -> None:
    """Start a mesh of three processes, load it, and print requests a second, times and CPU a request."""
    load_run.run(embedded.data_dir() / "load", "kafka" if kafka else "embedded", load_run.Plan(seconds, rate, in_flight))


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    asyncio.run(upgrade(StoreSettings()))


@database.command("restored")
def db_restored(what: Annotated[str, typer.Argument(help="which backup, for the record")]) -> None:
    """Say to a database of your own that it was taken back to an earlier instant; once, before any role runs on it."""
    asyncio.run(restore_run.settle(StoreSettings().database_url, SystemClock(), what))


@app.command()
def backup(
    into: Annotated[Path, typer.Argument(help="folder of backups", metavar="DIR")],
    follow: Annotated[bool, typer.Option("--follow", help="go on writing every change, until told to stop")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Make a base backup of the database; with --follow one can go back to any instant from then on."""
    folder = embedded.data_dir()
    with backup_run.served(folder, os.environ) as server:
        if DeploySettings().fills_in:
            embedded.secrets_of(os.environ, folder)
        signing_key = GatewaySettings().signing_key.get_secret_value()
        following = backup_run.follow(into.resolve(), server) if follow else None
        try:
            made = backup_run.take(into.resolve(), server, folder, signing_key, SystemClock().now())
            print(f"backup {made}", flush=True)
        except PostgresError:
            if following:
                following.terminate()
            raise
        if following and (status := asyncio.run(backup_run.until_told(following))):
            raise backup_run.BackupError(f"following ended with {status}: changes since are not in the backup")


@app.command()
def restore(
    of: Annotated[Path, typer.Argument(help="folder of backups", metavar="DIR")],
    at: Annotated[str, typer.Option(help="RFC 3339 instant to go back to; default: as far as the backup goes")] = "",
    to: Annotated[Path | None, typer.Option(help="lay the cluster there for a server of your own, instead of into CHAKONG_DATA_DIR")] = None,
) -> None:
    """Take the database back to an instant, in a folder that has none; agencies are then asked how everything stands."""
    try:
        instant = instant_of(at) if at else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--at") from None
    for line in restore_run.run(of.resolve(), embedded.data_dir(), instant, to and to.resolve(), os.environ.get("CHAKONG_SIGNING_KEY", "")):
        print(line)


@kafka_topics.command("create")
def topics_create() -> None:
    """Create the topics that are missing."""
    for line in asyncio.run(topics.create(load_directory(directory_path()))):
        print(line)


@kafka_topics.command("acls")
def topics_acls(*, as_json: Annotated[bool, typer.Option("--json", help="as data, not as commands")] = False) -> None:
    """Print who may do what on the broker, for Kafka's own tool."""
    found = acls.rules(load_directory(directory_path()).agencies)
    print(acls.as_json(found) if as_json else "\n".join(acls.as_lines(found)))


def main() -> None:
    """Run the command line; a setting that is missing or wrong ends it by its name, with status 2 and no value, a wrong file by its rows."""
    try:
        app()
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            print(f"setting {'.'.join(map(str, one['loc'])) or error.title}: {one['msg']}", file=sys.stderr)
        sys.exit(2)
    except (DirectoryInvalid, KeyringInvalid, LawInvalid) as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        sys.exit(2)
    except (PostgresError, dead_letters.CallFailed) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
