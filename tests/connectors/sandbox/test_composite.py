"""Several calls in one: references, headers of a sub-request, all or none, and what counts as a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.api import Salesforce

from connectors.sandbox import Crm

BASE = "/services/data/v62.0"
RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "salesforce" / "cumulusci"


def sub(name: str, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "referenceId": name,
        "method": method,
        "url": path if path.startswith("/serv") else BASE + path,
    }
    if body is not None:
        made["body"] = body
    if headers:
        made["httpHeaders"] = {k.replace("_", "-"): v for k, v in headers.items()}
    return made


def account(org: Crm, id: str) -> dict[str, Any]:
    return next(row for row in org.records("Account") if row["Id"] == id)


def first(org: Crm) -> str:
    return str(org.records("Account")[0]["Id"])


def ask(raw: Any, *subs: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = raw("POST", "/composite", {"allOrNone": all_or_none, "compositeRequest": subs})
    assert answer.status == 200, answer.data
    return list(answer.json()["compositeResponse"])


def test_a_later_call_uses_the_answer_of_an_earlier_one(raw: Any, org: Crm) -> None:
    made, linked, read = ask(
        raw,
        sub("new", "POST", "/sobjects/Account", {"Name": "Kim & Co"}),
        sub("who", "POST", "/sobjects/Contact", {"LastName": "Kim", "AccountId": "@{new.id}"}),
        sub("all", "GET", "/query?q=SELECT Id, Name FROM Account WHERE Id = '@{new.id}'"),
    )
    assert (made["httpStatusCode"], linked["httpStatusCode"]) == (201, 201)
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])
    assert read["body"]["records"][0]["Name"] == "Kim & Co"
    assert org.records("Contact")[-1]["AccountId"] == made["body"]["id"]


def test_what_depends_on_a_failure_is_not_tried_and_the_rest_is(raw: Any, org: Crm) -> None:
    bad, dependent, good = ask(
        raw,
        sub("bad", "POST", "/sobjects/Account", {"Site": "no name"}),
        sub("dependent", "POST", "/sobjects/Contact", {"LastName": "Kim", "AccountId": "@{bad.id}"}),
        sub("good", "PATCH", f"/sobjects/Account/{first(org)}", {"Site": "a"}),
    )
    assert bad["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (dependent["httpStatusCode"], dependent["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert (good["httpStatusCode"], good["body"], account(org, first(org))["Site"]) == (204, None, "a")


def test_all_or_none_takes_everything_back_and_binds_collections_inside(raw: Any, org: Crm) -> None:
    rows = [
        {"attributes": {"type": "Account"}, "Name": "one"},
        {"attributes": {"type": "Account"}, "Site": "x"},
    ]
    before = len(org.records("Account"))
    changed, many = ask(
        raw,
        sub("changed", "PATCH", f"/sobjects/Account/{first(org)}", {"Site": "a"}),
        sub("fails", "POST", "/sobjects/Account", {"Site": "no name"}),
        all_or_none=True,
    )
    assert changed["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert many["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    [inner] = ask(
        raw,
        sub("rows", "POST", "/composite/sobjects", {"allOrNone": False, "records": rows}),
        all_or_none=True,
    )
    assert [row["errors"][0]["statusCode"] for row in inner["body"]] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert (len(org.records("Account")), org.history()) == (before, [])


def test_twenty_five_sub_requests_count_as_one_call(raw: Any, org: Crm) -> None:
    subs = [sub(f"r{n}", "GET", f"/sobjects/Account/{first(org)}") for n in range(25)]
    used = int(raw("GET", "/limits").headers["sforce-limit-info"].partition("=")[2].partition("/")[0])
    ask(raw, *subs)
    assert f"api-usage={used + 2}/" in raw("GET", "/limits").headers["sforce-limit-info"]
    too_many = raw("POST", "/composite", {"compositeRequest": [*subs, sub("more", "GET", "/limits")]})
    assert too_many.status == 400


def test_a_sub_request_brings_its_own_headers(raw: Any, org: Crm) -> None:
    """Sforce-Auto-Assign of the outer call does not reach the inner ones."""
    one, new = first(org), next(u["Id"] for u in org.records("User") if u["Username"].startswith("rep1@"))
    patch = ("PATCH", f"/sobjects/Account/{one}", {"OwnerId": new})
    raw("POST", "/composite", {"compositeRequest": [sub("a", *patch)]}, {"Sforce-Auto-Assign": "FALSE"})
    assert org.history("Account", one)[-1]["actor"] == "assignment rule"
    ask(raw, sub("a", *patch, Sforce_Auto_Assign="FALSE"))
    assert account(org, one)["OwnerId"] == new


def test_if_match_guards_an_account_in_a_sub_request_where_the_org_heeds_it(raw: Any, org: Crm) -> None:
    one = first(org)
    tag = raw("GET", f"/sobjects/Account/{one}").headers["etag"]
    ours = sub(
        "ours", "PATCH", f"/sobjects/Account/{one}", {"Site": "a"}, If_Match=tag, Sforce_Auto_Assign="FALSE"
    )
    assert ask(raw, ours)[0]["httpStatusCode"] == 204
    assert ask(raw, ours)[0]["httpStatusCode"] == 412
    org.settings(composite_if_match=False)
    assert ask(raw, ours)[0]["httpStatusCode"] == 204


@pytest.mark.parametrize(
    "subs",
    [
        [],
        [{"method": "GET", "url": BASE + "/limits"}],
        [sub("a", "GET", "/limits"), sub("a", "GET", "/limits")],
        [sub("1a", "GET", "/limits")],
        [sub("a", "GET", "/limits", Authorization="Bearer x")],
        [sub("a", "GET", "/limits", Content_Type="text/plain")],
        [sub(f"q{n}", "GET", "/query?q=SELECT Id FROM User") for n in range(6)],
    ],
    ids=["none", "unnamed", "twice", "badly named", "authorization", "content type", "six queries"],
)
def test_a_request_that_is_wrong_as_a_whole_is_refused(raw: Any, subs: list[dict[str, Any]]) -> None:
    assert raw("POST", "/composite", {"compositeRequest": subs}).status == 400


def test_resources_that_composite_does_not_carry_are_halted(raw: Any) -> None:
    [answer] = ask(raw, sub("a", "POST", "/jobs/ingest", {}))
    assert answer["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_a_batch_goes_on_after_an_error_unless_told_to_halt(raw: Any) -> None:
    requests = [{"method": "GET", "url": "v62.0/sobjects/Foo"}, {"method": "GET", "url": "v62.0/limits"}]
    going_on = raw("POST", "/composite/batch", {"batchRequests": requests}).json()
    assert going_on["hasErrors"] is True
    assert [r["statusCode"] for r in going_on["results"]] == [404, 200]
    halted = raw("POST", "/composite/batch", {"batchRequests": requests, "haltOnError": True}).json()
    assert [r["statusCode"] for r in halted["results"]] == [404, 412]


def test_an_expired_session_ends_a_composite_before_it_begins(raw: Any, org: Crm) -> None:
    org.fault("expire_session", path="/composite")
    answer = raw(
        "POST", "/composite", {"compositeRequest": [sub("a", "POST", "/sobjects/Account", {"Name": "x"})]}
    )
    assert (answer.status, org.history()) == (401, [])


def test_simple_salesforce_reaches_it_by_restful(client: Salesforce, org: Crm) -> None:
    body = {"compositeRequest": [sub("a", "PATCH", f"/sobjects/Account/{first(org)}", {"Site": "a"})]}
    answer: Any = client.restful("composite", method="POST", data=json.dumps(body))
    assert answer["compositeResponse"][0]["httpStatusCode"] == 204


@pytest.mark.parametrize(
    "name",
    [
        "TestCompositeParallelSalesforce.test_composite_parallel_salesforce",
        "TestCompositeParallelSalesforce.test_errors",
        "TestCompositeParallelSalesforce.test_reference_ids",
    ],
)
def test_answers_have_the_shape_of_recorded_ones(raw: Any, name: str) -> None:
    if not RECORDED.exists():
        pytest.skip("no recordings here")
    for call in json.loads((RECORDED / f"{name}.json").read_text())["interactions"]:
        if not call["uri"].endswith("/composite"):
            continue
        sent = json.loads(call["request_body"].replace("vxx.0", "v62.0"))
        ours = raw("POST", "/composite", sent).json()["compositeResponse"]
        theirs = json.loads(call["response_body"])["compositeResponse"]
        assert [_shape(a) for a in ours] == [_shape(a) for a in theirs]


def _shape(answer: dict[str, Any]) -> Any:
    """All but the values of records, and how many there are."""
    body = answer["body"]
    shown = body if isinstance(body, list) else sorted(body)
    return {**answer, "body": shown}
