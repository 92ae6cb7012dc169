"""Which distinct values are worth normalising one by one: those that might be anything but `OTHER`.

A million different company names need no Python when the rules name five. The filter may let through too
much, never too little: what it lets through is decided by `normalise` all the same.
"""

from __future__ import annotations

import pyarrow as pa

from rules.engine.masking.classes import NamedClasses
from rules.engine.relations import Database
from rules.engine.sql import text
from rules.language.condition import FieldKind
from rules.language.ruleset import RuleSet
from rules.language.values.domains import FREE_MAIL, PLAIN_SITE

MANY = 10_000
"""Distinct values that Python reads faster than SQL can tell which of them it need not read."""
ASCII = "[!-~]+"
PLAIN = f"{ASCII}( {ASCII})*"
"""Printable ASCII without odd blanks: folding it is lower-casing it."""
BARE_SITE = r"[A-Za-z0-9-]+\.(com|net|org)"
"""The commonest sites, told without cutting anything off."""
PLAIN_ID = "[!-~]{1,14}|[!-~]{16,}"
"""Not of the 15 characters that a Salesforce id without its suffix has."""


def candidates(database: Database, found: NamedClasses, raw: str, table: str, rules: RuleSet) -> str:
    """A condition on `raw` and `plain`, its `plain_value`; "" where every distinct value is read.

    May create `<table>_named`.
    """
    if plain_value(found.kind, raw, rules.missing_values) is None:
        return ""
    [(distinct,)] = database.fetch(f"SELECT approx_count_distinct({raw}) FROM accounts")
    if distinct <= MANY:
        return ""
    named = set(found.exact) | set(found.prefixes) | set(rules.synonyms.get(found.field, ()))
    named.update(rules.missing_values)
    named |= FREE_MAIL if found.kind is FieldKind.DOMAIN else set()
    database.store(f"{table}_named", pa.table({"value": pa.array(sorted(named), pa.string())}))
    terms = ["plain IS NULL", f"plain IN (SELECT value FROM {table}_named)"]
    terms += [f"left(plain, {length}) IN (SELECT value FROM {table}_named)" for length in found.lengths]
    return " OR ".join(terms)


def plain_value(kind: FieldKind, raw: str, missing: tuple[str, ...]) -> str | None:
    """The normalised value in SQL where it is plain to see, else null; None for kinds that have no such thing.

    A declared missing value may come out as itself: who asks looks among the plain values for those.
    """
    nothing = ", ".join(text(value) for value in missing)
    match kind:
        case FieldKind.TEXT:
            return f"CASE WHEN regexp_full_match({raw}, {text(PLAIN)}) THEN lower({raw}) END"
        case FieldKind.ID:
            # Missing values are compared folded, whatever the kind; so they are no plain values here.
            plain = f"regexp_full_match({raw}, {text(PLAIN_ID)}) AND lower({raw}) NOT IN ({nothing})"
            return f"CASE WHEN {plain} THEN {raw} END"
        case FieldKind.DOMAIN:
            site = f"regexp_extract(lower({raw}), {text(PLAIN_SITE)}, 1)"
            plain = f"regexp_full_match({raw}, {text(ASCII)}) AND lower({raw}) NOT IN ({nothing})"
            return (
                f"CASE WHEN regexp_full_match({raw}, {text(BARE_SITE)}) THEN lower({raw}) "
                f"WHEN {plain} THEN nullif({site}, '') END"
            )
        case _:
            return None
