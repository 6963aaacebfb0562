"""GET /healthz, /readyz and /metrics of one process, whatever roles it runs: on a port of its own and in a thread of its own.

The thread answers also while the process's loop is stuck, and says so.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from contracts.pulse import Pulse, Pulses
from contracts.state import STUCK_AFTER_S

_JSON = "application/json"
#: How long a caller may take for its call, seconds.
_CALL_S = 5.0


class Probes:
    """What a process tells of its roles."""

    def __init__(self, pulses: Mapping[str, Pulse | Pulses], checks: Mapping[str, Callable[[], bool]], stuck_after_s: float = STUCK_AFTER_S) -> None:
        """Take the roles' loops and what is ready, by name; both may grow."""
        self._pulses, self._checks, self._stuck_after_s = pulses, checks, stuck_after_s

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, media type and body for a path."""
        match path.partition("?")[0]:
            case "/healthz":
                stuck = {name: round(idle_s, 1) for name, pulse in list(self._pulses.items()) if (idle_s := pulse.idle_s) >= self._stuck_after_s}
                return 503 if stuck else 200, _JSON, orjson.dumps({"live": not stuck, "stuck_s": stuck})
            case "/readyz":
                checks = {name: check() for name, check in list(self._checks.items())}
                return 200 if all(checks.values()) else 503, _JSON, orjson.dumps({"ready": all(checks.values()), "checks": checks})
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest()
            case _:
                return 404, _JSON, b'{"status":404}'


@contextmanager
def serving(probes: Probes, host: str, port: int) -> Iterator[int]:
    """Answer on an address until the block ends; yield the port.

    Raises: OSError if the address is taken
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _CALL_S

        def do_GET(self) -> None:
            status, media_type, body = probes.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the log for what happens."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="probes")
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
