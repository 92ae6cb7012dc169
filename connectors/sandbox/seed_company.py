"""One chunk of sample companies, with the dirt that real account data has."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from connectors.sandbox import seed_words as words
from connectors.sandbox.clock import Milliseconds

Columns = dict[str, list[Any]]
DAY = 86_400_000
_LETTERS = string.ascii_uppercase


def draw(random: np.random.Generator, weighted: words.Weighted, count: int) -> list[str]:
    """`count` values by their weights."""
    weights = np.array([weight for _, weight in weighted])
    chosen = random.choice(len(weighted), count, p=weights / weights.sum())
    return [weighted[i][0] for i in chosen]


def companies_of(random: np.random.Generator, numbers: Sequence[int], now: Milliseconds) -> Columns:
    """The columns of these companies, but for owner and parent."""
    count = len(numbers)
    name = _names(random, count)
    columns: Columns = {"number": list(numbers), "name": name, **_places(random, count)}
    columns["website"] = _websites(random, name, columns["country_code"])
    columns["phone"] = [f"+1 555 {n:07d}" if luck < 0.8 else None for n, luck in _numbered(random, count)]
    columns["industry"] = _sometimes(random, 0.08, draw(random, words.INDUSTRIES, count), lambda _: None)
    size = random.pareto(0.9, count)
    employees = np.minimum(size * 25 + 1, 2_500_000).astype(np.int64)
    revenue = (employees * random.lognormal(11.3, 0.8, count)).round(-3)
    columns["employees"] = _sometimes(random, 0.12, employees.tolist(), lambda _: None)
    columns["annual_revenue"] = _sometimes(random, 0.2, revenue.tolist(), lambda _: None)
    kinds = (("Prospect", 55), ("Customer - Direct", 28), ("Customer - Channel", 7), ("Partner", 4), ("", 6))
    columns["type"] = [kind or None for kind in draw(random, kinds, count)]
    created = now - (random.random(count) * 6 * 365 * DAY).astype(np.int64) - DAY
    columns["created"] = created.tolist()
    columns["modified"] = (
        created + ((now - created) * random.random(count) ** 0.3).astype(np.int64)
    ).tolist()
    return columns


def _numbered(random: np.random.Generator, count: int) -> list[tuple[int, float]]:
    return list(
        zip(random.integers(9_999_999, size=count).tolist(), random.random(count).tolist(), strict=True)
    )


def _names(random: np.random.Generator, count: int) -> list[str]:
    parts = (words.NAME_STARTS, words.NAME_MIDDLES, words.NAME_ENDS)
    picks = [random.integers(len(part), size=count).tolist() for part in parts]
    return [
        " ".join(part[i] for part, i in zip(parts, pick, strict=True)).strip()
        for pick in zip(*picks, strict=True)
    ]


def _sometimes(
    random: np.random.Generator, share: float, values: list[Any], change: Callable[[Any], Any]
) -> list[Any]:
    """The values, that share of them changed."""
    return [
        change(value) if luck < share else value
        for value, luck in zip(values, random.random(len(values)).tolist(), strict=True)
    ]


def _places(random: np.random.Generator, count: int) -> Columns:
    by_code = {country.code: country for country in words.COUNTRIES}
    codes = draw(random, tuple((c.code, c.weight) for c in words.COUNTRIES), count)
    places: Columns = {name: [None] * count for name in ("country", "state", "city", "postal_code", "street")}
    for code, country in by_code.items():
        rows = [i for i, drawn in enumerate(codes) if drawn == code]
        _fill_country(random, country, rows, places)
    for name, share in (("country", 0.04), ("state", 0.06), ("postal_code", 0.05), ("city", 0.03)):
        places[name] = _sometimes(random, share, places[name], _missing(random))
    places["country_code"] = codes
    return places


def _missing(random: np.random.Generator) -> Callable[[Any], str | None]:
    """Mostly null, now and then one of the things people type into a field they must fill."""
    blanks: tuple[str | None, ...] = (None,) * 6 + words.BLANKS
    return lambda _: blanks[int(random.integers(len(blanks)))]


def _fill_country(
    random: np.random.Generator, country: words.Country, rows: list[int], places: Columns
) -> None:
    spellings = draw(random, country.spellings, len(rows))
    weights = np.array([region.weight for region in country.regions])
    regions = random.choice(len(country.regions), len(rows), p=weights / weights.sum())
    luck = random.random((len(rows), 2)).tolist()
    digits = random.integers(10_000_000, 99_999_999, size=(len(rows), 2)).tolist()
    for i, spelling, region_number, (a, b), (d, e) in zip(
        rows, spellings, regions, luck, digits, strict=True
    ):
        region = country.regions[region_number]
        pattern = region.postal[int(a * len(region.postal))] if region.postal else ""
        places["country"][i] = spelling
        places["state"][i] = region.state or None
        places["city"][i] = region.city.upper() if b < 0.05 else region.city
        places["street"][i] = f"{d % 9000 + 1} Main Street"
        places["postal_code"][i] = _postal(country.code, pattern, str(d) + str(e), b)


def _postal(code: str, pattern: str, digits: str, luck: float) -> str | None:
    """A postal code; in the US a fifth with ZIP+4, and a third of those with a leading zero have lost it."""
    source = iter(digits)
    made = "".join(
        next(source) if c == "#" else _LETTERS[int(next(source)) * 2] if c == "@" else c for c in pattern
    )
    if code == "US" and made.startswith("0") and luck < 0.33:
        return made[1:]
    if code == "US" and luck > 0.8:
        return f"{made}-{next(source)}{next(source)}{next(source)}{next(source)}"
    return made or None


def _websites(random: np.random.Generator, names: list[str], codes: list[str]) -> list[str | None]:
    domains = {country.code: country.domain for country in words.COUNTRIES}
    made: list[str | None] = []
    for name, code, luck in zip(names, codes, random.random(len(names)).tolist(), strict=True):
        host = "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "example"
        if luck < 0.15:
            made.append(None)
        elif luck < 0.19:
            made.append(words.FREE_MAIL[int(luck * 1000) % len(words.FREE_MAIL)])
        else:
            made.append(
                f"{'https://www.' if luck < 0.7 else 'www.' if luck < 0.85 else ''}{host}.{domains[code]}"
            )
    return made
