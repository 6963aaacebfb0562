"""The depository's file: a ZIP with one GB18030 text, a line for each entry, its fields parted by `|`. domain.md §3.

Name    <prefix><17 characters institution><30 characters batch>.txt; fixed times; other members are attachments
Last    99, number of lines after the first, SHA-256 of all bytes before it
Fields  `%`, `|` and line ends inside a field are written %25 %7C %0A %0D
Read    a file whose check value does not fit may have been altered, and is no file; of one that is whole each field is read by itself
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from types import MappingProxyType
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - zlib names its one error in lower case

from contracts.agency import Agency
from contracts.failures import AgencyProtocolError
from services.securities.agency_api import Head

#: Most bytes one file may unpack to.
MOST_BYTES = 8 * 1024 * 1024
ENCODING = "gb18030"
CONTENT_TYPE = "application/zip"
_INSTITUTION_CHARS = 17
_BATCH_CHARS = 30
_ESCAPES = str.maketrans({"%": "%25", "|": "%7C", "\n": "%0A", "\r": "%0D"})
_ESCAPED = {"25": "%", "7C": "|", "0A": "\n", "0D": "\r"}
_LAST_FIELDS = 3
#: What "surrogateescape" makes of a byte that is no character.
_LONE = re.compile("[\udc80-\udcff]")


class Spoilt(str):
    """A field that stands for nothing, as it came: with a byte that is no GB18030, or a `%` that begins none of the document's escapes."""

    __slots__ = ()


class Line(NamedTuple):
    """One line: its fields, a `Spoilt` for each that cannot be read, and the line as it came."""

    fields: list[str]
    raw: str


class File(NamedTuple):
    """A file as read: its first line, the lines between, the number of lines it states, the names of its attachments."""

    head: Line
    lines: list[Line]
    stated: str
    attachments: frozenset[str]

    @property
    def first(self) -> Head:
        """Return the first line by the names of its fields, without what stands beside them; a field that is missing is empty."""
        own = self.head.fields[:len(Head._fields)]
        return Head(*own, *[""] * (len(Head._fields) - len(own)))

    @property
    def counted(self) -> bool:
        """Tell whether the file has as many lines as it states."""
        return self.stated.strip() == str(len(self.lines))


def institution(agency: Agency) -> str:
    """Return the 17 characters that name the agency in its file names."""
    return agency.agency.upper().replace("-", "")[:_INSTITUTION_CHARS].ljust(_INSTITUTION_CHARS, "0")


def batch_no(request_no: str) -> str:
    """Return the 30 characters of a batch, made from its first request number: sent again, a file has the same name."""
    return sha256(request_no.encode()).hexdigest()[:_BATCH_CHARS].upper()


def pack(head: Head, lines: Iterable[Sequence[str]], attachments: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Write a file; the same lines give the same bytes."""
    written = [_written(head), *map(_written, lines)]
    body = "".join(f"{one}\n" for one in written).encode(ENCODING)
    last = f"99|{len(written) - 1}|{sha256(body).hexdigest()}\n".encode()
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in {f"{head.file_name}.txt": body + last, **attachments}.items():
            member = ZipInfo(name)
            member.compress_type = ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()


def _written(fields: Sequence[str]) -> str:
    plain = "|".join(fields)
    if plain.count("|") == len(fields) - 1 and not ("%" in plain or "\n" in plain or "\r" in plain):
        return plain
    return "|".join(field.translate(_ESCAPES) for field in fields)


def unpack(body: bytes) -> File:
    """Read a file: bounded, checked against its check value and its name. Its number of lines is for the reader to compare.

    Raises: AgencyProtocolError
    """
    try:
        name, content, attachments = _members(body)
        stated, (head, *lines) = _checked_lines(content)
    except (ValueError, BadZipFile, ZlibError, NotImplementedError, RuntimeError, EOFError) as error:
        raise AgencyProtocolError(f"the file cannot be read: {error}") from error
    file = File(head, lines, stated, attachments)
    if file.first.tag != "00" or name != f"{file.first.file_name}.txt":
        raise AgencyProtocolError("the file's name and its first line do not agree")
    return file


def _members(body: bytes) -> tuple[str, bytes, frozenset[str]]:
    with ZipFile(BytesIO(body)) as archive:
        if not archive.filelist:
            raise ValueError("it has no member")
        first, *others = archive.filelist
        if first.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError("its member is packed in another way")
        with archive.open(first) as member:
            content = member.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("it unpacks to more than the document allows")
    return first.filename, content, frozenset(other.filename for other in others)


def _checked_lines(content: bytes) -> tuple[str, list[Line]]:
    """Return the number of lines that the last one states, and the lines before it. Raises: ValueError."""
    start = content.rfind(b"\n", 0, len(content) - 1) + 1
    body, last = content[:start], content[start:].decode("ascii").strip().split("|")
    if len(last) < _LAST_FIELDS or last[0] != "99" or last[2].lower() != sha256(body).hexdigest():
        raise ValueError("the last line does not agree with the lines before it")
    return last[1], [_line(one) for one in _texts(body)]


def _texts(body: bytes) -> list[str]:
    """Return the text of each line; a byte that is no character of GB18030 stands as a lone surrogate. Raises: ValueError if there is none."""
    texts = body.decode(ENCODING, "surrogateescape").replace("\r\n", "\n").split("\n")[:-1]
    if not texts:
        raise ValueError("it has no line")
    return texts


def _line(text: str) -> Line:
    if text.isascii() and "%" not in text:
        return Line(text.split("|"), text)
    return Line([_field(field) for field in text.split("|")], _LONE.sub(_as_byte, text))


def _field(field: str) -> str:
    if _LONE.search(field):
        return Spoilt(_LONE.sub(_as_byte, field))
    return field if "%" not in field else _unescaped(field)


def _as_byte(lone: re.Match[str]) -> str:
    return f"\\x{ord(lone[0]) - 0xDC00:02x}"


def _unescaped(field: str) -> str:
    parts = field.split("%")
    if not _ESCAPED.keys() >= {part[:2] for part in parts[1:]}:
        return Spoilt(field)
    return parts[0] + "".join(_ESCAPED[part[:2]] + part[2:] for part in parts[1:])
