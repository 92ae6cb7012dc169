"""Other ways to find the first rule of every account, over columns that are normalised for them beforehand.

Each gives the rule's id by account id; those that take a row at a time are given a sample, and their time is
extrapolated in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any as Anything

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from assign_rules import make_rules
from assign_world import FIELDS, clean

from rules.language.condition import (
    All,
    Any,
    Between,
    Condition,
    Constant,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
    Test,
)
from rules.language.ruleset import RuleSet

SAMPLES = {"run_lambdas": 10_000, "run_row_engine": 200}
"""Accounts that the contenders of one row at a time are given."""
INSTALL = "python -m pip install polars rule-engine"


def answer(folder: Path, run: str) -> Path:
    """Where a contender writes account_id and rule_id."""
    return folder / f"{run}.parquet"


def database(folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB as it comes: all memory, all processors."""
    con = duckdb.connect(":memory:", config={"temp_directory": str(folder / "spill")})
    con.execute("SET enable_progress_bar = FALSE")
    return con


def run_case(folder: Path, rules: int) -> None:
    """One CASE, lists joined beforehand; only which rule, no owners."""
    made = make_rules(rules)
    con = database(folder)
    joins = " ".join(_joined(con, field, made) for field in ("postal_code", "website", "external_id"))
    whens = " ".join(f"WHEN {sql(rule.when)} THEN {number}" for number, rule in enumerate(made.rules))
    con.execute("CREATE TABLE names (number INTEGER, rule_id VARCHAR)")
    con.execute("INSERT INTO names SELECT i, 'rule-' || i FROM range(?) t(i)", [len(made.rules)])
    query = (
        f"SELECT account_id, rule_id FROM (SELECT id AS account_id, CASE {whens} END AS number "
        f"FROM read_parquet('{clean(folder)}') {joins}) LEFT JOIN names USING (number) ORDER BY account_id"
    )
    con.execute(f"COPY ({query}) TO '{answer(folder, 'run_case')}' (FORMAT parquet, COMPRESSION zstd)")


def _joined(con: duckdb.DuckDBPyConnection, field: str, rules: RuleSet) -> str:
    """A join that says which list of the field's kind the value is in (it is in one at most)."""
    found = {name: listed for name, listed in rules.lists.items() if listed.kind is FIELDS[field]}
    rows = pa.table(
        {
            "value": [value for listed in found.values() for value in listed.values],
            "list": [name for name, listed in found.items() for _ in listed.values],
        }
    )
    con.register("rows_of_lists", rows)
    con.execute(f"CREATE TABLE {field}_lists AS SELECT * FROM rows_of_lists")
    return f"LEFT JOIN {field}_lists ON {field}_lists.value = {field}"


def sql(condition: Condition) -> str:
    """The condition as one would write it: SQL's logic is three-valued as well."""
    match condition:
        case All(parts):
            return f"({' AND '.join(map(sql, parts)) or 'TRUE'})"
        case Any(parts):
            return f"({' OR '.join(map(sql, parts)) or 'FALSE'})"
        case Not(part):
            return f"NOT {sql(part)}"
        case In(field, values):
            return f"{field} IN ({', '.join(map(_literal, values))})"
        case InList(field, listed):
            return f"({field} IS NOT NULL AND coalesce({field}_lists.list = '{listed}', FALSE))"
        case HasPrefix(field, prefixes):
            return "(" + " OR ".join(f"starts_with({field}, '{prefix}')" for prefix in prefixes) + ")"
        case IsMissing(field):
            return f"({field} IS NULL)"
        case Between(field, low, high):
            bounds = [f"{field} >= {low!r}"] * (low is not None) + [f"{field} < {high!r}"] * (
                high is not None
            )
            return f"({' AND '.join(bounds)})"
    raise AssertionError(f"the benchmark has no such test: {condition!r}")


def _literal(value: Constant) -> str:
    return f"DATE '{value}'" if isinstance(value, date) else repr(value)


def run_polars(folder: Path, rules: int) -> None:
    """A mask per rule, the first that is true."""
    import polars as pl

    made = make_rules(rules)

    def mask(condition: Condition) -> Anything:
        match condition:
            case All(parts):
                return pl.all_horizontal(*map(mask, parts)) if parts else pl.lit(True)
            case Any(parts):
                return pl.any_horizontal(*map(mask, parts))
            case Not(part):
                return ~mask(part)
            case In(field, values):
                return pl.col(field).is_in(list(values))
            case InList(field, listed):
                return pl.col(field).is_in(list(made.lists[listed].values))
            case HasPrefix(field, prefixes):
                return pl.any_horizontal(*(pl.col(field).str.starts_with(prefix) for prefix in prefixes))
            case IsMissing(field):
                return pl.col(field).is_null()
            case Between(field, low, high):
                column = pl.col(field)
                return pl.all_horizontal(
                    *([column >= low] * (low is not None) + [column < high] * (high is not None))
                )
        raise AssertionError(f"the benchmark has no such test: {condition!r}")

    first = pl.coalesce(
        pl.when(mask(rule.when)).then(pl.lit(number, pl.Int32)) for number, rule in enumerate(made.rules)
    )
    found = pl.scan_parquet(clean(folder)).select(pl.col("id").alias("account_id"), first.alias("number"))
    names = pl.lit(pl.Series([rule.id for rule in made.rules]))
    found.select("account_id", rule_id=names.gather(pl.col("number"))).sink_parquet(
        answer(folder, "run_polars")
    )


def run_lambdas(folder: Path, rules: int) -> None:
    """Every rule compiled to a Python function of a row."""
    made = make_rules(rules)
    sets: dict[str, Anything] = {name: frozenset(listed.values) for name, listed in made.lists.items()}

    def constant(value: Anything) -> str:
        name = f"constant_{len(sets)}"
        sets[name] = value
        return name

    def leaf(test: Test) -> str:
        value = f"r[{test.field!r}]"
        match test:
            case In(_, values):
                return f"{value} in {constant(frozenset(values))}"
            case InList(_, listed):
                return f"{value} in lists[{listed!r}]"
            case HasPrefix(_, prefixes):
                return f"{value}.startswith({prefixes!r})"
            case Between(_, low, high):
                bounds = [f"{value} >= {low!r}"] * (low is not None) + [f"{value} < {high!r}"] * (
                    high is not None
                )
                return " and ".join(bounds)
        raise AssertionError(f"the benchmark has no such test: {test!r}")

    sets["lists"] = sets
    asked = [
        (rule.id, eval(f"lambda r: {two_valued(rule.when, leaf, 'r[{!r}]', 'None', 'is')}", sets))
        for rule in made.rules
    ]
    _row_by_row(folder, "run_lambdas", lambda row: next(id for id, matches in asked if matches(row)))


def run_row_engine(folder: Path, rules: int) -> None:
    """The `rule-engine` of PyPI: expressions over dictionaries, which are told what list a value is in."""
    import rule_engine

    made = make_rules(rules)
    lists = {(listed.kind, value): name for name, listed in made.lists.items() for value in listed.values}
    kinds = {field: FIELDS[field] for field in ("postal_code", "website", "external_id")}

    def literal(value: Constant) -> str:
        return (
            f"d'{value}'"
            if isinstance(value, date)
            else str(value).lower()
            if isinstance(value, bool)
            else repr(value)
        )

    def leaf(test: Test) -> str:
        match test:
            case In(field, values):
                return f"{field} in [{', '.join(map(literal, values))}]"
            case InList(field, listed):
                return f"{field}_list == '{listed}'"
            case HasPrefix(field, prefixes):
                return f"{field} =~ '^(?:{'|'.join(prefixes)}).*'"
            case Between(field, low, high):
                bounds = [f"{field} >= {low!r}"] * (low is not None) + [f"{field} < {high!r}"] * (
                    high is not None
                )
                return " and ".join(bounds)
        raise AssertionError(f"the benchmark has no such test: {test!r}")

    asked = [
        (rule.id, rule_engine.Rule(two_valued(rule.when, leaf, "{}", "null", "==")).matches)
        for rule in made.rules
    ]

    def first(row: Mapping[str, Anything]) -> str:
        told = {f"{field}_list": lists.get((kind, row[field])) for field, kind in kinds.items()}
        return next(id for id, matches in asked if matches({**row, **told}))

    _row_by_row(folder, "run_row_engine", first)


def two_valued(
    condition: Condition,
    leaf: Callable[[Test], str],
    name: str,
    nothing: str,
    equals: str,
    holds: bool = True,
) -> str:
    """A claim that the condition is true (or false), for languages that do not know what unknown is."""
    match condition:
        case Not(part):
            return two_valued(part, leaf, name, nothing, equals, not holds)
        case All(parts) | Any(parts):
            word = " and " if isinstance(condition, All) is holds else " or "
            every = [two_valued(part, leaf, name, nothing, equals, holds) for part in parts]
            return f"({word.join(every)})" if every else ("True" if equals == "is" else "true")
        case IsMissing(field):
            missing = f"{name.format(field)} {equals} {nothing}"
            return f"({missing})" if holds else f"(not ({missing}))"
    present = f"not ({name.format(condition.field)} {equals} {nothing})"
    return f"({present} and {'' if holds else 'not '}({leaf(condition)}))"


def _row_by_row(folder: Path, run: str, first: Callable[[Mapping[str, Anything]], str]) -> None:
    with pq.ParquetFile(clean(folder)) as file:
        rows = next(file.iter_batches(SAMPLES[run])).to_pylist()
    found = [{"account_id": row["id"], "rule_id": first(row)} for row in rows]
    pq.write_table(pa.Table.from_pylist(found), answer(folder, run))
