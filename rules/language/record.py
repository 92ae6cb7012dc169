"""One account as rules see it: every field normalised, and what could not be read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rules.language.condition import Constant, FieldKind
from rules.language.fields import country_field
from rules.language.ruleset import Money, RuleSet
from rules.language.values.folding import fold
from rules.language.values.multiselect import SEPARATOR, items
from rules.language.values.normalise import Normalised, Raw, normalise

Value = Constant | tuple[str, ...]
"""A normalised value; a field of several texts has them all, sorted."""


@dataclass(frozen=True, slots=True)
class NormalisedRecord:
    """Values by field, None where missing; `issues` has a sentence for each field that could not be read."""

    values: Mapping[str, Value | None]
    issues: Mapping[str, str]


def normalise_record(raw: Mapping[str, Raw], rules: RuleSet) -> NormalisedRecord:
    """The account's values as the rule set's kinds, missing values, synonyms, countries and money make them.

    Every field of the rule set that is read from the CRM has an entry; columns that it does not know are left
    out. Derived fields have the value that `raw` gives them, or are missing: `rules.derive` works out those
    that depend on this account alone.
    """
    found: dict[str, Normalised] = {}
    for field, kind in rules.fields.items():
        if kind not in (FieldKind.STATE, FieldKind.POSTAL_CODE):
            found[field] = _value(raw, field, kind, None, rules)
    for field, kind in rules.fields.items():
        if field not in found:
            beside = country_field(field, rules.fields)
            country = found[beside].value if beside else None
            found[field] = _value(raw, field, kind, str(country) if country else None, rules)
    values = {field: several(found[field].value, kind) for field, kind in rules.fields.items()}
    issues = {field: f"{field} {problem}" for field in rules.fields if (problem := found[field].problem)}
    return NormalisedRecord(values, issues)


def meant(rules: RuleSet, field: str, found: Normalised) -> Normalised:
    """The normalised value that rules compare: no declared missing number, and the word that a synonym stands for."""
    if found.value in rules.missing_numbers.get(field, ()):
        return Normalised(None)
    words = rules.synonyms.get(field)
    if not words or found.value is None:
        return found
    text = str(found.value)
    if rules.fields[field] is FieldKind.MULTI_SELECT:
        return Normalised(SEPARATOR.join(sorted({words.get(item, item) for item in items(text)})))
    return Normalised(words.get(text, text))


def several(value: Constant | None, kind: FieldKind) -> Value | None:
    """The items of a field of several texts; everything else as it is."""
    return items(str(value)) if kind is FieldKind.MULTI_SELECT and value is not None else value


def exchanged(money: Money, amount: float, currency: Raw, missing: tuple[str, ...]) -> Normalised:
    """The amount in the rule set's currency; that is what an account without a currency means."""
    code = normalise(FieldKind.TEXT, currency, None, missing).value
    rate = 1.0 if code in (None, fold(money.currency)) else money.rates.get(str(code).upper())
    if rate is None:
        return Normalised(None, f"is in '{code}', for which the rules have no rate")
    worth = amount * rate
    return Normalised(worth) if math.isfinite(worth) else Normalised(None, f"is too much in {money.currency}")


def _value(
    raw: Mapping[str, Raw], field: str, kind: FieldKind, country: str | None, rules: RuleSet
) -> Normalised:
    if field in rules.derived:
        return normalise(kind, raw.get(field))
    missing = rules.missing_values
    found = meant(rules, field, normalise(kind, raw.get(field), country, missing, ZoneInfo(rules.timezone)))
    money = rules.money
    if money is None or field not in money.fields or not isinstance(found.value, int | float):
        return found
    return exchanged(money, float(found.value), raw.get(money.currency_field), missing)
