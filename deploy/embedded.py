"""The embedded mode: PostgreSQL from the wheel, Kafka from the in-process broker, secrets made at first start.

It only fills in what the environment leaves open; whatever runs above it cannot tell the difference.
"""

import secrets
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy import issuer, keys
from deploy.broker import EmbeddedBroker
from deploy.postgres import start_postgres
from deploy.settings import DeploySettings

#: What the in-process broker needs of its clients, and what it can hold (design.md §4).
BROKER = {"CHAKONG_KAFKA_FETCH_MAX_WAIT_MS": "10", "CHAKONG_KAFKA_ONE_READER": "true", "CHAKONG_IN_FLIGHT_BYTES": str(4 * 1024 * 1024)}
_SIGNING_KEY = "signing.key"


def data_dir() -> Path:
    """Return the folder that holds everything embedded."""
    return DeploySettings().data_dir.resolve()


def free_port() -> int:
    """Return a port nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def servers(environment: MutableMapping[str, str], folder: Path) -> Iterator[bool]:
    """Start the servers that the environment does not name and name them there; yield whether the broker is ours."""
    with ExitStack() as stack:
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = stack.enter_context(start_postgres(folder / "postgres")).url
        ours = "KAFKA_BOOTSTRAP_SERVERS" not in environment
        if ours:
            environment["KAFKA_BOOTSTRAP_SERVERS"] = stack.enter_context(EmbeddedBroker()).start()
            for name, value in BROKER.items():
                environment.setdefault(name, value)
        yield ours


def secrets_of(environment: MutableMapping[str, str], folder: Path) -> None:
    """Fill in the development secrets, made once and kept in the data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if "CHAKONG_SIGNING_KEY" not in environment:
        environment["CHAKONG_SIGNING_KEY"] = _kept_key(folder / _SIGNING_KEY)
    if "CHAKONG_TOKEN_PUBLIC_KEY" not in environment:
        environment["CHAKONG_TOKEN_PUBLIC_KEY"] = issuer.public_key(folder)
    if "CHAKONG_MESSAGE_KEYS" not in environment:
        environment["CHAKONG_MESSAGE_KEYS"], environment["CHAKONG_MESSAGE_SECRETS_FILE"] = map(str, keys.kept_keyring(folder))


def _kept_key(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


def addresses_of(environment: MutableMapping[str, str], folder: Path, port: int) -> None:
    """Choose the addresses that the environment leaves open, on loopback, so that roles of one machine find each other."""
    environment.setdefault("CHAKONG_MOCK_LEDGER_DIR", str(folder / "mock-agencies"))
    environment["CHAKONG_API_PORT"] = str(port or free_port())
    environment.setdefault("CHAKONG_GATEWAY_URL", f"http://127.0.0.1:{environment['CHAKONG_API_PORT']}")
    environment.setdefault("CHAKONG_CONTENT_BASE_URL", environment["CHAKONG_GATEWAY_URL"])
    environment.setdefault("CHAKONG_CALLBACK_PORT", str(free_port()))
    environment.setdefault("CHAKONG_CALLBACK_BASE_URL", f"http://127.0.0.1:{environment['CHAKONG_CALLBACK_PORT']}")
    environment.setdefault("CHAKONG_MOCK_PORT", str(free_port()))
    environment.setdefault("CHAKONG_MOCK_AGENCIES_URL", f"http://127.0.0.1:{environment['CHAKONG_MOCK_PORT']}")
