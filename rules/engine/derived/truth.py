"""Conditions as SQL over cells: null is unknown, and SQL's AND, OR and NOT are Kleene's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyarrow as pa

from rules.engine.derived.asked import asked_name, is_asked_of_items
from rules.engine.derived.cells import cell, on_scale
from rules.engine.errors import AssignError
from rules.engine.masking.classes import ORDERED, tests_in
from rules.engine.masking.thresholds import Span, points, span
from rules.engine.relations import Database
from rules.engine.sql import literal, name, text
from rules.language.condition import (
    All,
    Any,
    Between,
    Condition,
    Constant,
    FieldKind,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Like,
    Not,
    Test,
)
from rules.language.ruleset import ValueList

Kinds = Mapping[str, FieldKind]


def truth(condition: Condition, kinds: Kinds) -> str:
    """Whether it is true of a row that has the cells of its fields and the joins of `list_joins`."""
    match condition:
        case All(parts):
            return f"({' AND '.join(truth(part, kinds) for part in parts)})" if parts else "TRUE"
        case Any(parts):
            return f"({' OR '.join(truth(part, kinds) for part in parts)})" if parts else "FALSE"
        case Not(part):
            return f"(NOT {truth(part, kinds)})"
        case _ if is_asked_of_items(condition, kinds):
            return _of_items(condition)
        case _:
            return _test(condition, kinds)


def list_joins(conditions: Iterable[Condition], kinds: Kinds) -> str:
    """The joins of the lists that the conditions name, which `lay_lists` has made tables of."""
    tests = dict.fromkeys(test for condition in conditions for test in tests_in(condition))
    return " ".join(
        f"LEFT JOIN {_table(test.list)} AS {_member(test)} ON {_member(test)}.value = {cell(test.field)}"
        for test in tests
        if isinstance(test, InList) and not is_asked_of_items(test, kinds)
    )


def lay_lists(
    database: Database, conditions: Iterable[Condition], lists: Mapping[str, ValueList], laid: set[str]
) -> None:
    """Makes the tables of the lists that the conditions name; those in `laid` are there and those made go into it."""
    for condition in conditions:
        for test in tests_in(condition):
            if isinstance(test, InList) and test.list not in laid:
                if test.list not in lists:
                    raise AssignError(
                        f"a derived field uses the list {test.list!r}, which does not exist; declare it in `lists`"
                    )
                laid.add(test.list)
                database.store(_table(test.list), pa.table({"value": _values(lists[test.list])}))


def fits(column: str, pattern: str) -> str:
    """Whether text fits the pattern of a `Like`, in linear time whatever the pattern."""
    if "_" not in pattern and "\\" not in pattern:
        return f"{column} LIKE {text(pattern)}"
    parts = {"%": ".*", "_": "."}
    # RE2 takes linear time; LIKE with several `%` and `_` is tried in every way that they can be placed.
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return f"regexp_full_match({column}, {text('(?s)' + expression)})"


def _of_items(test: Test) -> str:
    known = cell(asked_name(test))
    return f"({known} IS NULL)" if isinstance(test, IsMissing) else known


def _test(test: Test, kinds: Kinds) -> str:
    value, kind = cell(test.field), kinds[test.field]
    match test:
        case IsMissing():
            return f"({value} IS NULL)"
        case InList():
            return f"CASE WHEN {value} IS NOT NULL THEN {_member(test)}.value IS NOT NULL END"
        case In(_, values) if kind in ORDERED:
            spans = [found for constant in values for found in points(kind, constant)]
            return _known(value, " OR ".join(_inside(found, on_scale(kind, value)) for found in spans))
        case In(_, values):
            return _known(value, f"{value} IN ({', '.join(text(str(v)) for v in values)})" if values else "")
        case Between() if kind in ORDERED:
            return _known(value, _inside(span(kind, test), on_scale(kind, value)))
        case HasPrefix(_, prefixes):
            return _known(value, " OR ".join(f"starts_with({value}, {text(prefix)})" for prefix in prefixes))
        case Like(_, pattern):
            return f"({fits(value, pattern)})"
    raise AssignError(
        f"a rule asks whether {test.field!r} ({kind}) lies in a range; only numbers and dates do"
    )


def _known(value: str, holds: str) -> str:
    """Unknown where the value is missing, even for a test that nothing passes."""
    return f"CASE WHEN {value} IS NOT NULL THEN ({holds or 'FALSE'}) END"


def _inside(found: Span, value: str) -> str:
    low, high = found
    terms = [] if low is None else [f"{value} >= {literal(low)}"]
    terms += [] if high is None else [f"{value} < {literal(high)}"]
    return f"({' AND '.join(terms)})" if terms else "TRUE"


def _table(list_name: str) -> str:
    return name(f"list {list_name}")


def _member(test: InList) -> str:
    return name(f"{test.field} in {test.list}")


def _values(found: ValueList) -> pa.Array:
    if found.kind is FieldKind.INTEGER:
        return pa.array([_whole(value) for value in found.values], pa.int64())
    kinds = {FieldKind.NUMBER: pa.float64(), FieldKind.DATE: pa.date32(), FieldKind.BOOLEAN: pa.bool_()}
    return pa.array(list(found.values), kinds.get(found.kind, pa.string()))


def _whole(value: Constant) -> int:
    assert isinstance(value, int | float)
    return max(-(2**63), min(2**63 - 1, int(value)))
