"""Creating, updating and archiving, one at a time and in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects import primary
from connectors.sandbox.hubspot.objects.batches import ids_of, in_any_order, multi_status
from connectors.sandbox.hubspot.objects.reading import by_unique, unique_property
from connectors.sandbox.hubspot.objects.render import written
from connectors.sandbox.hubspot.objects.uniqueness import refuse_taken
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.inputs import Values, read_values, require
from connectors.sandbox.hubspot.shape.kinds import CONTACTS, ID, Kind
from connectors.sandbox.state import Row

Answer = tuple[int, dict[str, Any] | None]


def create_record(call: Call) -> Answer:
    """One new record."""
    kind, body = call.kind(), call.object()
    [record] = _create(call, kind, [body])
    return 201, record


def create_batch(call: Call) -> Answer:
    """Up to 100 new records, all or none."""
    kind, started = call.kind(), call.portal.instant()
    inputs = call.inputs(call.portal.core.settings["batch_size"], "creates")
    return multi_status(call, started, in_any_order(_create(call, kind, inputs)), (), 201)


def update_record(call: Call) -> Answer:
    """Sets properties of one record."""
    kind = call.kind()
    [values] = read_values(call, kind, [call.object().get("properties")])
    row = _target(call, kind, call.path("id"), call.query.get("idProperty"))
    if row is None:
        raise errors.no_such_record(call.path("id"))
    refuse_taken(call, kind, [(int(row[ID] or 0), values)])
    return 200, _update(call, kind, row, values)


def update_batch(call: Call) -> Answer:
    """Sets properties of up to 100 records: one invalid value refuses all, a missing record only itself."""
    kind, started = call.kind(), call.portal.instant()
    inputs = call.inputs(call.portal.core.settings["batch_size"], "updates")
    ids = _distinct(ids_of(inputs))
    values = read_values(call, kind, [one.get("properties") for one in inputs])
    rows = [_target(call, kind, id, one.get("idProperty")) for id, one in zip(ids, inputs, strict=True)]
    _refuse_twice(rows)
    refuse_taken(call, kind, [(int(row[ID] or 0), v) for row, v in zip(rows, values, strict=True) if row])
    missing = [id for id, row in zip(ids, rows, strict=True) if row is None]
    locked = _locked(call, ids)
    if missing and not call.version.tells_rows_apart:
        raise _whole(errors.missing_rows(kind, missing))
    if locked and not call.version.tells_rows_apart:
        raise errors.bare(423)
    jobs = [_Job(*job) for job in zip(ids, rows, values, inputs, strict=True) if job[0] not in locked]
    half = call.fault("half_batch") is not None
    results = _carry_out(call, kind, jobs[: len(jobs) // 2] if half else jobs)
    if half:
        return 500, errors.bare(500).body
    failed = [errors.missing_rows(kind, missing)] if missing else []
    failed += [_lock_row(locked)] if locked else []
    return multi_status(call, started, in_any_order(results), failed)


def upsert_batch(call: Call) -> Answer:
    """Creates or updates up to 100 records by a unique property; each result says whether it is new."""
    kind, started = call.kind(), call.portal.instant()
    inputs = call.inputs(call.portal.core.settings["batch_size"], "upserts")
    ids = _distinct(ids_of(inputs))
    values = read_values(call, kind, [one.get("properties") for one in inputs])
    results = []
    for id, one, given in zip(ids, inputs, values, strict=True):
        if not one.get("idProperty"):
            raise errors.malformed(
                "Cannot build BatchInput, some of required attributes are not set [idProperty]"
            )
        property = unique_property(call, kind, str(one["idProperty"]))
        row = by_unique(call, kind, property, id)
        if row is None:
            [keyed] = read_values(call, kind, [{property.name: id}])
            refuse_taken(call, kind, [(0, {**keyed, **given})])
            results.append({**_insert(call, kind, {**keyed, **given}, one), "new": True})
        else:
            refuse_taken(call, kind, [(int(row[ID] or 0), given)])
            results.append({**_update(call, kind, row, given), **_trace(one), "new": False})
    return multi_status(call, started, in_any_order(results), ())


def archive_record(call: Call) -> Answer:
    """Puts one record away; no error where there is none."""
    kind, id = call.kind(), call.path("id")
    if id.isdecimal():
        call.portal.records.archive(kind, int(id), call.by)
    return 204, None


def archive_batch(call: Call) -> Answer:
    """Puts up to 100 records away; those that are not there are passed over in silence."""
    kind = call.kind()
    for id in ids_of(call.inputs(call.portal.core.settings["batch_size"], "archives")):
        if id.isdecimal():
            call.portal.records.archive(kind, int(id), call.by)
    return 204, None


def merge_records(call: Call) -> Answer:
    """Two records become one; the id of the second reads as the first from then on."""
    kind, body = call.kind(), call.object()
    found = [
        _target(call, kind, str(body.get(name, "")), None) for name in ("primaryObjectId", "objectIdToMerge")
    ]
    kept, gone = found
    if kept is None or gone is None or kept[ID] == gone[ID]:
        raise errors.invalid("Both records to merge must exist and differ.")
    call.portal.records.merge(kind, kept, gone, call.by)
    return 200, _result(call, kind, int(kept[ID] or 0), ("hs_merged_object_ids",))


@dataclass(frozen=True, slots=True)
class _Job:
    """One input of a batch update with the record it means."""

    id: str
    row: Row | None
    values: Values
    given: Mapping[str, Any]


def _carry_out(call: Call, kind: Kind, jobs: Sequence[_Job]) -> list[dict[str, Any]]:
    return [
        {**_update(call, kind, job.row, job.values), **_trace(job.given)}
        for job in jobs
        if job.row is not None
    ]


def _create(call: Call, kind: Kind, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    values = read_values(call, kind, [one.get("properties") for one in inputs])
    refuse_taken(call, kind, [(0, given) for given in values])
    return [_insert(call, kind, given, one) for given, one in zip(values, inputs, strict=True)]


def _insert(call: Call, kind: Kind, values: Values, given: Mapping[str, Any]) -> dict[str, Any]:
    require(kind, values, call.portal.catalogue.required(kind))
    if kind is CONTACTS and values.get("email"):
        _refuse_known_address(call, str(values["email"]))
    id = call.portal.records.create(kind, values, call.by)
    _tie(call, kind, id, given.get("associations") or [])
    row = call.portal.core.state.read(kind.plural, id) or {}
    held = [name for name, value in row.items() if value is not None and name not in _UNSAID]
    return {**_result(call, kind, id, held), **_trace(given)}


_UNSAID = ("hs_object_source_label", "hubspot_owner_assigneddate")


def _update(call: Call, kind: Kind, row: Row, values: Values) -> dict[str, Any]:
    call.portal.records.update(kind, row, values, call.by)
    if kind is CONTACTS:
        # Contacts answer with less than the other objects do (recorded 2022-02).
        return _result(call, kind, int(row[ID] or 0), (*values, "hs_email_domain", kind.modified))
    return _result(call, kind, int(row[ID] or 0), (*values, *kind.system))


def _result(call: Call, kind: Kind, id: int, names: Sequence[str]) -> dict[str, Any]:
    row = call.portal.core.state.read(kind.plural, id) or {}
    return written(kind, call.portal.catalogue, row, names)


def _trace(given: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own mark of an input, which its result carries."""
    mark = given.get("objectWriteTraceId")
    return {"objectWriteTraceId": str(mark)} if mark is not None else {}


def _target(call: Call, kind: Kind, id: str, unique: Any) -> Row | None:
    if unique:
        return by_unique(call, kind, unique_property(call, kind, str(unique)), id)
    return call.portal.records.live(kind, int(id)) if id.isdecimal() and len(id) < 19 else None


def _distinct(ids: list[str]) -> list[str]:
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise errors.invalid(
            f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique", ids=twice
        )
    return ids


def _refuse_twice(rows: Sequence[Row | None]) -> None:
    """Two inputs may not mean one record, which merged ids would allow."""
    _distinct([str(row[ID]) for row in rows if row is not None])


def _refuse_known_address(call: Call, address: str) -> None:
    property = unique_property(call, CONTACTS, "email")
    there = by_unique(call, CONTACTS, property, address)
    if there is not None:
        raise errors.Refused(409, f"Contact already exists. Existing ID: {there[ID]}", category="CONFLICT")


def _locked(call: Call, ids: Sequence[str]) -> set[str]:
    fault = call.fault("row_lock")
    if fault is None:
        return set()
    if "ids" in fault.details:
        return {str(id) for id in fault.details["ids"]} & set(ids)
    return set(ids[:: int(fault.details.get("every", 1))])


def _lock_row(ids: set[str]) -> dict[str, Any]:
    """The entry of a 207 for records that someone else is writing (?)."""
    return {**errors.bare(423).body, "category": "CONFLICT", "context": {"ids": sorted(ids)}}


def _whole(row: Mapping[str, Any]) -> errors.Refused:
    return errors.Refused(400, row["message"], category=row["category"], context=row["context"])


def _tie(call: Call, kind: Kind, id: int, associations: Any) -> None:
    if not isinstance(associations, list):
        raise errors.malformed("Cannot deserialize value of type `java.util.ArrayList` (associations)")
    for one in associations:
        types = [type.get("associationTypeId") for type in one.get("types", [])]
        target, is_primary = _meant(call, kind, types)
        other = call.portal.records.live(target, int(one["to"]["id"]))
        if other is None:
            raise errors.invalid(f"{target.upper} {one['to']['id']} to associate with does not exist.")
        call.portal.records.links.tie(kind, id, target, int(other[ID] or 0), is_primary=is_primary)
        if kind is CONTACTS and is_primary:
            primary.name(call.portal.core.state, id, int(other[ID] or 0))
            call.portal.records.cascade.joined(id, int(other[ID] or 0), call.by)


def _meant(call: Call, kind: Kind, types: Sequence[Any]) -> tuple[Kind, bool]:
    for (source, target), type in call.portal.catalogue.link_types().items():
        found = call.portal.catalogue.kind(target)
        if source == kind.plural and found is not None and (type.plain in types or type.primary in types):
            return found, type.primary in types and type.primary is not None
    raise errors.invalid(f"invalid association type ids {list(types)} from {kind.type_id}")
