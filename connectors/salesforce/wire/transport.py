"""The one HTTP session: a time limit on every call, no foreign hosts, no redirects, no ambient credentials."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.salesforce.config import SalesforceSettings


class TimedAdapter(HTTPAdapter):
    """Sends with connect and read time limits, also where the caller names none (simple-salesforce never does),
    and with TLS verified: by the authorities of `ca_bundle` where given, which REQUESTS_CA_BUNDLE would
    otherwise outrank (requests 2.34), and never not at all."""

    def __init__(self, connect: float, read: float, ca_bundle: str | None = None) -> None:
        self._limits, self._ca_bundle = (connect, read), ca_bundle
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """As HTTPAdapter does, in limited time."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._limits
        kwargs["verify"] = self._ca_bundle or kwargs.get("verify") or True
        return super().send(request, *args, **kwargs)


class LocalAdapter(TimedAdapter):
    """Sends everything to a CRM on this machine, as simple-salesforce knows only https:// addresses."""

    def __init__(self, origin: str, connect: float, read: float) -> None:
        self._origin = urlsplit(origin)
        super().__init__(connect, read)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """The same request, to the local origin over plain HTTP."""
        parts = urlsplit(str(request.url))
        request.url = urlunsplit((self._origin.scheme, self._origin.netloc, *parts[2:]))
        return super().send(request, *args, **kwargs)


def open_session(settings: SalesforceSettings) -> requests.Session:
    """A session that verifies TLS and whose every call ends in time."""
    session = requests.Session()
    # A .netrc entry would replace the Authorization header; an auth that does nothing keeps it out.
    session.auth = lambda request: request
    session.max_redirects = 0
    if settings.local:
        session.trust_env = False
        session.mount(
            "https://",
            LocalAdapter(settings.instance_url, settings.connect_timeout, settings.read_timeout),
        )
    else:
        bundle = None if settings.ca_bundle is None else str(settings.ca_bundle)
        session.mount("https://", TimedAdapter(settings.connect_timeout, settings.read_timeout, bundle))
    del session.adapters["http://"]
    return session
