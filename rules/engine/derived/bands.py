"""Bands as SQL over cells, with the band of the last night where it matters."""

from __future__ import annotations

from collections.abc import Sequence

from rules.engine.derived.cells import cell
from rules.engine.sql import literal, name, text
from rules.language.derived import Banded, BandsOf, Step


def memory_key(derived: Banded) -> str:
    """The key of the band in `rules.tables.MEMORY`."""
    return f"band:{derived.name}"


def last_band(derived: Banded) -> str:
    """The query of (account_id, position) of the last night's bands; one that there is no longer is left out."""
    names = ", ".join(text(band) for band in derived.names)
    cases = " ".join(f"WHEN {text(band)} THEN {number}" for number, band in enumerate(derived.names))
    return (
        f"SELECT account_id, CASE value {cases} END AS position FROM memory "
        f"WHERE key = {text(memory_key(derived))} AND value IN ({names})"
    )


def last_table(derived: Banded) -> str:
    """What it is called where it is joined."""
    return name(f"last {derived.name}")


def banded(derived: Banded) -> str:
    """The name of the band; of the first known field."""
    before = f"{last_table(derived)}.position" if derived.remembers else None
    cases = " ".join(
        f"WHEN {cell(bands.field)} IS NOT NULL THEN {_ladder(bands, before)}" for bands in derived.by
    )
    return f"CASE {cases} END"


def _ladder(bands: BandsOf, before: str | None) -> str:
    """The highest band whose lower boundary is reached."""
    value, first, above = f"CAST({cell(bands.field)} AS DOUBLE)", bands.steps[0], bands.steps[1:]
    cases = [
        f"WHEN {value} >= {_boundary(step, number, before)} THEN {text(step.name)}"
        for number, step in reversed(list(_bounded(above)))
    ]
    return f"CASE {' '.join(cases)} ELSE {text(first.name)} END" if cases else text(first.name)


def _bounded(steps: Sequence[Step]) -> list[tuple[int, Step]]:
    return [(number, step) for number, step in enumerate(steps, start=1) if step.low is not None]


def _boundary(step: Step, number: int, before: str | None) -> str:
    low, up, down = (literal(float(bound or 0)) for bound in (step.low, step.up, step.down))
    if before is None or up == low == down:
        return low
    return f"CASE WHEN {before} IS NULL THEN {low} WHEN {before} < {number} THEN {up} ELSE {down} END"
