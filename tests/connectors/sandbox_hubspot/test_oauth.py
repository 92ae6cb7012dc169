"""OAuth: tokens of half an hour, what they are for, and what is answered when they are no good."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hubspot import HubSpot
from hubspot.oauth import ApiException

from connectors.sandbox import running
from tests.connectors.sandbox_hubspot.client import Client, Reply, client_of

LIST = "/crm/v3/objects/companies?limit=1"
PATHS = ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token"]


def posted(http: Client, path: str, form: dict[str, str], query: dict[str, str] | None = None) -> Reply:
    """A form, without a bearer token."""
    answer = http.pool.request(
        "POST",
        http.crm.url + path + (f"?{urlencode(query)}" if query else ""),
        body=urlencode(form),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    return Reply(answer.status, orjson.loads(answer.data), dict(answer.headers))


def form(http: Client, **more: str) -> dict[str, str]:
    """What a refresh sends."""
    given = http.crm.credentials
    names = ("client_id", "client_secret", "refresh_token")
    return {"grant_type": "refresh_token", **{name: given[name] for name in names}, **more}


def access(http: Client) -> str:
    """A fresh access token."""
    return str(posted(http, "/oauth/v1/token", form(http)).body["access_token"])


@pytest.mark.parametrize("path", PATHS)
def test_a_refresh_token_gives_access_for_half_an_hour(empty: Client, path: str) -> None:
    reply = posted(empty, path, form(empty))
    assert (reply.status, reply.body["expires_in"], reply.body["token_type"]) == (200, 1800, "bearer")
    assert reply.body["refresh_token"] == empty.crm.credentials["refresh_token"]
    token = reply.body["access_token"]
    assert empty("GET", LIST, token=token).status == 200
    empty.crm.advance(1790)
    assert empty("GET", LIST, token=token).status == 200
    empty.crm.advance(60)  # 50 seconds past its end, and those that the test took
    expired = empty("GET", LIST, token=token)
    assert (expired.status, expired.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert "expired 5" in expired.body["message"]
    assert empty("GET", LIST, token=access(empty)).status == 200


def test_a_code_works_once_and_with_its_redirect_alone(empty: Client) -> None:
    given = {**form(empty, grant_type="authorization_code"), "code": empty.crm.credentials["code"]}
    assert (
        posted(empty, PATHS[0], {**given, "redirect_uri": "https://else.where"}).body["status"]
        == "BAD_REDIRECT_URI"
    )
    given["redirect_uri"] = "http://localhost:3000/oauth-callback"
    reply = posted(empty, PATHS[0], given)
    assert empty("GET", LIST, token=reply.body["access_token"]).status == 200
    again = posted(empty, PATHS[0], given)
    assert (again.status, again.body["status"], again.body["error"]) == (
        400,
        "BAD_AUTH_CODE",
        "invalid_grant",
    )


WRONG = [
    ({"grant_type": "password"}, "BAD_GRANT_TYPE", "unsupported_grant_type"),
    ({"client_id": "else"}, "BAD_CLIENT_ID", "invalid_client"),
    ({"client_secret": "else"}, "BAD_CLIENT_SECRET", "invalid_client"),
    ({"refresh_token": "else"}, "BAD_REFRESH_TOKEN", "invalid_grant"),
    ({"refresh_token": ""}, "BAD_REFRESH_TOKEN", "invalid_grant"),
]


@pytest.mark.parametrize("more, status, error", WRONG, ids=[f"{s}{len(m)}" for m, s, _ in WRONG])
def test_a_wrong_form_is_refused_in_both_of_hubspots_ways(
    empty: Client, more: dict[str, str], status: str, error: str
) -> None:
    reply = posted(empty, "/oauth/2026-03/token", form(empty, **more))
    assert (reply.status, reply.body["status"], reply.body["error"]) == (400, status, error)
    assert reply.body["message"] == reply.body["error_description"]
    assert reply.body["correlationId"] == reply.headers["x-hubspot-correlation-id"]


def test_a_rotated_secret_ends_refreshing_but_not_the_token_in_hand(empty: Client) -> None:
    token, before = access(empty), form(empty)
    empty.crm.edit("apps", "oauth", {"client_secret": "new-secret"})
    assert posted(empty, PATHS[0], before).body["status"] == "BAD_CLIENT_SECRET"
    assert empty("GET", LIST, token=token).status == 200
    assert posted(empty, PATHS[0], form(empty)).status == 200
    with pytest.raises(Exception, match="no 'name'"):
        empty.crm.edit("apps", "oauth", {"name": "x"})


@pytest.mark.parametrize("how", ["admin", "v1", "2026-03"])
def test_an_app_that_was_uninstalled_has_no_token_any_more(empty: Client, how: str) -> None:
    token, before = access(empty), form(empty)
    if how == "admin":
        empty.crm.edit("apps", "oauth", {"installed": False})
    elif how == "v1":
        assert empty("DELETE", f"/oauth/v1/refresh-tokens/{before['refresh_token']}").status == 204
    else:
        revoked = {**before, "token": before["refresh_token"]}
        assert posted(empty, "/oauth/2026-03/token/revoke", revoked).status == 200
    assert posted(empty, PATHS[0], before).body["status"] == "BAD_REFRESH_TOKEN"
    assert empty("GET", LIST, token=token).body["category"] == "INVALID_AUTHENTICATION"


def test_secrets_in_the_query_are_read_by_v1_alone(empty: Client) -> None:
    assert [posted(empty, path, {}, form(empty)).status for path in PATHS] == [200, 400, 400, 400]


def test_a_body_that_is_no_form_is_refused(empty: Client) -> None:
    reply = empty("POST", PATHS[0], form(empty))
    assert (reply.status, reply.body["status"]) == (400, "BAD_GRANT_TYPE")


def test_a_token_tells_what_it_is_for(empty: Client) -> None:
    empty.crm.settings(scopes=["crm.objects.companies.read"])
    token, given = access(empty), empty.crm.credentials
    told = empty("GET", f"/oauth/v1/access-tokens/{token}").body
    assert (str(told["hub_id"]), told["scopes"]) == (given["portal_id"], ["crm.objects.companies.read"])
    assert 1790 <= told["expires_in"] <= 1800
    refresh = empty("GET", f"/oauth/v1/refresh-tokens/{given['refresh_token']}").body
    assert (refresh["client_id"], refresh["token_type"]) == (given["client_id"], "refresh")
    assert empty("GET", "/oauth/v1/access-tokens/else").status == 404
    for path in ("/oauth/v3/introspect", "/oauth/2026-09/token/introspect"):
        looked = posted(empty, path, {**form(empty), "token": token}).body
        assert (looked["active"], looked["token_type"]) == (True, "access")
        assert posted(empty, path, {**form(empty), "token": "else"}).body == {"active": False}
        assert posted(empty, path, {"token": token}).status == 400
    empty.crm.fault("expire_session")
    assert empty("GET", LIST, token=token).status == 401
    assert empty("GET", f"/oauth/v1/access-tokens/{token}").status == 404


def test_a_private_apps_token_tells_its_scopes(empty: Client) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    told = empty("POST", path, {"tokenKey": empty.token}).body
    assert (str(told["hubId"]), told["scopes"]) == (
        empty.crm.credentials["portal_id"], empty.crm.settings()["scopes"]
    )  # fmt: skip
    assert empty("POST", path, {"tokenKey": "pat-else"}).status == 404
    assert empty("POST", path, b"{not").status == 400


def test_an_expired_session_ends_access_and_a_refresh_brings_it_back(empty: Client) -> None:
    token = access(empty)
    empty.crm.fault("expire_session", path="companies")
    assert empty("GET", LIST, token=token).body["category"] == "EXPIRED_AUTHENTICATION"
    assert empty("GET", LIST, token=token).status == 401
    assert empty("GET", LIST, token=access(empty)).status == 200


def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    tokens: list[Any] = []
    for _ in range(2):
        with running("hubspot", state=tmp_path / "portal.db") as crm:
            http = client_of(crm)
            tokens += tokens or [access(http), crm.credentials]
            assert http("GET", LIST, token=tokens[0]).status == 200
            assert crm.credentials == tokens[1]
            http.pool.clear()


def test_the_vendors_own_client_refreshes_and_asks(empty: Client) -> None:
    api: Any = HubSpot(host=empty.crm.url, base_url=empty.crm.url).oauth
    given = form(empty)
    made = api.tokens_api.create(**given)
    assert (made.expires_in, made.token_type) == (1800, "bearer")
    assert api.access_tokens_api.get(made.access_token).expires_in > 1790
    assert api.refresh_tokens_api.get(given["refresh_token"]).client_id == given["client_id"]
    api.refresh_tokens_api.archive(given["refresh_token"])
    with pytest.raises(ApiException) as refused:
        api.tokens_api.create(**given)
    assert refused.value.status == 400
