"""The addresses of the SOAP services, and what is checked before an operation is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.salesforce.app import VERSIONS, Api
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.soap.answers import XML, client_fault, envelope, fault
from connectors.sandbox.salesforce.soap.calls import Calls
from connectors.sandbox.salesforce.soap.envelope import (
    ENTERPRISE,
    PARTNER,
    BadEnvelope,
    Flavour,
    Message,
    no_operation,
    read,
)

LAST_LOGIN = 64
"""The last API version that has SOAP login() (doc)."""


def routes(api: Api) -> Sequence[Route]:
    """The partner and the enterprise service, with and without the org's id at the end of the path."""
    calls = Calls(api)
    made = []
    for flavour in (PARTNER, ENTERPRISE):
        path = f"/services/Soap/{flavour.letter}/{{version}}"
        for end in ("", "/", "/{org}"):
            made.append(Route(path + end, _service(api, calls, flavour), methods=["POST"]))
    return made


def _service(api: Api, calls: Calls, flavour: Flavour) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """200 with the results, or 500 with a fault: SOAP knows no other status."""
        content = await request.body()
        try:
            version = checked_version(request)
            message = read(content, flavour)
            check_session(api, message, version)
            api.usage.count()
            body = calls.answer(request, message, version)
        except CallFailed as failure:
            return sent(500, fault(flavour, failure.code, failure.message))
        except BadEnvelope as problem:
            return sent(500, client_fault(flavour, str(problem)))
        finally:
            await api.batches.holding.finish(request)
        used = (api.usage.used(), int(api.org.core.settings["daily_limit"]))
        return sent(200, envelope(flavour, body, used))

    return answer


def checked_version(request: Request) -> int:
    """The API version of the path, once the request is one of SOAP."""
    if "soapaction" not in request.headers:
        raise BadEnvelope("SOAPAction HTTP header missing")
    if "xml" not in request.headers.get("content-type", ""):
        raise BadEnvelope("The content type of a SOAP request is text/xml")
    version = str(request.path_params["version"])
    if version.removesuffix(".0") not in {str(v) for v in VERSIONS}:
        raise CallFailed(500, "UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {version}")
    return int(version.removesuffix(".0"))


def check_session(api: Api, message: Message, version: int) -> None:
    """The session of the SessionHeader; login() fails: nobody here has a password, and since v65 it is gone."""
    if message.operation == "login":
        if version > LAST_LOGIN:
            raise BadEnvelope(no_operation(message.body))
        raise CallFailed(
            500, "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
        )
    session = message.header("SessionHeader", "sessionId")
    if session is None or not api.sessions.use(session.strip()):
        raise CallFailed(
            500,
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key: ",
        )
    api.check_enabled()


def sent(status: int, content: bytes) -> Response:
    """The whole answer."""
    return Response(content, status, {"content-type": XML})
