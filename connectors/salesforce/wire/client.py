"""HTTP to one org: logged in, timed, counted, retried where that is safe, and with our errors only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from connectors.base import Identity, Quota
from connectors.errors import AuthFailed, ConnectorError, Garbled, OutcomeUnknown, Unavailable, WrongOrg
from connectors.records import RecordId
from connectors.retry import RetryPolicy
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.ids import full_id
from connectors.salesforce.wire.answers import Answer, error_of
from connectors.salesforce.wire.login import Logins, log_in
from connectors.salesforce.wire.transport import open_session

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

_XML = {"Content-Type": "text/xml; charset=UTF-8", "Accept": "text/xml", "SOAPAction": '""'}
_BLOCK = 1 << 16
Sink = Callable[[bytes], object]
"""Takes the body of an answer, block by block."""
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
"""Of the whole org; an app of its own limit is told `per-app-api-usage` beside it."""


class Client:
    """Calls to one org, by one thread.

    simple-salesforce logs in and knows addresses and headers. The calls themselves go over its session from
    here, because its own ones drop headers when a session expires, log in without end, decode slowly and
    tell errors by status alone (1.12.10).
    """

    def __init__(
        self, settings: SalesforceSettings, retry: RetryPolicy, logins: Logins | None = None
    ) -> None:
        self._settings, self.retry = settings, retry
        self._session = open_session(settings)
        self._logins = logins or Logins()
        self._client: Salesforce | None = None
        self._ended: Salesforce | None = None
        self._org: str | None = None
        self.user_id: RecordId | None = None
        """Who we are logged in as, once the org was asked."""
        self.calls: Counter[str] = Counter()
        self.date = ""
        """The Date header of the last answer: the org's own clock."""
        self.quota = Quota()

    def __repr__(self) -> str:
        return f"<Salesforce client of {self._settings.instance_url}>"

    @property
    def org(self) -> str:
        """The org that the settings name, in 18 characters; `demand_org` says that it is the one we talk to."""
        return self._settings.expected_id

    @property
    def api_version(self) -> str:
        """Of every address below /services/data."""
        return self._settings.api_version

    def read(
        self,
        kind: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded answer to a call that changes nothing: GET, or POST where `json` is given.

        A `path` that begins with / is one from the server's root. Transient failures are retried.
        """

        def once() -> Any:
            method = "GET" if json is None else "POST"
            answer = self._answer(kind, method, path, params, json, headers or {})
            if answer.failed:
                raise error_of(answer, kind)
            return answer.json()

        return self.retry.call(once)

    def fetch(self, kind: str, path: str, *, params: Mapping[str, str]) -> Answer:
        """The whole answer to a GET, for its headers; retried like `read`."""

        def once() -> Answer:
            answer = self._answer(kind, "GET", path, params, None, {})
            if answer.failed:
                raise error_of(answer, kind)
            return answer

        return self.retry.call(once)

    def twin(self) -> Client:
        """A client for another thread: its own connections and counters, the same login."""
        return Client(self._settings, self.retry, self._logins)

    def take_back(self, twins: Iterable[Client]) -> None:
        """Close these, and count their calls as ours."""
        for twin in twins:
            self.calls.update(twin.calls)
            left = [quota.remaining for quota in (self.quota, twin.quota) if quota.remaining is not None]
            if left:
                self.quota = Quota(self.quota.limit or twin.quota.limit, min(left))
            twin.close()

    def download(
        self, kind: str, path: str, params: Mapping[str, str], headers: Mapping[str, str], sink: Sink
    ) -> Answer:
        """One try of a GET whose body goes to `sink` as it comes over the wire, still compressed.

        The answer has headers and no body. Any failure is raised; `sink` may then have had part of the body.
        """
        answer = self._answer(kind, "GET", path, params, None, headers, sink=sink)
        if answer.failed:
            raise error_of(answer, kind)
        return answer

    def write(
        self,
        kind: str,
        method: str,
        path: str,
        json: Any,
        headers: Mapping[str, str],
        *,
        content: bytes | None = None,
    ) -> Any:
        """The decoded answer to a call that changes something; sent once. `content` is a body as it stands.

        OutcomeUnknown where it may have been carried out and no whole answer tells. Any other error means
        that nothing was carried out.
        """
        try:
            answer = self._answer(kind, method, path, None, json, headers, writing=True, content=content)
            if answer.status >= 500:
                raise OutcomeUnknown(str(error_of(answer, kind)))
            if answer.failed:
                raise error_of(answer, kind)
            return answer.json() if answer.body else None
        except Garbled as error:
            raise OutcomeUnknown(f"{kind}: {error}") from error

    def soap(self, kind: str, path: str, message: Callable[[str], bytes]) -> Answer:
        """The answer to a SOAP message, which is made anew with another session id where the last has expired.

        Sent once otherwise; OutcomeUnknown where it may have been carried out and no whole answer came.
        """

        def once() -> Answer:
            session = str((self._client or self._log_in()).session_id)
            return self._once(kind, "POST", path, None, None, _XML, writing=True, content=message(session))

        answer = once()
        if not _session_ended(answer):
            return answer
        self._forget_session(answer, kind)
        return once()

    def note_usage(self, used: int, limit: int) -> None:
        """The day's calls, as an answer told them elsewhere than in its headers."""
        self.quota = Quota(limit, max(0, limit - used))

    def identity(self) -> Identity:
        """Which org the credentials open and as whom; fresh from the org."""
        answer = self.read("identity", "query", params={"q": "SELECT Id, Name FROM Organization LIMIT 1"})
        me = self.userinfo()
        try:
            [org] = answer["records"]
            self._org, self.user_id = full_id(org["Id"]), full_id(me["user_id"])
            return Identity(self._org, str(org["Name"]), str(me.get("preferred_username") or me["user_id"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Garbled("identity: the answer does not name one organization and user") from error

    def userinfo(self) -> Mapping[str, Any]:
        """Who we are logged in as: user_id, preferred_username, organization_id."""
        answer: Mapping[str, Any] = self.read("identity", "/services/oauth2/userinfo")
        return answer

    def demand_org(self) -> None:
        """WrongOrg where the credentials open another org than the settings name; asks once."""
        org = self._org or self.identity().id
        if org != self._settings.expected_id:
            raise WrongOrg(
                f"the credentials open org {org}, the config names {self._settings.expected_id}; "
                "correct org_id or the credentials"
            )

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    def _answer(
        self,
        kind: str,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str],
        writing: bool = False,
        sink: Sink | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """One response; where the session has expired, that of the same call after one new login."""
        answer = self._once(kind, method, path, params, json, headers, writing, content, sink)
        if answer.status != 401:
            return answer
        self._forget_session(answer, kind)
        return self._once(kind, method, path, params, json, headers, writing, content, sink)

    def _forget_session(self, answer: Answer, kind: str) -> None:
        """The next call logs in. A request that was refused for its session was not carried out: it may go again."""
        if self._settings.login.method == "session":
            raise AuthFailed(f"{error_of(answer, kind)}; the session id given in the config has ended")
        if self._logins.is_refused(self._client):
            raise error_of(answer, kind)
        self._client, self._ended = None, self._client

    def _once(
        self,
        kind: str,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str],
        writing: bool,
        content: bytes | None = None,
        sink: Sink | None = None,
    ) -> Answer:
        client = self._client or self._log_in()
        url = f"https://{client.sf_instance}{path}" if path.startswith("/") else client.base_url + path
        sent = {
            **client.headers,
            "X-PrettyPrint": "0",
            **headers,
        }
        self.calls[kind] += 1
        try:
            with self._session.request(
                method,
                url,
                params=params,
                json=json,
                data=content,
                headers=sent,
                allow_redirects=False,
                stream=sink is not None,
            ) as response:
                self._note_usage(response.headers)
                self.date = response.headers.get("Date", "")
                body = _poured(response, sink) if sink and response.status_code < 300 else response.content
        except (requests.RequestException, HTTPError) as error:
            raise _network_error(error, kind, writing) from error
        if response.status_code < 400:
            self._logins.accepted(client)
        return Answer(response.status_code, response.headers, body)

    def _log_in(self) -> Salesforce:
        with self._logins.lock:
            if self._logins.current is None or self._logins.current is self._ended:
                self.calls["login"] += 1
                self._logins.current = log_in(self._settings, self._session)
                self._logins.tries += 1
            self._client = self._logins.current
        return self._client

    def _note_usage(self, headers: Mapping[str, str]) -> None:
        if found := _USAGE.search(headers.get("Sforce-Limit-Info", "")):
            self.note_usage(int(found[1]), int(found[2]))


def _session_ended(answer: Answer) -> bool:
    """Whether a SOAP answer refuses its session: a fault, with status 500 like every other."""
    return answer.status == 401 or (answer.status == 500 and b"INVALID_SESSION_ID</faultcode>" in answer.body)


def _poured(response: requests.Response, sink: Sink) -> bytes:
    for block in response.raw.stream(_BLOCK, decode_content=False):
        sink(block)
    return b""


def _network_error(error: Exception, kind: str, writing: bool) -> ConnectorError:
    told = f"{kind}: {type(error).__name__}"
    if not writing or _never_sent(error):
        return Unavailable(f"{told}; the org could not be reached or gave no whole answer")
    return OutcomeUnknown(f"{told} after the request was sent")


def _never_sent(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
