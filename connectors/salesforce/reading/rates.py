"""Exchange rates: by date where the org keeps them so (advanced currency management), else one per currency."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from connectors.salesforce.fields import Fields
from connectors.salesforce.ids import full_id
from connectors.salesforce.soql import select

Pages = Callable[[str], Iterator[list[dict[str, Any]]]]
"""The records of a query, a page at a time."""
_FIRST, _LAST = date(1900, 1, 1), date(9999, 1, 1)
"""What lies outside is how Salesforce writes "always" (seen 0001-01-01 and 9999-12-31)."""


def rates(pages: Pages, fields: Fields, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """How many units of each currency are worth one of the org's own; nothing in an org with one currency."""
    rows: list[dict[str, Any]] = []
    if fields.has_object("DatedConversionRate"):
        names = ["Id", "IsoCode", "ConversionRate", "StartDate", "NextStartDate", "SystemModstamp"]
        rows = [_row(r) for r in _records(pages, "DatedConversionRate", names)]
    if fields.has_object("CurrencyType"):
        dated = {row["currency"] for row in rows}
        names = ["Id", "IsoCode", "ConversionRate", "SystemModstamp"]
        found = (_row(r) for r in _records(pages, "CurrencyType", names))
        rows += [row for row in found if row["currency"] not in dated]
    yield pa.RecordBatch.from_pylist(rows, schema)


def _records(pages: Pages, sobject: str, names: list[str]) -> list[dict[str, Any]]:
    return [record for page in pages(select(names, sobject, order="Id")) for record in page]


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    start, following = _day(record.get("StartDate")), _day(record.get("NextStartDate"))
    return {
        "id": full_id(record["Id"]),
        "currency": record["IsoCode"],
        "rate": float(record["ConversionRate"]),
        "from_date": None if start is None or start < _FIRST else start,
        "before_date": None if following is None or following >= _LAST else following,
        "modified_at": datetime.fromisoformat(record["SystemModstamp"]),
        "deleted": False,
    }


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
