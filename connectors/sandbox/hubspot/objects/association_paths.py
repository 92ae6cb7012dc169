"""Associations between records: who belongs to whom, in batches and for one record."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects.batches import ids_of, multi_status
from connectors.sandbox.hubspot.objects.links import Link
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.kinds import Kind
from connectors.sandbox.hubspot.shape.link_types import LinkType

_READS, _CREATES = 1_000, 2_000
Answer = tuple[int, dict[str, Any] | None]


def read_batch(call: Call) -> Answer:
    """The links of up to 1,000 records; a record without one is an error row of a 207."""
    source, target, type = _ends(call)
    started = call.portal.instant()
    inputs = call.inputs(_READS, "association reads")
    results, without = [], []
    for id, one in zip(ids_of(inputs), inputs, strict=True):
        after = str(one.get("after") or 0)
        if not id.isdecimal() or not after.isdecimal():
            raise errors.malformed(f"Cannot deserialize value of type `long` from {id!r}, {after!r}")
        links, rest = call.portal.records.links.of(source, [int(id)], target, int(after)).get(
            int(id), ([], None)
        )
        if links:
            results.append({"from": {"id": id}, **_page(call, type, links, rest)})
        else:
            without.append(_nobody(source, target, id))
    return multi_status(call, started, results, without)


def list_links(call: Call) -> Answer:
    """The links of one record; empty where it has none."""
    source, target, type = _ends(call)
    if call.portal.records.live(source, _id(call)) is None:
        raise errors.no_such_record(call.path("id"))
    after = call.number("after", 0, 0, 2**62)
    links, rest = call.portal.records.links.of(source, [_id(call)], target, after).get(_id(call), ([], None))
    page = _page(call, type, links, rest)
    return 200, {"results": page.pop("to"), **page}


def tie_by_default(call: Call) -> Answer:
    """Links pairs of records with the unlabelled type."""
    source, target, type = _ends(call)
    started = call.portal.instant()
    results = []
    for one in call.inputs(_CREATES, "association creates"):
        ends = [one.get(name) for name in ("from", "to")]
        if not all(isinstance(end, dict) and str(end.get("id", "")).isdecimal() for end in ends):
            raise errors.malformed(
                "Cannot build association, some of required attributes are not set [from, to]"
            )
        here, there = (int(end["id"]) for end in ends if end is not None)
        for kind, id in ((source, here), (target, there)):
            if call.portal.records.live(kind, id) is None:
                raise errors.no_such_record(str(id))
        call.portal.records.links.tie(source, here, target, there)
        spec = {"associationCategory": type.category, "associationTypeId": type.plain}
        results.append({"from": {"id": str(here)}, "to": {"id": str(there)}, "associationSpec": spec})
    return multi_status(call, started, results, ())


def labels(call: Call) -> Answer:
    """The types that two objects can be linked by."""
    _, _, type = _ends(call)
    shown = type.shown(is_primary=True)
    return 200, {"results": [{k: one[k] for k in ("category", "typeId", "label")} for one in shown]}


def _id(call: Call) -> int:
    if not call.path("id").isdecimal():
        raise errors.no_such_record(call.path("id"))
    return int(call.path("id"))


def _ends(call: Call) -> tuple[Kind, Kind, LinkType]:
    source, target = call.kind("object_type"), call.kind("to_object_type")
    type = call.portal.catalogue.link_type(source, target)
    if type is None:
        raise errors.invalid(f"No association types exist from {source.type_id} to {target.type_id}.")
    return source, target, type


def _page(call: Call, type: LinkType, links: list[Link], rest: int | None) -> dict[str, Any]:
    to = [
        {
            "toObjectId": link.to if call.version.numbers_in_links else str(link.to),
            "associationTypes": type.shown(is_primary=link.is_primary),
        }
        for link in links
    ]
    return {"to": to, **({"paging": {"next": {"after": str(rest)}}} if rest is not None else {})}


def _nobody(source: Kind, target: Kind, id: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {source.singular} {id}.",
        "context": {
            "fromObjectId": [id],
            "fromObjectType": [source.singular],
            "toObjectType": [target.singular],
        },
    }
