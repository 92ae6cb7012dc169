"""Industry codes: NAICS and SIC, out of whatever a spreadsheet has made of them."""

from __future__ import annotations

_SECTOR_RANGES = {"31-33": ("31", "32", "33"), "44-45": ("44", "45"), "48-49": ("48", "49")}
"""Sectors of NAICS that have more than one number: Manufacturing, Retail Trade, Transportation."""


def naics_code(text: str) -> str | None:
    """Two to six digits, the first two a sector: "51-1210" and "511210.0" are "511210"; None where it is no code.

    Two pairs of digits ("31-33") are a range of sectors, as the standard writes some, so they are none.
    """
    digits = _without_decimals(text)
    if len(digits) > 3 and digits[2] in "- ":
        rest = digits[3:]
        digits = digits[:2] + rest if len(rest) != 2 else ""
    return digits if _is_number(digits) and 2 <= len(digits) <= 6 and digits[0] != "0" else None


def sic_code(text: str) -> str | None:
    """Four digits, one lost leading zero restored: "111" is "0111"; None where it is no code.

    Two digits are a major group and no code: "73" might as well have lost two zeros.
    """
    digits = _without_decimals(text)
    return digits.zfill(4) if _is_number(digits) and len(digits) in (3, 4) else None


def naics_prefixes(text: str) -> tuple[str, ...]:
    """The beginnings that a sector or a beginning of a code stands for: "31-33" is three; none where it is neither."""
    bare = text.strip()
    found = _SECTOR_RANGES.get(bare.replace(" ", "").replace("–", "-"))
    if found:
        return found
    code = bare if _is_number(bare) and len(bare) == 1 and bare != "0" else naics_code(bare)
    return (code,) if code else ()


def sic_prefixes(text: str) -> tuple[str, ...]:
    """One to four digits as they stand: "73" is a major group, "7" a part of a division; none where it is neither."""
    bare = text.strip()
    return (bare,) if _is_number(bare) and len(bare) <= 4 else ()


def _without_decimals(text: str) -> str:
    """The text without the ".0" that a column of numbers leaves behind."""
    head, dot, tail = text.strip().partition(".")
    return head if dot and tail and not tail.strip("0") else text.strip()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
