"""The results of a query job: lines of CSV made by the store itself and kept until the job is deleted.

SQLite writes the CSV, so that a million rows never become a million Python objects. Like Salesforce with primary
key chunking, a job reads its object in ranges of ids; what is written meanwhile may or may not be in a later
range, but once the job is complete its results never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.sandbox.salesforce.bulk.csvtext import DELIMITERS, ENDINGS, java_double, line
from connectors.sandbox.salesforce.bulk.jobs import Job, results_table
from connectors.sandbox.salesforce.shape.fields import Field
from connectors.sandbox.salesforce.soql.compile import Plan
from connectors.sandbox.salesforce.soql.tree import Select
from connectors.sandbox.state import State
from connectors.sandbox.tables import Stored

_BLOCK = 2_000
_PLAIN = ("id", "reference", "int", "double", "currency", "percent", "boolean", "date", "datetime")


@dataclass(frozen=True, slots=True)
class Style:
    """How a job's cells are written."""

    delimiter: str
    quoted_nulls: bool
    java_numbers: bool


def _text(sql: str, field: Field, style: Style) -> str:
    """The SQL of a value as text, null where it is missing; quotes in it are not doubled yet."""
    if field.type == "boolean":
        return f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if field.type == "datetime":
        at = f"strftime('%Y-%m-%dT%H:%M:%S', {sql} / 1000, 'unixepoch')"
        return f"{at} || printf('.%03dZ', {sql} % 1000)"
    return _number(sql, style) if field.column.type == "real" else sql


def _number(sql: str, style: Style) -> str:
    """SQLite prints 15 digits; what needs more, and what is rare, is left to Python."""
    small = f"abs({sql}) < {'1e7' if style.java_numbers else '1e15'} AND abs({sql}) >= 1e-3"
    cases = f"WHEN {sql} IS NULL THEN NULL WHEN ({sql} = 0 OR {small}) AND CAST(CAST({sql} AS TEXT) AS REAL) = {sql}"
    digits = f"CAST(CAST({sql} AS INTEGER) AS TEXT)"
    rest = f"coalesce(nullif(rtrim(substr({digits}, 2), '0'), ''), '0')"
    large = f"substr({digits}, 1, 1) || '.' || {rest} || 'E' || (length({digits}) - 1)"
    whole = f"{sql} >= 1e7 AND {sql} < 1e15 AND {sql} = CAST({sql} AS INTEGER)"
    return f"CASE {cases} THEN CAST({sql} AS TEXT) WHEN {whole} THEN {large} ELSE _java_double({sql}) END"


def _line(plan: Plan, style: Style) -> str:
    """The SQL of a row's whole line: one printf, whose %w doubles the quotes of a text."""
    forms, values = [], []
    for output in plan.outputs:
        text = _text(output.sql, output.field, style)
        form = '"%s"' if output.field.type in _PLAIN else '"%w"'
        forms.append(form if style.quoted_nulls else "%s")
        missing = f"CASE WHEN {output.sql} IS NULL THEN '' ELSE printf('{form}', {text}) END"
        values.append(f"coalesce({text}, '')" if style.quoted_nulls else missing)
    return f"printf('{style.delimiter.join(forms)}', {', '.join(values)})"


class Snapshot:
    """The kept results of one job."""

    def __init__(self, state: State, job: Job) -> None:
        self._state, self._job = state, job
        self._table = f'"{results_table(job)}"'

    def begin(self, plan: Plan) -> None:
        """Makes the table anew; a job that was cut off starts over."""
        self._state.function("_java_double", 1, java_double)
        self._state.run(f"DROP TABLE IF EXISTS {self._table}")
        self._state.run(f"CREATE TABLE {self._table}(n INTEGER PRIMARY KEY, line TEXT NOT NULL)")
        names = [".".join(output.parts) for output in plan.outputs]
        header = line(names, DELIMITERS[self._job.delimiter])
        self._state.run(f"INSERT INTO {self._table} VALUES (0, ?)", (header,))

    def whole(self, plan: Plan, select: Select, style: Style) -> int:
        """Takes the result at once, in its order and up to its limit; how many rows."""
        order = f" ORDER BY {plan.order}" if plan.order else ""
        limit = "" if select.limit is None else f" LIMIT {select.limit}"
        return self._take(plan, style, f"{plan.where}{order}{limit}", plan.parameters)

    def chunks(self, plan: Plan, style: Style, size: int) -> Iterator[int]:
        """Takes the result in ranges of `size` ids, one each time it is asked; how many rows each."""
        object, start = plan.object.name, ""
        while True:
            found = self._state.rows(
                f'SELECT "Id" FROM "{object}" WHERE "Id" > ? ORDER BY "Id" LIMIT 1 OFFSET ?',
                (start, size - 1),
            )
            if not found:
                yield self._take(
                    plan,
                    style,
                    f'({plan.where}) AND "t0"."Id" > ? ORDER BY "t0"."Id"',
                    (*plan.parameters, start),
                )
                return
            [(stop,)] = found
            within = f'({plan.where}) AND "t0"."Id" > ? AND "t0"."Id" <= ? ORDER BY "t0"."Id"'
            yield self._take(plan, style, within, (*plan.parameters, start, stop))
            start = str(stop)

    def _take(self, plan: Plan, style: Style, where: str, parameters: Sequence[Stored]) -> int:
        made = _line(plan, style)
        return self._state.run(
            f"INSERT INTO {self._table}(line) SELECT {made} FROM {plan.joins} WHERE {where}", parameters
        )

    def pages(self, start: int, stop: int) -> Iterator[bytes]:
        """The header and the rows from `start` (counted from 0) up to `stop`, as CSV in blocks of bytes."""
        ending = ENDINGS[self._job.line_ending]
        [(header,)] = self._state.rows(f"SELECT line FROM {self._table} WHERE n = 0")
        yield f"{header}{ending}".encode()
        for first in range(start, stop, _BLOCK):
            # The subquery's order is the order in which group_concat meets the rows.
            sql = f"SELECT group_concat(line, ?) FROM (SELECT line FROM {self._table} WHERE n > ? AND n <= ? ORDER BY n)"
            [(block,)] = self._state.rows(sql, (ending, first, min(first + _BLOCK, stop)))
            yield f"{block}{ending}".encode()
