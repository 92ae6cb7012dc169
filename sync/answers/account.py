"""What a snapshot holds on one account, read without a pass over the others wherever it can be.

Snapshots are sorted by id, so an id is found through the statistics of its row group; only a name or a domain
needs a pass over two columns. Rows come as plain values: nothing here needs Arrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rules.language.values.normalise import salesforce_suffix
from sync.errors import SyncError
from sync.log import inert

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

Row = dict[str, Any]
MOST = 10
"""Accounts that are named where a search finds several."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Questions to Parquet files, answered with plain values."""

    con: duckdb.DuckDBPyConnection

    def all(self, query: str, *values: object) -> list[Row]:
        """The rows of a query with `?` in place of values; instants are in UTC."""
        found = self.con.sql(query, params=list(values))
        # DuckDB would make instants with pytz, a package that nothing else needs.
        instants = {n for n, type in zip(found.columns, found.types, strict=True) if str(type) == _INSTANT}
        told = found.project(", ".join(_told(name, name in instants) for name in found.columns))
        return [
            {
                name: value
                if value is None or name not in instants
                else _EPOCH + timedelta(microseconds=value)
                for name, value in zip(found.columns, row, strict=True)
            }
            for row in told.fetchall()
        ]

    def by_id(self, accounts: Path, ids: Sequence[str]) -> dict[str, Row]:
        """The accounts of these ids that there are."""
        marks = ", ".join("?" for _ in ids)
        found = self.all(f"SELECT * FROM read_parquet(?) WHERE id IN ({marks})", str(accounts), *ids)
        return {row["id"]: row for row in found}


_INSTANT = "TIMESTAMP WITH TIME ZONE"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _told(name: str, is_instant: bool) -> str:
    column = '"' + name.replace('"', '""') + '"'
    return f"epoch_us({column})" if is_instant else column


def find_account(rows: Rows, accounts: Path, wanted: str) -> Row:
    """The account's row, by id (15 or 18 characters), website domain or name; SyncError where it is none or several."""
    ids = [wanted, wanted + salesforce_suffix(wanted)] if len(wanted) == 15 else [wanted]
    if found := rows.by_id(accounts, ids):
        return next(iter(found.values()))
    query = """
        SELECT id, name FROM read_parquet(?)
        WHERE lower(name) = lower(?) OR lower(website) IN (lower(?), 'www.' || lower(?)) ORDER BY id LIMIT ?"""
    named = rows.all(query, str(accounts), wanted, wanted, wanted, MOST + 1)
    if len(named) == 1:
        return rows.by_id(accounts, [named[0]["id"]])[named[0]["id"]]
    if not named:
        raise SyncError(
            f"the snapshot has no account with id, domain or name {wanted!r}; it is as of the last pull"
        )
    shown = "\n".join(f"  {row['id']}  {inert(row['name'] or '')}" for row in named[:MOST])
    more = "\n  ..." if len(named) > MOST else ""
    raise SyncError(f"{wanted!r} is the name or domain of several accounts; give the id:\n{shown}{more}")


@dataclass(frozen=True, slots=True)
class Ancestry:
    """The account and those above it, up to the ultimate parent; `broken` says why they lead nowhere."""

    path: tuple[Row, ...]
    broken: str | None = None
    lost: str | None = None
    """A parent that is no account of the snapshot."""

    @property
    def root(self) -> Row:
        """The furthest account up."""
        return self.path[-1]

    @property
    def has_parent(self) -> bool:
        """Somebody stands above."""
        return len(self.path) > 1


def ancestry(
    rows: Rows, accounts: Path, row: Row, parent_field: str, most_levels: int, missing: Sequence[str]
) -> Ancestry:
    """Up the parent field, one account at a time; `missing` holds folded texts that count as no parent."""
    path, seen = [row], {row["id"]}
    while (above := _parent(path[-1], parent_field, missing)) is not None:
        if above in seen:
            return Ancestry(tuple(path), f"{parent_field} goes in a circle")
        found = rows.by_id(accounts, [above])
        if above not in found:
            return Ancestry(tuple(path), lost=above)
        if len(path) > most_levels:
            return Ancestry(tuple(path), f"{parent_field} goes further up than {most_levels} levels")
        path.append(found[above])
        seen.add(above)
    return Ancestry(tuple(path))


def _parent(row: Mapping[str, Any], field: str, missing: Sequence[str]) -> str | None:
    value = row.get(field)
    return None if value is None or str(value).strip().casefold() in {"", *missing} else str(value)
