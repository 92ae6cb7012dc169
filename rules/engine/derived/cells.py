"""Normalised values as columns of a relation: what derived fields and their conditions are computed from.

The cell of a field is a column of its own beside the raw one; null is missing, and a number is never infinite
or not a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.engine.errors import AssignError
from rules.engine.sql import name
from rules.language.condition import FieldKind

TYPES = {
    FieldKind.INTEGER: "BIGINT",
    FieldKind.NUMBER: "DOUBLE",
    FieldKind.BOOLEAN: "BOOLEAN",
    FieldKind.DATE: "DATE",
}
"""The type of a cell by its kind; all others are text."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How a field's cell is computed over some relation, and what must be joined to it."""

    field: str
    expression: str
    join: str = ""
    issue: str | None = None
    """Text, null where the value could be read."""


def cell(field: str) -> str:
    """The column of the field's cell; a blank is in no column's name that a CRM or a document has."""
    return name(f"{field} (value)")


def issue(field: str) -> str:
    """The column that says why the field could not be read."""
    return name(f"{field} (issue)")


def type_of(kind: FieldKind) -> str:
    """The type of a cell of the kind."""
    return TYPES.get(kind, "VARCHAR")


def on_scale(kind: FieldKind, column: str) -> str:
    """The cell on the scale of `rules.engine.masking.thresholds`: dates as days since 1970, booleans as 0 and 1."""
    match kind:
        case FieldKind.DATE:
            return f"({column} - DATE '1970-01-01')"
        case FieldKind.BOOLEAN:
            return f"CAST({column} AS TINYINT)"
        case FieldKind.INTEGER | FieldKind.NUMBER:
            return column
    raise AssignError(f"{column} ({kind}) is text, which has no order")


def finite(number: str) -> str:
    """The double, null where it is infinite or not a number."""
    # Not a comparison: DuckDB answers those from a file's statistics, which leave NaN out. Seen in 2.0.0.
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def selected(source: str, cells: list[Cell]) -> str:
    """The query of `source`, which is known as `accounts` in the cells' SQL, with these cells and their issues."""
    if not cells:
        return source
    columns = [f"{found.expression} AS {cell(found.field)}" for found in cells]
    columns += [f"{found.issue} AS {issue(found.field)}" for found in cells if found.issue]
    joins = " ".join(dict.fromkeys(found.join for found in cells if found.join))
    return f"SELECT accounts.*, {', '.join(columns)} FROM ({source}) AS accounts {joins}"
