"""What goes wrong on demand, in HubSpot's words."""

from __future__ import annotations

import pytest
import urllib3

from tests.connectors.sandbox_hubspot.client import Client

BATCH = "/crm/v3/objects/companies/batch/update"


def ids(http: Client, count: int = 10) -> list[str]:
    return [row["id"] for row in http.crm.records("companies")[:count]]


def push(http: Client, given: list[str], city: str = "Ulm") -> tuple[int, object]:
    """Sets the city of these companies."""
    reply = http("POST", BATCH, {"inputs": [{"id": id, "properties": {"city": city}} for id in given]})
    return reply.status, reply.body


def written(http: Client) -> set[str]:
    """The companies that were written, by the CRM's own history."""
    return {change["id"] for change in http.crm.history("companies")}


@pytest.mark.parametrize("status", [423, 477, 500])
def test_a_refusal_by_status_is_json_and_writes_nothing(http: Client, status: int) -> None:
    http.crm.fault("status", method="POST", path=BATCH, status=status, headers={"retry-after": "2"})
    reply = http("POST", BATCH, {"inputs": [{"id": ids(http)[0], "properties": {"city": "Ulm"}}]})
    assert (reply.status, reply.body["status"], reply.headers["retry-after"]) == (status, "error", "2")
    assert written(http) == set()


@pytest.mark.parametrize("status", [502, 503, 504, 521, 523, 524])
def test_what_the_network_in_front_answers_is_no_json(http: Client, status: int) -> None:
    http.crm.fault("status", status=status)
    reply = http("GET", "/crm/v3/owners")
    assert (reply.status, reply.body, reply.headers["content-type"]) == (status, None, "text/html")


SHAPES = [("burst", "TEN_SECONDLY_ROLLING"), ("daily", "DAILY"), ("search", None)]


@pytest.mark.parametrize("shape, policy", SHAPES)
def test_a_rate_limit_comes_in_its_three_shapes(http: Client, shape: str, policy: str | None) -> None:
    http.crm.fault("rate_limit", shape=shape)
    reply = http("GET", "/crm/v3/owners")
    assert (reply.status, reply.body.get("policyName")) == (429, policy)
    assert ("errorType" in reply.body) == (policy is not None)
    http.crm.fault("quota")
    assert http("GET", "/crm/v3/owners").body["policyName"] == "DAILY"


def test_half_a_batch_is_carried_out_and_then_the_answer_is_an_error(http: Client) -> None:
    http.crm.fault("half_batch", path="batch/update")
    status, _ = push(http, ids(http))
    assert status == 500
    assert written(http) == set(ids(http, 5))


def test_a_torn_answer_leaves_the_writes_done_or_not_as_the_fault_says(http: Client) -> None:
    http.crm.fault("torn", path="batch/update")
    with pytest.raises(urllib3.exceptions.HTTPError):
        push(http, ids(http))
    assert written(http) == set()
    http.crm.fault("applied_torn", path="batch/update")
    with pytest.raises(urllib3.exceptions.HTTPError):
        push(http, ids(http))
    assert written(http) == set(ids(http))


def test_locked_rows_fail_alone(http: Client) -> None:
    locked = ids(http)[3]
    http.crm.fault("row_lock", path="batch/update", ids=[locked])
    status, body = push(http, ids(http))
    assert status == 207
    assert isinstance(body, dict) and body["errors"][0]["context"] == {"ids": [locked]}
    assert written(http) == set(ids(http)) - {locked}


def test_a_person_edits_between_the_reading_and_the_writing(http: Client) -> None:
    id = ids(http)[0]
    edit = {"object": "companies", "id": id, "values": {"city": "Bern"}}
    http.crm.fault("human_edit", path="batch/update", **edit)
    push(http, [id])
    assert [(c["new"], c["actor"]) for c in http.crm.history("companies", id)] == [
        ("Bern", "human"),
        ("Ulm", "api"),
    ]


def test_an_expired_token_works_again_after_it_was_told(http: Client) -> None:
    http.crm.fault("expire_session")
    refused = http("GET", "/crm/v3/owners")
    assert (refused.status, refused.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert http("GET", "/crm/v3/owners").status == 200


def test_pages_come_short_or_out_of_order(http: Client) -> None:
    sound = [one["id"] for one in http("GET", "/crm/v3/objects/companies?limit=20").body["results"]]
    http.crm.fault("wrong_order", path="objects/companies")
    mixed = [one["id"] for one in http("GET", "/crm/v3/objects/companies?limit=20").body["results"]]
    assert mixed != sound and set(mixed) == set(sound)
    http.crm.fault("short_page", path="search")
    short = http.search("companies", limit=20).body
    assert len(short["results"]) < 20 and short["total"] == 40


def test_an_edit_that_makes_no_sense_is_refused_by_the_sandbox(http: Client) -> None:
    for values in ({"nmae": "x"}, {"industry": "Banking"}):
        with pytest.raises(Exception, match="companies"):
            http.crm.edit("companies", ids(http)[0], values)
    with pytest.raises(Exception, match="no living company"):
        http.crm.edit("companies", "12", {"name": "x"})
