"""Which account of one CRM is which of the other: by a declared key, never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rules.language.values.domains import registrable_domain
from sync.both.config import Key
from sync.errors import ConfigProblem
from sync.scratch import scratch

if TYPE_CHECKING:
    import duckdb

DOMAIN = "domain"
SHOWN = 5
"""Ambiguous keys that are shown; the rest is counted."""
ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found; `path` is a Parquet file with `lead_id`, `follow_id` and `key`, sorted, one row per pair."""

    path: Path
    by_key: dict[str, int]
    """Pairs that each key found, in the order in which they were tried."""
    lead_alone: int
    follow_alone: int
    ambiguous: int
    """Accounts, of both sides, whose key more than one on the other side has, or on their own."""
    examples: tuple[str, ...]


def match(lead: Path, follow: Path, keys: Sequence[Key | str], into: Path, memory_limit: str) -> Matched:
    """Match the accounts of two files. ConfigProblem where a key names a column that a side does not have.

    A value that stands twice on either side matches nothing: those accounts stay apart, and are counted. The next
    key may still find them.
    """
    with scratch(memory_limit) as con:
        for side, path in (("lead", lead), ("follow", follow)):
            con.from_parquet(str(path)).create_view(f"{side}_all")
            con.execute(f"CREATE VIEW {side} AS SELECT * FROM {side}_all WHERE NOT deleted")
        con.execute("CREATE TABLE pairs (lead_id VARCHAR, follow_id VARCHAR, key VARCHAR)")
        con.execute("CREATE TABLE ambiguous (side VARCHAR, id VARCHAR, value VARCHAR)")
        by_key = {}
        for key in keys:
            name = DOMAIN if isinstance(key, str) else f"{key.lead} = {key.follow}"
            for side in ("lead", "follow"):
                _values(
                    con,
                    side,
                    "website" if isinstance(key, str) else getattr(key, side),
                    is_domain=isinstance(key, str),
                )
            by_key[name] = _pair(con, name)
        con.execute(f"COPY (SELECT * FROM pairs ORDER BY lead_id) TO '{_quoted(into)}' (FORMAT parquet)")
        found = con.execute(
            "SELECT side, id, value FROM ambiguous a WHERE NOT EXISTS (SELECT 1 FROM pairs p WHERE "
            "(a.side = 'lead' AND p.lead_id = a.id) OR (a.side = 'follow' AND p.follow_id = a.id)) "
            "ORDER BY value, side, id"
        ).fetchall()
        alone = {
            side: _count(con, f"{side} WHERE id NOT IN (SELECT {side}_id FROM pairs)")
            for side in ("lead", "follow")
        }
    distinct = {(side, id) for side, id, _ in found}
    return Matched(into, by_key, alone["lead"], alone["follow"], len(distinct), tuple(_examples(found)))


def _values(con: duckdb.DuckDBPyConnection, side: str, column: str, *, is_domain: bool) -> None:
    """A table `SIDE_key` of the ids that are not paired yet, with their value."""
    known = [name for (name, *_) in con.execute(f"DESCRIBE {side}").fetchall()]
    if column not in known:
        raise ConfigProblem(
            f"match: the side {side} has no column {column!r} of accounts; map it under fields: accounts: of its config"
        )
    con.execute(f"DROP TABLE IF EXISTS {side}_key")
    query = (
        f'SELECT id, trim("{column}"::VARCHAR) AS value FROM {side} '
        f"WHERE nullif(trim(\"{column}\"::VARCHAR), '') IS NOT NULL AND id NOT IN (SELECT {side}_id FROM pairs)"
    )
    if not is_domain:
        con.execute(f"CREATE TABLE {side}_key AS {query}")
        return
    con.execute(f"CREATE TABLE {side}_key (id VARCHAR, value VARCHAR)")
    import pyarrow as pa

    reader = con.cursor().sql(query).to_arrow_reader(ROWS)
    for batch in reader:
        values = [registrable_domain(text) for text in batch["value"].to_pylist()]
        part = pa.table({"id": batch["id"], "value": pa.array(values, pa.string())})
        con.register("part", part)
        con.execute(f"INSERT INTO {side}_key SELECT id, value FROM part WHERE value IS NOT NULL")
        con.unregister("part")


def _pair(con: duckdb.DuckDBPyConnection, name: str) -> int:
    for side in ("lead", "follow"):
        con.execute(
            f"CREATE OR REPLACE TABLE {side}_once AS SELECT any_value(id) AS id, value, count(*) AS n "
            f"FROM {side}_key GROUP BY value"
        )
    con.execute(
        "INSERT INTO pairs SELECT l.id, f.id, ? FROM lead_once l JOIN follow_once f USING (value) "
        "WHERE l.n = 1 AND f.n = 1",
        [name],
    )
    # Both sides have the value, and one of them more than once: whose is whose nobody can tell.
    for side in ("lead", "follow"):
        con.execute(
            f"INSERT INTO ambiguous SELECT '{side}', k.id, k.value FROM {side}_key k "
            "JOIN lead_once l ON l.value = k.value JOIN follow_once f ON f.value = k.value WHERE l.n > 1 OR f.n > 1"
        )
    return _count(con, f"pairs WHERE key = '{_quoted(name)}'")


def _examples(found: Sequence[tuple[str, str, str]]) -> list[str]:
    shown = []
    for value in list(dict.fromkeys(value for _, _, value in found))[:SHOWN]:
        sides = {
            side: [id for at, id, told in found if at == side and told == value]
            for side in ("lead", "follow")
        }
        shown.append(f"{value}: lead {', '.join(sides['lead'][:3])}; follow {', '.join(sides['follow'][:3])}")
    return shown


def _count(con: duckdb.DuckDBPyConnection, rest: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {rest}").fetchone()
    return int(row[0]) if row else 0


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
