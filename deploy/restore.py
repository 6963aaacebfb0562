"""`chakong restore DIR`: the database as it was at an instant, in a data folder that has none; then what must follow from it."""

import asyncio
import shlex
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from contracts.clock import Clock
from deploy import backup, postgres
from deploy.backup import BackupError
from deploy.clock import SystemClock
from deploy.postgres import EmbeddedPostgres, PostgresError, start_postgres
from gateway.store.database import Database, StoreUnavailable
from gateway.store.restored import after_restore
from gateway.store.settings import StoreSettings

#: A server takes reads before it has recovered, and writes only then; it is asked once a second.
_RECOVERS_WITHIN_S = 600


def run(of: Path, folder: Path, at: datetime | None, to: Path | None, signing_key: str) -> Iterator[str]:
    """Restore into a data folder, or lay a cluster elsewhere; say what was done and what is to be done.

    Raises: PostgresError; StoreUnavailable
    """
    base = chosen(of, at)
    what = f"{base.name} to {at.isoformat() if at else 'the end of its log'}"
    if signing_key and backup.fingerprint(signing_key) != backup.read(base).signing_key:
        raise BackupError("CHAKONG_SIGNING_KEY is not the key of the backup: assets and subjects would not be known again")
    if to:
        lay(base, of / "wal", to, at)
        yield f"laid {to} from {base}: start your PostgreSQL on it, then say `chakong db restored '{what}'` before any role runs"
        return
    give_back(base / "folder", folder)
    lay(base, of / "wal", folder / "postgres" / "cluster", at)
    with start(folder, at) as server:
        asyncio.run(settle(server.url, SystemClock(), what))
    yield f"restored {folder} from {base}; agencies will be asked how everything stands"


def chosen(of: Path, at: datetime | None) -> Path:
    """Return the newest base backup that is not later than `at`.

    Raises: BackupError
    """
    found = [one for one in backup.backups(of) if at is None or datetime.fromisoformat(backup.read(one).taken_at) <= at]
    if not found:
        raise BackupError(f"{of} holds no base backup" + (f" of before {at.isoformat()}" if at else ""))
    return found[-1]


def lay(base: Path, log: Path, cluster: Path, at: datetime | None) -> None:
    """Make a cluster that recovers to `at` (without it: as far as the log goes) when a PostgreSQL is started on it.

    Raises: BackupError if there is one already
    """
    if cluster.exists():
        raise BackupError(f"{cluster} is there already, and nothing is written over: move it away, or name another folder")
    cluster.parent.mkdir(parents=True, exist_ok=True)
    unfinished = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    backup.check(base / "base")
    shutil.copytree(base / "base", unfinished)
    (unfinished / "recovery.signal").touch()
    with (unfinished / "postgresql.auto.conf").open("a") as settings:
        settings.write(_recovery(log, at))
    postgres.give_tree_to_unprivileged_user(unfinished)
    unfinished.rename(cluster)


def give_back(kept: Path, folder: Path) -> None:
    """Put keys and clock back where they are missing.

    Raises: BackupError if the folder has others
    """
    folder.mkdir(parents=True, exist_ok=True)
    for one in sorted(kept.glob("*")):
        ours = folder / one.name
        if ours.exists() and ours.read_bytes() != one.read_bytes():
            raise BackupError(f"{ours} is not that of the backup: another installation lives in this folder; set CHAKONG_DATA_DIR")
        shutil.copy2(one, ours)


def start(folder: Path, at: datetime | None) -> EmbeddedPostgres:
    """Start the server on what was laid there; it has recovered when this returns.

    Raises: BackupError if the log does not reach to `at`; PostgresError
    """
    try:
        return start_postgres(folder / "postgres")
    except PostgresError as error:
        shutil.rmtree(folder / "postgres" / "cluster")  # laid just before, and good for nothing
        if at and "before configured recovery target" in str(error):
            raise BackupError(f"the log in the backup ends before {at.isoformat()}; name an earlier instant") from error
        raise


async def settle(database_url: str, clock: Clock, what: str) -> None:
    """Draw the consequences in the database that was restored: nobody takes what it says of agencies for the present.

    Raises: StoreUnavailable if the server has not recovered after ten minutes more: until then it takes reads only
    """
    database = Database(StoreSettings(DATABASE_URL=database_url))
    try:
        for left in reversed(range(_RECOVERS_WITHIN_S)):
            try:
                await after_restore(database, clock.now(), what)
            except StoreUnavailable:
                if not left:
                    raise
                await asyncio.sleep(1)
            else:
                return
    finally:
        await database.close()


def _recovery(log: Path, at: datetime | None) -> str:
    """Return the settings under which PostgreSQL reads the log up to an instant, and goes on from there."""
    where = shlex.quote(str(log.resolve()).replace("%", "%%"))
    command = f'for one in {where}/%f {where}/%f.partial; do test -f "$one" && exec cp "$one" "%p"; done; exit 1'
    target = f"recovery_target_time = '{at.isoformat()}'\n" if at else ""
    return f"restore_command = '{command.replace(chr(39), chr(39) * 2)}'\n{target}recovery_target_action = 'promote'\n"
