"""Cells of countries and states: closed sets, every member of which is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.evaluate import test
from rules.language.condition import HasPrefix, In, InList, Like, Test
from rules.language.ruleset import ValueList
from rules.language.values.countries import SYNONYMS, country_code
from rules.proof.cells import Cell, Cells

FAMILIAR = ("US", "DE", "GB", "FR", "CA", "JP", "AU", "BR", "IN", "NL", "ES", "IT", "PL", "ZA", "MX")
"""Countries that stand for others first: people know their codes and states."""


def countries() -> tuple[str, ...]:
    """Every alpha-2 code that there is, familiar ones first."""
    import pycountry

    codes = {country.alpha_2 for country in pycountry.countries} | set(SYNONYMS)
    return (*FAMILIAR, *sorted(code for code in codes - set(FAMILIAR) if country_code(code) == code))


def countries_named(tests: Sequence[Test], lists: Mapping[str, ValueList]) -> frozenset[str]:
    """The countries that tests on a state or postal code name; all of them where that cannot be read."""
    found: set[str] = set()
    for text in _texts(tests, lists):
        head, dash, _ = text.partition("-")
        if not dash or len(head) != 2 or "%" in head or "_" in head:
            return frozenset(countries())
        found.add(head)
    return frozenset(found)


def _texts(tests: Sequence[Test], lists: Mapping[str, ValueList]) -> Iterator[str]:
    for found in tests:
        match found:
            case In(_, values):
                yield from map(str, values)
            case InList(_, name):
                yield from map(str, lists[name].values)
            case HasPrefix(_, prefixes):
                yield from prefixes
            case Like(_, pattern):
                yield pattern
            case _:
                pass


def country_cells(
    codes: Sequence[str], tests: Sequence[Test], lists: Mapping[str, ValueList]
) -> tuple[Cells, dict[str, str]]:
    """The cells of the codes, and for each of them the one that stands for its cell."""
    cells, members = _grouped([(code, None) for code in codes], tests, lists)
    stands = {codes[i]: str(cells.cells[cell].value) for i, cell in enumerate(members)}
    return cells, stands


def state_cells(tests: Sequence[Test], lists: Mapping[str, ValueList], stands: Mapping[str, str]) -> Cells:
    """States of every country that stands for a cell; the tests name states of such countries only."""
    import pycountry

    chosen = set(stands.values())
    found = sorted((s.country_code, s.code) for s in pycountry.subdivisions if s.country_code in chosen)
    cells, _ = _grouped([(code, place) for place, code in found], tests, lists)
    return cells


def _grouped(
    values: Sequence[tuple[str, str | None]], tests: Sequence[Test], lists: Mapping[str, ValueList]
) -> tuple[Cells, list[int]]:
    """Cells of the values with their countries, and the cell of each value."""
    named = _named_by(tests)
    groups: dict[tuple[frozenset[int], str | None], int] = {}
    cells: list[Cell] = []
    bits = [0] * len(tests)
    members = []
    for value, place in values:
        passed = {*named.get(value, ())}
        passed.update(
            n for n, t in enumerate(tests) if not isinstance(t, In) and test(t, value, lists) is True
        )
        key = (frozenset(passed), place)
        if key not in groups:
            groups[key] = len(cells)
            for number in passed:
                bits[number] |= 1 << len(cells)
            cells.append(Cell(value, place))
        members.append(groups[key])
    return Cells(tuple(cells), dict(zip(tests, bits, strict=True))), members


def _named_by(tests: Sequence[Test]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, one in enumerate(tests):
        if isinstance(one, In):
            for value in one.values:
                found.setdefault(str(value), []).append(number)
    return found
