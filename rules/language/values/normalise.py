"""One value of an account, or one constant of a rule, in the form in which values of its kind are compared."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from rules.language.condition import Constant, FieldKind
from rules.language.reading.problems import safe
from rules.language.values.countries import country_code
from rules.language.values.domains import FREE_MAIL, registrable_domain
from rules.language.values.folding import fold, is_missing
from rules.language.values.industries import naics_code, sic_code
from rules.language.values.multiselect import SEPARATOR, joined
from rules.language.values.postal import postal_code
from rules.language.values.states import state_code

Raw = str | int | float | bool | date | datetime | None
"""What a column of a snapshot or a rule test can hold."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """The value, None where it is missing; `problem` says why a value that is there could not be read."""

    value: Constant | None
    problem: str | None = None


_MISSING = Normalised(None)


def normalise(
    kind: FieldKind,
    value: Raw,
    country: str | None = None,
    missing: Collection[str] = frozenset(),
    timezone: tzinfo = UTC,
) -> Normalised:
    """The value as its kind compares it; normalising the result again changes nothing.

    `country` is the alpha-2 code that states and postal codes are read under; `missing` holds folded text
    that counts as nothing; instants become the day that it was in `timezone`. What cannot be read is missing
    and has a problem, for a person to look at: never the nearest match. A multi-select comes as one text,
    its items folded, distinct and sorted (`rules.language.values.multiselect.items` takes it apart).
    """
    if is_missing(value, missing):
        return _MISSING
    if kind is FieldKind.MULTI_SELECT:
        return Normalised(joined(str(value), missing))
    if kind is FieldKind.STATE or kind is FieldKind.POSTAL_CODE:
        return _under_country(kind, str(value), country)
    if kind is FieldKind.DATE:
        return _date(value, timezone)
    return _KINDS[kind](value)


def constant(
    kind: FieldKind, text: str, country: str | None = None, missing: Collection[str] = frozenset()
) -> Normalised:
    """A value that a rule or a list compares with: as `normalise` makes it, but of a multi-select one item."""
    if kind is not FieldKind.MULTI_SELECT:
        return normalise(kind, text, country, missing)
    if SEPARATOR in text:
        return Normalised(None, f"{quoted(text)} is several items")
    return normalise(FieldKind.TEXT, text, None, missing)


def _text(value: Raw) -> Normalised:
    return Normalised(fold(str(value)) or None)


_SALESFORCE_ID = re.compile(r"00[0-9A-Za-z]{13}")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def _id(value: Raw) -> Normalised:
    text = str(value)
    if len(text) == 15 and not text.isdigit() and _SALESFORCE_ID.fullmatch(text):
        return Normalised(text + salesforce_suffix(text))
    return Normalised(text)


def salesforce_suffix(id15: str) -> str:
    """The three characters that make a 15-character Salesforce id one of 18: which letters are capitals."""
    chunks = (id15[i : i + 5] for i in (0, 5, 10))
    return "".join(_CHECK[sum(1 << i for i, c in enumerate(chunk) if "A" <= c <= "Z")] for chunk in chunks)


def _country(value: Raw) -> Normalised:
    code = country_code(str(value))
    return Normalised(code, None if code else f"{quoted(value)} is not a country")


def _under_country(kind: FieldKind, text: str, country: str | None) -> Normalised:
    if country is None:
        return Normalised(None, f"{quoted(text)} has no country")
    what = "state" if kind is FieldKind.STATE else "postal code"
    code = state_code(text, country) if kind is FieldKind.STATE else postal_code(text, country)
    return Normalised(code, None if code else f"{quoted(text)} is not a {what} of {country}")


def own_country(text: str) -> str | None:
    """The country that a constant in our own form ("US-CA", "US-02116") names itself."""
    head, dash, rest = text.strip().partition("-")
    is_ours = dash and rest and len(head) == 2 and head.isupper() and country_code(head) == head
    return head if is_ours else None


def _domain(value: Raw) -> Normalised:
    domain = registrable_domain(str(value))
    if domain is None:
        return Normalised(None, f"{quoted(value)} is not a domain")
    if domain in FREE_MAIL:
        return Normalised(None, f"{quoted(value)} is a free-mail domain")
    return Normalised(domain)


def _naics(value: Raw) -> Normalised:
    code = naics_code(str(value))
    return Normalised(code, None if code else f"{quoted(value)} is not a NAICS code of 2 to 6 digits")


def _sic(value: Raw) -> Normalised:
    code = sic_code(str(value))
    return Normalised(code, None if code else f"{quoted(value)} is not a SIC code of 4 digits")


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _number(value: Raw) -> Normalised:
    if isinstance(value, bool | date) or (isinstance(value, str) and not _NUMBER.fullmatch(value.strip())):
        return Normalised(None, f"{quoted(value)} is not a number")
    try:
        number = float(value.strip() if isinstance(value, str) else value or 0)
    except OverflowError:
        return Normalised(None, f"{quoted(value)} is not a number")
    return (
        Normalised(number) if math.isfinite(number) else Normalised(None, f"{quoted(value)} is not a number")
    )


def _integer(value: Raw) -> Normalised:
    if isinstance(value, int) and not isinstance(value, bool):
        return Normalised(value)
    found = _number(value)
    if isinstance(found.value, float) and found.value.is_integer():
        text = str(value).strip()
        return Normalised(int(text) if text.lstrip("+-").isdigit() else int(found.value))
    return Normalised(None, f"{quoted(value)} is not a whole number")


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _boolean(value: Raw) -> Normalised:
    if isinstance(value, bool):
        return Normalised(value)
    found = _BOOLEANS.get(fold(str(value)))
    return Normalised(found, None if found is not None else f"{quoted(value)} is neither true nor false")


def _date(value: Raw, timezone: tzinfo) -> Normalised:
    try:
        if isinstance(value, str):
            text = value.strip()
            value = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return Normalised(None, f"{quoted(value)} is not a date like 2026-01-31")
    if isinstance(value, datetime):
        try:
            return Normalised((value.astimezone(timezone) if value.tzinfo else value).date())
        except OverflowError:
            return Normalised(None, f"{quoted(value)} is not a date that can be compared")
    if isinstance(value, date):
        return Normalised(value)
    return Normalised(None, f"{quoted(value)} is not a date like 2026-01-31")


def quoted(value: object) -> str:
    """A value as it is shown in messages: quoted, cut to 60 characters, without control characters."""
    text = safe(str(value))
    return f"'{text if len(text) <= 60 else text[:59] + '…'}'"


_KINDS: dict[FieldKind, Callable[[Raw], Normalised]] = {
    FieldKind.TEXT: _text,
    FieldKind.ID: _id,
    FieldKind.COUNTRY: _country,
    FieldKind.DOMAIN: _domain,
    FieldKind.INTEGER: _integer,
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.NAICS: _naics,
    FieldKind.SIC: _sic,
}
