"""Users and teams: by user ids in the settings, by owner ids in the owners API."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot import HubSpot

from tests.connectors.sandbox_hubspot.client import Client

STARTS = ["/settings/v3/users", "/settings/users/2026-03", "/settings/users/2026-09"]


@pytest.fixture
def portal(http: Client) -> Client:
    """A portal whose app may read users and teams, with one rep in three teams."""
    scopes = ["settings.users.read", "settings.users.teams.read", "crm.objects.owners.read"]
    http.crm.settings(scopes=scopes)
    rep = http.owners()[0]
    http.crm.edit("owners", rep["id"], {"team": "EMEA", "secondaryTeams": "Sales;Partners"})
    return http


def test_an_owner_has_one_primary_team_at_most(portal: Client) -> None:
    teams = portal.owners()[0]["teams"]
    assert [(one["name"], one["primary"]) for one in teams] == [
        ("EMEA", True),
        ("Sales", False),
        ("Partners", False),
    ]
    assert len({one["id"] for one in teams}) == 3
    assert "teams" not in next(one for one in portal.owners() if one["email"].startswith("admin"))


@pytest.mark.parametrize("start", STARTS)
def test_teams_name_their_members_by_user_id(portal: Client, start: str) -> None:
    teams = {one["name"]: one for one in portal("GET", f"{start}/teams").body["results"]}
    owner, *others = portal.owners()
    assert set(teams) == {"EMEA", "Sales", "Partners"}
    assert teams["EMEA"]["userIds"] == [str(owner["userId"])]
    assert teams["Sales"]["secondaryUserIds"] == [str(owner["userId"])]
    assert set(teams["Sales"]["userIds"]) == {str(one["userId"]) for one in others if one.get("teams")}
    assert teams["EMEA"]["id"] == owner["teams"][0]["id"]
    assert not {one["id"] for one in portal.owners()} & set(teams["Sales"]["userIds"])


@pytest.mark.parametrize("start", STARTS)
def test_users_are_those_who_can_log_in(portal: Client, start: str) -> None:
    page = portal("GET", f"{start}?limit=2").body
    rest = portal("GET", f"{start}/?after={page['paging']['next']['after']}").body
    users = page["results"] + rest["results"]
    people = [one for one in portal.owners() if one["userId"]]
    assert {one["id"] for one in users} == {str(one["userId"]) for one in people}
    rep = people[0]
    read = portal("GET", f"{start}/{rep['userId']}").body
    assert (read["email"], read["primaryTeamId"]) == (rep["email"], rep["teams"][0]["id"])
    assert read["secondaryTeamIds"] == [one["id"] for one in rep["teams"][1:]]
    assert portal("GET", f"{start}/{rep['email'].upper()}?idProperty=EMAIL").body == read
    assert portal("GET", f"{start}/{rep['id']}").status == 404
    assert portal("GET", f"{start}/1?idProperty=NAME").status == 400


def test_users_and_teams_have_a_scope_each(portal: Client) -> None:
    portal.crm.settings(scopes=[])
    for path, scope in (("/teams", "settings.users.teams.read"), ("", "settings.users.read")):
        refused = portal("GET", STARTS[0] + path)
        assert refused.body["errors"][0]["context"]["requiredGranularScopes"] == [scope]


def test_the_vendors_own_client_reads_teams_and_users(portal: Client) -> None:
    client: Any = HubSpot(access_token=portal.token, host=portal.crm.url, base_url=portal.crm.url)
    teams = client.settings.users.teams_api.get_all().results
    assert {one.name for one in teams} == {"EMEA", "Sales", "Partners"}
    user = client.settings.users.users_api.get_by_id(teams[0].user_ids[0])
    assert user.primary_team_id == teams[0].id
    owner = client.crm.owners.owners_api.get_page().results[0]
    assert [one.primary for one in owner.teams] == [True, False, False]
