"""The class of a value in SQL alone, for accounts whose values are plain: no Python looks at them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from rules.engine.columns import ClassColumn, class_columns
from rules.engine.dialects.script import Script
from rules.engine.errors import AssignError
from rules.engine.masking.classes import MISSING, OTHER, FieldClasses, NamedClasses, OrderedClasses
from rules.engine.sql import name, text
from rules.language.condition import FieldKind
from rules.language.fields import country_field
from rules.language.ruleset import RuleSet

WHOLE = -1
"""In place of a prefix's length, which may be 0: the whole value is compared."""


def plain_columns(
    script: Script, rules: RuleSet, classes: Mapping[str, FieldClasses], schema: pa.Schema
) -> tuple[ClassColumn, ...]:
    """One column per field; writes the tables that they join. Raises AssignError for numbers stored as text."""
    return tuple(
        _named(script, found, f"named_{number}", rules, schema)
        if isinstance(found, NamedClasses)
        else _compared(script, rules, found, schema)
        for number, found in enumerate(classes.values())
    )


def _compared(script: Script, rules: RuleSet, found: OrderedClasses, schema: pa.Schema) -> ClassColumn:
    stored = schema.field(found.field).type if found.field in schema.names else None
    if stored is not None and (pa.types.is_string(stored) or pa.types.is_large_string(stored)):
        raise AssignError(
            f"{found.field!r} is a {found.kind} that the accounts store as text; a script compares numbers, dates "
            "and booleans that are stored as such"
        )
    [column] = class_columns(script, rules, {found.field: found}, schema)
    # An infinite number is no class, as everywhere; only the sentence about it is left out.
    return ClassColumn(column.field, column.expression)


def _named(script: Script, found: NamedClasses, table: str, rules: RuleSet, schema: pa.Schema) -> ClassColumn:
    values = [(value, WHOLE, number) for value, number in found.exact.items()]
    values += [(value, len(value), number) for value, number in found.prefixes.items()]
    script.store(
        table,
        pa.table(
            {
                "named": pa.array([value for value, _, _ in values], pa.string()),
                "prefix": pa.array([length for _, length, _ in values], pa.int32()),
                "class": pa.array([number for *_, number in values], pa.int32()),
            }
        ),
    )
    value = _value(found, rules, schema)
    joins, cases = [], []
    for number, length in enumerate((WHOLE, *found.lengths)):
        alias = f"{table}_{number}"
        compared = value if length == WHOLE else f"left({value}, {length})"
        joins.append(
            f"LEFT JOIN {table} AS {alias} ON {alias}.prefix = {length} AND {alias}.named = {compared}"
        )
        cases.append(f'{alias}."class"')
    expression = f"CASE WHEN {value} IS NULL THEN {MISSING} ELSE coalesce({', '.join(cases)}, {OTHER}) END"
    return ClassColumn(found.field, expression, " ".join(joins))


def _value(found: NamedClasses, rules: RuleSet, schema: pa.Schema) -> str:
    """The normalised value of a plain one, null where it is missing."""
    if found.field not in schema.names:
        raise AssignError(f"the accounts have no column {found.field!r}, which a rule uses; map the field")
    raw = f"trim(accounts.{name(found.field)})"
    nothing = ", ".join(text(value) for value in sorted({"", *rules.missing_values}))
    present = f"CASE WHEN lower({raw}) NOT IN ({nothing}) THEN {_folded(found, raw, rules)} END"
    synonyms = rules.synonyms.get(found.field, {})
    if not synonyms:
        return present
    cases = " ".join(f"WHEN {text(said)} THEN {text(meant)}" for said, meant in sorted(synonyms.items()))
    return f"CASE {present} {cases} ELSE {present} END"


def _folded(found: NamedClasses, raw: str, rules: RuleSet) -> str:
    match found.kind:
        case FieldKind.TEXT | FieldKind.DOMAIN:
            return f"lower({raw})"
        case FieldKind.COUNTRY:
            return f"upper({raw})"
        case FieldKind.STATE | FieldKind.POSTAL_CODE:
            under = country_field(found.field, rules.fields)
            if under is None:
                return "NULL"
            country = f"nullif(upper(trim(accounts.{name(under)})), '')"
            return f"{country} || '-' || replace(upper({raw}), ' ', '')"
        case _:
            return raw
