"""What hangs below each company and owner: contacts, and tasks that are still to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from connectors.counting import counted
from connectors.hubspot.fields import Properties
from connectors.hubspot.reading.columns import Record, texts
from connectors.hubspot.reading.links import COMPANIES, Links, listed_links, read_links
from connectors.hubspot.reading.objects import Objects, Pages
from connectors.hubspot.reading.together import together
from connectors.hubspot.wire.client import Client
from connectors.tables import CHILDREN

OWNER = "hubspot_owner_id"
_STATUS, _DONE = "hs_task_status", "COMPLETED"
_USUAL = ("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED")


def child_rows(
    client: Client, pages: Pages, objects: Objects, properties: Properties
) -> Iterator[pa.RecordBatch]:
    """Contacts and open tasks counted per company and owner; those on no company are no children."""
    return counted(_rows(client, pages, objects, properties), CHILDREN)


def _rows(client: Client, pages: Pages, objects: Objects, properties: Properties) -> Iterator[pa.RecordBatch]:
    """A contact counts with its primary company only: HubSpot passes on that one's owner."""
    for page in together(pages("contacts", [OWNER], [COMPANIES])):
        yield _batch("contact", page, listed_links(client, "contacts", page), primary=True)
    for page in together(objects.matching("tasks", [OWNER], _to_do(properties))):
        links = read_links(client, "tasks", [record["id"] for record in page])
        yield _batch("open_task", page, links, primary=False)


def _to_do(properties: Properties) -> dict[str, object]:
    """Every status but the one that is done, as this portal defines them."""
    known = properties.labels("tasks", _STATUS)
    values = [value for value in known or _USUAL if value != _DONE]
    return {"propertyName": _STATUS, "operator": "IN", "values": values}


def _batch(kind: str, page: Sequence[Record], links: Links, *, primary: bool) -> pa.RecordBatch:
    """One row per record and company; a record without an owner counts with none."""
    owners = texts(page, OWNER)
    places: list[int] = []
    companies: list[str] = []
    for place, record in enumerate(page):
        found = links.get(record["id"], ())[: 1 if primary else None]
        places.extend([place] * len(found))
        companies.extend(found)
    return pa.RecordBatch.from_pydict(
        {
            "kind": pa.array([kind] * len(places), pa.string()),
            "account_id": pa.array(companies, pa.string()),
            "owner_id": owners.take(pa.array(places, pa.int64())),
            "count": pa.array([1] * len(places), pa.int64()),
        }
    )
