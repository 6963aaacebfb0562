"""The simulated depository's own hand: how it reads and writes the files of its document (depository.files.yaml). Pure.

It shares no code with the adapter's reader and writer, so that a misreading there is found by asking it.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

#: A field as text, which is escaped, or as bytes, which stand as they are.
Field = str | bytes
Said = dict[str, str]
Item = MutableMapping[str, Any]

#: What stands in each line after its tag, in this order.
FIELDS: Mapping[str, tuple[str, ...]] = {tag: tuple(names.split()) for tag, names in {
    "00": "QZ JGBM PCH FKSJ JGDM JGSM",
    "01": "QQDH FYDM FYMC AH CBR GZZBH GWZBH LXDH XM ZJLX ZJHM HDDZ",
    "02": "QQDH WSLB WSWH QFRQ WJM",
    "03": "QQDH XZSX ZQZH ZQDM SL JE QX JZRQ YQQDH YAH DJBH LHBH",
    "04": "QQDH XM ZJLX ZJHM",
    "05": "QQDH KHH ZH HM",
    "10": "QQDH JGDM JGSM HS",
    "11": "QQDH SLBH YJMS",
    "20": "QQDH ZQZH ZQDM ZQMC SC CYR GFXZ TGDY CYSL KYSL DJSL QSPJ",
    "21": "QQDH ZQR ZYSL DJRQ ZYBH DBJE",
    "22": "QQDH BJJG BJSL KSRQ JSRQ",
    "23": "QQDH DJLX DJJG DJWH DJSL DJJE LHSX KSRQ JSRQ YQQDH",
    "30": "QQDH JGDM JGSM HS ZT SL BJSL LHSL JE CEJE HKJE LHSX DJBH LHBH SDSJ SXSJ JZRQ",
}.items()}
#: The lists of a holding, by the tag of their lines.
BELOW = {"21": "ZY", "22": "SFBJ", "23": "DJ"}


class Received(NamedTuple):
    """A file as it was taken in: its first line, and the lines between."""

    head: Said
    lines: list[list[str]]


def line(tag: str, said: Mapping[str, Field | None]) -> list[Field]:
    """Write a line; what is not said is an empty field, what the document does not have stands at the end."""
    names = FIELDS[tag]
    return [tag, *(said.get(name) or "" for name in names), *(value or "" for name, value in said.items() if name not in names)]


def named(fields: Sequence[str]) -> Said:
    """Read a line by the names of its fields. Raises: ValueError, KeyError."""
    return dict(zip(FIELDS[fields[0]], fields[1:], strict=True))


def item_of(lines: Sequence[Sequence[str]]) -> Item:
    """Read a holding and the lines below it."""
    item: Item = {**named(lines[0]), **{name: [] for name in BELOW.values()}}
    for fields in lines[1:]:
        item[BELOW[fields[0]]].append(named(fields))
    return item


def lines_of(item: Item) -> Iterator[list[Field]]:
    """Write a holding and the lines below it; a field that is gone makes its line shorter, a name of two digits is a line of its own."""
    lists = {*BELOW.values()}
    yield _as_told("20", {name: value for name, value in item.items() if name not in lists and not name.isdigit()})
    for tag, name in BELOW.items():
        for row in item.get(name, ()):
            yield _as_told(tag, row)
    for tag in filter(str.isdigit, item):
        yield [tag, item["QQDH"], item[tag]]


def _as_told(tag: str, said: Mapping[str, Any]) -> list[Field]:
    fields = line(tag, said)
    gone = [place for place, name in enumerate(FIELDS[tag], start=1) if name not in said]
    return [field for place, field in enumerate(fields) if place not in gone]


def pack(head: Mapping[str, str], lines: Iterable[Sequence[Field]]) -> bytes:
    """Write a file of a first line and others; the same lines give the same bytes."""
    written = [b"|".join(map(_written, one)) for one in (line("00", head), *lines)]
    body = b"".join(one + b"\n" for one in written)
    last = f"99|{len(written) - 1}|{sha256(body).hexdigest()}\n".encode()
    member = ZipInfo(f"{head['QZ']}{head['JGBM']}{head['PCH']}.txt")
    member.compress_type = ZIP_DEFLATED
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(member, body + last)
    return buffer.getvalue()


def _written(field: Field) -> bytes:
    if isinstance(field, bytes):
        return field
    return field.replace("%", "%25").replace("|", "%7C").replace("\n", "%0A").replace("\r", "%0D").encode("gb18030")


def unpack(body: bytes) -> Received:
    """Read a file. Raises: ValueError."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            name = archive.namelist()[0]
            content = archive.read(name)
    except (BadZipFile, IndexError) as error:
        raise ValueError("no file") from error
    above, _, last = content.rstrip(b"\n").rpartition(b"\n")
    above += b"\n"
    lines = [list(map(_read, one.split("|"))) for one in above.decode("gb18030").split("\n")[:-1]]
    if last.decode() != f"99|{len(lines) - 1}|{sha256(above).hexdigest()}":
        raise ValueError("the last line does not agree")
    first = lines[0]
    if first[0] != "00" or name != "".join(first[1:4]) + ".txt":
        raise ValueError("the first line does not agree with the file's name")
    return Received(named(first), lines[1:])


def _read(field: str) -> str:
    return field.replace("%0D", "\r").replace("%0A", "\n").replace("%7C", "|").replace("%25", "%")
