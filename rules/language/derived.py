"""Fields that are worked out rather than read; conditions use them like any other field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.language.condition import Condition, FieldKind
from rules.language.expression import Expression
from rules.language.place import Source


@dataclass(frozen=True, slots=True)
class Step:
    """One band of several, from `low` up to the next one's; the first begins below everything (None).

    Hysteresis: an account comes up into the band at `up` (>= low) and falls out of it below `down` (<= low);
    both are `low` where nothing is said.
    """

    name: str
    low: float | None
    up: float | None
    down: float | None


@dataclass(frozen=True, slots=True)
class BandsOf:
    """The bands of one field of numbers, ascending; up of one is not above down of the next."""

    field: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Banded:
    """The name of the band that the first known field of `by` lies in; missing where none is known.

    The bands of every field have the same names in the same order. Where the account was in band p at the last
    look, the boundary below step i is at step i's `up` if p is below i, else at its `down`.
    """

    name: str
    by: tuple[BandsOf, ...]
    source: Source

    kind = FieldKind.TEXT

    @property
    def names(self) -> tuple[str, ...]:
        """Every band, ascending, folded."""
        return tuple(step.name for step in self.by[0].steps)

    @property
    def remembers(self) -> bool:
        """Whether the answer depends on the last one."""
        return any(step.up != step.down for bands in self.by for step in bands.steps)


@dataclass(frozen=True, slots=True)
class Computed:
    """An expression over other fields: a number, date, boolean or text, as `kind` says."""

    name: str
    kind: FieldKind
    expression: Expression
    source: Source


class Measure(StrEnum):
    """What is made of several records."""

    ANY = "any"
    """Whether there is one; false where there is none."""
    COUNT = "count"
    SUM = "sum"
    """Of the known values; missing where none is known."""
    EARLIEST = "earliest"
    LATEST = "latest"
    LOWEST = "lowest"
    HIGHEST = "highest"
    TOP = "top"
    """The value of the ultimate parent (families only)."""


@dataclass(frozen=True, slots=True)
class OfOpportunities:
    """A measure of the account's opportunities that meet the condition, which is over `OPPORTUNITY_FIELDS`.

    `field` is what is summed or compared, None for any and count. Deleted opportunities do not count.
    """

    name: str
    kind: FieldKind
    measure: Measure
    field: str | None
    where: Condition
    source: Source


@dataclass(frozen=True, slots=True)
class OfFamily:
    """A measure of a field over everybody with the same ultimate parent, the account itself among them.

    `any` is of a boolean field. `field` is one that is read from the CRM or an `OfOpportunities`.
    """

    name: str
    kind: FieldKind
    measure: Measure
    field: str | None
    source: Source


Derived = Banded | Computed | OfOpportunities | OfFamily

OPPORTUNITY_FIELDS = {
    "id": FieldKind.ID,
    "owner_id": FieldKind.ID,
    "name": FieldKind.TEXT,
    "stage": FieldKind.ID,
    "amount": FieldKind.NUMBER,
    "currency": FieldKind.TEXT,
    "probability": FieldKind.NUMBER,
    "close_date": FieldKind.DATE,
    "closed": FieldKind.BOOLEAN,
    "won": FieldKind.BOOLEAN,
    "created_at": FieldKind.DATE,
}
"""What conditions on opportunities may use. A stage is compared by the CRM's id of it, exactly; how far a deal
has come is better asked by `probability`, a share 0..1, which labels and languages do not change."""
