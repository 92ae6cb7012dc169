"""The balance of a plan as rows: what it is today beside what it would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sync.report.table import Cell

if TYPE_CHECKING:
    from rules.measure.summary import MeasureSummary

LABELS = {
    "cv": "coefficient of variation",
    "gini": "Gini",
    "max_deviation": "largest deviation from target",
    "max_min": "largest / smallest",
    "within_tolerance": "share of reps within tolerance",
}


def told(measured: MeasureSummary) -> dict[str, Any]:
    """The measures that a plan's header keeps: values rounded to four places, null where unknown."""
    balances: dict[str, dict[str, Any]] = {}
    for balance in measured.balances():
        figures = {name: _rounded(getattr(balance, name).value) for name in LABELS}
        balances.setdefault(str(balance.basis), {})[str(balance.moment)] = figures | {"reps": balance.cv.n}
    overall = {
        name: {"value": _rounded(getattr(measured, name).value), "n": getattr(measured, name).n}
        for name in ("hours", "reps_needed", "potential", "coverage", "touches_30d", "touches_90d")
    }
    return {"balances": balances, "overall": overall}


def rows(balance: Mapping[str, Any]) -> list[list[Cell]]:
    """label, today, planned: of every figure that is known at one of the two moments."""
    found: list[list[Cell]] = []
    for basis, moments in balance.get("balances", {}).items():
        before, after = moments.get("before", {}), moments.get("after", {})
        for name, label in LABELS.items():
            if before.get(name) is not None or after.get(name) is not None:
                found.append([f"{basis}: {label}", before.get(name), after.get(name)])
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
