"""Conditions as SQLite reads them, with SOQL's own idea of null and of equal text.

In SOQL a comparison is true or false, never unknown: a missing value is unequal to every value, and no value is
smaller or larger than a missing one. Text is compared without regard to case; "" is the missing value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.shape.fields import IDS, Field
from connectors.sandbox.salesforce.soql.literals import Bound, bound
from connectors.sandbox.salesforce.soql.names import Names
from connectors.sandbox.salesforce.soql.tokens import pointed
from connectors.sandbox.salesforce.soql.tree import (
    Aggregate,
    Comparison,
    Condition,
    Junction,
    Literal,
    Negation,
    Path,
    Select,
)
from connectors.sandbox.tables import Stored

MOST_INNER = 2
"""Queries inside the WHERE of one query (doc)."""
Measured = Callable[[Path | Aggregate], tuple[Field, str]]
"""The field, or the function's result as a field, and its SQL."""
Inner = Callable[[Select], tuple[Field, str, tuple[Stored, ...]]]
"""The field that an inner query selects, its SQL, and the values bound in it."""


@dataclass(slots=True)
class Conditions:
    """Writes the conditions of one query; `parameters` are bound in the order of the text."""

    names: Names
    now: int
    measured: Measured
    inner: Inner
    parameters: list[Stored] = field(default_factory=list)
    _inner_seen: int = 0

    def written(self, condition: Condition, *, top: bool = True) -> str:
        """The condition as SQL that is true, false, or null for false."""
        if isinstance(condition, Junction):
            nested = not top or condition.word == "OR"
            parts = (self.written(part, top=not nested) for part in condition.parts)
            return "(" + f" {condition.word} ".join(parts) + ")"
        if isinstance(condition, Negation):
            return f"NOT coalesce({self.written(condition.part, top=False)}, 0)"
        if condition.inner is not None:
            return self._among(condition, condition.inner, top)
        return self._comparison(condition)

    def _comparison(self, comparison: Comparison) -> str:
        field, sql = self.measured(comparison.path)
        if not comparable(field):
            raise self._refused(comparison, f"field '{field.name}' can not be filtered in a query call")
        if (comparison.operator in ("INCLUDES", "EXCLUDES")) and field.type != "multipicklist":
            raise self._refused(
                comparison,
                "Incorrect operator for field; 'includes' and 'excludes' operators only valid on multipicklist field",
            )
        values = [self._bound(field, comparison.operator, literal) for literal in comparison.values]
        return self._compared(sql, comparison.operator, values, field)

    def _refused(self, comparison: Comparison, message: str) -> CallFailed:
        return CallFailed(400, "INVALID_FIELD", pointed(self.names.query, comparison.path.at, message))

    def _bound(self, field: Field, operator: str, literal: Literal) -> Bound:
        try:
            return bound(field, operator, literal, self.now)
        except ValueError as error:
            code = "INVALID_QUERY_FILTER_OPERATOR" if "ID field" in str(error) else "INVALID_FIELD"
            raise CallFailed(400, code, pointed(self.names.query, literal.at, str(error))) from None

    def _compared(self, sql: str, operator: str, values: list[Bound], field: Field) -> str:
        collate = " COLLATE NOCASE" if field.is_text else ""
        if operator in ("IN", "NOT IN"):
            return self._in(sql, operator, values, collate)
        if operator in ("INCLUDES", "EXCLUDES"):
            return self._includes(sql, operator, values)
        [value] = values
        if value.low is None:
            return f"{sql} IS {'NOT ' if operator == '!=' else ''}NULL"
        if value.high is not None:
            return self._span(sql, operator, value)
        self.parameters.append(value.low)
        if operator == "LIKE":
            return f"{sql} LIKE ? ESCAPE '\\'"
        if operator == "!=":
            return f"({sql} <> ?{collate} OR {sql} IS NULL)"
        return f"{sql} {operator} ?{collate}"

    def _in(self, sql: str, operator: str, values: list[Bound], collate: str) -> str:
        given = [value.low for value in values if value.low is not None]
        null = len(given) < len(values)
        self.parameters.extend(given)
        inside = f"{sql}{collate} IN ({', '.join('?' * len(given))})"
        found = f"({inside} OR {sql} IS NULL)" if null else inside
        return f"NOT coalesce({found}, 0)" if operator == "NOT IN" else found

    def _includes(self, sql: str, operator: str, values: list[Bound]) -> str:
        """One of these sets of values is chosen whole: 'a;b' is a and b."""
        whole = []
        for value in values:
            parts = [part.strip().lower() for part in str(value.low or "").split(";")]
            self.parameters.extend(f";{part};" for part in parts)
            whole.append(" AND ".join(f"instr(';' || lower({sql}) || ';', ?) > 0" for _ in parts))
        found = " OR ".join(f"({part})" for part in whole)
        return f"({found})" if operator == "INCLUDES" else f"NOT coalesce(({found}), 0)"

    def _span(self, sql: str, operator: str, value: Bound) -> str:
        """A whole day, or several: equal means within, smaller means before its start."""
        edges = {
            "=": (f"({sql} >= ? AND {sql} < ?)", (value.low, value.high)),
            "!=": (f"({sql} < ? OR {sql} >= ? OR {sql} IS NULL)", (value.low, value.high)),
            "<": (f"{sql} < ?", (value.low,)),
            "<=": (f"{sql} < ?", (value.high,)),
            ">": (f"{sql} >= ?", (value.high,)),
            ">=": (f"{sql} >= ?", (value.low,)),
        }
        written, parameters = edges[operator]
        self.parameters.extend(parameters)
        return written

    def _among(self, comparison: Comparison, select: Select, top: bool) -> str:
        """A semi-join or an anti-join, where Salesforce takes one."""
        if not top:
            raise malformed(
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE"
                " expressions."
            )
        self._inner_seen += 1
        if self._inner_seen > MOST_INNER:
            raise malformed("Maximum 2 semi join sub-selects are allowed.")
        field, sql = self.measured(comparison.path)
        inner, query, parameters = self.inner(select)
        _check_ids(self.names.object.name, field, select, inner)
        self.parameters.extend(parameters)
        if comparison.operator == "NOT IN":
            return f"NOT coalesce({sql} IN ({query}), 0)"
        return f"{sql} IN ({query})"


def _check_ids(outer: str, field: Field, select: Select, inner: Field) -> None:
    """Both sides hold ids of one kind, and the inner query looks at another object."""
    if field.type not in IDS:
        raise malformed(f"The left operand '{field.name}' must be an id or a reference field")
    if inner.type not in IDS:
        raise malformed(f"The inner select field '{inner.name}' must be an id or a reference field")
    if outer.lower() == select.object.lower() and field.type == "id":
        raise malformed("The inner and outer selects should not be on the same object type")
    left = set(field.targets) if field.type == "reference" else {outer}
    right = set(inner.targets) if inner.type == "reference" else {select.object}
    if not {name.lower() for name in left} & {name.lower() for name in right}:
        raise malformed(
            f"The selected field '{inner.name}' in the subquery and the left operand field in the where expression in"
            f" the outer query '{field.name}' should point to the same object type"
        )


def comparable(field: Field) -> bool:
    """Whether a query may filter and sort by this field."""
    return field.type != "address" and not (field.type == "textarea" and field.length > 255)
