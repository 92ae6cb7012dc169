"""What people do in the portal's own screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.shape.kinds import Kind
from connectors.sandbox.hubspot.shape.values import BadValue
from connectors.sandbox.ledger import By
from connectors.sandbox.tables import Stored


def edit(portal: Portal, object: str, id: str, values: Mapping[str, Any], actor: str) -> None:
    """Sets properties of a record, or archives it (`archived`: true). ValueError or LookupError if wrong."""
    by = By(actor, portal.core.clock.now())
    if object == "owners":
        _edit_owner(portal, id, values, by)
        return
    kind = portal.catalogue.kind(object)
    if kind is None:
        raise LookupError(f"HubSpot has no object {object!r}")
    row = portal.records.live(kind, int(id))
    if row is None:
        raise LookupError(f"no living {kind.singular} has the id {id}")
    given = dict(values)
    is_archived = given.pop("archived", False)
    read = {name: _read(portal, kind, name, value) for name, value in given.items()}
    if read:
        portal.records.update(kind, row, read, by)
    if is_archived:
        portal.records.archive(kind, int(id), by)


def _read(portal: Portal, kind: Kind, name: str, value: Any) -> Stored:
    property = portal.catalogue.find(kind, name)
    if property is None:
        raise ValueError(f"{kind.plural} have no property {name!r}")
    try:
        return portal.reader.read(property, "" if value is None else str(value))
    except BadValue as bad:
        raise ValueError(f"{kind.plural}.{name}: {bad.message}") from None


def _edit_owner(portal: Portal, id: str, values: Mapping[str, Any], by: By) -> None:
    """Deactivates or reactivates a user, which archives the owner; changes names, or teams (`a;b`)."""
    unknown = set(values) - {"archived", "email", "firstName", "lastName", "team", "secondaryTeams"}
    if unknown:
        raise ValueError(f"an owner has no {sorted(unknown)[0]!r} that can be edited")
    stored = {name: int(value) if name == "archived" else str(value) for name, value in values.items()}
    portal.core.state.update("owners", int(id), stored, by, stamps={"updatedAt": by.at})
