"""Who comes in, how often, and what the answers tell about it."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox_hubspot.client import Client

LIST = "/crm/v3/objects/companies?limit=1"


@pytest.mark.parametrize("token", ["", "pat-na1-wrong"])
def test_a_wrong_token_is_unauthorised(empty: Client, token: str) -> None:
    reply = empty("GET", LIST, token=token)
    assert (reply.status, reply.body["category"]) == (401, "INVALID_AUTHENTICATION")
    assert reply.body["correlationId"] == reply.headers["x-hubspot-correlation-id"]


SCOPED = [
    ("GET", LIST, None, "crm.objects.companies.read"),
    ("POST", "/crm/v3/objects/companies/search", {}, "crm.objects.companies.read"),
    ("POST", "/crm/v3/objects/companies/batch/update", {"inputs": []}, "crm.objects.companies.write"),
    ("GET", "/crm/v3/objects/calls", None, "crm.objects.contacts.read"),
    ("GET", "/crm/owners/2026-03", None, "crm.objects.owners.read"),
    ("POST", "/crm/v3/properties/companies", {}, "crm.schemas.companies.write"),
    ("POST", "/crm/v4/associations/deals/companies/batch/read", {}, "crm.objects.deals.read"),
]


@pytest.mark.parametrize(
    "method, path, body, scope", SCOPED, ids=[scope + path for _, path, _, scope in SCOPED]
)
def test_a_missing_scope_is_forbidden_by_name(
    empty: Client, method: str, path: str, body: object, scope: str
) -> None:
    everything = empty.crm.settings()["scopes"]
    empty.crm.settings(scopes=[one for one in everything if one != scope])
    reply = empty(method, path, body)
    assert (reply.status, reply.body["category"]) == (403, "MISSING_SCOPES")
    assert scope in reply.body["errors"][0]["context"]["requiredGranularScopes"]


def test_the_account_tells_its_portal_whatever_the_scopes(empty: Client) -> None:
    empty.crm.settings(scopes=[])
    reply = empty("GET", "/account-info/v3/details")
    assert str(reply.body["portalId"]) == empty.crm.credentials["portal_id"]


def test_the_burst_is_refused_at_its_limit_and_again_free_ten_seconds_later(empty: Client) -> None:
    empty.crm.settings(burst_limit=5)
    left = [int(empty("GET", LIST).headers["x-hubspot-ratelimit-remaining"]) for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    refused = empty("GET", LIST)
    assert (refused.status, refused.body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert refused.body["errorType"] == "RATE_LIMIT"
    empty.crm.advance(10)
    assert empty("GET", LIST).status == 200


def test_the_window_rolls(empty: Client) -> None:
    empty.crm.settings(burst_limit=2)
    empty("GET", LIST)
    empty.crm.advance(6)
    empty("GET", LIST)
    empty.crm.advance(5)
    assert [empty("GET", LIST).status for _ in range(2)] == [200, 429]


def test_searches_have_a_limit_of_their_own_and_do_not_spend_the_burst(empty: Client) -> None:
    empty.crm.settings(burst_limit=1)
    replies = [empty.search("companies") for _ in range(6)]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert set(replies[-1].body) == {"status", "message", "correlationId", "category"}
    assert not {
        name for name in replies[0].headers if name.startswith("x-hubspot-ratelimit") and "daily" not in name
    }
    assert empty("GET", LIST).status == 200
    empty.crm.advance(1)
    assert empty.search("companies").status == 200


def test_the_day_ends_the_calls_until_tomorrow(empty: Client) -> None:
    empty.crm.settings(daily_limit=3, daily_headers_on_search=False)
    for _ in range(3):
        assert empty("GET", LIST).status == 200
    refused = empty.search("companies")
    assert (refused.status, refused.body["policyName"]) == (429, "DAILY")
    assert not {name for name in refused.headers if "ratelimit" in name}
    empty.crm.advance(24 * 3600)
    assert empty("GET", LIST).status == 200


def test_one_answer_in_five_does_not_tell_the_day(empty: Client) -> None:
    told = ["x-hubspot-ratelimit-daily" in empty("GET", LIST).headers for _ in range(10)]
    assert told.count(False) == 2


def test_a_path_that_is_too_long_is_refused(empty: Client) -> None:
    names = ",".join(f"property_{number}" for number in range(1_000))
    assert empty("GET", f"{LIST}&properties={names}").status == 414


PAGES = [
    ("limit=101", "between 1 and 100"),
    ("limit=51&propertiesWithHistory=name", "between 1 and 50"),
    ("limit=0", "between 1 and 100"),
    ("limit=ten", "not an integer"),
    ("after=x", "not an integer"),
    ("archived=maybe", "not a boolean"),
    ("associations=false", "Unable to infer object type from: false"),
]


@pytest.mark.parametrize("query, words", PAGES)
def test_a_list_with_a_wrong_parameter_is_refused(empty: Client, query: str, words: str) -> None:
    reply = empty("GET", f"/crm/v3/objects/companies?{query}")
    assert reply.status == 400
    assert words in reply.body["message"]


def test_pages_can_be_made_smaller_but_not_larger(empty: Client) -> None:
    empty.crm.settings(list_page=10)
    assert empty("GET", "/crm/v3/objects/companies?limit=11").status == 400
    with pytest.raises(Exception, match="at most 100"):
        empty.crm.settings(list_page=101)
