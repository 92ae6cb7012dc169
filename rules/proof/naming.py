"""Values that a person can read: names for what no rule names, and codes that are real in form."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

from rules.language.condition import FieldKind
from rules.language.values.postal import WIDTHS

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHAPES = {
    "GB": ("AADD", "AAD", "AD", "ADD", "ADA", "AADA"),
    "CA": ("ADADAD", "ADA"),
    **dict.fromkeys(("US", "PR", "GU", "VI"), ("DDDDD",)),
}
_CODES = {
    "US": ("02108", "10001", "94105", "60601"),
    "GB": ("SW1A", "EC1A", "M1"),
    "CA": ("M5V2T6", "K1A0B1"),
    "DE": ("10115", "80331"),
    "FR": ("75001", "69001"),
}
_NAICS = ("11", "21", "22", "23", "31", "42", "44", "48", "51", "52", "54", "61", "62", "72", "92")
_NAMES = {
    "industry": ("banking", "retail", "software", "insurance", "logistics", "healthcare", "mining"),
    "city": ("springfield", "riverside", "fairview"),
    "name": ("acme", "initech", "globex"),
    "type": ("prospect", "customer", "partner"),
    "currency": ("eur", "usd", "gbp"),
}
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def names(field: str, kind: FieldKind, prefix: str) -> Iterator[str]:
    """Texts that begin with the prefix, without end, the most readable first."""
    if kind is FieldKind.DOMAIN:
        yield from _domains(prefix)
    elif prefix:
        yield from _longer(prefix)
    else:
        yield from _NAMES.get(field, ())
        yield from ("another", "something else")
        yield from (f"another {number}" for number in count(2))


def _longer(prefix: str) -> Iterator[str]:
    yield prefix
    for size in count(1):
        yield from (prefix + tail for tail in _words(size))


def _words(size: int) -> Iterator[str]:
    if size == 0:
        yield ""
    else:
        yield from (letter + rest for letter in _ALPHABET for rest in _words(size - 1))


def _domains(prefix: str) -> Iterator[str]:
    if not prefix:
        yield from ("acme.com", "initech.com", "globex.com")
        yield from (f"acme{number}.com" for number in count(2))
    for tail in ("", ".com", "com", "acme.com"):
        yield prefix + tail
    for number in count(1):
        yield from (f"{prefix}{number}.com", f"{prefix}{number}")


def shapes(kind: FieldKind, country: str | None) -> tuple[str, ...]:
    """How codes look: D is a digit, A a capital, X either; every code has one of these shapes."""
    if kind is FieldKind.SIC:
        return ("DDDD",)
    if kind is FieldKind.NAICS:
        return ("DDDDDD", "DD", "DDD", "DDDD", "DDDDD")
    if country in _SHAPES:
        return _SHAPES[country]
    width = WIDTHS.get(country or "")
    return (
        ("D" * width,) if width else tuple("X" * length for length in (5, 4, 6, 3, 7, 2, 8, 1, 9, 10, 11, 12))
    )


def familiar_codes(kind: FieldKind, country: str | None) -> tuple[str, ...]:
    """Codes that people know, to be tried first."""
    if kind is FieldKind.NAICS:
        return ("511210", "522110", *_NAICS)
    return ("7372", "6021") if kind is FieldKind.SIC else _CODES.get(country or "", ())


def code_under(
    shape: str, prefix: str, taken: Collection[str], longer: Collection[str], head: str = ""
) -> str | None:
    """The first code of the shape that begins with the prefix, is not taken and has no longer prefix.

    None proves that there is none. `head` stands before every code, in `prefix`, `taken` and `longer` too.
    """
    if len(prefix) - len(head) > len(shape) or not _fits(prefix[len(head) :], shape):
        return None
    if len(prefix) - len(head) == len(shape):
        return None if prefix in taken else prefix
    for character in _characters(shape[len(prefix) - len(head)]):
        if prefix + character not in longer:
            found = code_under(shape, prefix + character, taken, longer, head)
            if found is not None:
                return found
    return None


def _fits(start: str, shape: str) -> bool:
    return all(character in _characters(place) for character, place in zip(start, shape, strict=False))


def _characters(place: str) -> str:
    return {"D": DIGITS, "A": LETTERS, "X": DIGITS + LETTERS}[place]
