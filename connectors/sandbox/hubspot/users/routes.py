"""The users API: users and teams by the ids of users, never of owners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.door import Door, Scopes
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.users.teams import secondary, team_id
from connectors.sandbox.hubspot.versions import VERSIONS
from connectors.sandbox.state import Row

USERS, TEAMS = "settings.users.read", "settings.users.teams.read"
Answer = tuple[int, dict[str, Any]]
_PAGE = 100


def routes(door: Door) -> Iterator[Route]:
    """Every route of users and teams."""
    for version in VERSIONS.values():
        start = "/settings/v3/users" if version.name == "v3" else f"/settings/users/{version.name}"
        for path, endpoint, scope in (
            ("/teams", list_teams, TEAMS),
            ("", list_users, USERS),
            ("/", list_users, USERS),
            ("/{user}", read_user, USERS),
        ):
            yield Route(start + path, door.guard(endpoint, version, _needs(scope)), methods=["GET"])


def list_teams(call: Call) -> Answer:
    """Every team that somebody is in, with the ids of its users."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in _people(call):
        user = str(row["userId"])
        if row["team"]:
            _members(found, str(row["team"]))["userIds"].append(user)
        for name in secondary(row):
            _members(found, name)["secondaryUserIds"].append(user)
    return 200, {"results": [{"id": team_id(name), "name": name, **found[name]} for name in sorted(found)]}


def list_users(call: Call) -> Answer:
    """A page of users in order of their ids."""
    limit, after = call.number("limit", _PAGE, 1, _PAGE), call.number("after", 0, 0, 2**62)
    rows = [row for row in _people(call) if int(row["userId"] or 0) > after]
    body: dict[str, Any] = {"results": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        body["paging"] = {"next": {"after": str(rows[limit - 1]["userId"])}}
    return 200, body


def read_user(call: Call) -> Answer:
    """One user by id, or by e-mail where `idProperty` says so."""
    by, wanted = call.query.get("idProperty", "USER_ID"), call.path("user")
    if by not in ("USER_ID", "EMAIL"):
        raise errors.invalid(f"Invalid idProperty {by!r}: it is USER_ID or EMAIL")
    column = "userId" if by == "USER_ID" else "email"
    found = [row for row in _people(call) if str(row[column]).lower() == wanted.lower()]
    if not found:
        raise errors.nothing_here()
    return 200, _shown(found[0])


def _people(call: Call) -> list[Row]:
    """The owners who are users of the account: neither queues nor those who left."""
    sql = "SELECT id FROM owners WHERE archived = 0 AND userId IS NOT NULL ORDER BY userId"
    state = call.portal.core.state
    ids = [id for (id,) in state.rows(sql)]
    rows = state.read_many("owners", ids)
    return [rows[id] for id in ids]


def _members(found: dict[str, dict[str, list[str]]], name: str) -> dict[str, list[str]]:
    return found.setdefault(name, {"userIds": [], "secondaryUserIds": []})


def _shown(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(row["userId"]),
        "email": row["email"],
        "firstName": row["firstName"] or "",
        "lastName": row["lastName"] or "",
        "roleIds": [],
        "superAdmin": False,
        "secondaryTeamIds": [team_id(name) for name in secondary(row)],
    }
    if row["team"]:
        shown["primaryTeamId"] = team_id(str(row["team"]))
    return shown


def _needs(scope: str) -> Scopes:
    def needed(request: Request) -> tuple[tuple[str, ...], ...]:
        return ((scope,),)

    return needed
