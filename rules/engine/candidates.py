"""Which distinct values are worth normalising one by one: those that might be anything but `OTHER`.

A million different company names need no Python when the rules name five. The filter may let through too
much, never too little: what it lets through is decided by `normalise` all the same.
"""

from __future__ import annotations

import pyarrow as pa

from rules.engine.classes import NamedClasses
from rules.engine.relations import Database
from rules.engine.sql import text
from rules.language.condition import FieldKind
from rules.language.domains import FREE_MAIL
from rules.language.ruleset import RuleSet

PLAIN = "[!-~]+( [!-~]+)*"
"""Printable ASCII without odd blanks: folding it is lower-casing it."""
PLAIN_SITE = r"(?i)(https?://)?(www\.)?[a-z0-9-]+\.(com|net|org)/?"
"""Under these three the public suffix list (its ICANN part) has no longer suffix: the last two labels decide."""
SITE_NAME = r"^(?:https?://)?(?:www\.)?([a-z0-9-]+\.(?:com|net|org))/?$"


def candidates(database: Database, found: NamedClasses, raw: str, table: str, rules: RuleSet) -> str:
    """A condition to add to the query of distinct values, "" where none is safe; creates `<table>_named`."""
    if found.kind is FieldKind.TEXT:
        plain, value, named = PLAIN, f"lower({raw})", set(found.exact)
    elif found.kind is FieldKind.ID:
        plain, value, named = r"[!-~]{1,14}|[!-~]{16,}", raw, set(found.exact)
    elif found.kind is FieldKind.DOMAIN:
        plain, value = PLAIN_SITE, f"regexp_extract(lower({raw}), {text(SITE_NAME)}, 1)"
        named = set(found.exact) | FREE_MAIL
    else:
        return ""
    named |= set(rules.missing_values) | set(found.prefixes) | set(rules.synonyms.get(found.field, ()))
    database.store(f"{table}_named", pa.table({"value": pa.array(sorted(named), pa.string())}))
    terms = [f"NOT regexp_full_match({raw}, {text(plain)})"]
    # Missing values are compared folded, whatever the kind.
    for tried in {value, f"lower({raw})"}:
        terms.append(f"{tried} IN (SELECT value FROM {table}_named)")
    terms += [f"left({value}, {length}) IN (SELECT value FROM {table}_named)" for length in found.lengths]
    return f" AND ({' OR '.join(terms)})"
