"""The local Salesforce, over real sockets, as a world for the contract."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import requests

from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import RecordId, RecordKind, Value
from connectors.retry import RetryPolicy
from connectors.salesforce import SalesforceSettings, plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.sandbox import Seed, running
from connectors.testing import ALWAYS, Call, Failing

OUTPUTS = (
    MappedField("score", "Score__c", FieldType.NUMBER, FieldRole.OUTPUT),
    MappedField("note", "Note__c", FieldType.TEXT, FieldRole.OUTPUT),
)
FAULTS: Mapping[Failing, tuple[str, Mapping[str, Any]]] = {
    Failing.LOGIN_REFUSED: (
        "status",
        {"status": 401, "body": [{"message": "Session expired", "errorCode": "INVALID_SESSION_ID"}]},
    ),
    Failing.RATE_LIMITED: ("rate_limit", {}),
    Failing.UNAVAILABLE: ("unavailable", {}),
    Failing.DROPPED: ("drop", {}),
    Failing.TORN: ("torn", {}),
    Failing.HTML: ("html", {}),
    Failing.SHORT_PAGE: ("short_page", {}),
    Failing.WRONG_ORDER: ("wrong_order", {}),
    Failing.LOST_ANSWER: ("applied_torn", {}),
    Failing.QUOTA_SPENT: ("quota", {}),
}
CALLS = {
    Call.READ: ("GET", r"FROM.Account.*ORDER.BY.Id$|/query(All)?/"),
    Call.WRITE: ("PATCH", r"/composite/sobjects$"),
}
ENVIRONMENT = {
    "client_id": "TEST_SF_CLIENT",
    "client_secret": "TEST_SF_SECRET",
    "private_key": "TEST_SF_KEY",
    "session_id": "TEST_SF_SESSION",
}

MATRIX: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 500}),
    ("status", {"status": 502, "body": "<html>Bad gateway</html>"}),
    ("status", {"status": 404}),
    ("status", {"status": 400}),
    ("rate_limit", {}),
    ("unavailable", {}),
    ("html", {}),
    ("torn", {}),
    ("applied_torn", {}),
    ("drop", {}),
    ("latency", {"seconds": 0.7}),
    ("expire_session", {}),
    ("row_lock", {"every": 2}),
    ("half_batch", {}),
    ("wrong_order", {}),
    ("short_page", {}),
    ("quota", {}),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `call`, `fault` and `times` meets every fault on each of its module's CALLS.

    What never ends is met on the calls that carry records by default, on the others among the slow tests.
    """
    if "fault" not in metafunc.fixturenames:
        return
    cases = []
    for call, (kind, details), times in itertools.product(metafunc.module.CALLS, MATRIX, [1, ALWAYS]):
        name = kind + "".join(f"-{v}" for v in details.values() if isinstance(v, int))
        slow = times == ALWAYS and (call not in ("write", "query", "query_more", "soap") or kind == "latency")
        slow = slow or call in getattr(metafunc.module, "SLOW_CALLS", ())
        marks = [pytest.mark.slow] if slow else []
        id = f"{call}-{name}-{'once' if times == 1 else 'always'}"
        cases.append(pytest.param(call, (kind, details), times, marks=marks, id=id))
    metafunc.parametrize(("call", "fault", "times"), cases)


class SalesforceWorld:
    """One local org; people act through its admin routes, the connector through its API."""

    failings = frozenset(FAULTS)
    page_sizes: Sequence[int | None] = (200, 2000, None)
    misspelt = ("Industri", "Industry")
    unwritable: str | None = "SystemModstamp"
    creatable: MappedField | None = MappedField(
        "made", "Territory_Made__c", FieldType.INTEGER, FieldRole.OUTPUT, "Made", "Made by the contract."
    )
    names_org = True

    def __init__(self, crm: Any) -> None:
        self.crm = crm
        self.credentials = crm.credentials
        self.secrets: Sequence[str] = [self.credentials[name] for name in ENVIRONMENT if name != "client_id"]
        self._api = requests.Session()
        self._bearer = ""
        self._made: dict[str, int] = {}

    def settings(self, method: str = "client_credentials", **changes: Any) -> SalesforceSettings:
        names = {
            "jwt": ("client_id", "private_key"),
            "client_credentials": ("client_id", "client_secret"),
            "session": ("session_id",),
        }[method]
        login = {"method": method} | {name: {"env": ENVIRONMENT[name]} for name in names}
        if method == "jwt":
            login["username"] = self.credentials["username"]
        given = {
            "org_id": self.credentials["org_id"],
            "instance_url": self.crm.url,
            "local": True,
            "login": login,
        }
        return SalesforceSettings.model_validate({**given, **changes})

    def connect(
        self,
        *,
        page_size: int | None = None,
        wrong_org: bool = False,
        wrong_credentials: bool = False,
        fields: Sequence[MappedField] = (),
        **changes: Any,
    ) -> SalesforceConnector:
        if wrong_org:
            changes["org_id"] = "00D000000000062EAA"
        settings = self.settings(page_size=page_size, **changes)
        if wrong_credentials:
            changed = settings.login.model_copy(update={"client_secret": settings.login.client_id})
            settings = settings.model_copy(update={"login": changed})
        mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [*OUTPUTS, *fields])
        return SalesforceConnector(settings, mapping, RetryPolicy(sleep=lambda seconds: None))

    def ids(self) -> set[RecordId]:
        return {RecordId(r["Id"]) for r in self.crm.records("Account") if not r["IsDeleted"]}

    def owners(self) -> Sequence[RecordId]:
        people = [r for r in self.crm.records("User") if r["IsActive"] and r["Email"].startswith("rep")]
        return [RecordId(r["Id"]) for r in people]

    def create(self, values: Mapping[str, Value]) -> RecordId:
        id = RecordId(self.make("Account", **self._theirs(values)))
        self._made[id] = self._writes(id)
        return id

    def make(self, object: str, **values: Any) -> str:
        """A record of any object, as another client of the API makes it; its id."""
        answer = self._post(object, values)
        if answer.status_code == 401:
            self._bearer = self.token()
            answer = self._post(object, values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _post(self, object: str, values: Mapping[str, Any]) -> requests.Response:
        return self._api.post(
            f"{self.crm.url}/services/data/v62.0/sobjects/{object}",
            json=values,
            headers={"Authorization": f"Bearer {self._bearer}", "Sforce-Auto-Assign": "FALSE"},
            timeout=10,
        )

    def create_late(self, values: Mapping[str, Value], seconds: float) -> RecordId:
        self.crm.advance(-seconds)
        id = self.create(values)
        self.crm.advance(seconds)
        return id

    def edit(self, id: RecordId, values: Mapping[str, Value]) -> None:
        self.crm.edit("Account", id, self._theirs(values))

    def delete(self, id: RecordId) -> None:
        self.crm.edit("Account", id, {"IsDeleted": True})

    def advance(self, seconds: float) -> None:
        self.crm.advance(seconds)

    def writes_seen(self, id: RecordId) -> int:
        return self._writes(id) - self._made.get(id, 0)

    def refused(self, id: RecordId) -> Mapping[str, Value]:
        gone = next(r for r in self.crm.records("User") if not r["IsActive"])
        return {"owner_id": gone["Id"]}

    def break_calls(self, failing: Failing, call: Call, *, after: int = 0, times: int = 1) -> None:
        kind, details = FAULTS[failing]
        method, path = CALLS[call]
        self.crm.fault(kind, method=method, path=path, after=after, times=times, **details)

    def mend(self) -> None:
        self.crm.clear_faults()

    def _writes(self, id: str) -> int:
        by_us = [row for row in self.crm.history("Account", id) if row["actor"] != "human"]
        return len({row["request_id"] for row in by_us})

    def _theirs(self, values: Mapping[str, Value]) -> dict[str, Value]:
        mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, OUTPUTS)
        return {mapping.source(RecordKind.ACCOUNTS, name): value for name, value in values.items()}

    def token(self) -> str:
        """A session id of its own."""
        answer = self._api.post(
            f"{self.crm.url}/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.credentials["client_id"],
                "client_secret": self.credentials["client_secret"],
            },
            timeout=10,
        )
        return str(answer.json()["access_token"])

    def close(self) -> None:
        self._api.close()


@pytest.fixture(scope="module")
def org(request: pytest.FixtureRequest) -> Iterator[SalesforceWorld]:
    """One local org for a module of tests, each of which makes its own accounts."""
    fields = [("Account", "Score__c", "Number"), ("Account", "Note__c", "Text")]
    seed = Seed(accounts=getattr(request.module, "ACCOUNTS", 450), reps=6, seed=3)
    with running("salesforce", seed=seed, fields=fields) as crm:
        world = SalesforceWorld(crm)
        yield world
        world.close()


@pytest.fixture
def world(org: SalesforceWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceWorld]:
    """The module's org, mended."""
    for name, variable in ENVIRONMENT.items():
        monkeypatch.setenv(variable, org.credentials[name])
    org.mend()
    yield org
    org.mend()
