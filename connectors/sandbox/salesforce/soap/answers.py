"""Writes SOAP answers: results of rows, and faults as Salesforce words them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from connectors.sandbox.salesforce.soap.envelope import SOAP, XSI, Flavour

XML = "text/xml; charset=utf-8"
_KINDS = {
    "INVALID_TYPE": "InvalidSObjectFault",
    "INVALID_FIELD": "InvalidFieldFault",
    "MALFORMED_ID": "InvalidIdFault",
    "MALFORMED_QUERY": "MalformedQueryFault",
    "INVALID_LOGIN": "LoginFault",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a saveResult or deleteResult."""

    id: str | None
    success: bool
    errors: Sequence[Mapping[str, Any]] = ()


def envelope(flavour: Flavour, body: str, used: tuple[int, int] | None) -> bytes:
    """A whole answer; `used` are the calls of the day and their limit, for the LimitInfoHeader."""
    header = ""
    if used is not None:
        current, limit = used
        header = (
            f"<soapenv:Header><LimitInfoHeader><limitInfo><current>{current}</current><limit>{limit}</limit>"
            "<type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"'
        f' xmlns="{flavour.namespace}" xmlns:xsi="{XSI}">{header}<soapenv:Body>{body}</soapenv:Body>'
        "</soapenv:Envelope>"
    ).encode()


def response(operation: str, results: Sequence[str]) -> str:
    """The element of an operation's answer."""
    inside = "".join(f"<result>{result}</result>" for result in results)
    return f"<{operation}Response>{inside}</{operation}Response>"


def row(result: Result) -> str:
    """One saveResult: errors, id and success, in the order of the WSDL."""
    errors = "".join(
        "<errors>"
        + "".join(f"<fields>{escape(str(field))}</fields>" for field in error["fields"])
        + f"<message>{escape(str(error['message']))}</message>"
        + f"<statusCode>{escape(str(error['statusCode']))}</statusCode></errors>"
        for error in result.errors
    )
    id = '<id xsi:nil="true"/>' if result.id is None else f"<id>{result.id}</id>"
    return f"{errors}{id}<success>{str(result.success).lower()}</success>"


def fault(flavour: Flavour, code: str, message: str) -> bytes:
    """A fault of the service itself: `sf:CODE`, the message with its code before it, and the detail."""
    kind = _KINDS.get(code, "UnexpectedErrorFault")
    detail = (
        f'<detail><sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{escape(message)}</sf:exceptionMessage></sf:{kind}></detail>"
    )
    return _fault(flavour, f"sf:{code}", f"{code}: {message}", detail)


def client_fault(flavour: Flavour, message: str) -> bytes:
    """A fault of a message that the service cannot read."""
    return _fault(flavour, "soapenv:Client", message, "")


def _fault(flavour: Flavour, code: str, text: str, detail: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"'
        f' xmlns:sf="{flavour.faults}" xmlns:xsi="{XSI}"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>{detail}"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()
