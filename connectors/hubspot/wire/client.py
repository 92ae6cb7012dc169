"""One call to HubSpot: paced, metered, with time limits, retried by our one policy, errors in our words."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import orjson
import urllib3

from connectors.errors import ConnectorError, Garbled, OutcomeUnknown, Refused, Unavailable
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.wire.answers import Answer, error_of, read_answer
from connectors.hubspot.wire.limits import Limits
from connectors.hubspot.wire.paths import METHODS, Paths, Route
from connectors.hubspot.wire.tokens import Refreshed, Standing, Tokens
from connectors.retry import RetryPolicy

USER_AGENT = "territory-sync (hubspot-api-client)"
WHOLE_ANSWER = 5.0
"""An answer may take this many read timeouts from its first byte to its last."""
CHUNK = 1 << 16

Query = Mapping[str, str | int]
Body = Mapping[str, Any]
Check = Callable[[Answer], None]
T = TypeVar("T")


class Send(Protocol):
    """One try of a call that changes something."""

    def __call__(self, route: Route, body: Body, **names: str) -> Answer:
        """Its answer; Transient where it was not carried out."""
        ...


class TokenRenewed(Unavailable):
    """Nothing was carried out, as the token had expired; there is another one now."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=0.0)


def _believe(answer: Answer) -> None:
    """Any answer will do."""


class Client:
    """Calls of one portal over one pool of connections, from as many threads as there are.

    Nothing of the vendor's leaves it. A token that HubSpot no longer accepts is asked for again, once.
    """

    def __init__(self, settings: HubSpotSettings, retry: RetryPolicy | None = None) -> None:
        self._settings = settings
        self._paths = Paths(settings.api_version)
        self._retry = retry or RetryPolicy()
        self.clock = self._retry.clock
        self.limits = Limits(self._retry.clock, self._retry.sleep)
        self.meter: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._tokens = self._made_tokens()

    def read(
        self,
        route: Route,
        *,
        query: Query | None = None,
        body: Body | None = None,
        check: Check = _believe,
        **names: str,
    ) -> Answer:
        """The answer of a call that changes nothing; tried again as the retry policy allows.

        `check` raises Garbled for an answer that cannot be the whole truth, and so has it asked again.
        """

        def attempt() -> Answer:
            answer = self._attempt(route, query, body, names, write=False)
            check(answer)
            return answer

        return self._retry.call(attempt)

    def send(self, route: Route, body: Body, **names: str) -> Answer:
        """The answer of a call that changes something.

        Tried again only where HubSpot said that it did nothing, or was never reached; OutcomeUnknown as
        soon as it may have been carried out.
        """
        return self._retry.call(lambda: self._attempt(route, None, body, names, write=True))

    @contextmanager
    def about_to_send(self) -> Iterator[Send]:
        """One try of a call that changes something, which leaves without waiting once its body is known.

        The waiting is done before: what is read inside is as fresh as can be when the call leaves. Transient where
        it was not carried out; whoever tries again reads again.
        """
        kept: float | None = self.limits.keep()

        def send(route: Route, body: Body, **names: str) -> Answer:
            nonlocal kept
            taken, kept = kept, None
            return self._attempt(route, None, body, names, write=True, kept=taken)

        try:
            yield send
        finally:
            if kept is not None:
                self.limits.give_back(kept)

    def again(self, attempt: Callable[[], T]) -> T:
        """What it gives, after as many tries as the retry policy allows."""
        return self._retry.call(attempt)

    def scopes(self) -> frozenset[str] | None:
        """What our token may do, in HubSpot's words; None where it does not tell (a service key)."""
        try:
            return self._tokens.scopes()
        except (Garbled, Unavailable):
            return None

    def pause(self, seconds: float) -> None:
        """Wait, by the clock of the retry policy."""
        self._retry.sleep(seconds)

    def close(self) -> None:
        """Give the sockets back."""
        if "_made_api" in self.__dict__:
            self._api.rest_client.pool_manager.clear()
            self._api.close()

    @property
    def _api(self) -> Any:
        """The vendor's client, made once: every access of its own accessors would build a new pool."""
        with self._lock:
            return self._made_api

    @cached_property
    def _made_api(self) -> Any:
        from hubspot.crm.companies import ApiClient, Configuration  # lazy: half a second

        configuration = Configuration(host=self._settings.base_url.rstrip("/"))
        # Tries are ours, and the token goes to no other address than the one that is pinned.
        configuration.retries = urllib3.Retry(
            total=0, redirect=0, raise_on_redirect=False, respect_retry_after_header=False
        )
        if self._settings.ca_file is not None:
            configuration.ssl_ca_cert = str(self._settings.ca_file)
        configuration.connection_pool_maxsize = self._settings.parallel
        api = ApiClient(configuration=configuration)
        api.user_agent = USER_AGENT
        api.set_default_header("Accept", "application/json")
        api.set_default_header("Accept-Encoding", "gzip")
        return api

    def _attempt(
        self,
        route: Route,
        query: Query | None,
        body: Body | None,
        names: Mapping[str, str],
        *,
        write: bool,
        kept: float | None = None,
    ) -> Answer:
        what = " ".join([route.value, *names.values()])
        token = self._tokens.current()
        status, headers, data = self._exchange(what, route, query, body, names, write, token, kept)
        if status == 401 and self._tokens.is_replaced(token):
            if write:
                raise TokenRenewed(f"{what}: HubSpot took the token for expired, and there is a new one")
            token = self._tokens.current()
            status, headers, data = self._exchange(what, route, query, body, names, write, token)
        if not 200 <= status <= 299:
            raise error_of(what, status, headers, data, write=write)
        try:
            return read_answer(what, status, headers, data)
        except Garbled as error:
            if write:
                raise OutcomeUnknown(f"{error}; the write may have been carried out") from None
            raise

    def _exchange(
        self,
        what: str,
        route: Route,
        query: Query | None,
        body: Body | None,
        names: Mapping[str, str],
        write: bool,
        token: str,
        kept: float | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of one HTTP exchange."""
        api = self._api
        is_search = route is Route.SEARCH
        at = self.limits.wait(search=is_search) if kept is None else self.limits.take(kept)
        with self._lock:
            self.meter[route.value] += 1
        try:
            response = self._request(api, route, query, body, names, token)
            data = self._whole(response)
        except urllib3.exceptions.HTTPError as error:
            raise _lost(what, error, write) from None
        self.limits.learn(response.headers, at)
        if response.status == 429:
            self.limits.refused(search=is_search)
        return response.status, response.headers, data

    def _request(
        self,
        api: Any,
        route: Route,
        query: Query | None,
        body: Body | None,
        names: Mapping[str, str],
        token: str,
    ) -> Any:
        """The answer whose body is still to be read.

        Sent through the package's own pool, with its TLS: its `call_api` adds a fifth of a
        millisecond to every page, and breaks at an error body that is no UTF-8 (seen 2026-11, 12.0.0).
        """
        url = api.configuration.host + self._paths.of(route, **names)
        headers = {**api.default_headers, "Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return api.rest_client.pool_manager.request(
            METHODS.get(route, "GET"),
            f"{url}?{urlencode(query, safe=',')}" if query else url,
            body=None if body is None else orjson.dumps(body),
            headers=headers,
            preload_content=False,
            timeout=urllib3.Timeout(connect=self._settings.connect_timeout, read=self._settings.read_timeout),
        )

    def _whole(self, response: Any) -> bytes:
        """The body to its last byte; a read timeout alone would let an answer drip for ever."""
        began = self.clock()
        parts = []
        for part in response.stream(CHUNK, decode_content=True):
            parts.append(part)
            if self.clock() - began > WHOLE_ANSWER * self._settings.read_timeout:
                response.close()
                raise urllib3.exceptions.HTTPError("the answer dripped in too slowly")
        return b"".join(parts)

    def _post_form(self, path: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        return self._post_secrets(path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def _post_json(self, path: str, told: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        return self._post_secrets(path, orjson.dumps(dict(told)), "application/json")

    def _post_secrets(self, path: str, body: bytes, kind: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of a call that carries secrets in its body, and no token beside it."""
        with self._lock:
            self.meter["token"] += 1
        settings = self._settings
        try:
            response = self._api.rest_client.pool_manager.request(
                "POST",
                settings.base_url.rstrip("/") + path,
                body=body,
                headers={"Content-Type": kind, "Accept": "application/json", "User-Agent": USER_AGENT},
                timeout=urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout),
            )
            told = orjson.loads(response.data)
        except urllib3.exceptions.HTTPError as error:
            raise _lost(path, error, write=False) from None
        except orjson.JSONDecodeError:
            raise Garbled(f"{path}: the answer is no JSON") from None
        return response.status, told if isinstance(told, dict) else {}

    def _made_tokens(self) -> Tokens:
        settings = self._settings
        if settings.oauth is None:
            assert settings.token is not None, "the settings demand one of the two"
            return Standing(settings.token, self._post_json)
        oauth = settings.oauth
        return Refreshed(
            oauth.client_id,
            oauth.client_secret,
            oauth.refresh_token,
            self._post_form,
            self._paths.token,
            self.clock,
        )


def _lost(what: str, error: urllib3.exceptions.HTTPError, write: bool) -> ConnectorError:
    """The error for an exchange that broke: never sent, or sent and unanswered."""
    cause = getattr(error, "reason", None) or error
    if _is_untrusted(cause):
        return Refused(f"{what}: the server's certificate is not trusted: {_short(cause)}", code="TLS")
    never_sent = isinstance(
        cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    )
    if write and not never_sent:
        return OutcomeUnknown(f"{what}: sent, and no answer came ({_short(cause)})")
    torn = (cause, *cause.args)
    if any(isinstance(e, urllib3.exceptions.IncompleteRead | urllib3.exceptions.DecodeError) for e in torn):
        return Garbled(f"{what}: HubSpot's answer was torn ({_short(cause)})")
    return Unavailable(f"{what}: HubSpot could not be reached ({_short(cause)})")


def _is_untrusted(cause: object) -> bool:
    seen = [cause, *getattr(cause, "args", ())]
    return any(isinstance(e, ssl.SSLCertVerificationError | ssl.CertificateError) for e in seen)


def _short(cause: object) -> str:
    """The kind of breakage; urllib3's own text repeats the address, and with it every property asked for."""
    return type(cause).__name__
