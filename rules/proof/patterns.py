"""Texts for every way in which a value can pass and fail a set of patterns and prefixes.

All patterns are run side by side as one automaton over the letters that they name, one that they do not, and
the blanks that folded text may have; walking it finds a shortest text for every answer there is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

_FRESH = "xyzqvwkjabcdefghilmnoprstu0123456789"
MOST_STATES = 4_000
MOST_LETTERS = 20_000
"""Of all exact values together."""
_Places = tuple[frozenset[int], ...]
"""For each pattern, where in it a reading can stand."""
_State = tuple[str, _Places, str]
"""The exact values that are still possible, as their common beginning ("" at the end of hope); places; last letter."""


class TooManyTexts(Exception):
    """The patterns of a field are too many to be told apart; what hangs on them is undecided."""


def texts(patterns: Sequence[str], exact: Collection[str], is_letter: Callable[[str], bool]) -> Iterator[str]:
    """For each set of patterns that some text fits, a shortest text that fits just them and is none of `exact`.

    Patterns are those of `Like`. Text is made of letters (a blank is always one), has no blank at an end and
    no two in a row. Raises TooManyTexts.
    """
    if sum(map(len, exact)) > MOST_LETTERS:
        raise TooManyTexts
    letters = [letter for letter in _alphabet(patterns, exact) if letter == " " or is_letter(letter)]
    beginnings = {value[:length] for value in exact for length in range(len(value) + 1)}
    start = tuple(_rest(pattern, frozenset({0})) for pattern in patterns)
    queue: deque[tuple[str, _Places]] = deque([("", start)])
    seen: set[_State] = set()
    found: set[_Places] = set()
    while queue:
        text, places = queue.popleft()
        if text and not text.endswith(" ") and text not in exact:
            answer = tuple(frozenset({len(p)}) & at for p, at in zip(patterns, places, strict=True))
            if answer not in found:
                found.add(answer)
                yield text
        for letter in letters:
            if letter == " " and (not text or text.endswith(" ")):
                continue
            longer = text + letter
            after = tuple(_step(p, at, letter) for p, at in zip(patterns, places, strict=True))
            state = (longer if longer in beginnings else "", after, " " if letter == " " else "")
            if state not in seen:
                seen.add(state)
                queue.append((longer, after))
        if len(seen) > MOST_STATES + len(beginnings) * len(letters):
            raise TooManyTexts


def _alphabet(patterns: Sequence[str], exact: Collection[str]) -> list[str]:
    used = set("".join(patterns)) - {"%", "_"}
    # A letter of an exact value that no pattern names is told from others by that value alone.
    used |= set("".join(exact))
    fresh = next((letter for letter in _FRESH if letter not in used), "ж")
    return [fresh, *sorted(used - {fresh}), *([] if " " in used else [" "])]


def _step(pattern: str, places: frozenset[int], letter: str) -> frozenset[int]:
    moved = set()
    for place in places:
        if place < len(pattern):
            wanted = pattern[place]
            if wanted == "%":
                moved.add(place)
            elif wanted in ("_", letter):
                moved.add(place + 1)
    return _rest(pattern, frozenset(moved))


def _rest(pattern: str, places: frozenset[int]) -> frozenset[int]:
    """The places, and those behind a `%` that may be nothing."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "%":
            place += 1
            found.add(place)
    return frozenset(found)
