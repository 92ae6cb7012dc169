"""Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum of the upper case ones.

Checksum, as Salesforce documents it: each of the three last characters stands for five of the first fifteen; bit i
is set where character i is an upper case letter; the value picks from A-Z0-5.
"""

from __future__ import annotations

import functools
import re

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BIT = {c: int("A" <= c <= "Z") for c in _ALPHABET}
_LOW = 62**5
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")
_INSTANCE = "Su0"
"""Which instance made the id; the sandbox's own, so that no id of a real org can be mistaken for it."""


class BadId(ValueError):
    """Text that is no Salesforce id."""


def _checksum(five: str) -> str:
    a, b, c, d, e = tuple(five)
    return _CHECK[_BIT[a] | _BIT[b] << 1 | _BIT[c] << 2 | _BIT[d] << 3 | _BIT[e] << 4]


@functools.cache
def _beginning(prefix: str, high: int) -> tuple[str, str]:
    """The first ten characters of many ids, and their part of the checksum."""
    text = prefix + _INSTANCE + _digits(high, 4)
    return text, _checksum(text[:5]) + _checksum(text[5:])


def _digits(number: int, count: int) -> str:
    digits = []
    for _ in range(count):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def full(id15: str) -> str:
    """The 18-character form of a 15-character id."""
    return id15 + _checksum(id15[:5]) + _checksum(id15[5:10]) + _checksum(id15[10:15])


def parse(text: object) -> str:
    """The 18-character form of either form; BadId where the shape or the checksum is wrong."""
    if not isinstance(text, str) or not _SHAPE.match(text):
        raise BadId(f"{text!r} is no Salesforce id")
    whole = full(text[:15])
    if len(text) == 18 and whole.upper() != text.upper():
        raise BadId(f"{text!r} is no Salesforce id: its last three characters do not fit the others")
    return whole


def make(prefix: str, number: int) -> str:
    """The id of the n-th record of an object; ids of higher numbers sort later."""
    high, low = divmod(number, _LOW)
    first, check = _beginning(prefix, high)
    last = _digits(low, 5)
    return first + last + check + _checksum(last)
