"""Turns a read query into SQLite: joins for parents, bound values, SOQL's own idea of null and of equal text.

In SOQL a comparison is true or false, never unknown: a missing value is unequal to every value, and no value is
smaller or larger than a missing one. Text is compared without regard to case; "" is the missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.soql.literals import Bound, bound
from connectors.sandbox.salesforce.soql.parse import pointed
from connectors.sandbox.salesforce.soql.tree import (
    Comparison,
    Condition,
    Junction,
    Literal,
    Negation,
    Path,
    Select,
)
from connectors.sandbox.state import quoted
from connectors.sandbox.tables import Stored

Readable = Callable[[str, str], bool]
"""Whether the user may read this field of this object."""
_ENTITY = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    " Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True, slots=True)
class Output:
    """One selected field: where it goes in the record, what it is, and its SQL."""

    parts: tuple[str, ...]
    field: Field
    sql: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `tail` is the SQL from FROM on, without order and limit; `joins` the FROM part alone.

    `present` holds, for every parent on the way, the SQL of its id, which is null where there is no parent.
    """

    object: SObject
    outputs: tuple[Output, ...]
    present: Mapping[tuple[str, ...], tuple[SObject, str]]
    joins: str
    where: str
    order: str
    parameters: tuple[Stored, ...]


@dataclass(slots=True)
class Compiler:
    """Compiles one query against the objects that the user can see; `now` in ms is what TODAY means."""

    objects: Mapping[str, SObject]
    readable: Readable
    query: str
    now: int
    every_row: bool = False
    """Deleted rows too, as queryAll does."""
    _aliases: dict[tuple[str, ...], tuple[SObject, str]] = field(default_factory=dict)
    _joins: list[str] = field(default_factory=list)
    _parameters: list[Stored] = field(default_factory=list)

    def plan(self, select: Select) -> Plan:
        """The plan of a query; CallFailed where a name or a type does not fit."""
        object = self.objects.get(select.object.lower())
        if object is None:
            raise CallFailed(
                400, "INVALID_TYPE", pointed(self.query, select.object_at, _unsupported(select.object))
            )
        self._aliases[()] = (object, "t0")
        self._joins.append(f'{quoted(object.name)} AS "t0"')
        outputs = tuple(self._output(path) for path in select.paths)
        if len({o.parts for o in outputs}) < len(outputs):
            raise CallFailed(400, "INVALID_FIELD", f"duplicate field selected: {self._duplicate(outputs)}")
        if isinstance(select.count, Path):
            self._resolve(select.count)
        conditions = [] if self.every_row or not object.has_bin else ['"t0"."IsDeleted" = 0']
        if select.where is not None:
            conditions.append(self._condition(select.where))
        order = [self._ordering(o.path, o.descending, o.nulls_last) for o in select.order]
        where = " AND ".join(conditions) or "1"
        present = {
            parts: (parent, f'"{alias}"."Id"') for parts, (parent, alias) in self._aliases.items() if parts
        }
        return Plan(
            object, outputs, present, " ".join(self._joins), where, ", ".join(order), tuple(self._parameters)
        )

    def _duplicate(self, outputs: tuple[Output, ...]) -> str:
        names = [".".join(o.parts) for o in outputs]
        return next(name for name in names if names.count(name) > 1)

    def _output(self, path: Path) -> Output:
        field, sql, parts = self._resolve(path)
        return Output(parts, field, _address(sql) if field.type == "address" else sql)

    def _resolve(self, path: Path) -> tuple[Field, str, tuple[str, ...]]:
        """The field a path leads to, its SQL, and its parts as Salesforce spells them."""
        along: tuple[str, ...] = ()
        for step in path.parts[:-1]:
            along = self._join(along, step, path)
        object, alias = self._aliases[along]
        field = object.find(path.parts[-1])
        if field is None or not self.readable(object.name, field.name):
            raise self._unknown(
                path, f"No such column '{path.parts[-1]}' on entity '{object.name}'. {_ENTITY}"
            )
        return field, f'"{alias}".{quoted(field.name)}', (*along, field.name)

    def _join(self, along: tuple[str, ...], step: str, path: Path) -> tuple[str, ...]:
        object, alias = self._aliases[along]
        through = object.follow(step)
        if through is None or not self.readable(object.name, through.name) or len(along) >= 5:
            raise self._unknown(path, f"Didn't understand relationship '{step}' in field path. {_ENTITY}")
        if len(through.targets) > 1 or through.targets[0].lower() not in self.objects:
            raise self._unknown(
                path, f"the sandbox does not follow the relationship '{step}', which leads to several objects"
            )
        here = (*along, str(through.relationship))
        if here not in self._aliases:
            parent = self.objects[through.targets[0].lower()]
            name = f"t{len(self._aliases)}"
            self._aliases[here] = (parent, name)
            on = f'"{name}"."Id" = "{alias}".{quoted(through.name)}'
            self._joins.append(f'LEFT JOIN {quoted(parent.name)} AS "{name}" ON {on}')
        return here

    def _unknown(self, path: Path, message: str) -> CallFailed:
        return CallFailed(400, "INVALID_FIELD", pointed(self.query, path.at, message))

    def _ordering(self, path: Path, descending: bool, nulls_last: bool) -> str:
        field, sql, _ = self._resolve(path)
        if not _comparable(field):
            raise self._unknown(path, f"field '{field.name}' can not be sorted in a query call")
        collate = " COLLATE NOCASE" if field.is_text else ""
        return f"{sql}{collate} {'DESC' if descending else 'ASC'} NULLS {'LAST' if nulls_last else 'FIRST'}"

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Junction):
            return "(" + f" {condition.word} ".join(self._condition(part) for part in condition.parts) + ")"
        if isinstance(condition, Negation):
            return f"NOT coalesce({self._condition(condition.part)}, 0)"
        return self._comparison(condition)

    def _comparison(self, comparison: Comparison) -> str:
        field, sql, _ = self._resolve(comparison.path)
        if not _comparable(field):
            raise self._unknown(comparison.path, f"field '{field.name}' can not be filtered in a query call")
        values = [self._bound(field, comparison.operator, literal) for literal in comparison.values]
        return self._written(sql, comparison.operator, values, field)

    def _bound(self, field: Field, operator: str, literal: Literal) -> Bound:
        try:
            return bound(field, operator, literal, self.now)
        except ValueError as error:
            code = "INVALID_QUERY_FILTER_OPERATOR" if "ID field" in str(error) else "INVALID_FIELD"
            raise CallFailed(400, code, pointed(self.query, literal.at, str(error))) from None

    def _written(self, sql: str, operator: str, values: list[Bound], field: Field) -> str:
        collate = " COLLATE NOCASE" if field.is_text else ""
        if operator in ("IN", "NOT IN"):
            return self._in(sql, operator, values, collate)
        [value] = values
        if value.low is None:
            return f"{sql} IS {'NOT ' if operator == '!=' else ''}NULL"
        if value.high is not None:
            return self._span(sql, operator, value)
        self._parameters.append(value.low)
        if operator == "LIKE":
            return f"{sql} LIKE ? ESCAPE '\\'"
        if operator == "!=":
            return f"({sql} <> ?{collate} OR {sql} IS NULL)"
        return f"{sql} {operator} ?{collate}"

    def _in(self, sql: str, operator: str, values: list[Bound], collate: str) -> str:
        given = [value.low for value in values if value.low is not None]
        null = len(given) < len(values)
        self._parameters.extend(given)
        inside = f"{sql}{collate} IN ({', '.join('?' * len(given))})"
        found = f"({inside} OR {sql} IS NULL)" if null else inside
        return f"NOT coalesce({found}, 0)" if operator == "NOT IN" else found

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
        self._parameters.extend(parameters)
        return written


def _unsupported(name: str) -> str:
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the"
        " '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )


def _comparable(field: Field) -> bool:
    return field.type != "address" and not (field.type == "textarea" and field.length > 255)


def _address(sql: str) -> str:
    """The SQL of a compound address as JSON text, null where every part is."""
    stem = sql.removesuffix('Address"')
    names = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
    parts = {name[0].lower() + name[1:]: f'{stem}{name}"' for name in names}
    whole = ", ".join(f"'{name}', {part}" for name, part in parts.items())
    return f"CASE WHEN coalesce({', '.join(parts.values())}) IS NOT NULL THEN json_object({whole}) END"
