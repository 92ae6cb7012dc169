"""Who can own records. HubSpot knows owners by `id`; the `userId` of the same person is another number."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.values import instant
from connectors.sandbox.hubspot.users.teams import teams_of
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Column, Table

OWNERS = Table(
    "owners",
    (
        Column("id", "integer"),
        Column("email"),
        Column("type"),
        Column("firstName"),
        Column("lastName"),
        Column("userId", "integer"),
        Column("team"),
        Column("createdAt", "datetime"),
        Column("updatedAt", "datetime"),
        Column("archived", "boolean"),
        Column("secondaryTeams"),
    ),
    key="id",
)
_PAGE = 500


def list_owners(call: Call) -> tuple[int, dict[str, Any]]:
    """A page of active (or archived) owners in order of their ids."""
    limit, after = call.number("limit", 100, 1, _PAGE), call.number("after", 0, 0, 2**62)
    sql = "SELECT id FROM owners WHERE archived = ? AND id > ?"
    values: list[str | int] = [int(call.flag("archived")), after]
    if call.query.get("email"):
        sql, values = f"{sql} AND email = ? COLLATE NOCASE", [*values, call.query["email"]]
    ids = [id for (id,) in call.portal.core.state.rows(f"{sql} ORDER BY id LIMIT ?", (*values, limit + 1))]
    rows = call.portal.core.state.read_many("owners", ids[:limit])
    body: dict[str, Any] = {"results": [_shown(rows[id]) for id in ids[:limit]]}
    if len(ids) > limit:
        body["paging"] = {"next": {"after": str(ids[limit - 1])}}
    return 200, body


def read_owner(call: Call) -> tuple[int, dict[str, Any]]:
    """One owner by id, or by `userId` where `idProperty` says so."""
    by, id = call.query.get("idProperty", "id"), call.path("id")
    if by not in ("id", "userId"):
        raise errors.invalid(f"Invalid idProperty {by!r}: it is id or userId")
    if not id.isdecimal():
        raise errors.nothing_here()
    found = call.portal.core.state.rows(
        f"SELECT id FROM owners WHERE {by} = ? AND archived = ?", (int(id), int(call.flag("archived")))
    )
    row = call.portal.core.state.read("owners", found[0][0]) if found else None
    if row is None:
        raise errors.nothing_here()
    return 200, _shown(row)


def _shown(row: Row) -> dict[str, Any]:
    user = row["userId"]
    shown: dict[str, Any] = {
        "id": str(row["id"]),
        "email": row["email"],
        "type": row["type"],
        "firstName": row["firstName"] or "",
        "lastName": row["lastName"] or "",
        # Who has left has no user any more; the old number stands beside it.
        "userId": None if row["archived"] else user,
        "userIdIncludingInactive": user,
        "createdAt": instant(int(row["createdAt"] or 0)),
        "updatedAt": instant(int(row["updatedAt"] or 0)),
        "archived": bool(row["archived"]),
    }
    if teams := teams_of(row):
        shown["teams"] = teams
    return shown
