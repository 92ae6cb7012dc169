"""Postal codes in one form for each country, and what may be compared with them."""

from __future__ import annotations

import re
import unicodedata

WIDTHS = {
    "AT": 4, "AU": 4, "BE": 4, "BG": 4, "CH": 4, "DK": 4, "HU": 4, "NO": 4, "NZ": 4, "SI": 4, "ZA": 4,
    "CZ": 5, "DE": 5, "EE": 5, "ES": 5, "FI": 5, "FR": 5, "GR": 5, "HR": 5, "ID": 5, "IT": 5, "KR": 5,
    "MX": 5, "MY": 5, "PL": 5, "SE": 5, "SK": 5, "TH": 5, "TR": 5, "UA": 5, "US": 5, "VN": 5,
    "CN": 6, "IN": 6, "RO": 6, "RU": 6, "SG": 6, "JP": 7, "PT": 7, "BR": 8,
}  # fmt: skip
"""Countries whose codes are digits of one width: lost leading zeros can be restored, and codes form ranges."""

_US = re.compile(r"(\d{3,5})(?:[- ]?(\d{4}))?", re.ASCII)
_UK = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})?", re.ASCII)
_CANADA = re.compile(r"[A-Z]\d[A-Z](\d[A-Z]\d)?", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-–./]+")


def postal_code(text: str, country: str) -> str | None:
    """Country and code ("US-02116", "GB-SW1A", "CA-K1A0B6"), None where it is no code of that country.

    US: five digits, leading zeros restored, ZIP+4 cut. GB: the outward code. CA: six characters, or the three
    of a forward sortation area. Other countries: capitals and digits without separators, and where the
    country's codes are digits of one width, one lost leading zero restored. A code already in our form,
    with its country, is taken as it is.
    """
    code = (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip().upper()
    if code.startswith(f"{country}-"):
        code = code[3:]
    found = _RULES.get(country, _generic)(code, country)
    return f"{country}-{found}" if found else None


def _american(code: str, country: str) -> str | None:
    if len(code) == 5 and code.isascii() and code.isdigit():
        return code
    if code.isdigit() and len(code) == 8:  # ZIP+4 that lost its leading zero
        code = f"0{code}"
    found = _US.fullmatch(code)
    return found[1].zfill(5) if found else None


def _british(code: str, country: str) -> str | None:
    found = _UK.fullmatch(_SEPARATORS.sub("", code))
    return found[1] if found else None


def _canadian(code: str, country: str) -> str | None:
    bare = _SEPARATORS.sub("", code)
    return bare if _CANADA.fullmatch(bare) else None


def _generic(code: str, country: str) -> str | None:
    bare = _SEPARATORS.sub("", code)
    if not bare.isascii() or not bare.isalnum() or len(bare) > 12:
        return None
    width = WIDTHS.get(country)
    if width is None:
        return bare
    return bare.zfill(width) if bare.isdigit() and width - 1 <= len(bare) <= width else None


_RULES = {
    "US": _american,
    "PR": _american,
    "GU": _american,
    "VI": _american,
    "GB": _british,
    "CA": _canadian,
}


def postal_prefix(text: str, country: str) -> str | None:
    """The beginning of codes of a country in our form: "021" is "US-021"; None where none can begin so."""
    bare = _SEPARATORS.sub("", text.strip().upper().removeprefix(f"{country}-"))
    if not bare or not bare.isascii() or not bare.isalnum():
        return None
    width = WIDTHS.get(country)
    if width is not None and (not bare.isdigit() or len(bare) > width):
        return None
    return f"{country}-{bare}"


def range_prefixes(low: str, high: str, country: str) -> tuple[str, ...] | None:
    """The fewest prefixes that cover the codes low..high (both included), None where the country has no ranges.

    02100..02199 is ("US-021",): so a range is as exact, and as fast, as a list of prefixes. Empty where
    low is above high.
    """
    width = WIDTHS.get(country)
    if width is None or not (low.isdigit() and high.isdigit()) or not len(low) == len(high) == width:
        return None
    return tuple(f"{country}-{prefix}" for prefix in _cover(int(low), int(high), width))


def _cover(low: int, high: int, width: int) -> list[str]:
    prefixes = []
    while low <= high:
        free = 0
        while free < width and low % 10 ** (free + 1) == 0 and low + 10 ** (free + 1) - 1 <= high:
            free += 1
        prefixes.append(str(low).zfill(width)[: width - free])
        low += 10**free
    return prefixes
