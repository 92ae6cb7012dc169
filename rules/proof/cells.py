"""Per field: cells of values that no test can tell apart, each with a value of it that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.language.condition import Constant, FieldKind, Test

MISSING = 0
"""The cell of the missing value, of every field."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Values that pass the same tests; `value` is one of them, None for the missing value."""

    value: Constant | None
    country: str | None = None
    """The country of a state or postal code."""
    natural: bool = True
    """False where every value is odd though possible: fewer than no employees."""
    real: bool = True
    """False where nobody knows whether there is such a value: what hangs on it is undecided."""
    span: tuple[int | float | None, int | float | None] = (None, None)
    """Of numbers and dates, on the scale of `rules.engine.masking.thresholds`: from the first up to the second."""


@dataclass(frozen=True, slots=True)
class FieldCells:
    """The cells of one field, `MISSING` first; a set of cells is an integer with bit c set for cell c.

    Of a multi-select they are cells of one item, and an account has any number of them.
    """

    field: str
    kind: FieldKind
    cells: tuple[Cell, ...]
    truth: Mapping[Test, int]
    """The cells that pass a test; of `IsMissing` the missing value alone."""
    country: str | None = None
    """Of states and postal codes: the field with their country."""
    is_open: bool = False
    """The last cell stands for values of which nothing is known: they may pass any tests."""

    @property
    def is_several(self) -> bool:
        """An account has several values at once."""
        return self.kind is FieldKind.MULTI_SELECT


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells before they belong to a field, without the missing value: number c is cell c + 1 there."""

    cells: tuple[Cell, ...]
    truth: Mapping[Test, int]
    is_open: bool = False
