"""A small Salesforce org over HTTP, and two ways to talk to it: raw, and through simple-salesforce."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from connectors.sandbox import Crm, Seed, running

BASE = "/services/data/v62.0"


class Raw:
    """Plain HTTP to an org, under its session id unless told otherwise."""

    def __init__(self, org: Crm) -> None:
        self.org = org
        self.session = org.credentials["session_id"]
        self.pool = urllib3.PoolManager(retries=False, timeout=10)

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        sent = {
            "Authorization": f"Bearer {self.session}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        url = self.org.url + (path if path.startswith("/services") else BASE + path)
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        return self.pool.request(method, url, body=content, headers=sent)

    def query(self, soql: str, all: bool = False, **headers: str) -> urllib3.BaseHTTPResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("GET", f"/query{'All' if all else ''}/?" + urlencode({"q": soql}), headers=sent)

    def records(self, soql: str, all: bool = False) -> list[dict[str, Any]]:
        answer = self.query(soql, all)
        assert answer.status == 200, answer.data
        return list(answer.json()["records"])

    def ids(self, soql: str, all: bool = False) -> list[str]:
        return [record["Id"] for record in self.records(soql, all)]

    def batch(self, *records: dict[str, Any], all_or_none: bool = False, assign: str | None = "FALSE") -> Any:
        headers = {} if assign is None else {"Sforce-Auto-Assign": assign}
        rows = [{"attributes": {"type": "Account"}, **record} for record in records]
        answer = self("PATCH", "/composite/sobjects", {"allOrNone": all_or_none, "records": rows}, headers)
        assert answer.status == 200, answer.data
        return answer.json()


class Local(HTTPAdapter):
    """Sends what a client means for https://any.host to a server on plain HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        request.url = self._url + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def shared_org() -> Iterator[Crm]:
    """An org that tests of one file read together."""
    with running("salesforce", seed=Seed(accounts=450, reps=10, seed=7)) as org:
        yield org


@pytest.fixture(scope="module")
def ask(shared_org: Crm) -> Iterator[Raw]:
    raw = Raw(shared_org)
    yield raw
    raw.pool.clear()


@pytest.fixture
def org() -> Iterator[Crm]:
    """An org of one test's own."""
    with running("salesforce", seed=Seed(accounts=30, reps=4, seed=7)) as made:
        yield made


@pytest.fixture
def raw(org: Crm) -> Iterator[Raw]:
    made = Raw(org)
    yield made
    made.pool.clear()


@pytest.fixture
def http(org: Crm) -> Iterator[requests.Session]:
    """A session that reaches the org under any https address."""
    with requests.Session() as session:
        session.mount("https://", Local(org.url))
        yield session


@pytest.fixture
def client(org: Crm, http: requests.Session) -> Salesforce:
    """simple-salesforce, unmodified but for the adapter of its session."""
    session_id = org.credentials["session_id"]
    return Salesforce(instance="acme.my.salesforce.com", session_id=session_id, session=http, version="62.0")
