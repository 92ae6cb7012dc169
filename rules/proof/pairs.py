"""Which pairs of rules might match one account: most cannot, by one field alone, and need no solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rules.language.condition import All, Any, Condition, IsMissing, Not
from rules.language.ruleset import IfUnknown
from rules.proof.cells import MISSING, FieldCells
from rules.proof.encode import taking
from rules.proof.world import World

Reach = dict[str, int]
"""Field to the cells outside which the condition does not hold; fields that are not there are free."""
Bits = npt.NDArray[np.uint64]


def meeting(world: World, group: Sequence[int], targets: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Pairs of the group with different targets that no single field keeps apart, in order."""
    numbers = {target: n for n, target in enumerate(dict.fromkeys(targets))}
    aims = np.array([numbers[target] for target in targets])
    masks = _masks(world, group)
    for position, one in enumerate(group):
        others = np.flatnonzero(aims != aims[position])
        others = others[others > position]
        for words in masks:
            if not len(others):
                break
            mine = words[position]
            used = np.flatnonzero(mine)
            others = others[(words[np.ix_(others, used)] & mine[used]).any(axis=1)]
        yield from ((one, group[int(other)]) for other in others)


def _masks(world: World, group: Sequence[int]) -> list[Bits]:
    """For each field a row of bits per rule, those that keep most pairs apart first."""
    fields = world.encoding.fields
    reaches = [reach_of(world, number) for number in group]
    used = [f for f in fields if any(f in reach for reach in reaches) and not fields[f].is_several]
    used.sort(key=lambda field: -sum(field in reach for reach in reaches))
    return [_words([reach.get(field) for reach in reaches], len(fields[field].cells)) for field in used]


def _words(reaches: Sequence[int | None], cells: int) -> Bits:
    size = -(-cells // 64) * 8
    everything = ((1 << cells) - 1).to_bytes(size, "little")
    rows = b"".join(everything if found is None else found.to_bytes(size, "little") for found in reaches)
    return np.frombuffer(rows, np.dtype("<u8")).reshape(len(reaches), size // 8)


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
