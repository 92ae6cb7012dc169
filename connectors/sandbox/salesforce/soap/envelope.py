"""Reads a SOAP request: its flavour, its headers and its one operation. DTDs are refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
Element = ET.Element


class BadEnvelope(Exception):
    """The request is no SOAP message that the service can read; the message is the faultstring."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """One of the SOAP services, by the letter in its path: the namespace of its messages and of its faults."""

    letter: str
    namespace: str
    faults: str


PARTNER = Flavour("u", "urn:partner.soap.sforce.com", "urn:fault.partner.soap.sforce.com")
ENTERPRISE = Flavour("c", "urn:enterprise.soap.sforce.com", "urn:fault.enterprise.soap.sforce.com")
_METADATA = "http://soap.sforce.com/2006/04/metadata"
METADATA = Flavour("m", _METADATA, _METADATA)
FLAVOURS = {flavour.letter: flavour for flavour in (PARTNER, ENTERPRISE, METADATA)}


def flavour_of(path: str) -> Flavour | None:
    """The service that a path leads to, None for a path of another API."""
    parts = path.split("/")
    return FLAVOURS.get(parts[3]) if len(parts) > 3 and parts[1:3] == ["services", "Soap"] else None


class _NoDoctype(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadEnvelope("DOCTYPE is disallowed")


@dataclass(frozen=True, slots=True)
class Message:
    """One request: headers by name, and the element of the operation."""

    flavour: Flavour
    headers: dict[str, Element]
    operation: str
    body: Element

    def header(self, name: str, member: str) -> str | None:
        """The text of one member of a header, None where it is missing."""
        found = self.headers.get(name)
        return None if found is None else text_of(found, member)

    def says(self, name: str, member: str) -> bool:
        """Whether a header's member is true."""
        return (self.header(name, member) or "").lower() in ("true", "1")


def read(content: bytes, flavour: Flavour) -> Message:
    """The message; BadEnvelope where it is none. Headers of other namespaces do not count, as in the real one."""
    root = _parsed(content)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise BadEnvelope(f"{local(root)} is not a SOAP 1.1 envelope")
    header, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if body is None or len(body) != 1:
        raise BadEnvelope("The SOAP body must hold one operation")
    operation = body[0]
    own = f"{{{flavour.namespace}}}"
    if not operation.tag.startswith(own):
        raise BadEnvelope(no_operation(operation))
    headers = {local(e): e for e in ([] if header is None else header) if e.tag.startswith(own)}
    return Message(flavour, headers, local(operation), operation)


def _parsed(content: bytes) -> Element:
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - no document type, no entities
    try:
        parser.feed(content)
        return parser.close()
    except ET.ParseError as error:
        raise BadEnvelope(f"Unable to parse the request: {error}") from None


def no_operation(element: Element) -> str:
    """What Salesforce says to an operation that it does not have."""
    return f"No operation available for request {element.tag}, please check the WSDL for the service."


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element, name: str) -> str | None:
    """The text of the child of that name, "" where it is empty, None where there is none."""
    return next((child.text or "" for child in element if local(child) == name), None)


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of that name, in their order."""
    return (child for child in element if local(child) == name)


def is_nil(element: Element) -> bool:
    """Whether it says xsi:nil, which SOAP updates ignore: only fieldsToNull empties a field (doc)."""
    return element.get(f"{{{XSI}}}nil") in ("true", "1")


def type_of(element: Element) -> str | None:
    """The xsi:type without its prefix."""
    given = element.get(f"{{{XSI}}}type")
    return None if given is None else given.rpartition(":")[2]
