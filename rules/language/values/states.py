"""States, provinces and the like under their country: ISO 3166-2 codes and names, and a few synonyms."""

from __future__ import annotations

from functools import cache
from typing import Any

from rules.language.values.folding import place_key

SYNONYMS = {
    "AU-ACT": "Canberra",
    "BE-BRU": "Brussels",
    "CA-NL": "NF, Newfoundland, Labrador",
    "CA-QC": "PQ",
    "DE-BY": "Bavaria",
    "DE-HE": "Hesse",
    "DE-MV": "Mecklenburg-Western Pomerania",
    "DE-NI": "Lower Saxony",
    "DE-NW": "North Rhine-Westphalia, NRW",
    "DE-RP": "Rhineland-Palatinate",
    "DE-SN": "Saxony",
    "DE-ST": "Saxony-Anhalt",
    "DE-TH": "Thuringia",
    "ES-AN": "Andalusia",
    "ES-CT": "Catalonia",
    "ES-PV": "Basque Country",
    "FR-BRE": "Brittany",
    "FR-COR": "Corsica",
    "FR-NOR": "Normandy",
    "IT-25": "Lombardy",
    "IT-21": "Piedmont",
    "IT-52": "Tuscany",
    "IT-62": "Latium",
    "IT-82": "Sicily",
    "US-DC": "Washington DC, Washington D.C., Washington, DC",
    "US-MA": "Mass",
    "US-PA": "Penn",
}
"""ISO 3166-2 code to spellings that the standard does not have."""


def state_code(text: str, country: str) -> str | None:
    """The ISO 3166-2 code ("US-CA") of a spelling under an alpha-2 country, None where it is none.

    "CA", "California" and "US-CA" are one; a spelling that two places of a country share is none, unless one
    of them is a first-level division.
    """
    return _codes(country).get(place_key(text))


def state_names(country: str) -> list[str]:
    """Names to suggest for a misspelling."""
    return [str(found.name) for found in _subdivisions(country)]


@cache
def _codes(country: str) -> dict[str, str]:
    """Spelling to code for one country; there are some 200 countries, so the cache is small."""
    found = sorted(_subdivisions(country), key=lambda s: s.parent_code is not None)
    spellings: dict[str, str] = {}
    ambiguous = set()
    top = {place_key(name) for s in found if s.parent_code is None for name in _names(s.name)}
    for subdivision in found:
        for key in {place_key(name) for name in _names(subdivision.name)}:
            if spellings.setdefault(key, subdivision.code) != subdivision.code:
                ambiguous.add(key)
    spellings = {k: v for k, v in spellings.items() if k not in ambiguous or k in top}
    for subdivision in found:
        spellings[place_key(subdivision.code)] = subdivision.code
        spellings[place_key(subdivision.code.partition("-")[2])] = subdivision.code
    for code, group in SYNONYMS.items():
        if code.startswith(f"{country}-"):
            spellings.update((place_key(name), code) for name in group.split(", "))
    return spellings


def _names(name: str) -> list[str]:
    """The spellings in a name of the standard: "Catalunya [Cataluña]" is two."""
    head, _, other = name.partition("[")
    plain = head.split("(")[0].strip() or name
    return [plain, name, *([other.rstrip("] ")] if other else [])]


def _subdivisions(country: str) -> list[Any]:
    import pycountry

    subdivisions: Any = pycountry.subdivisions
    return list(subdivisions.get(country_code=country) or ())
