"""The SOAP 1.1 envelope around the registry's words: bytes to plain words and back; it knows no field.

Every attribute of the body is Base64 of GBK text, written and read as GB18030, which holds GBK and every rare character
of a name; a file (WSNR) is Base64 once. Attributes of the header are plain. Reading refuses DTDs, entities, stray text.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

from defusedxml.ElementTree import fromstring

from services.runtime.reading.forms import Garbled

CONTENT_TYPE = "text/xml; charset=utf-8"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SERVICE = "{urn:bdcck}"
HEAD = "HEAD"
CHARSET = "gb18030"
#: Attributes that hold a file: Base64 of its bytes and not of text.
FILES = frozenset({"WSNR"})
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
DEEPEST = 4  # operation, item, row, owner
#: How deep an odd nesting is looked into.
_DEEPEST_ODD = 12
#: Under which text stands that is no attribute.
TEXT = "#text"

register_namespace("soap", SOAP[1:-1])
register_namespace("bdc", SERVICE[1:-1])

#: An element: text by attribute, lists of elements by child tag.
Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart; items are read one by one with `words`, so that a bad one harms no other."""

    head: Mapping[str, str] | None
    operation: str
    items: tuple[Element, ...]


def encoded(text: str) -> str:
    """Write one attribute."""
    return b2a_base64(text.encode(CHARSET), newline=False).decode("ascii")


def decoded(value: str) -> str:
    """Read one attribute.

    Raises: ValueError
    """
    return a2b_base64(value, strict_mode=True).decode(CHARSET)


def file_text(content: bytes) -> str:
    """Write a file's bytes for an attribute of FILES."""
    return b2a_base64(content, newline=False).decode("ascii")


def file_bytes(value: str) -> bytes:
    """Read a file's bytes from an attribute of FILES.

    Raises: ValueError
    """
    return a2b_base64(value, strict_mode=True)


def write(operation: str, items: Iterable[tuple[str, Words]], head: Mapping[str, str] | None = None) -> bytes:
    """Write an envelope of items, each a tag and its words."""
    envelope = Element(f"{SOAP}Envelope")
    if head is not None:
        SubElement(SubElement(envelope, f"{SOAP}Header"), HEAD, dict(head))
    body = SubElement(SubElement(envelope, f"{SOAP}Body"), f"{SERVICE}{operation}")
    for tag, words_of_item in items:
        _fill(body, tag, words_of_item)
    written: str = tostring(envelope, encoding="unicode")
    return _DECLARATION + written.encode()


def _fill(parent: Element, tag: str, words_of_element: Words) -> None:
    children = [(name, value) for name, value in words_of_element.items() if not isinstance(value, str)]
    element = SubElement(parent, tag, {name: value if name in FILES else encoded(value)
                                       for name, value in words_of_element.items() if isinstance(value, str)})
    for name, rows in children:
        for row in rows:
            _fill(element, name, row)


def read(body: bytes) -> Envelope:
    """Take an envelope apart.

    Raises: ValueError if it is no such envelope; its text holds nothing of the content
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, LookupError, ValueError) as error:
        raise ValueError(f"not XML that we take: {type(error).__name__}") from error
    *headers, soap_body = _children(root, f"{SOAP}Envelope")
    head = _head(headers)
    if len(children := list(_children(soap_body, f"{SOAP}Body"))) != 1 or not children[0].tag.startswith(SERVICE):
        raise ValueError("not exactly one operation in the body")
    operation = children[0]
    return Envelope(head, operation.tag.removeprefix(SERVICE), tuple(_children(operation, operation.tag)))


def _head(headers: list[Element]) -> Mapping[str, str] | None:
    if not headers:
        return None
    children = [child for header in headers for child in _children(header, f"{SOAP}Header")]
    if len(children) != 1 or children[0].tag != HEAD or len(children[0]):
        raise ValueError("not exactly one HEAD in the header")
    return children[0].attrib


def _children(element: Element, tag: str) -> Iterator[Element]:
    """Give the children of an element that may have nothing else: no other name, no attribute, no text."""
    if element.tag != tag or element.attrib or _stray(element.text):
        raise ValueError("an element that is not in the document")
    if any(_stray(child.tail) for child in element):
        raise ValueError("text where none belongs")
    return iter(element)


def words(element: Element, depth: int = 2) -> dict[str, Any]:
    """Read one element: its attributes decoded, its children grouped by tag.

    Raises: ValueError if an attribute is not encoded as it should be, or there is stray text, or too deep a nesting
    """
    if depth > DEEPEST or _stray(element.text):
        raise ValueError("nested too deeply, or text where none belongs")
    read_words: dict[str, Any] = {
        name: value if name in FILES else decoded(value) for name, value in element.attrib.items()}
    for child in element:
        if child.tag in element.attrib or _stray(child.tail):
            raise ValueError("a child named as an attribute, or text where none belongs")
        read_words.setdefault(child.tag, []).append(words(child, depth + 1))
    return read_words


def as_written(element: Element, depth: int = 2) -> dict[str, Any]:
    """Read one element whatever is odd about it: an attribute that is not encoded as it should be stays as it came, stray text is a field."""
    read_words: dict[str, Any] = {name: value if name in FILES else _decoded_or_garbled(value) for name, value in element.attrib.items()}
    stray = "".join(part.strip() for part in (element.text, *(child.tail for child in element)) if part)
    if stray:
        read_words[TEXT] = stray
    for child in element if depth < _DEEPEST_ODD else ():
        tag = child.tag.removeprefix(SERVICE)
        before = read_words.get(tag, [])
        read_words[tag] = [*(before if isinstance(before, list) else [before]), as_written(child, depth + 1)]
    return read_words


def _decoded_or_garbled(value: str) -> str:
    try:
        return decoded(value)
    except ValueError:
        return Garbled(value)


def _stray(text: str | None) -> bool:
    return text is not None and not text.isspace()
