"""What each kind of field can be asked in a structured condition."""

from __future__ import annotations

from collections.abc import Mapping

from rules.language.condition import FieldKind

SETS = ("eq", "not_eq", "in", "not_in")
LISTS = ("in_list", "not_in_list")
RANGES = ("from", "above", "to", "below")
PATTERNS = ("like", "contains", "suffix")
DAYS = ("within_days", "older_than_days", "in_next_days")
_EVERY = (*SETS, *LISTS, "is_missing")
_NUMBERS = (*_EVERY, *RANGES)

OPERATORS: Mapping[FieldKind, tuple[str, ...]] = {
    FieldKind.TEXT: (*_EVERY, "prefix", *PATTERNS),
    FieldKind.ID: (*_EVERY, "prefix", *PATTERNS),
    FieldKind.COUNTRY: _EVERY,
    FieldKind.STATE: _EVERY,
    FieldKind.POSTAL_CODE: (*_EVERY, "prefix", *RANGES),
    FieldKind.DOMAIN: (*_EVERY, *PATTERNS),
    FieldKind.INTEGER: _NUMBERS,
    FieldKind.NUMBER: _NUMBERS,
    FieldKind.BOOLEAN: ("eq", "not_eq", "is_missing"),
    FieldKind.DATE: (*_NUMBERS, *DAYS),
    FieldKind.MULTI_SELECT: (*_EVERY, "all_of", "prefix"),
    FieldKind.NAICS: (*_EVERY, "prefix"),
    FieldKind.SIC: (*_EVERY, "prefix"),
}

_NO_REGEX = "there are no regular expressions: their time has no bound; use like, contains, suffix or prefix"
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("regex", "regexp", "matches", "rlike", "similar_to", "glob"), _NO_REGEX),
    **dict.fromkeys(("ilike", "icontains"), "text is compared without regard to case: use like or contains"),
    "starts_with": "it is called prefix",
    "ends_with": "it is called suffix",
    "contains_any": "it is called in",
    "contains_all": "it is called all_of",
    "includes": "it is called in",
    "excludes": "it is called not_in",
    "between": "write {from: 1, to: 5}",
    "gte": "it is called from",
    "gt": "it is called above",
    "lte": "it is called to",
    "lt": "it is called below",
}
"""What the operators of other tools are here."""
