"""An account that a proof speaks of, as values that rules compare and as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.language.condition import FieldKind
from rules.language.reading.problems import safe
from rules.language.record import Value
from rules.language.values.folding import fold
from rules.language.values.multiselect import SEPARATOR
from rules.proof.cells import MISSING, FieldCells
from rules.reasons import label, value_of


@dataclass(frozen=True, slots=True)
class Account:
    """Normalised values by field; a field that is not there, or None, is missing.

    `shown` names the fields that matter, in order; derived ones have the value that the others lead to.
    """

    values: Mapping[str, Value | None]
    shown: tuple[str, ...]
    kinds: Mapping[str, FieldKind]

    def __str__(self) -> str:
        parts = [f"{label(field)}: {self.text(field)}" for field in self.shown]
        return ", ".join(parts) or "any account"

    def text(self, field: str) -> str:
        """One value as a person would write it."""
        value = self.values.get(field)
        return "missing" if value is None else readable(self.kinds[field], value)

    @property
    def raw(self) -> dict[str, str | None]:
        """What a CRM would hold so that rules read these values; fields that are not here are empty."""
        return {
            field: None if value is None else written(self.kinds[field], value)
            for field, value in self.values.items()
        }


def readable(kind: FieldKind, value: Value) -> str:
    """The value as it is shown: "Banking", "02108", "1,000"."""
    if isinstance(value, tuple):
        return " and ".join(readable(FieldKind.TEXT, item) for item in value)
    if kind is FieldKind.TEXT and isinstance(value, str):
        title = value.title()
        return safe(title if fold(title) == value else value)
    if kind in (FieldKind.STATE, FieldKind.POSTAL_CODE, FieldKind.DATE):
        return written(kind, value)
    return value_of(value)


def written(kind: FieldKind, value: Value) -> str:
    """The value as text of a CRM's column."""
    if isinstance(value, tuple):
        return SEPARATOR.join(written(FieldKind.TEXT, item) for item in value)
    if kind in (FieldKind.STATE, FieldKind.POSTAL_CODE):
        return str(value).partition("-")[2]
    if kind is FieldKind.TEXT and isinstance(value, str):
        title = value.title()
        return title if fold(title) == value else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def account_of(
    cells: Mapping[str, tuple[int, ...]],
    fields: Mapping[str, FieldCells],
    shown: tuple[str, ...],
    kinds: Mapping[str, FieldKind],
) -> Account:
    """The account whose fields lie in these cells."""
    values = {field: value_in(fields[field], found) for field, found in cells.items()}
    return Account(values, shown, kinds)


def value_in(found: FieldCells, cells: tuple[int, ...]) -> Value | None:
    """A value of the cells, None for the missing one."""
    if cells == (MISSING,):
        return None
    if found.is_several:
        return tuple(sorted(str(found.cells[cell].value) for cell in cells))
    return found.cells[cells[0]].value
