"""What the value of one field says of another's: states and countries, bands and numbers, what is never missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.language.condition import Between, Condition, In, IsMissing
from rules.language.derived import Banded, BandsOf, Computed, Measure, OfFamily, OfOpportunities
from rules.proof.cells import MISSING
from rules.proof.circuit import FALSE, TRUE, Literal
from rules.proof.computed import choices, choose

if TYPE_CHECKING:
    from rules.proof.encode import Encoding


def link(encoding: Encoding) -> None:
    """Adds what holds between fields of every account."""
    for field in encoding.fields:
        _known(encoding, field)
        _lies_in_country(encoding, field)
        derived = encoding.rules.derived.get(field)
        if isinstance(derived, Banded):
            _in_band(encoding, derived)
        elif isinstance(derived, Computed) and (given := choices(derived)) is not None:
            choose(encoding, derived, given)


def _known(encoding: Encoding, field: str) -> None:
    """Fields that are declared to be known, and counts, are."""
    domain, derived = encoding.rules.domains.get(field), encoding.rules.derived.get(field)
    counts = isinstance(derived, OfOpportunities | OfFamily) and derived.measure in (
        Measure.ANY,
        Measure.COUNT,
    )
    if counts or (domain is not None and domain.required):
        encoding.circuit.require(-encoding.variables[field].missing)


def _lies_in_country(encoding: Encoding, field: str) -> None:
    found = encoding.fields[field]
    if found.country is None:
        if any(cell.country for cell in found.cells):
            encoding.circuit.require(encoding.variables[field].missing)
        return
    at = {cell.value: number for number, cell in enumerate(encoding.fields[found.country].cells)}
    inside: dict[str | None, int] = {}
    for number, cell in enumerate(found.cells):
        if number != MISSING:
            inside[cell.country] = inside.get(cell.country, 0) | 1 << number
    for country, cells in inside.items():
        here = encoding.variables[found.country].within(1 << at[country]) if country in at else FALSE
        encoding.circuit.require(-encoding.variables[field].within(cells), here)


def _in_band(encoding: Encoding, banded: Banded) -> None:
    """The band is that of the first known field; another one only where it may have been remembered."""
    circuit, variables = encoding.circuit, encoding.variables
    before: list[Literal] = []
    for bands in banded.by:
        present = -variables[bands.field].missing
        decides = circuit.both((*before, present))
        for number, step in enumerate(bands.steps):
            named = encoding.truths(In(banded.name, (step.name,)))[0]
            first, kept = _reach(encoding, bands, number)
            circuit.require(-decides, encoding.remembered, -named, first)
            circuit.require(-decides, -named, kept)
        circuit.require(-decides, -variables[banded.name].missing)
        before.append(-present)
    circuit.require(-circuit.both(before), variables[banded.name].missing)


def _reach(encoding: Encoding, bands: BandsOf, number: int) -> tuple[Literal, Literal]:
    """That a first look gives the band, and that any look may."""
    step = bands.steps[number]
    following = bands.steps[number + 1] if number + 1 < len(bands.steps) else None

    def above(bound: float | None) -> Literal:
        test: Condition = IsMissing(bands.field) if bound is None else Between(bands.field, low=bound)
        return TRUE if bound is None else encoding.truths(test)[0]

    def below(bound: float | None) -> Literal:
        return TRUE if bound is None else -above(bound)

    both = encoding.circuit.both
    return (
        both((above(step.low), below(following.low if following else None))),
        both((above(step.down), below(following.up if following else None))),
    )
