"""One field of an account as variables: which of its cells the value lies in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from rules.language.condition import IsMissing, Test
from rules.proof.cells import MISSING, FieldCells
from rules.proof.circuit import FALSE, TRUE, Circuit, Literal


class FieldVariables:
    """Variable k says "cell k or a later one", so that every assignment of them is exactly one cell."""

    def __init__(self, circuit: Circuit, found: FieldCells, doubt: Literal) -> None:
        """`doubt` must hold for cells of which nobody knows whether there is a value in them."""
        self.found, self._circuit = found, circuit
        self.steps = [circuit.new() for _ in range(len(found.cells) - 1)]
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            circuit.require(-following, step)
        self._unknown: dict[Test, Literal] = {}
        unreal = sum(1 << c for c, cell in enumerate(found.cells) if not cell.real)
        if unreal:
            circuit.require(-self.within(unreal), doubt)

    @property
    def missing(self) -> Literal:
        """The value is missing."""
        return -self.steps[0] if self.steps else TRUE

    def within(self, cells: int) -> Literal:
        """The value lies in one of the set of cells."""
        everything = (1 << len(self.found.cells)) - 1
        outside = everything & ~cells
        if _runs(outside) < _runs(cells):
            return -self.within(outside)
        return self._circuit.either(self._run(first, end) for first, end in runs_of(cells))

    def passes(self, test: Test) -> Literal:
        """The test is true."""
        plain = self.within(self.found.truth[test])
        if not self.found.is_open or isinstance(test, IsMissing):
            return plain
        if test not in self._unknown:
            self._unknown[test] = self._circuit.new()
        last = self.within(1 << len(self.found.cells) - 1)
        return self._circuit.either((plain, self._circuit.both((last, self._unknown[test]))))

    def cells(self, model: Sequence[Literal]) -> tuple[int, ...]:
        """The cell that the value lies in; `model` has every variable in order, negative where it is false."""
        return (bisect_left(self.steps, True, key=lambda step: model[step - 1] < 0),)

    def preferred(self) -> list[Literal]:
        """What makes the value missing: the phase that a solver begins with."""
        return [-step for step in self.steps]

    def _run(self, first: int, end: int) -> Literal:
        return self._circuit.both((self._from(first), -self._from(end)))

    def _from(self, cell: int) -> Literal:
        if cell == 0:
            return TRUE
        return self.steps[cell - 1] if cell <= len(self.steps) else FALSE


class ItemVariables(FieldVariables):
    """A multi-select: variable k says that there is an item of cell k; none is the missing value."""

    def __init__(self, circuit: Circuit, found: FieldCells, doubt: Literal) -> None:
        self.found, self._circuit = found, circuit
        self.steps = [circuit.new() for _ in range(len(found.cells) - 1)]
        self._unknown = {}
        for item, cell in zip(self.steps, found.cells[1:], strict=True):
            if not cell.real:
                circuit.require(-item, doubt)

    @property
    def missing(self) -> Literal:
        return -self._circuit.either(self.steps)

    def within(self, cells: int) -> Literal:
        items = [item for number, item in enumerate(self.steps, 1) if cells >> number & 1]
        return self._circuit.either([self.missing, *items] if cells >> MISSING & 1 else items)

    def cells(self, model: Sequence[Literal]) -> tuple[int, ...]:
        found = tuple(number for number, item in enumerate(self.steps, 1) if model[item - 1] > 0)
        return found or (MISSING,)


def variables_of(circuit: Circuit, found: FieldCells, doubt: Literal) -> FieldVariables:
    """Variables of the field's sort."""
    return (ItemVariables if found.is_several else FieldVariables)(circuit, found, doubt)


def runs_of(cells: int) -> list[tuple[int, int]]:
    """The stretches of a set, as [first, end)."""
    runs = []
    while cells:
        first = (cells & -cells).bit_length() - 1
        shifted = cells >> first
        length = (~shifted & shifted + 1).bit_length() - 1
        runs.append((first, first + length))
        cells = shifted >> length << (first + length)
    return runs


def _runs(cells: int) -> int:
    """How many stretches a set has."""
    return (cells & ~(cells << 1)).bit_count()
