"""An append-only file of JSON lines that survives kill -9: each line is on the disk before anyone acts on it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson


class Journal:
    """Lines appended and read back in order. Without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read every whole line from the start; what a killed process left half-written is cut off. Call it before `append`."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open("r+b") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                yield orjson.loads(line)
            file.truncate(whole)

    def append(self, line: dict[str, Any], *, durable: bool = True) -> None:
        """Append one line; `durable` waits for the disk, else it only outlives this process.

        Raises: OSError if the disk does not take it
        """
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
        before = os.fstat(self._file.fileno()).st_size
        try:
            self._file.write(orjson.dumps(line) + b"\n")
            if durable:
                os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(before)
            raise

    def clear(self) -> None:
        """Forget every line, on the disk too."""
        self.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
