"""Assigning again when few accounts changed: the first matching bits of the others are those of the last night."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.assign import assign, conclude, lay, made_ready
from rules.engine.classing import classed
from rules.engine.columns import ClassColumn, class_columns, is_in_place
from rules.engine.compiled import Compiled
from rules.engine.database import open_database
from rules.engine.deciding import bits, decided, passed_on
from rules.engine.derived.prepared import Prepared
from rules.engine.derived.ready import ready_columns
from rules.engine.gate_columns import gate_columns
from rules.engine.masking.classes import FieldClasses
from rules.engine.masking.masks import CAP
from rules.engine.relations import DuckDatabase
from rules.engine.reuse import FINGERPRINT, fingerprint, keyed, stored_fingerprint
from rules.engine.sql import text
from rules.engine.summary import AssignSummary
from rules.language.ruleset import RuleSet
from rules.tables import Tables


@dataclass(frozen=True, slots=True)
class Again:
    """What an assignment came to, and how many accounts were evaluated for it."""

    summary: AssignSummary
    evaluated: int


def assign_again(
    rules: RuleSet,
    tables: Tables,
    into: Path,
    as_of: date,
    *,
    matched: Path,
    above: int,
    memory_limit: str = "400MB",
    threads: int | None = None,
    holders: Mapping[str, str] | None = None,
    cap: int = CAP,
    memory_into: Path | None = None,
) -> Again:
    """Writes the same bytes as `assign`, evaluating the rules only for accounts that can match otherwise.

    `matched` holds the bits of the last night, and then those of this one; it may not be there yet. Evaluated
    are new accounts, those whose values or derived fields changed (so also by opportunities, family and
    memory), and those that a date moves; all of them where rules, columns or the engine are others than last
    night. Who is in which family and pod is worked out anew for everybody. Snapshots of at most `above`
    accounts are assigned from scratch, as that is faster. Raises AssignError as `assign` does.
    """
    rows = pq.read_metadata(tables.accounts).num_rows
    if rows <= above:
        summary = assign(
            rules, tables, into, as_of, memory_limit=memory_limit, threads=threads, holders=holders, cap=cap,
            memory_into=memory_into,
        )  # fmt: skip
        return Again(summary, summary.accounts)
    ready = made_ready(rules, tables, as_of, holders, cap)
    with (
        tempfile.TemporaryDirectory(prefix=".assign-", dir=into.parent) as spill,
        open_database(memory_limit, Path(spill), threads) as con,
    ):
        database = DuckDatabase(con, Path(spill))
        with database.joins_as_written():
            night = _Night(database, ready, tables)
            night.compare(matched)
            night.evaluate()
            night.remember(matched)
            database.keep("unsorted", decided(ready, night.matched_bits()))
        [(evaluated,)] = database.fetch("SELECT count(*) FROM changed")
        return Again(conclude(database, ready, tables, into, memory_into), evaluated)


class _Night:
    """The steps of one night, in their order."""

    def __init__(self, database: DuckDatabase, ready: Compiled, tables: Tables) -> None:
        self._database, self._ready = database, ready
        self._prepared, self._schema = lay(database, ready, tables)
        self._cheap = self._cheap_columns(self._prepared)
        self._read: dict[str, FieldClasses] = {
            field: found for field, found in ready.classes.items() if field not in self._cheap
        }
        self._issues = self._prepared.issues_beside(ready.classes)
        self._print = fingerprint(ready, self._read, self._schema)

    def compare(self, matched: Path) -> None:
        """Makes `keyed`, and `changed` with the ids of the accounts to evaluate."""
        cheap = [self._cheap[field] for field in self._ready.classes if field in self._cheap]
        query = keyed(self._ready, cheap, self._read, self._schema, self._prepared.source, self._issues)
        self._database.keep("keyed", query)
        if stored_fingerprint(matched) == self._print:
            self._database.parquet("last", matched)
        else:
            nothing = {"id": pa.array([], pa.string()), "key": pa.array([], pa.uint64())}
            self._database.store("last", pa.table(nothing))
        self._database.keep(
            "changed",
            "SELECT keyed.id AS id FROM keyed ANTI JOIN last ON last.id = keyed.id AND last.key = keyed.key",
        )
        self._known = stored_fingerprint(matched) == self._print

    def evaluate(self) -> None:
        """Makes `evaluated`: the bits of the changed accounts."""
        ready, database = self._ready, self._database
        columns = {**self._cheap, **{column.field: column for column in self._read_columns()}}
        changed = f"(SELECT * FROM {self._prepared.source} WHERE id IN (SELECT id FROM changed))"
        in_order = [columns[field] for field in ready.classes]
        database.keep("classed", classed(in_order, ready.holders, ready.follows, changed, self._issues))
        database.keep("evaluated", bits(ready, ["id", "issues"]))

    def remember(self, matched: Path) -> None:
        """Makes `known`, the bits of all accounts, and writes them for the next night as a whole or not at all."""
        columns = self._bit_columns()
        queries = [
            f"SELECT keyed.id AS id, key, {columns} FROM keyed JOIN evaluated ON evaluated.id = keyed.id"
        ]
        if self._known:
            queries.append(
                f"SELECT keyed.id AS id, keyed.key AS key, {columns} FROM keyed "
                "JOIN last ON last.id = keyed.id AND last.key = keyed.key"
            )
        partial = matched.with_name(f".{matched.name}.{os.getpid()}.partial")
        try:
            self._database.con.execute(
                f"COPY ({' UNION ALL '.join(queries)}) TO {text(str(partial))} (FORMAT parquet, COMPRESSION zstd, "
                f"KV_METADATA {{{text(FINGERPRINT.decode())}: {text(self._print)}}})"
            )
            partial.replace(matched)
        finally:
            partial.unlink(missing_ok=True)
        self._database.parquet("known", matched)

    def matched_bits(self) -> str:
        """The query that `decided` takes in place of the plan's second part."""
        kept = ", ".join(
            f"keyed.{column}" for column in passed_on(self._ready) if column not in ("id", "issues")
        )
        beside = f", {kept}" if kept else ""
        return f"SELECT keyed.id AS id{beside}, {self._bit_columns()} FROM keyed JOIN known ON known.id = keyed.id"

    def _bit_columns(self) -> str:
        names = self._database.fetch("SELECT column_name FROM (DESCRIBE evaluated)")
        return ", ".join(column for (column,) in names if column != "id")

    def _cheap_columns(self, prepared: Prepared) -> dict[str, ClassColumn]:
        """Classes that are had without looking at distinct values first."""
        ready = self._ready
        found = gate_columns(ready.classes, ready.roles, ready.timed, ready.as_of)
        cells = {field: classes for field, classes in ready.classes.items() if field in prepared.ready}
        found |= ready_columns(self._database, cells)
        in_place = {
            field: classes
            for field, classes in ready.classes.items()
            if field not in found and is_in_place(classes, ready.asked, self._schema)
        }
        columns = class_columns(self._database, ready.asked, in_place, self._schema)
        return found | {column.field: column for column in columns}

    def _read_columns(self) -> tuple[ClassColumn, ...]:
        """The others; only values of changed accounts are read."""
        con = self._database.con
        [(everybody,)] = con.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'accounts'").fetchall()
        con.execute(everybody.replace("accounts", "everybody", 1))
        con.execute(
            "CREATE OR REPLACE VIEW accounts AS SELECT * FROM everybody WHERE id IN (SELECT id FROM changed)"
        )
        columns = class_columns(self._database, self._ready.asked, self._read, self._schema)
        con.execute("CREATE OR REPLACE VIEW accounts AS SELECT * FROM everybody")
        return columns
