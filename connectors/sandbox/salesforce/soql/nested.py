"""Queries over children in the SELECT of another query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.relations import children_of
from connectors.sandbox.salesforce.soql.compile import Compiler, Plan
from connectors.sandbox.salesforce.soql.tokens import pointed
from connectors.sandbox.salesforce.soql.tree import Select
from connectors.sandbox.state import quoted
from connectors.sandbox.tables import Stored

MOST_CHILDREN = 20
"""Child queries of one query (doc: 55 relationships, 20 of them to children)."""


@dataclass(frozen=True, slots=True)
class Children:
    """One list of children: `name` as it stands in the record, at most `limit` of them for each parent."""

    name: str
    plan: Plan
    link: str
    limit: int | None

    def of(self, parents: Sequence[str]) -> tuple[str, tuple[Stored, ...]]:
        """The SQL of (parent's id, child's id) in order, and its values."""
        plan, marks = self.plan, ",".join("?" * len(parents))
        order = f" ORDER BY {plan.order}" if plan.order else ""
        sql = f'SELECT {self.link}, "t0"."Id" FROM {plan.joins} WHERE ({plan.where}) AND {self.link} IN ({marks}){order}'
        return sql, (*plan.parameters, *parents)


def nested(compiler: Compiler, object: SObject, select: Select) -> tuple[Children, ...]:
    """The child queries of a query; CallFailed where one cannot be asked."""
    if len(select.children) > MOST_CHILDREN:
        raise malformed(f"no more than {MOST_CHILDREN} child relationships may be queried at once")
    known = {k.lower(): (k, *v) for k, v in children_of(object, compiler.objects.values()).items()}
    made = []
    for inner in select.children:
        found = known.get(inner.object.lower())
        if found is None or not compiler.readable(found[1].name, found[2].name):
            raise _unknown(compiler.query, inner)
        if inner.children or inner.items or inner.counts:
            raise malformed(pointed(compiler.query, inner.object_at, "a child query selects fields alone"))
        name, child, link = found
        made.append(Children(name, compiler.plan_of(child, inner), f'"t0".{quoted(link.name)}', inner.limit))
    return tuple(made)


def _unknown(query: str, inner: Select) -> CallFailed:
    message = (
        f"Didn't understand relationship '{inner.object}' in FROM part of query call. If you are attempting to use a"
        " custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your"
        " WSDL or the describe call for the appropriate names."
    )
    return CallFailed(400, "INVALID_TYPE", pointed(query, inner.object_at, message))
