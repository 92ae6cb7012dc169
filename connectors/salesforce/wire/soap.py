"""SOAP messages of the partner API: built from text, read without documents types or entities."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from connectors.errors import AuthFailed, ConnectorError, Garbled, OutcomeUnknown
from connectors.salesforce.wire.answers import Answer, error_of, error_said

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PARTNER = "urn:partner.soap.sforce.com"
OBJECT = "urn:sobject.partner.soap.sforce.com"
_MAY_HAVE_HAPPENED = frozenset(["", "UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"])
"""Faults after which nothing says that the call was not carried out."""
_MESSAGE = 500


def element(name: str, content: str) -> str:
    """`<name>content</name>`; the content is XML already, the name is one of ours or of describe's."""
    return f"<{name}>{content}</{name}>"


def text(value: object) -> str:
    """A value as the text of an element: booleans in small letters, line ends as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value), {"\r": "&#13;"})


def envelope(session: str, headers: str, body: str, namespace: str = PARTNER) -> bytes:
    """A whole message. What UTF-8 or XML cannot hold is left for Salesforce to refuse."""
    said = element("SessionHeader", element("sessionId", text(session))) + headers
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="{SOAP}" xmlns="{namespace}" xmlns:xsi="{XSI}">'
        f"<e:Header>{said}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
    ).encode("utf-8", "xmlcharrefreplace")


def results_of(answer: Answer, what: str) -> tuple[list[Mapping[str, Any]], tuple[int, int] | None]:
    """The results of an update or create as Collections tell them, and the day's calls: used, limit.

    A fault is the error that it means; OutcomeUnknown where the call may have been carried out all the same.
    """
    root, operation = opened(answer, what)
    return [_result(found) for found in named(operation, "result")], _usage(root)


def opened(answer: Answer, what: str) -> tuple[ET.Element, ET.Element]:
    """The whole message and the element of its operation; errors as `results_of` has them."""
    root = _parsed(answer, what)
    body = root.find(f"{{{SOAP}}}Body") if root is not None else None
    if root is None or body is None or len(body) != 1 or answer.failed:
        raise _fault(answer, body, what)
    return root, body[0]


def _fault(answer: Answer, body: ET.Element | None, what: str) -> ConnectorError:
    fault = None if body is None else next(named(body, "Fault"), None)
    if fault is None:
        error = error_of(answer, what) if answer.failed else Garbled(f"{what}: the answer is no SOAP message")
        return error if answer.failed and answer.status < 500 else OutcomeUnknown(str(error))
    code = child(fault, "faultcode").rpartition(":")[2]
    message = child(fault, "faultstring").removeprefix(f"{code}: ")[:_MESSAGE]
    if code == "INVALID_SESSION_ID":
        return AuthFailed(f"{what}: {code}, {message}")
    if code in _MAY_HAVE_HAPPENED:
        return OutcomeUnknown(f"{what}: {code or 'a fault without a code'}, {message}")
    return error_said(400, code, message, what)


class _Plain(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ET.ParseError("a document type, which no answer of Salesforce has")


def _parsed(answer: Answer, what: str) -> ET.Element | None:
    """The root; None for the body of a failed call that is no XML; OutcomeUnknown for any other."""
    # A document type is refused before any entity of it is read.
    parser = ET.XMLParser(target=_Plain())  # noqa: S314
    try:
        parser.feed(answer.body)
        root: ET.Element = parser.close()
        return root
    except ET.ParseError as error:
        if answer.failed:
            return None
        raise OutcomeUnknown(f"{what}: the answer is no whole XML: {error}") from error


def _result(found: ET.Element) -> dict[str, Any]:
    said = {"true": True, "false": False}.get(child(found, "success"))
    errors = [
        {
            "statusCode": child(error, "statusCode"),
            "message": child(error, "message"),
            "fields": [field.text or "" for field in named(error, "fields")],
        }
        for error in named(found, "errors")
    ]
    return {"id": child(found, "id") or None, "success": said, "errors": errors}


def _usage(root: ET.Element) -> tuple[int, int] | None:
    for info in root.iter(f"{{{PARTNER}}}limitInfo"):
        current, limit = child(info, "current"), child(info, "limit")
        if child(info, "type") == "API REQUESTS" and current.isdigit() and limit.isdigit():
            return int(current), int(limit)
    return None


def named(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    """The children of this name, whatever their namespace."""
    return (child for child in parent if child.tag.rpartition("}")[2] == name)


def child(parent: ET.Element, name: str) -> str:
    """The text of the child of this name, "" where there is none."""
    return next((child.text or "" for child in named(parent, name)), "")


def options(header: str, chosen: Sequence[tuple[str, bool]]) -> str:
    """A header that lists types, each to be executed or not."""
    listed = (
        element("options", element("execute", text(execute)) + element("type", kind))
        for kind, execute in chosen
    )
    return element(header, "".join(listed))
