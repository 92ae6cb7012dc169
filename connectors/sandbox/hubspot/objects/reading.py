"""Lists, single records and batches by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects import cursor
from connectors.sandbox.hubspot.objects.batches import ids_of, in_any_order, multi_status
from connectors.sandbox.hubspot.objects.past import histories
from connectors.sandbox.hubspot.objects.render import View
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID, Kind
from connectors.sandbox.state import Row, quoted

Answer = tuple[int, dict[str, Any]]


def list_records(call: Call) -> Answer:
    """A page of living (or archived) records in order of their ids."""
    kind, settings = call.kind(), call.portal.core.settings
    past = _with_history(call, kind, call.words("propertiesWithHistory"))
    limit = call.number("limit", 10, 1, settings["history_page" if past else "list_page"])
    cursors = settings["list_cursor"]
    targets = _targets(call)
    view = View(kind, call.portal.catalogue, _asked(call.words("properties"), past))
    state = "IS NOT NULL" if call.flag("archived") else "IS NULL"
    rows = call.portal.core.state.rows(
        f"SELECT {view.columns} FROM {kind.plural} WHERE {ID} > ? AND {ARCHIVED_AT} {state} ORDER BY {ID} LIMIT ?",
        (cursor.above(call, cursors), limit + 1),
    )
    records = view.rows(rows[:limit])
    _add_links(call, kind, records, targets)
    _add_history(call, kind, records, past)
    last = cursor.behind(int(records[-1]["id"]), cursors) if records else ""
    body: dict[str, Any] = {"results": disturbed(call, records)}
    if len(rows) > limit:
        query = [(n, v) for n, v in call.request.query_params.multi_items() if n != "after"]
        link = f"{call.request.url.replace(query='')}?{urlencode([*query, ('after', last)])}"
        body["paging"] = {"next": {"after": last, "link": link}}
    return 200, body


def read_record(call: Call) -> Answer:
    """One record by its id, or by a unique property."""
    kind = call.kind()
    past = _with_history(call, kind, call.words("propertiesWithHistory"))
    row = _find(call, kind, call.path("id"), call.query.get("idProperty"), archived=call.flag("archived"))
    if row is None:
        raise errors.no_such_record(call.path("id"))
    targets = _targets(call)
    [record] = _shown(call, kind, [row], call.words("properties"), past)
    _add_links(call, kind, [record], targets)
    return 200, record


def read_batch(call: Call) -> Answer:
    """Up to 100 records by id (50 with history); what is missing is an error row of a 207."""
    kind, body, started = call.kind(), call.object(), call.portal.instant()
    past = _with_history(call, kind, body.get("propertiesWithHistory") or [])
    settings = call.portal.core.settings
    if past:
        inputs = call.inputs(settings["history_page"], "property histories")
    else:
        inputs = call.inputs(settings["batch_size"], "reads")
    wanted = list(dict.fromkeys(ids_of(inputs)))
    archived, unique = call.flag("archived"), body.get("idProperty")
    found = {id: _find(call, kind, id, unique, archived=archived) for id in wanted}
    rows = {row[ID]: row for row in found.values() if row is not None}
    records = _shown(call, kind, list(rows.values()), body.get("properties") or [], past)
    missing = (
        [errors.missing_rows(kind, lost)] if (lost := [i for i, r in found.items() if r is None]) else []
    )
    return multi_status(call, started, disturbed(call, in_any_order(records)), missing)


def unique_property(call: Call, kind: Kind, name: str) -> Property:
    """The property that may stand for the id: e-mail of contacts, and custom ones made unique."""
    property = call.portal.catalogue.find(kind, name)
    is_email = kind.plural == "contacts" and name == "email"
    if property is None or not (property.unique or is_email):
        raise errors.invalid(
            f"Unable to perform read/update/upsert by non-unique {kind.type_id} property {name}"
            f" in portal ID {call.portal.id}"
        )
    return property


def by_unique(call: Call, kind: Kind, property: Property, value: str) -> Row | None:
    """The living record with that value of a unique property."""
    rows = call.portal.core.state.rows(
        f"SELECT {ID} FROM {kind.plural} WHERE {quoted(property.name)} = ? COLLATE NOCASE AND {ARCHIVED_AT} IS NULL",
        (value,),
    )
    return call.portal.records.live(kind, int(rows[0][0] or 0)) if rows else None


def disturbed(call: Call, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The result rows as a fault leaves them: in another order, or some lost."""
    if call.fault("wrong_order"):
        records = records[1::2] + records[::2][::-1]
    if call.fault("short_page"):
        records = [record for place, record in enumerate(records) if place % 3 != 2 and place]
    return records


def _find(call: Call, kind: Kind, id: str, unique: str | None, *, archived: bool) -> Row | None:
    if unique:
        return by_unique(call, kind, unique_property(call, kind, unique), id)
    if not id.isdecimal() or len(id) > 18:
        return None
    if not archived:
        return call.portal.records.live(kind, int(id))
    row = call.portal.core.state.read(kind.plural, int(id))
    return row if row is not None and row[ARCHIVED_AT] is not None else None


def _shown(
    call: Call, kind: Kind, rows: Sequence[Row], names: Sequence[str], past: Sequence[Property]
) -> list[dict[str, Any]]:
    view = View(kind, call.portal.catalogue, _asked(names, past))
    records = view.of(rows)
    _add_history(call, kind, records, past)
    return records


def _asked(names: Sequence[str], past: Sequence[Property]) -> list[str]:
    return [*map(str, names), *(property.name for property in past)]


def _with_history(call: Call, kind: Kind, names: Sequence[str]) -> list[Property]:
    found = [call.portal.catalogue.find(kind, str(name)) for name in names]
    return [property for property in found if property is not None]


def _targets(call: Call) -> list[Kind]:
    targets = []
    for name in call.words("associations"):
        kind = call.portal.catalogue.kind(name)
        if kind is None:
            raise errors.unknown_kind(name)
        targets.append(kind)
    return targets


def _add_links(call: Call, kind: Kind, records: Sequence[dict[str, Any]], targets: Sequence[Kind]) -> None:
    for target in targets:
        type = call.portal.catalogue.link_type(kind, target)
        if type is None:
            continue
        ids = [int(record["id"]) for record in records]
        found = call.portal.records.links.of(kind, ids, target)
        for record in records:
            links, rest = found.get(int(record["id"]), ([], None))
            if not links:
                continue
            # A primary link comes twice: under its label and unlabelled.
            results = [
                {"id": str(link.to), "type": name}
                for link in links
                for name in type.names(kind, target, is_primary=link.is_primary)
            ]
            entry: dict[str, Any] = {"results": results}
            if rest is not None:
                entry["paging"] = {"next": {"after": str(rest)}}
            record.setdefault("associations", {})[target.plural] = entry


def _add_history(call: Call, kind: Kind, records: Sequence[dict[str, Any]], past: Sequence[Property]) -> None:
    if not past:
        return
    rows = call.portal.core.state.read_many(kind.plural, [int(record["id"]) for record in records])
    for record in records:
        row = rows[int(record["id"])]
        record["propertiesWithHistory"] = histories(call.portal, kind, row, past)
