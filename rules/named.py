"""Accounts that rules name one by one, looked for on data: an entry that no account has, or several have.

Rules name accounts by ids or by domains, in a condition, a list, or an exception. Fields of ids whose values
mostly repeat (record types, for one) name no account, and neither do those that hold another record's id.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.database import open_database
from rules.engine.errors import AssignError
from rules.engine.sql import name as column
from rules.engine.sql import text
from rules.language.condition import All, Any, Condition, FieldKind, In, InList
from rules.language.place import Source
from rules.language.reading.problems import listing
from rules.language.ruleset import Rule, RuleSet
from rules.language.values.domains import PLAIN_SITE
from rules.language.values.normalise import normalise, quoted

SHOWN = 3
"""Ids of accounts that are given with an entry which several have."""
MOSTLY = 0.9
"""A field of ids names accounts where at least this share of its filled values is distinct."""


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """A value that is not exactly one account's."""

    field: str
    value: str
    list: str | None
    """The list that it stands in, None for a condition or an exception."""
    rules: tuple[str, ...]
    """Ids of the rules that ask for it."""
    accounts: int
    """How many accounts have it: none, or two and more."""
    ids: tuple[str, ...]
    """The first of them, at most `SHOWN`, in order."""
    source: Source
    """Where the list is declared, or the rule stands."""

    def __str__(self) -> str:
        entry = f"{quoted(self.value)}" + (f" of list {quoted(self.list)}" if self.list else "")
        asked = f"(rule {listing(self.rules, 3)})"
        if not self.accounts:
            return f"{entry} is the {self.field} of no account {asked}; take it out, or correct it"
        rest = ", …" if self.accounts > len(self.ids) else ""
        found = f"{self.accounts:,} accounts: {', '.join(self.ids)}{rest}"
        return f"{entry} is the {self.field} of {found} {asked}; merge them, or name one by its id"


def named_entries(rules: RuleSet, accounts: Path, *, memory_limit: str = "400MB") -> tuple[NamedEntry, ...]:
    """Entries of the rules that no account has, or several, by rule as tried and value.

    `accounts` is a snapshot's Parquet file; deleted accounts do not count. Raises AssignError where it lacks a
    field that rules name accounts by.
    """
    asked = _asked(rules)
    schema = pq.read_schema(accounts)
    lacking = sorted(set(asked) - set(schema.names))
    if lacking:
        raise AssignError(
            f"{accounts} has no column {lacking[0]!r}; pull the accounts again, or map the field"
        )
    living = "WHERE NOT coalesce(deleted, FALSE)" if "deleted" in schema.names else ""
    found: list[NamedEntry] = []
    with tempfile.TemporaryDirectory() as spill, open_database(memory_limit, Path(spill)) as con:
        con.execute(f"CREATE VIEW accounts AS SELECT * FROM read_parquet({text(str(accounts))}) {living}")
        for field, entries in asked.items():
            if field == "id" or rules.fields[field] is FieldKind.DOMAIN or _is_distinct(con, field):
                found += _entries(con, field, rules, entries)
    order = {rule.id: number for number, rule in enumerate(rules.rules)}
    return tuple(sorted(found, key=lambda e: (order[e.rules[0]], e.field, e.value)))


@dataclass(slots=True)
class _Asked:
    """Who asks for an entry."""

    list: str | None
    source: Source
    rules: dict[str, None]


Entries = dict[tuple[str, str | None], _Asked]
"""By value and list."""


def _asked(rules: RuleSet) -> dict[str, Entries]:
    """The entries of each field that names accounts."""
    points_elsewhere = {"owner_id", rules.family.parent_field, *rules.holders.values()}
    asked: dict[str, Entries] = defaultdict(dict)
    for rule in rules.rules:
        for test in _tests(rule.when):
            kind = rules.fields[test.field]
            if kind in (FieldKind.ID, FieldKind.DOMAIN) and test.field not in (
                *points_elsewhere,
                *rules.derived,
            ):
                _add(asked[test.field], rule, test, rules)
    return {field: asked[field] for field in sorted(asked)}


def _add(entries: Entries, rule: Rule, test: In | InList, rules: RuleSet) -> None:
    if isinstance(test, InList):
        found = rules.lists[test.list]
        values, listed, source = found.values, found.name, found.source
    else:
        values, listed, source = test.values, None, rule.source
    for value in values:
        entries.setdefault((str(value), listed), _Asked(listed, source, {})).rules[rule.id] = None


def _tests(condition: Condition) -> Iterator[In | InList]:
    """Tests in the account's favour: what is only denied names nobody."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _tests(part)
        case In() | InList():
            yield condition


def _is_distinct(con: duckdb.DuckDBPyConnection, field: str) -> bool:
    held = column(field)
    query = f"SELECT count({held}), approx_count_distinct({held}) FROM accounts"
    [(filled, distinct)] = con.execute(query).fetchall()
    return bool(distinct >= MOSTLY * filled)


def _entries(
    con: duckdb.DuckDBPyConnection, field: str, rules: RuleSet, entries: Entries
) -> Iterator[NamedEntry]:
    holders = _holders(con, field, rules, {value for value, _ in entries})
    for (value, _), asked in entries.items():
        count, ids = holders.get(value, (0, ()))
        if count != 1:
            yield NamedEntry(field, value, asked.list, tuple(asked.rules), count, ids, asked.source)


def _holders(
    con: duckdb.DuckDBPyConnection, field: str, rules: RuleSet, values: set[str]
) -> Mapping[str, tuple[int, tuple[str, ...]]]:
    """How many accounts have each value, and the first ids.

    The query leaves only raw values that may be one of them; what they are is said by `normalise`, as always.
    """
    kind, missing = rules.fields[field], frozenset(rules.missing_values)
    query = _ids(column(field)) if kind is FieldKind.ID else _sites(column(field), values)
    con.register("wanted", pa.table({"value": sorted(values)}))
    rows = con.execute(
        f"SELECT raw, count(*), min(id, {SHOWN}) FROM ({query}) WHERE raw IS NOT NULL GROUP BY raw"
    )
    counts: dict[str, int] = defaultdict(int)
    ids: dict[str, list[str]] = defaultdict(list)
    while batch := rows.fetchmany(10_000):
        for raw, count, first in batch:
            value = str(normalise(kind, raw, None, missing).value)
            if value in values:
                counts[value] += count
                ids[value] = sorted([*ids[value], *first])[:SHOWN]
    con.unregister("wanted")
    return {value: (counts[value], tuple(ids[value])) for value in counts}


def _ids(held: str) -> str:
    """Accounts with a wanted id, or with the 15 characters that a wanted one of 18 begins with."""
    return (
        f"SELECT {held} AS raw, id FROM accounts WHERE {held} IN (FROM wanted) "
        f"OR (length({held}) = 15 AND {held} IN (SELECT left(value, 15) FROM wanted WHERE length(value) = 18))"
    )


def _sites(held: str, values: Sequence[str] | set[str]) -> str:
    """Accounts whose text has a host that ends in a wanted domain, or characters that a host is not read from as is.

    A plain site is read here; of the others a domain of n labels is looked for among the last n labels of
    everything that looks like a host.
    """
    lengths = sorted({value.count(".") + 1 for value in values})
    ends = ", ".join(f"array_to_string(string_split(rtrim(host, '.'), '.')[-{n}:], '.')" for n in lengths)
    hosts = "regexp_split_to_array(lower(raw), '[^a-z0-9._-]+')"
    return f"""
        WITH sites AS (SELECT {held} AS raw, id, regexp_extract(lower({held}), {text(PLAIN_SITE)}, 1) AS site
                       FROM accounts WHERE {held} IS NOT NULL),
             ends AS (SELECT raw, id, unnest(CASE WHEN site <> '' THEN [site] ELSE
                      flatten(list_transform({hosts}, lambda host: [{ends}])) END) AS value
                      FROM sites)
        SELECT DISTINCT raw, id FROM ends WHERE value IN (FROM wanted)
        UNION SELECT {held}, id FROM accounts WHERE regexp_matches({held}, '[^ -~]')"""
