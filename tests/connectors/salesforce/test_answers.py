"""Single odd answers of Salesforce, each given word by word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from connectors.errors import (
    AuthFailed,
    Garbled,
    MissingPermission,
    QuotaSpent,
    RateLimited,
    Refused,
    Unavailable,
)
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import Outcome, RecordId, RecordKind, Value, Write
from connectors.retry import RetryPolicy
from connectors.salesforce import SalesforceSettings, plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.ids import full_id
from connectors.salesforce.wire.answers import Answer, error_of

BASE = "https://acme.my.salesforce.com/services/data/v62.0/"
ORG = full_id("00D000000000001")
ANA, LEE = full_id("005000000000001"), full_id("005000000000002")
ACME, BOLT, CORP = (full_id(f"00100000000000{letter}") for letter in "aBc")
SCORE = MappedField("score", "Score__c", FieldType.NUMBER, FieldRole.OUTPUT)
FIELDS = {
    "Id": "id",
    "Name": "string",
    "OwnerId": "reference",
    "ParentId": "reference",
    "NumberOfEmployees": "int",
    "AnnualRevenue": "currency",
    "SystemModstamp": "datetime",
    "CreatedDate": "datetime",
    "IsDeleted": "boolean",
    "Score__c": "double",
} | dict.fromkeys(
    ["BillingCountry", "BillingState", "BillingCity", "BillingPostalCode", "Website", "Industry", "Type"],
    "string",
)


class Org:
    """An org of two accounts, whose answers are set one by one; everything it was sent is kept."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.accounts: dict[str, dict[str, Any]] = {
            id: dict.fromkeys(FIELDS) | {"Id": id, "Name": id, "OwnerId": ANA, "IsDeleted": False}
            for id in (ACME, BOLT, CORP)
        }
        mock.get(
            BASE + "query",
            json=_page([{"Id": ORG, "Name": "Acme"}]),
            match=[responses.matchers.query_string_matcher("q=SELECT+Id%2C+Name+FROM+Organization+LIMIT+1")],
        )
        mock.get("https://acme.my.salesforce.com/services/oauth2/userinfo", json={"user_id": ANA})
        fields = [
            {
                "name": n,
                "type": t,
                "updateable": n not in ("Id", "SystemModstamp"),
                "scale": 2 if t == "double" else 0,
            }
            for n, t in FIELDS.items()
        ]
        mock.get(BASE + "sobjects/Account/describe", json={"fields": fields})
        mock.get(BASE + "sobjects/AccountTeamMember/describe", json=_error("NOT_FOUND", "no"), status=404)
        mock.add_callback("POST", BASE + "composite/sobjects/Account", self._retrieve)

    def _retrieve(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body or "")
        found = [self.accounts.get(id) for id in asked["ids"]]
        return 200, {}, json.dumps([row and {name: row[name] for name in asked["fields"]} for row in found])

    def answers_writes(self, *bodies: Any, status: int = 200) -> None:
        for body in bodies:
            if isinstance(body, Exception):
                self.mock.patch(BASE + "composite/sobjects", body=body)
            elif isinstance(body, str):
                self.mock.patch(BASE + "composite/sobjects", body=body, status=status)
            else:
                self.mock.patch(BASE + "composite/sobjects", json=body, status=status)

    def sent(self) -> list[list[str]]:
        """The ids of every write call."""
        calls = [call.request for call in self.mock.calls if call.request.method == "PATCH"]
        return [[record["id"] for record in json.loads(request.body or "")["records"]] for request in calls]


def _page(records: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"totalSize": len(records), "done": True, "records": records, **more}


def _error(code: str, message: str) -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": message}]


def _ok(id: str) -> dict[str, Any]:
    return {"id": id, "success": True, "errors": []}


def _failed(code: str, message: str = "no") -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}


@pytest.fixture
def org() -> Iterator[Org]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Org(mock)


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceConnector]:
    monkeypatch.setenv("SF_SESSION", "00D-secret")
    settings = SalesforceSettings.model_validate(
        {
            "org_id": ORG,
            "instance_url": "https://acme.my.salesforce.com",
            "login": {"method": "session", "session_id": {"env": "SF_SESSION"}},
        }
    )
    fields = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [SCORE])
    made = SalesforceConnector(settings, fields, RetryPolicy(sleep=lambda seconds: None))
    yield made
    made.close()


def _scores(*ids: str, value: Value = 1.0) -> list[Write]:
    return [Write(RecordId(id), {"score": value}, {"score": None}) for id in ids]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, _error("INVALID_SESSION_ID", "Session expired or invalid"), AuthFailed),
        (403, _error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaSpent),
        (403, _error("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."), RateLimited),
        (403, _error("INSUFFICIENT_ACCESS", "no"), MissingPermission),
        (400, _error("INVALID_FIELD", "No such column"), Refused),
        (429, "", RateLimited),
        (503, "<html>", Unavailable),
        (200, "<html>maintenance</html>", Garbled),
        (302, "", Garbled),
    ],
)
def test_a_bad_answer_to_a_read_is_its_error(
    org: Org, connector: SalesforceConnector, status: int, body: Any, error: type[Exception]
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    org.mock.replace("POST", BASE + "composite/sobjects/Account", body=text, status=status)
    with pytest.raises(error):
        connector.lookup([ACME], ["name"])


def test_transient_answers_are_tried_five_times_and_others_once(
    org: Org, connector: SalesforceConnector
) -> None:
    connector.lookup([], ["name"])
    for status, tries in ((503, 5), (400, 1)):
        before = connector.calls().get("retrieve", 0)
        org.mock.replace("POST", BASE + "composite/sobjects/Account", json=[], status=status)
        with pytest.raises((Unavailable, Refused)):
            connector.lookup([ACME], ["name"])
        assert connector.calls()["retrieve"] - before == tries


def test_a_write_asks_salesforce_not_to_reassign_and_is_sent_once(
    org: Org, connector: SalesforceConnector
) -> None:
    org.answers_writes([_ok(ACME)])
    [result] = connector.write(_scores(ACME))
    assert result.outcome is Outcome.WRITTEN
    request = next(call.request for call in org.mock.calls if call.request.method == "PATCH")
    assert request.headers["Sforce-Auto-Assign"] == "FALSE"
    assert json.loads(request.body or "") == {
        "allOrNone": False,
        "records": [{"attributes": {"type": "Account"}, "id": ACME, "Score__c": 1.0}],
    }


@pytest.mark.parametrize(
    "lost",
    [
        "<html>maintenance</html>",
        '[{"id": "001',
        requests.ReadTimeout("slow"),
        requests.ConnectionError("reset by peer"),
        requests.exceptions.ChunkedEncodingError("cut"),
        [_ok(ACME)],
        {"unexpected": True},
    ],
)
def test_a_write_whose_answer_says_nothing_is_unknown(
    org: Org, connector: SalesforceConnector, lost: Any
) -> None:
    org.answers_writes(lost)
    results = connector.write(_scores(ACME, BOLT))
    assert [result.outcome for result in results] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert len(org.sent()) == 1


def test_a_server_error_on_a_write_is_unknown(org: Org, connector: SalesforceConnector) -> None:
    org.answers_writes("", status=500)
    assert [r.outcome for r in connector.write(_scores(ACME))] == [Outcome.UNKNOWN]


def test_nothing_sent_and_the_quota_spent_raises(org: Org, connector: SalesforceConnector) -> None:
    org.answers_writes(_error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), status=403)
    with pytest.raises(QuotaSpent, match="24 hours"):
        connector.write(_scores(ACME))


def test_a_refused_connection_raises_since_nothing_was_sent(org: Org, connector: SalesforceConnector) -> None:
    org.answers_writes(requests.ConnectTimeout("no route"))
    with pytest.raises(Unavailable):
        connector.write(_scores(ACME))


def test_a_call_refused_whole_is_halved_until_the_bad_row_stands_alone(
    org: Org, connector: SalesforceConnector
) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        ids = [record["id"] for record in json.loads(request.body or "")["records"]]
        if BOLT in ids:
            return 400, {}, json.dumps(_error("JSON_PARSER_ERROR", "Cannot deserialize"))
        return 200, {}, json.dumps([_ok(id) for id in ids])

    org.mock.add_callback("PATCH", BASE + "composite/sobjects", answer)
    results = connector.write(_scores(ACME, BOLT, CORP))
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.REJECTED, Outcome.WRITTEN]
    assert results[1].code == "JSON_PARSER_ERROR"


def test_locked_rows_are_compared_and_sent_again_alone(org: Org, connector: SalesforceConnector) -> None:
    locked = _failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")
    org.answers_writes([_ok(ACME), locked, locked], [locked, _ok(CORP)], [_ok(BOLT)])
    results = connector.write(_scores(ACME, BOLT, CORP))
    assert [r.outcome for r in results] == [Outcome.WRITTEN] * 3
    assert org.sent()[0] == sorted([ACME, BOLT, CORP])
    assert len(org.sent()) == 3


def test_a_row_that_stays_locked_is_rejected_after_four_tries(
    org: Org, connector: SalesforceConnector
) -> None:
    org.answers_writes([_failed("UNABLE_TO_LOCK_ROW")])
    [result] = connector.write(_scores(ACME))
    assert (result.outcome, result.code) == (Outcome.REJECTED, "UNABLE_TO_LOCK_ROW")
    assert len(org.sent()) == 4


def test_a_person_who_edits_a_locked_row_meanwhile_wins(org: Org, connector: SalesforceConnector) -> None:
    def locked_then_edited(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        org.accounts[ACME]["Score__c"] = 77.0
        return 200, {}, json.dumps([_failed("UNABLE_TO_LOCK_ROW")])

    org.mock.add_callback("PATCH", BASE + "composite/sobjects", locked_then_edited)
    [result] = connector.write(_scores(ACME))
    assert result.outcome is Outcome.CONFLICT
    assert result.found == {"score": 77.0}
    assert len(org.sent()) == 1


def test_results_in_another_order_go_to_their_own_records(org: Org, connector: SalesforceConnector) -> None:
    org.answers_writes([_ok(CORP), _failed("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Score is odd"), _ok(ACME)])
    first, second, third = sorted([ACME, BOLT, CORP])
    results = {result.id: result for result in connector.write(_scores(first, second, third))}
    assert results[RecordId(ACME)].outcome is Outcome.WRITTEN
    assert results[RecordId(CORP)].outcome is Outcome.WRITTEN
    assert results[RecordId(BOLT)].code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def test_a_value_that_the_field_rounds_away_is_unchanged(org: Org, connector: SalesforceConnector) -> None:
    org.accounts[ACME]["Score__c"] = 12.35
    [result] = connector.write([Write(ACME, {"score": 12.345}, {"score": None})])
    assert result.outcome is Outcome.UNCHANGED
    assert org.sent() == []


@pytest.mark.parametrize(
    "told",
    [
        "api-usage=18/5000",
        "api-usage=18/5000; per-app-api-usage=17/250(appName=sample-app)",
        "per-app-api-usage=17/250(appName=sample-app); api-usage=18/5000",
    ],
)
def test_the_day_s_quota_of_the_org_is_read_from_every_answer(
    org: Org, connector: SalesforceConnector, told: str
) -> None:
    org.mock.get(BASE + "limits", json={}, headers={"Sforce-Limit-Info": told})
    assert (connector.quota().limit, connector.quota().remaining) == (5000, 4982)
    assert connector.calls()["limits"] == 1


def test_every_call_has_connect_and_read_timeouts(
    org: Org, connector: SalesforceConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    original = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(kwargs.get("timeout"))
        return original(self, request, *args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    connector.lookup([ACME], ["name"])
    assert seen
    assert set(seen) == {(10.0, 120.0)}


def test_a_page_with_a_row_missing_is_no_reading(org: Org, connector: SalesforceConnector) -> None:
    record = dict.fromkeys(FIELDS) | {"Id": ACME, "IsDeleted": False}
    org.mock.get(BASE + "query", json=_page([record], totalSize=2))
    org.mock.get(BASE + "queryAll", json=_page([{"SystemModstamp": "2026-01-01T00:00:00.000+0000"}]))
    with pytest.raises(Garbled, match="2 records were promised, 1 rows"):
        list(connector.pull(RecordKind.ACCOUNTS).batches)


def test_a_record_twice_and_another_missing_is_no_reading(org: Org, connector: SalesforceConnector) -> None:
    record = dict.fromkeys(FIELDS) | {"Id": ACME, "IsDeleted": False}
    org.mock.get(BASE + "query", json=_page([record, record]))
    org.mock.get(BASE + "queryAll", json=_page([{"SystemModstamp": "2026-11-23T12:00:00.000+0000"}]))
    with pytest.raises(Garbled, match="1 different ids"):
        list(connector.pull(RecordKind.ACCOUNTS).batches)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-5", None), ("nan", None), ("inf", None), ("soon", None)],
)
def test_a_wait_that_no_clock_can_wait_is_not_waited(told: str, seconds: float | None) -> None:
    error = error_of(Answer(503, {"Retry-After": told}, b""), "query")
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


@pytest.mark.parametrize("body", [5, {}, [{}], [3], [{"Id": BOLT}], [{"Id": ACME}] * 2])
def test_a_lookup_believes_only_the_records_that_it_asked_for(
    org: Org, connector: SalesforceConnector, body: Any
) -> None:
    org.mock.replace("POST", BASE + "composite/sobjects/Account", json=body)
    with pytest.raises(Garbled, match="retrieve"):
        connector.lookup([ACME], ["id"])


@pytest.mark.parametrize("body", [5, [], {}, {"fields": None}, {"fields": [{}]}, {"fields": ["Id"]}])
def test_a_describe_that_tells_no_fields_is_no_answer(
    org: Org, connector: SalesforceConnector, body: Any
) -> None:
    org.mock.replace("GET", BASE + "sobjects/Account/describe", json=body)
    with pytest.raises(Garbled, match="describe: the answer does not tell the fields of Account"):
        connector.lookup([ACME], ["name"])
