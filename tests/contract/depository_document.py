"""The depository's own document as a judge: a file is taken apart here, by nobody's reader, and held against the written layout."""

from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml
from jsonschema import Draft202012Validator

from services.runtime.mock.port import MockResponse
from services.runtime.port import AgencyCall

DOCUMENT = Path("services/securities/depository.files.yaml")
_ESCAPES = (("%0A", "\n"), ("%0D", "\r"), ("%7C", "|"), ("%25", "%"))


@cache
def layout() -> dict[str, Any]:
    """Load the document; one that is no JSON Schema is an error by itself."""
    schema: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


def codes_of(name: str, place: int | None = None) -> set[str]:
    """Return the codes of a list, or of a field of a line by its place."""
    part = layout()["$defs"][name]
    return set((part if place is None else part["prefixItems"][place])["enum"])


def judge(call: AgencyCall, answered: MockResponse) -> None:
    """Raise what a call and its answer have outside the document."""
    asked: dict[str, Any] = {"method": call.method, "path": call.path}
    if call.content:
        asked |= {"content_type": call.content_type, "file": taken_apart(call.content)}
        assert call.path == f"/files/{asked['file']['name']}.zip"
    assert (answered.status, answered.content_type) == (200, "application/zip")
    Draft202012Validator(layout()).validate({"call": asked, "answer": taken_apart(answered.body)})


def taken_apart(body: bytes) -> dict[str, Any]:
    """Take a file apart as the document says it is put together, and check what a schema cannot say."""
    with ZipFile(BytesIO(body)) as archive:
        first, *members = archive.namelist()
        text = archive.read(first)
    *lines, last, nothing = text.split(b"\n")
    assert nothing == b""
    assert last == f"99|{len(lines) - 1}|".encode() + sha256(b"".join(line + b"\n" for line in lines)).hexdigest().encode()
    head, *between = [[_plain(field) for field in line.decode("gb18030").split("|")] for line in lines]
    assert first == f"{''.join(head[1:4])}.txt"
    for place, fields in enumerate(between):
        if fields[0] in ("10", "30"):
            assert int(fields[4]) == sum(1 for _ in _following(between[place + 1:], fields[1]))
    return {"name": first.removesuffix(".txt"), "tags": " ".join(["00", *(fields[0] for fields in between), "99"]), "head": head, "lines": between,
            "members": members}


def _following(lines: list[list[str]], number: str) -> Any:
    for fields in lines:
        if fields[0] in ("10", "30") or fields[1] != number:
            return
        yield fields


def _plain(field: str) -> str:
    for escape, meant in _ESCAPES:
        field = field.replace(escape, meant)
    return field
