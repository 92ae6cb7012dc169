"""Records from CSV files whose headers are property names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.sandbox import csvload
from connectors.sandbox.hubspot.objects.records import FIRST_ID
from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.shape.kinds import COMPANIES, CONTACTS, ID, Kind
from connectors.sandbox.hubspot.shape.values import BadValue, Reader
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Column, Table

_COMPANY = "associatedcompanyid"
_STEP = 7


def load_csv(portal: Portal, object: str, path: Path) -> int:
    """Adds every row, with an id where the file gives none; ValueError names file, row, property and value."""
    if object == "owners":
        return _load_owners(portal, path)
    kind = portal.catalogue.kind(object)
    if kind is None:
        raise LookupError(f"HubSpot has no object {object!r}")
    table = portal.core.state.table(kind.plural)
    count, next_id, reader = 0, _next_id(portal, kind), Reader(_known_owners(portal).__contains__)
    for given in csvload.rows(_as_text(table), path):
        count += 1
        company = given.get(_COMPANY) if kind is CONTACTS else given.pop(_COMPANY, None)
        row = _stored(portal, reader, kind, given, f"{path}: row {count}")
        id = int(row.get(ID) or next_id)
        next_id = max(next_id, id) + _STEP
        now = portal.core.clock.now()
        full: Row = {ID: id, kind.created: now, kind.modified: now, "hs_object_source_label": "IMPORT"}
        full |= {name: value for name, value in row.items() if value is not None and name != ID}
        portal.core.state.load(kind.plural, list(full), [list(full.values())])
        if company:
            type = portal.catalogue.link_type(kind, COMPANIES)
            is_primary = type is not None and type.primary is not None
            portal.records.links.tie(kind, id, COMPANIES, int(company), is_primary=is_primary)
    return count


def _as_text(table: Table) -> Table:
    """The table with every column a text, so that values are read as HubSpot reads them."""
    columns = [replace(column, type="text", indexed=False) for column in table.columns]
    if _COMPANY not in table.names and table.name != COMPANIES.plural:
        columns.append(Column(_COMPANY))
    return replace(table, columns=tuple(columns))


def _stored(portal: Portal, reader: Reader, kind: Kind, given: Row, where: str) -> Row:
    stored: Row = {}
    for name, value in given.items():
        property = portal.catalogue.find(kind, name)
        if value is None or property is None:
            continue
        try:
            stored[name] = reader.read(property, str(value))
        except BadValue as bad:
            raise ValueError(f"{where}: {name}: {bad.message}") from None
    return stored


def _known_owners(portal: Portal) -> frozenset[str]:
    """Every owner, those who left too: records of the past may belong to them."""
    return frozenset(str(id) for (id,) in portal.core.state.rows("SELECT id FROM owners"))


def _next_id(portal: Portal, kind: Kind) -> int:
    highest = portal.core.state.rows(f"SELECT max({ID}) FROM {kind.plural}")[0][0]
    return int(highest or FIRST_ID) + _STEP


def _load_owners(portal: Portal, path: Path) -> int:
    table, now = portal.core.state.table("owners"), portal.core.clock.now()
    count = 0
    for row in csvload.rows(table, path):
        defaults: Row = {"type": "PERSON", "createdAt": now, "updatedAt": now, "archived": 0}
        full = defaults | {name: value for name, value in row.items() if value is not None}
        portal.core.state.load("owners", list(full), [list(full.values())])
        count += 1
    return count
