"""Which pairs of rules might match one account: most cannot, by one field alone, and need no solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rules.language.condition import All, Any, Condition, IsMissing, Not
from rules.language.ruleset import IfUnknown
from rules.proof.cells import MISSING, FieldCells
from rules.proof.encode import taking
from rules.proof.world import World

Reach = dict[str, int]
"""Field to the cells outside which the condition does not hold; fields that are not there are free."""


def meeting(world: World, group: Sequence[int], targets: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Pairs of the group with different targets that no single field keeps apart, in order."""
    reaches = [reach_of(world, number) for number in group]
    met = [_met([reach.get(name) for reach in reaches]) for name in _telling(world, reaches)]
    same: dict[object, int] = defaultdict(int)
    for position, target in enumerate(targets):
        same[target] |= 1 << position
    everybody = (1 << len(group)) - 1
    for position, one in enumerate(group):
        others = everybody & ~same[targets[position]] & -2 << position
        for by_position in met:
            others &= by_position[position]
        yield from ((one, group[other]) for other in _bits(others))


def _telling(world: World, reaches: Sequence[Reach]) -> list[str]:
    """The fields that may keep rules apart."""
    asked = {name for reach in reaches for name in reach}
    return [name for name, found in world.encoding.fields.items() if name in asked and not found.is_several]


def _met(reaches: Sequence[int | None]) -> list[int]:
    """Per position a bit for every position that has a cell of the field in common with it, itself among them.

    Integers stand for sets of positions: one step asks all rules, and nothing large is imported for a few.
    """
    positions: dict[int | None, int] = defaultdict(int)
    for position, cells in enumerate(reaches):
        positions[cells] |= 1 << position
    free = positions.pop(None, 0)
    by_cell: dict[int, int] = defaultdict(int)
    for cells, those in positions.items():
        for cell in _bits(cells or 0):
            by_cell[cell] |= those
    met: dict[int | None, int] = {None: ~positions[0]}
    for cells in positions:
        met[cells] = 0
        for cell in _bits(cells or 0):
            met[cells] |= by_cell[cell] | free
    return [met[cells] for cells in reaches]


def _bits(mask: int) -> Iterator[int]:
    """Numbers of the bits that are set, from the lowest."""
    digits = f"{mask:b}"[::-1]
    found = digits.find("1")
    while found >= 0:
        yield found
        found = digits.find("1", found + 1)


def reach_of(world: World, number: int) -> Reach:
    """Where the rule can take accounts; every field is empty where it can take none."""
    rule = world.rules.rules[number]
    fields = world.encoding.fields
    found = _reach(taking(rule, world.rules), True, rule.if_unknown is not IfUnknown.SKIP, fields)
    if found is None:
        return dict.fromkeys(fields, 0)
    for field in [name for name in found if fields[name].country is not None]:
        if not found[field] >> MISSING & 1:
            country = str(fields[field].country)
            inside = _countries(found[field], fields[field], fields[country])
            found[country] = found.get(country, -1 & ((1 << len(fields[country].cells)) - 1)) & inside
    return found


def _countries(cells: int, found: FieldCells, countries: FieldCells) -> int:
    wanted = {cell.country for number, cell in enumerate(found.cells) if cells >> number & 1}
    return sum(1 << number for number, cell in enumerate(countries.cells) if cell.value in wanted)


def _reach(
    condition: Condition, holds: bool, leniently: bool, fields: Mapping[str, FieldCells]
) -> Reach | None:
    """Where the condition is true (or false), or unknown if leniently; None for nowhere."""
    match condition:
        case Not(part):
            return _reach(part, not holds, leniently, fields)
        case All(parts) | Any(parts):
            reaches = [_reach(part, holds, leniently, fields) for part in parts]
            return _both(reaches) if isinstance(condition, All) is holds else _either(reaches)
        case test:
            found = fields[test.field]
            if found.is_several or found.is_open:
                return {}
            cells = found.truth[test]
            if not holds:
                cells = ((1 << len(found.cells)) - 1) & ~cells
            if not isinstance(test, IsMissing):
                cells = cells | 1 if leniently else cells & ~1
            return {test.field: cells} if cells else None


def _both(reaches: Sequence[Reach | None]) -> Reach | None:
    both: Reach = {}
    for reach in reaches:
        if reach is None:
            return None
        for field, cells in reach.items():
            both[field] = both.get(field, -1) & cells
            if not both[field]:
                return None
    return both


def _either(reaches: Sequence[Reach | None]) -> Reach | None:
    there = [reach for reach in reaches if reach is not None]
    if not there:
        return None
    either = dict(there[0])
    for reach in there[1:]:
        either = {field: cells | reach[field] for field, cells in either.items() if field in reach}
    return either
