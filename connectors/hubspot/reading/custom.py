"""Tables of the config's own: any object of the portal, a custom one or contacts, with any of its properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from connectors.errors import FieldProblem, Refused
from connectors.hubspot.fields import Properties
from connectors.hubspot.reading.columns import Record, stamps, texts, texts_of, typed
from connectors.hubspot.reading.links import COMPANIES, listed_links
from connectors.hubspot.reading.objects import Pages
from connectors.hubspot.reading.together import together
from connectors.hubspot.wire.client import Client
from connectors.mapping import CustomTable


def table_rows(client: Client, pages: Pages, table: CustomTable) -> Iterator[pa.RecordBatch]:
    """Every living record of the table's object, one row each; FieldProblems for a value that does not fit."""
    linked = (
        table.account == COMPANIES
    )  # the primary one, where there is one; else a property with a company's id
    wanted = {field.source for field in table.fields}
    if table.account and not linked:
        wanted.add(table.account)
    for page in together(pages(table.source, sorted(wanted), [COMPANIES] if linked else [])):
        links = listed_links(client, table.source, page) if linked else {}
        first = [next(iter(links.get(record["id"], ())), None) for record in page]
        yield _batch(table, page, pa.array(first, pa.string()) if linked else _named(table, page))


def _named(table: CustomTable, page: Sequence[Record]) -> pa.Array:
    return texts(page, table.account) if table.account else pa.nulls(len(page), pa.string())


def _batch(table: CustomTable, page: Sequence[Record], accounts: pa.Array) -> pa.RecordBatch:
    ids = [record["id"] for record in page]
    held = texts_of(page, sorted({field.source for field in table.fields}))
    own = [
        typed(
            held[field.source],
            field.type,
            table=table.name,
            name=field.name,
            source=field.source,
            ids=ids,
        )
        for field in table.fields
    ]
    columns = [pa.array(ids, pa.string()), accounts, *own, stamps(page), pa.array([False] * len(ids))]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema())


def table_problems(properties: Properties, table: CustomTable) -> list[FieldProblem]:
    """Everything in the table's mapping that does not fit the portal."""
    try:
        known = properties.of(table.source)
    except Refused as error:
        if error.status not in (400, 404):
            raise
        said = "is no object of the portal; take its name, or its id as in 2-3465404"
        return [FieldProblem(table.name, "from", table.source, said)]
    found = [p for field in table.fields for p in properties.problems_of(table.name, field, (table.source,))]
    if table.account not in ("", COMPANIES) and table.account not in known:
        said = f"is no property of {table.source}; `companies` is the company it is associated with"
        found.append(FieldProblem(table.name, "account", table.account, said))
    return found
