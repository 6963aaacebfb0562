"""How a simulated registry takes SOAP apart and writes it: its own plain code, none of the adapter's. Source: registry.wsdl, registry.xsd.

Every attribute of the body is Base64 of GB18030 text; a file (WSNR) is Base64 once; attributes of the header are plain.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

Words = dict[str, Any]

_SOAP, _SERVICE = "http://schemas.xmlsoap.org/soap/envelope/", "urn:bdcck"
_OPENED = f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:bdc="{_SERVICE}" xmlns:soap="{_SOAP}">'


class Plain(str):
    """An attribute that goes out as it is, not in Base64 as the document asks for."""

    __slots__ = ()


class Letter(NamedTuple):
    """An envelope taken apart."""

    operation: str
    items: list[tuple[str, Words]]
    head: Mapping[str, str]


def read(body: bytes) -> Letter:
    """Take an envelope apart.

    Raises: ValueError if it is none, or an attribute of it is not Base64 of GB18030 text
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, LookupError) as error:
        raise ValueError("no XML") from error
    inside = root.find(f"{{{_SOAP}}}Body")
    if inside is None or len(inside) != 1 or not inside[0].tag.startswith(f"{{{_SERVICE}}}"):
        raise ValueError("no operation")
    head = root.find(f"{{{_SOAP}}}Header/HEAD")
    operation = inside[0].tag.removeprefix(f"{{{_SERVICE}}}")
    return Letter(operation, [(item.tag, _words(item)) for item in inside[0]], {} if head is None else head.attrib)


def _words(element: Element) -> Words:
    words: Words = {name: value if name == "WSNR" else b64decode(value, validate=True).decode("gb18030") for name, value in element.attrib.items()}
    for child in element:
        words.setdefault(child.tag, []).append(_words(child))
    return words


def write(operation: str, items: Iterable[tuple[str, Words]], head: Mapping[str, str]) -> bytes:
    """Write an answer of items, each a tag and its words."""
    marked = "".join(f' {name}="{escape(value)}"' for name, value in head.items())
    named = f"bdc:{operation}"
    inside = "".join(_element(tag, words) for tag, words in items)
    content = f"<{named}>{inside}</{named}>" if inside else f"<{named} />"
    return f"{_OPENED}<soap:Header><HEAD{marked} /></soap:Header><soap:Body>{content}</soap:Body></soap:Envelope>".encode()


def _element(tag: str, words: Words) -> str:
    attributes = "".join(f' {name}="{_written(value)}"' for name, value in words.items() if isinstance(value, str))
    inside = "".join(_element(name, row) for name, rows in words.items() if not isinstance(rows, str) for row in rows)
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes} />"


def _written(value: str) -> str:
    return escape(value) if isinstance(value, Plain) else b64encode(value.encode("gb18030")).decode()
