"""SOAP whose attributes are Base64 of GB18030, taken apart and put together for tests, and a WSDL as the judge of it. None of this is the services' code."""

import re
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from xmlschema import XMLSchema11
from xmlschema.extras.wsdl import Wsdl11Document

from services.runtime.mock.port import MockResponse
from services.runtime.port import AgencyCall
from tests.contract.documents import HOST, Check

SOAP, SERVICE = "{http://schemas.xmlsoap.org/soap/envelope/}", "{urn:bdcck}"
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
FILE = "WSNR"


class AsItIs(str):
    """An attribute that is not in Base64."""

    __slots__ = ()


def decoded(element: Element) -> Element:
    """The element as its document has it: each attribute as text; one that is no Base64 of GB18030 is an error."""
    copy = Element(element.tag, {name: value if name == FILE else text_of(value) for name, value in element.attrib.items()})
    copy.extend(decoded(child) for child in element)
    return copy


def text_of(value: str) -> str:
    assert BASE64.fullmatch(value), value
    return b64decode(value).decode("gb18030")


def written(value: str) -> str:
    return str(value) if isinstance(value, AsItIs) else b64encode(value.encode("gb18030")).decode()


def parts_of(body: bytes) -> tuple[Element | None, Element]:
    """The HEAD and the operation of an envelope."""
    root = fromstring(body)
    (operation,) = root.find(f"{SOAP}Body")
    return root.find(f"{SOAP}Header/HEAD"), operation


@cache
def wsdl(path: Path) -> Wsdl11Document:
    """Load a document; one that is no WSDL 1.1, or whose messages are not in its schema, is an error by itself."""
    return Wsdl11Document(str(path), cls=XMLSchema11)


def by_wsdl(path: Path) -> Check:
    """Return the check of a SOAP dialect by its WSDL and the decoded document's schema."""
    document = wsdl(path)
    (service,) = document.services.values()
    (port,) = service.ports.values()
    elements = document.schema.maps.elements
    actions = {name: operation.soap_action for (name, *_), operation in port.binding.operations.items()}

    def check(call: AgencyCall, answered: MockResponse) -> None:
        _, asked = parts_of(call.content)
        named = asked.tag.removeprefix(SERVICE)
        assert HOST + call.path == port.soap_location
        assert (call.method, call.headers["SOAPAction"]) == ("POST", f'"{actions[named]}"')
        elements[asked.tag].validate(decoded(asked))
        head, said = parts_of(answered.body)
        assert (answered.status, answered.content_type) == (200, call.content_type)
        elements["HEAD"].validate(head)
        elements[said.tag].validate(decoded(said))
        assert said.tag.removeprefix(SERVICE) in ({f"{named}Response"} if named != "cxZt" else {"cxBdcQLResponse", "kzBdcQLResponse"})

    return check


def words_of(element: Element) -> dict[str, Any]:
    """An element of the body as plain words: text by attribute, lists of words by child."""
    words: dict[str, Any] = {name: value if name == FILE else text_of(value) for name, value in element.attrib.items()}
    for child in element:
        words.setdefault(child.tag, []).append(words_of(child))
    return words


def fill(parent: Element, tag: str, words: object) -> None:
    """Write words of any form: what is no text stands as its text, what is no list as a child of its own."""
    element = SubElement(parent, tag)
    for name, value in words.items() if isinstance(words, dict) else ():
        if isinstance(value, dict | list):
            for row in value if isinstance(value, list) else [value]:
                fill(element, name, row)
        elif value is not None:
            element.set(name, written(value if isinstance(value, str) else str(value)))


def envelope(operation: str, items: list[tuple[str, Any]], head: dict[str, str] | None = None) -> bytes:
    """An envelope of items, each a tag and its words."""
    root = Element(f"{SOAP}Envelope")
    if head is not None:
        SubElement(SubElement(root, f"{SOAP}Header"), "HEAD", head)
    body = SubElement(SubElement(root, f"{SOAP}Body"), f"{SERVICE}{operation}")
    for tag, words in items:
        fill(body, tag, words)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").encode()
