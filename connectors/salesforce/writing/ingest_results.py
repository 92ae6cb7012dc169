"""What an ingest job says of its rows: three CSV files in no promised order, read by id and never by position."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from connectors.errors import Garbled
from connectors.records import Outcome
from connectors.salesforce.ids import full_id
from connectors.salesforce.writing.results import Row

SUCCESSFUL, FAILED, UNPROCESSED = "successfulResults", "failedResults", "unprocessedrecords"
_ERROR = re.compile(
    r"(?P<code>[A-Z][A-Z0-9_]*):(?P<message>.*?)(?::(?P<fields>[^:]*?))?\s*(?:--)?\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a job told: of each row that it came to, and which it did not come to. A row may stand in neither."""

    rows: Mapping[str, Row]
    unprocessed: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Every record that is named."""
        return self.unprocessed | self.rows.keys()


def told(files: Mapping[str, bytes]) -> Told:
    """The files that were read, by their names, as one answer; Garbled where they contradict each other."""
    rows: dict[str, Row] = {}
    for id in _ids(files.get(SUCCESSFUL, b"")):
        _once(rows, id, (Outcome.WRITTEN, "", ""))
    for id, error in _failures(files.get(FAILED, b"")):
        _once(rows, id, (Outcome.REJECTED, *error_of_row(error)))
    left = _ids(files.get(UNPROCESSED, b""))
    if len(set(left)) < len(left) or not rows.keys().isdisjoint(left):
        raise Garbled("ingest: a job's results name a record twice")
    return Told(rows, frozenset(left))


def row_count(content: bytes) -> int:
    """Records in one of the files; Garbled where it is no CSV."""
    return int(_table(content).num_rows)


def error_of_row(text: str) -> tuple[str, str]:
    """Salesforce's code and its message with the fields, of `CODE:message:fields--`."""
    found = _ERROR.fullmatch(text.strip())
    if found is None:
        return "UNKNOWN_EXCEPTION", text.strip() or "Salesforce gave no reason"
    fields, message = (found["fields"] or "").strip(), found["message"].strip()
    return found["code"], f"{message} ({fields})" if fields else message or found["code"]


def _once(rows: dict[str, Row], id: str, row: Row) -> None:
    if id in rows:
        raise Garbled("ingest: a job's results name a record twice")
    rows[id] = row


def _failures(content: bytes) -> list[tuple[str, str]]:
    table = _table(content)
    if not table.num_rows:
        return []
    return list(zip(_ids_of(table), _column(table, "sf__Error").to_pylist(), strict=True))


def _ids(content: bytes) -> list[str]:
    table = _table(content)
    return _ids_of(table) if table.num_rows else []


def _ids_of(table: pa.Table) -> list[str]:
    """The id that Salesforce tells, or that we sent where it tells none (before v53 a failed row has none; doc)."""
    sent = _column(table, "Id")
    said = _column(table, "sf__Id") if "sf__Id" in table.column_names else sent
    return [full_id(id) for id in pc.if_else(pc.equal(said, ""), sent, said).to_pylist()]


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise Garbled(f"ingest: results without a column {name}")
    return table[name]


def _table(content: bytes) -> pa.Table:
    """Every cell as text, as it stands; no rows where there is no content at all (204, seen 2025)."""
    if not content.strip():
        return pa.table({})
    header = content.partition(b"\n")[0].decode("utf-8", "replace")
    names = [name.strip().strip('"') for name in header.split(",")]
    if not {"Id", "sf__Id"} & set(names):
        raise Garbled(f"ingest: results without ids ({len(content)} bytes)")
    try:
        return pacsv.read_csv(
            io.BytesIO(content),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[n for n in names if n in ("sf__Id", "sf__Error", "Id")],
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError) as error:
        raise Garbled(f"ingest: results that are no CSV ({len(content)} bytes): {error}") from error
