"""States and countries as picklists: code and name of a place always go together, and only known ones are taken."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox import seed_words
from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.tables import Stored

_CODES = {"Bayern": "BY", "Nordrhein-Westfalen": "NW", "Berlin": "BE", "Hamburg": "HH", "Sachsen": "SN",
    "São Paulo": "SP", "Rio de Janeiro": "RJ", "Karnataka": "KA", "Maharashtra": "MH"}  # fmt: skip
_WITH_STATES = ("US", "CA", "AU", "DE", "BR", "IN")
COUNTRIES = {country.code: country.spellings[0][0] for country in seed_words.COUNTRIES}
"""The name of each country of the org's list by its code."""
STATES = {
    (country.code, _CODES.get(region.state, region.state)): region.state
    for country in seed_words.COUNTRIES
    for region in country.regions
    if country.code in _WITH_STATES
}
"""The name of each state by its country's code and its own; other countries have no list of states."""
_COUNTRY_OF = {name.casefold(): code for code, name in COUNTRIES.items()} | {
    c.casefold(): c for c in COUNTRIES
}
_STATE_OF = {(country, name.casefold()): code for (country, code), name in STATES.items()}
CONVERTED = {
    spelling.strip().casefold(): country.code
    for country in seed_words.COUNTRIES
    for spelling, _ in country.spellings
}
"""What an admin turned into codes when the picklists were switched on; other texts stay without a code."""


def state_of(country: str | None, state: str | None) -> str | None:
    """The code of a state by its name, None where its country has no such state."""
    return _STATE_OF.get((country or "", (state or "").casefold()))


def placed(changed: Mapping[str, Stored], whole: Mapping[str, Stored], stem: str) -> dict[str, Stored]:
    """What follows for the address that begins with `stem` from writing parts of it.

    FIELD_INTEGRITY_EXCEPTION for a country or state that is not in the lists, and for a state without its country.
    """
    code, name = f"{stem}CountryCode", f"{stem}Country"
    made: dict[str, Stored] = {}
    if code in changed:
        made[name] = COUNTRIES.get(str(changed[code])) if changed[code] else None
    elif name in changed:
        made[code] = _code(changed[name], stem) if changed[name] else None
        made[name] = COUNTRIES.get(str(made[code])) if made[code] else None
    return made | _state(changed, {**whole, **made}, stem)


def _code(country: Stored, stem: str) -> str:
    found = _COUNTRY_OF.get(str(country).casefold())
    if found is None:
        raise _refused("country", "country/territory", f"{stem} Country", f"{stem}Country")
    return found


def _state(changed: Mapping[str, Stored], whole: Mapping[str, Stored], stem: str) -> dict[str, Stored]:
    code, name = f"{stem}StateCode", f"{stem}State"
    if code not in changed and name not in changed:
        return {}
    given = changed.get(code) or changed.get(name)
    if not given:
        return {code: None, name: None}
    country = str(whole.get(f"{stem}CountryCode"))
    known = _STATE_OF.get((country, str(given).casefold())) or (
        str(given) if (country, given) in STATES else None
    )
    if known is None:
        raise _refused("state", "state", f"{stem} State/Province", name)
    return {code: known, name: STATES[country, known]}


def _refused(what: str, list: str, label: str, field: str) -> RowFailed:
    return RowFailed(
        "FIELD_INTEGRITY_EXCEPTION",
        f"There's a problem with this {what}, even though it may appear correct. Please select a {list} from the"
        f" list of valid {'countries' if what == 'country' else 'states'}.: {label}",
        field,
    )
