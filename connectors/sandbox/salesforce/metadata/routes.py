"""The address of the Metadata API, and what is checked before an operation is carried out."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.salesforce.app import Api
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.metadata.calls import Calls
from connectors.sandbox.salesforce.soap.answers import client_fault, envelope, fault
from connectors.sandbox.salesforce.soap.envelope import METADATA, BadEnvelope, read
from connectors.sandbox.salesforce.soap.routes import check_session, checked_version, sent
from connectors.sandbox.settings import Setting

SETTINGS = (
    Setting("metadata_api", True, "the user may use the Metadata API (Modify Metadata Through Metadata API Functions)"),
)  # fmt: skip
_NOT_ALLOWED = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"


def routes(api: Api) -> Sequence[Route]:
    """The service, with and without the org's id at the end of the path."""
    api.org.core.settings.declare(SETTINGS)
    calls = Calls(api.org)

    async def answer(request: Request) -> Response:
        """200 with a result per component, or 500 with a fault."""
        content = await request.body()
        try:
            version = checked_version(request)
            message = read(content, METADATA)
            check_session(api, message, version)
            api.usage.count()
            if not api.org.core.settings["metadata_api"]:
                raise CallFailed(500, "INSUFFICIENT_ACCESS", _NOT_ALLOWED)
            body = calls.answer(message, api.org.core.by(request, api.org.user_id))
        except CallFailed as failure:
            return sent(500, fault(METADATA, failure.code, failure.message))
        except BadEnvelope as problem:
            return sent(500, client_fault(METADATA, str(problem)))
        used = (api.usage.used(), int(api.org.core.settings["daily_limit"]))
        return sent(200, envelope(METADATA, body, used))

    return [
        Route("/services/Soap/m/{version}" + end, answer, methods=["POST"]) for end in ("", "/", "/{org}")
    ]
