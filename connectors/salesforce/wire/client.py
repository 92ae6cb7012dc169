"""HTTP to one org: logged in, timed, counted, retried where that is safe, and with our errors only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connectors.base import Identity, Quota
from connectors.errors import AuthFailed, ConnectorError, Garbled, OutcomeUnknown, Unavailable, WrongOrg
from connectors.records import RecordId
from connectors.retry import RetryPolicy
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.ids import full_id
from connectors.salesforce.wire.answers import Answer, error_of
from connectors.salesforce.wire.login import log_in
from connectors.salesforce.wire.transport import open_session

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

_USAGE = re.compile(r"\bapi-usage=(\d+)/(\d+)")


class Client:
    """Calls to one org, by one thread.

    simple-salesforce logs in and knows addresses and headers. The calls themselves go over its session from
    here, because its own ones drop headers when a session expires, log in without end, decode slowly and
    tell errors by status alone (1.12.10).
    """

    def __init__(self, settings: SalesforceSettings, retry: RetryPolicy) -> None:
        self._settings, self._retry = settings, retry
        self._session = open_session(settings)
        self._client: Salesforce | None = None
        self._org: str | None = None
        self.user_id: RecordId | None = None
        """Who we are logged in as, once the org was asked."""
        self.calls: Counter[str] = Counter()
        self.quota = Quota()

    def __repr__(self) -> str:
        return f"<Salesforce client of {self._settings.instance_url}>"

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

        return self._retry.call(once)

    def write(self, kind: str, method: str, path: str, json: Any, headers: Mapping[str, str]) -> Any:
        """The decoded answer to a call that changes something; sent once.

        OutcomeUnknown where it may have been carried out and no whole answer tells. Any other error means
        that nothing was carried out.
        """
        try:
            answer = self._answer(kind, method, path, None, json, headers, writing=True)
            if answer.status >= 500:
                raise OutcomeUnknown(str(error_of(answer, kind)))
            if answer.failed:
                raise error_of(answer, kind)
            return answer.json() if answer.body else None
        except Garbled as error:
            raise OutcomeUnknown(f"{kind}: {error}") from error

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
    ) -> Answer:
        """One response; where the session has expired, that of the same call after one new login."""
        answer = self._once(kind, method, path, params, json, headers, writing)
        if answer.status != 401:
            return answer
        if self._settings.login.method == "session":
            raise AuthFailed(f"{error_of(answer, kind)}; the session id given in the config has ended")
        self._client = None
        # The request that a 401 answers was not carried out, so that sending a write again is safe.
        return self._once(kind, method, path, params, json, headers, writing)

    def _once(
        self,
        kind: str,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str],
        writing: bool,
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
            response = self._session.request(
                method, url, params=params, json=json, headers=sent, allow_redirects=False
            )
        except requests.RequestException as error:
            raise _network_error(error, kind, writing) from error
        self._note_usage(response.headers)
        return Answer(response.status_code, response.headers, response.content)

    def _log_in(self) -> Salesforce:
        self.calls["login"] += 1
        self._client = log_in(self._settings, self._session)
        return self._client

    def _note_usage(self, headers: Mapping[str, str]) -> None:
        if found := _USAGE.search(headers.get("Sforce-Limit-Info", "")):
            used, limit = int(found[1]), int(found[2])
            self.quota = Quota(limit, max(0, limit - used))


def _network_error(error: requests.RequestException, kind: str, writing: bool) -> ConnectorError:
    told = f"{kind}: {type(error).__name__}"
    if not writing or _never_sent(error):
        return Unavailable(f"{told}; the org could not be reached or gave no whole answer")
    return OutcomeUnknown(f"{told} after the request was sent")


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
