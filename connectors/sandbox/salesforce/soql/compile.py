"""Turns a read query into SQLite: joins for parents, bound values, groups; what runs it is `query`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.soql.conditions import Conditions, comparable
from connectors.sandbox.salesforce.soql.grouping import Groups, grouped
from connectors.sandbox.salesforce.soql.names import Names, Readable
from connectors.sandbox.salesforce.soql.tokens import pointed
from connectors.sandbox.salesforce.soql.tree import Aggregate, Path, Select
from connectors.sandbox.tables import Stored


@dataclass(frozen=True, slots=True)
class Output:
    """One selected field: where it goes in the record, what it is, and its SQL."""

    parts: tuple[str, ...]
    field: Field
    sql: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `joins` is the FROM part, `where` and `order` what comes after it; `groups` where there are some.

    `present` holds, for every parent on the way, the SQL of its id, which is null where there is no parent.
    """

    object: SObject
    outputs: tuple[Output, ...]
    present: Mapping[tuple[str, ...], tuple[SObject, str]]
    joins: str
    where: str
    order: str
    parameters: tuple[Stored, ...]
    groups: Groups | None = None


@dataclass(slots=True)
class Compiler:
    """Compiles one query against the objects that the user can see; `now` in ms is what TODAY means."""

    objects: Mapping[str, SObject]
    readable: Readable
    query: str
    now: int
    every_row: bool = False
    """Deleted rows too, as queryAll does."""
    seen: Callable[[SObject], str | None] | None = None
    """The SQL that is true of records that the user may see, None where that is all."""

    def plan(self, select: Select) -> Plan:
        """The plan of a query; CallFailed where a name or a type does not fit."""
        object = self.objects.get(select.object.lower())
        if object is None:
            unknown = pointed(self.query, select.object_at, _unsupported(select.object))
            raise CallFailed(400, "INVALID_TYPE", unknown)
        return self.plan_of(object, select)

    def plan_of(self, object: SObject, select: Select, *conditions: str) -> Plan:
        """The plan of a query whose object is known, under further conditions."""
        names = Names(self.objects, self.readable, self.query, object)
        outputs = tuple(_output(names, path) for path in select.paths)
        if len({o.parts for o in outputs}) < len(outputs):
            raise CallFailed(400, "INVALID_FIELD", f"duplicate field selected: {_duplicate(outputs)}")
        where, parameters = self._where(names, select, conditions)
        groups = grouped(names, select, self._conditions(names)) if select.items else None
        order = "" if groups else ", ".join(_ordering(names, select))
        present = {parts: found for parts, found in names.aliases.items() if parts}
        return Plan(object, outputs, present, " ".join(names.joins), where, order, parameters, groups)

    def _where(
        self, names: Names, select: Select, conditions: tuple[str, ...]
    ) -> tuple[str, tuple[Stored, ...]]:
        written = list(conditions)
        shared = None if self.seen is None else self.seen(names.object)
        if shared is not None:
            written.append(shared)
        if not self.every_row and names.object.has_bin:
            written.append('"t0"."IsDeleted" = 0')
        compiled = self._conditions(names)
        if select.where is not None:
            written.append(compiled.written(select.where))
        return " AND ".join(written) or "1", tuple(compiled.parameters)

    def _conditions(self, names: Names) -> Conditions:
        def measured(path: Path | Aggregate) -> tuple[Field, str]:
            if isinstance(path, Aggregate):
                raise malformed(
                    pointed(self.query, path.at, "aggregate functions are only allowed in HAVING")
                )
            return names.resolve(path)[:2]

        return Conditions(names, self.now, measured, self._inner)

    def _inner(self, select: Select) -> tuple[Field, str, tuple[Stored, ...]]:
        """A query inside WHERE: one field of one object, and nothing deleted."""
        if len(select.paths) != 1 or select.items or select.counts or select.children:
            raise malformed("A semi join sub-select selects exactly one field")
        if select.order or select.limit is not None:
            raise malformed("Semi join sub-selects cannot be ordered or limited")
        plan = Compiler(self.objects, self.readable, self.query, self.now, seen=self.seen).plan(select)
        [output] = plan.outputs
        if len(output.parts) > 1:
            raise malformed(
                f"The inner select field '{'.'.join(output.parts)}' cannot have more than one level of relationships"
            )
        query = f"SELECT {output.sql} FROM {plan.joins} WHERE ({plan.where}) AND {output.sql} IS NOT NULL"
        return output.field, query, plan.parameters


def _output(names: Names, path: Path) -> Output:
    field, sql, parts = names.resolve(path)
    return Output(parts, field, _address(names.object, sql) if field.type == "address" else sql)


def _duplicate(outputs: tuple[Output, ...]) -> str:
    names = [".".join(o.parts) for o in outputs]
    return next(name for name in names if names.count(name) > 1)


def _ordering(names: Names, select: Select) -> list[str]:
    written = []
    for order in select.order:
        if isinstance(order.path, Aggregate):
            raise malformed(
                pointed(names.query, order.path.at, "aggregate functions are only allowed with GROUP BY")
            )
        field, sql, _ = names.resolve(order.path)
        if not comparable(field):
            raise names.unknown(order.path, f"field '{field.name}' can not be sorted in a query call")
        written.append(direction(field, sql, order.descending, order.nulls_last))
    return written


def direction(field: Field, sql: str, descending: bool, nulls_last: bool) -> str:
    """One part of an ORDER BY; what is missing comes first unless it is said otherwise."""
    collate = " COLLATE NOCASE" if field.is_text else ""
    return f"{sql}{collate} {'DESC' if descending else 'ASC'} NULLS {'LAST' if nulls_last else 'FIRST'}"


def _unsupported(name: str) -> str:
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the"
        " '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )


def _address(object: SObject, sql: str) -> str:
    """The SQL of a compound address as JSON text, null where every part is."""
    stem = sql.removesuffix('Address"')
    names = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
    parts = {name[0].lower() + name[1:]: f'{stem}{name}"' for name in names}
    whole = ", ".join(f"'{name}', {part}" for name, part in parts.items())
    return f"CASE WHEN coalesce({', '.join(parts.values())}) IS NOT NULL THEN json_object({whole}) END"
