"""`chakong backup DIR`: a base backup of PostgreSQL, with the log that follows it, as PostgreSQL's own programs make them.

DIR/<instant>/base    the cluster, checked by its manifest     DIR/<instant>/folder   keys and clock of an embedded installation
DIR/<instant>/backup.json                                      DIR/wal                every change since, while `--follow` runs
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from contracts.keyed import keyed_hash
from deploy import postgres
from deploy.postgres import PostgresError, start_postgres

#: The server keeps its log for whoever follows it, under this name.
SLOT = "backup_of_chakong"
_STAMP = "%Y%m%dT%H%M%SZ"
_PROGRAMS_VARIABLES = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "host": "PGHOST"}


class BackupError(PostgresError):
    """A backup cannot be made, read or restored."""


@dataclass(frozen=True)
class Backup:
    """What a base backup says of itself; `signing_key` is a keyed hash by which the key is known again."""

    taken_at: str
    signing_key: str


def fingerprint(signing_key: str) -> str:
    """Return what tells one signing key from another and nothing else of it."""
    return keyed_hash(signing_key.encode()[:64], "backup")


def connection_of(database_url: str) -> dict[str, str]:
    """Return a database URL as the variables that PostgreSQL's programs read; no password stands on a command line."""
    parts = urlsplit(database_url)
    given = {"PGHOST": parts.hostname, "PGPORT": parts.port and str(parts.port), "PGUSER": parts.username, "PGPASSWORD": parts.password,
             "PGDATABASE": parts.path.lstrip("/")}
    given |= {_PROGRAMS_VARIABLES[name]: values[-1] for name, values in parse_qs(parts.query).items() if name in _PROGRAMS_VARIABLES}
    return {name: unquote(value) for name, value in given.items() if value}


@contextmanager
def served(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield how to reach the server to be backed up: the environment's, or the embedded one, which is started if nobody runs it.

    Raises: PostgresError
    """
    if url := environment.get("DATABASE_URL"):
        yield connection_of(url)
    elif socket := postgres.served_at(folder / "postgres"):
        yield {"PGHOST": str(socket), "PGUSER": "postgres"}
    elif (folder / "postgres" / "cluster").exists():
        with start_postgres(folder / "postgres") as server:
            yield connection_of(server.url)
    else:
        raise BackupError(f"there is no database in {folder}; set CHAKONG_DATA_DIR, or DATABASE_URL for a server of your own")


def take(into: Path, server: Mapping[str, str], folder: Path, signing_key: str, now: datetime) -> Path:
    """Make a base backup and return its folder; it has that name only when it is whole and checked.

    Raises: PostgresError
    """
    made = into / now.strftime(_STAMP)
    unfinished = made.with_name(f"{made.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    postgres.give_to_unprivileged_user(unfinished)
    postgres.run("pg_basebackup", "--pgdata", str(unfinished / "base"), "--checkpoint=fast", "--wal-method=stream",
                 "--manifest-checksums=SHA256", "--no-password", environment=server)
    check(unfinished / "base")
    _keep_files(folder, unfinished / "folder")
    (unfinished / "backup.json").write_text(json.dumps(asdict(Backup(now.isoformat(), fingerprint(signing_key)))))
    unfinished.rename(made)
    return made


def check(base: Path) -> None:
    """Compare a base backup with the manifest PostgreSQL wrote beside it (the wheel's pg_verifybackup does not start).

    Raises: BackupError naming the first file that differs
    """
    manifest = json.loads((base / "backup_manifest").read_text())
    for one in manifest["Files"]:
        path = base / (one["Path"] if "Path" in one else bytes.fromhex(one["Encoded-Path"]).decode())
        if not path.is_file() or _sha256(path) != one["Checksum"]:
            raise BackupError(f"{path} is not as the manifest of the backup says")


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _keep_files(folder: Path, into: Path) -> None:
    """Keep the small files of an embedded installation: keys, and when its clock began. What agencies hold is theirs."""
    into.mkdir(mode=0o700)
    for one in sorted(folder.glob("*")):
        if one.is_file() and not one.is_symlink():
            shutil.copy2(one, into)


def follow(into: Path, server: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Begin to write the server's log into DIR/wal; what is not written yet the server keeps meanwhile.

    Raises: PostgresError
    """
    log = into / "wal"
    log.mkdir(parents=True, exist_ok=True)
    postgres.give_to_unprivileged_user(log)
    postgres.run("pg_receivewal", "--slot", SLOT, "--create-slot", "--if-not-exists", "--no-password", environment=server)
    command = [*postgres.program("pg_receivewal"), "--slot", SLOT, "--directory", str(log), "--no-password"]
    return subprocess.Popen(command, cwd="/", env={**os.environ, **server})


async def until_told(following: "subprocess.Popen[bytes]") -> int:
    """Wait for SIGTERM or SIGINT, or for the end of what follows; return its status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ending, stopping = asyncio.create_task(asyncio.to_thread(following.wait)), asyncio.create_task(stop.wait())
    await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not ending.done():
        following.send_signal(signal.SIGINT)
    return await ending


def backups(of: Path) -> list[Path]:
    """Return the base backups in a folder, the oldest first."""
    return sorted(one.parent for one in of.glob("*/backup.json") if one.parent.suffix != ".new")


def read(backup: Path) -> Backup:
    """Return what a base backup says of itself.

    Raises: BackupError
    """
    try:
        return Backup(**json.loads((backup / "backup.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{backup}: not a backup of ours ({type(error).__name__})") from error
