"""Countries by every spelling that is certain: ISO 3166-1 codes and names, and synonyms that people write."""

from __future__ import annotations

from functools import cache

from rules.language.values.folding import place_key

SYNONYMS = {
    "AE": "UAE, Emirates",
    "AT": "Österreich",
    "BA": "Bosnia, Bosnia-Herzegovina",
    "BE": "Belgique, België",
    "BN": "Brunei",
    "BR": "Brasil",
    "CD": "DR Congo, DRC, Congo-Kinshasa, Democratic Republic of the Congo, Congo (Democratic Republic of the)",
    "CG": "Congo-Brazzaville, Republic of the Congo",
    "CH": "Schweiz, Suisse, Svizzera",
    "CI": "Ivory Coast",
    "CN": "PRC, Mainland China, People's Republic of China",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "DE": "Deutschland, Federal Republic of Germany",
    "DK": "Danmark",
    "ES": "España",
    "FI": "Suomi",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "GB": "UK, U.K., England, Scotland, Wales, Northern Ireland, Great Britain, Britain, "
    "United Kingdom of Great Britain and Northern Ireland",
    "HK": "Hong Kong SAR, Hong Kong (SAR)",
    "IE": "Republic of Ireland, Eire",
    "IR": "Iran",
    "IT": "Italia",
    "KP": "North Korea",
    "KR": "South Korea, Korea, Korea South, Republic of Korea, Korea (Republic of)",
    "LA": "Laos",
    "MD": "Moldova",
    "MK": "Macedonia, FYROM",
    "MM": "Burma",
    "MO": "Macau, Macao SAR, Macau SAR",
    "NL": "Holland, Nederland",
    "NO": "Norge",
    "PL": "Polska",
    "PS": "Palestine",
    "RU": "Russia",
    "SE": "Sverige",
    "SH": "Saint Helena",
    "SY": "Syria",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey",
    "TW": "Taiwan",
    "TZ": "Tanzania",
    "US": "USA, U.S., U.S.A., US of A, United States of America, America",
    "VA": "Vatican, Vatican City",
    "VE": "Venezuela",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
    "VN": "Vietnam",
    "XK": "Kosovo",
}
"""Alpha-2 code to spellings that ISO 3166 does not have; XK is the code that CRMs use for Kosovo."""


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a spelling, None where it is none: never the nearest one."""
    key = place_key(text)
    return _codes().get(key) or (_codes().get(key.replace(" ", "")) if len(key) <= 5 else None)


def country_names() -> list[str]:
    """Names to suggest for a misspelling."""
    import pycountry

    names = [str(getattr(c, "common_name", c.name)) for c in pycountry.countries]
    return names + [name.strip() for group in SYNONYMS.values() for name in group.split(",") if len(name) > 4]


def country_name(code: str) -> str:
    """The name people use of an alpha-2 code; the code itself where there is none."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code)
    return str(getattr(found, "common_name", found.name)) if found else code


@cache
def _codes() -> dict[str, str]:
    import pycountry

    spellings: dict[str, str] = {}
    for country in pycountry.countries:
        # Names first, codes last: where both exist the code is what a CRM's picklist sends.
        for attribute in ("name", "official_name", "common_name", "alpha_3", "alpha_2"):
            if text := getattr(country, attribute, None):
                spellings[place_key(text)] = country.alpha_2
    for code, group in SYNONYMS.items():
        for name in [code, *group.split(", ")]:
            spellings.setdefault(place_key(name), code)
    return spellings
