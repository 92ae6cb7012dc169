"""Queries over REST: pages under a locator, counts, and records as Salesforce writes them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.values import shower
from connectors.sandbox.salesforce.soql.compile import Compiler, Plan
from connectors.sandbox.salesforce.soql.grouping import MOST_GROUPS, Groups
from connectors.sandbox.salesforce.soql.nested import Children, nested
from connectors.sandbox.salesforce.soql.parse import parse
from connectors.sandbox.salesforce.soql.tree import Select

Record = dict[str, Any]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Cursor:
    """A result that is still being read: which records, in which order; their values are read page by page."""

    ids: Sequence[str]
    plan: Plan
    page: int
    children: tuple[Children, ...] = ()


class Queries:
    """The query endpoints, without HTTP. `base` is "/services/data/vXX.0"."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, Cursor] = {}

    def run(
        self,
        query: str,
        base: str,
        *,
        page: int,
        every_row: bool = False,
        objects: Mapping[str, SObject] | None = None,
    ) -> Record:
        """The first page of a result."""
        org = self._org
        select = parse(query)
        visible = org.objects if objects is None else objects
        seen = org.permissions.seen
        compiler = Compiler(visible, org.readable, query, org.core.clock.now(), every_row, seen)
        plan = compiler.plan(select)
        if select.counts:
            return self._counted(plan)
        if plan.groups is not None:
            return self._grouped(plan, plan.groups, select)
        children = nested(compiler, plan.object, select)
        limit = -1 if select.limit is None else select.limit
        order = f" ORDER BY {plan.order}" if plan.order else ""
        sql = f'SELECT "t0"."Id" FROM {plan.joins} WHERE {plan.where}{order} LIMIT ? OFFSET ?'
        found = org.core.state.rows(sql, (*plan.parameters, limit, select.offset))
        return self._page(Cursor([str(id) for (id,) in found], plan, page, children), 0, base)

    def more(self, locator: str, base: str) -> Record:
        """The page that a nextRecordsUrl leads to."""
        name, _, start = locator.partition("-")
        cursor = self._cursors.get(name)
        if cursor is None or not start.isdigit() or int(start) >= len(cursor.ids):
            raise CallFailed(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(start), base, name)

    def retrieve(
        self, object: SObject, ids: Sequence[str], fields: Sequence[str], base: str
    ) -> list[Record | None]:
        """These fields of these records, None where there is no such record or it is deleted."""
        query = f"SELECT {', '.join(dict.fromkeys(fields))} FROM {object.name}"
        plan = Compiler(self._org.objects, self._org.readable, query, 0).plan(parse(query))
        gone = self._org.core.state.read_many(object.name, ids)
        there = {id: record for id, record in zip(ids, self._records(plan, ids, base), strict=True) if record}
        hidden = {id for id in there if not self._org.permissions.sees(object, id)}
        return [None if id in hidden or gone.get(id, {}).get("IsDeleted") else there.get(id) for id in ids]

    def _counted(self, plan: Plan) -> Record:
        sql = f"SELECT count(*) FROM {plan.joins} WHERE {plan.where}"
        [(count,)] = self._org.core.state.rows(sql, plan.parameters)
        return {"totalSize": count, "done": True, "records": []}

    def _grouped(self, plan: Plan, groups: Groups, select: Select) -> Record:
        """All groups at once: there is no second page."""
        most = MOST_GROUPS + 1 if select.limit is None else select.limit
        wanted = ", ".join(sql for _, _, sql in groups.columns)
        sql = f"SELECT {wanted} FROM {plan.joins} WHERE {plan.where}{groups.tail} LIMIT ? OFFSET ?"
        rows = self._org.core.state.rows(sql, (*plan.parameters, *groups.parameters, most, select.offset))
        if len(rows) > MOST_GROUPS:
            raise CallFailed(
                400,
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
            )
        shown = [(name, shower(field)) for name, field, _ in groups.columns]
        records: list[Record] = [
            {"attributes": {"type": "AggregateResult"}}
            | {name: v if show is None else show(v) for (name, show), v in zip(shown, row, strict=True)}
            for row in rows
        ]
        return {"totalSize": len(records), "done": True, "records": records}

    def _page(self, cursor: Cursor, start: int, base: str, name: str | None = None) -> Record:
        stop = start + cursor.page
        found = self._records(cursor.plan, cursor.ids[start:stop], base)
        for children in cursor.children:
            self._add_children(children, cursor, dict(zip(cursor.ids[start:stop], found, strict=True)), base)
        records = [r for r in found if r is not None]
        if stop >= len(cursor.ids):
            return {"totalSize": len(cursor.ids), "done": True, "records": records}
        name = name or self._opened(cursor)
        url = f"{base}/query/{name}-{stop}"
        return {"totalSize": len(cursor.ids), "done": False, "nextRecordsUrl": url, "records": records}

    def _add_children(
        self, children: Children, cursor: Cursor, parents: Mapping[str, Record | None], base: str
    ) -> None:
        """Each parent's list, itself a page of a result; null where there are none."""
        state = self._org.core.state
        ids = list(parents)
        of: dict[str, list[str]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            sql, parameters = children.of(ids[start : start + _AT_ONCE])
            for parent, id in state.rows(sql, parameters):
                of.setdefault(str(parent), []).append(str(id))
        for id, record in parents.items():
            if record is not None:
                theirs = of.get(id, [])[: children.limit]
                page = self._page(Cursor(theirs, children.plan, cursor.page), 0, base) if theirs else None
                record[children.name] = page

    def _opened(self, cursor: Cursor) -> str:
        while len(self._cursors) >= self._org.core.settings["open_cursors"]:
            del self._cursors[next(iter(self._cursors))]
        name = "01g" + secrets.token_hex(8)[:15].upper()
        self._cursors[name] = cursor
        return name

    def _records(self, plan: Plan, ids: Sequence[str], base: str) -> list[Record | None]:
        """The records of these ids in this order, None for one that is gone."""
        build = _builder(plan, base)
        columns = ['"t0"."Id"', *(o.sql for o in plan.outputs), *(sql for _, sql in plan.present.values())]
        found: dict[str, Record] = {}
        for start in range(0, len(ids), _AT_ONCE):
            chunk = ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(chunk))
            sql = f'SELECT {", ".join(columns)} FROM {plan.joins} WHERE "t0"."Id" IN ({marks})'
            for row in self._org.core.state.rows(sql, chunk):
                found[str(row[0])] = build(row)
        return [found.get(id) for id in ids]


def attributes(type: str, id: str, base: str) -> dict[str, str]:
    """What every record begins with."""
    return {"type": type, "url": f"{base}/sobjects/{type}/{id}"}


def _builder(plan: Plan, base: str) -> Callable[[Sequence[Any]], Record]:
    """Makes a record of a row: id, then outputs, then the ids of the parents on the way."""
    own = [(i, o.field.name, shower(o.field)) for i, o in enumerate(plan.outputs, 1) if len(o.parts) == 1]
    deep = [(i, o.parts, shower(o.field)) for i, o in enumerate(plan.outputs, 1) if len(o.parts) > 1]
    first = 1 + len(plan.outputs)
    parents = {parts: (first + i, object.name) for i, (parts, (object, _)) in enumerate(plan.present.items())}
    url, type = f"{base}/sobjects/{plan.object.name}/", plan.object.name

    def build(row: Sequence[Any]) -> Record:
        record: Record = {"attributes": {"type": type, "url": url + row[0]}}
        for i, name, show in own:
            value = row[i]
            record[name] = value if show is None else show(value)
        for i, parts, show in deep:
            holder = _parent(record, parts[:-1], row, parents, base)
            if holder is not None:
                holder[parts[-1]] = row[i] if show is None else show(row[i])
        return record

    return build


def _parent(
    record: Record,
    along: tuple[str, ...],
    row: Sequence[Any],
    parents: Mapping[tuple[str, ...], tuple[int, str]],
    base: str,
) -> Record | None:
    """The nested record of a parent, made where it is missing; None where there is no parent."""
    here: Record | None = record
    for depth in range(1, len(along) + 1):
        assert here is not None
        at, type = parents[along[:depth]]
        name = along[depth - 1]
        if row[at] is None:
            here[name] = None
            return None
        here = here.setdefault(name, {"attributes": attributes(type, row[at], base)})
    return here


def find_object(org: Org, name: str) -> SObject:
    """The object of that name in a path; 404 where there is none."""
    object = org.objects.get(name.lower())
    if object is None:
        raise not_found()
    return object
