"""The workload section of the document as a checked value."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.spellings import condition_of
from rules.language.reading.finding import place
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import MapNode, Scalar
from rules.language.ruleset import Band, Complexity, Tier, Workload
from rules.language.sections.workload import BandSection, WorkloadSection
from rules.language.values.normalise import quoted


def workload(node: MapNode, section: WorkloadSection, leaves: Leaves) -> Workload:
    """The workload; unknown fields and tiers, and bands that overlap, go to the problems of `leaves`."""
    _check_field(node, section, leaves)
    _check_potential(node, leaves)
    _check_tiers(node, section, leaves)
    _check_bands(node, section.tier.bands, leaves)
    return Workload(
        tier_field=section.tier.field,
        tiers=tuple(Tier(name, t.touches, t.hours_per_touch) for name, t in section.tiers.items()),
        bands=tuple(Band(band.tier, band.low, band.below) for band in section.tier.bands),
        default_tier=section.default_tier,
        complexity=_complexity(node, section, leaves),
        travel_hours=section.travel_hours,
        hours_per_rep=section.capacity.hours_per_rep,
        qualifying=section.touches.qualifying,
        directions=section.touches.directions,
        tolerance=section.tolerance,
        potential_field=section.potential_field,
    )


def _check_field(node: MapNode, section: WorkloadSection, leaves: Leaves) -> None:
    at = place(node, "tier", "field")
    kind = leaves.kind(at) if isinstance(at, Scalar) else None
    if section.tier.bands and kind not in (None, FieldKind.INTEGER, FieldKind.NUMBER):
        assert kind is not None
        message = f"bands need a field of numbers, and {section.tier.field} is {kind.value}"
        leaves.report(at, Code.WRONG_KIND, message, "leave 'bands' out where the field holds the tier's name")


def _check_potential(node: MapNode, leaves: Leaves) -> None:
    at = node.get("potential_field")
    kind = leaves.kind(at) if isinstance(at, Scalar) else None
    if kind not in (None, FieldKind.INTEGER, FieldKind.NUMBER) and isinstance(at, Scalar):
        leaves.report(at, Code.WRONG_KIND, f"potential_field: {at.text} is no field of numbers")


def _check_tiers(node: MapNode, section: WorkloadSection, leaves: Leaves) -> None:
    named = [
        (band.tier, place(node, "tier", "bands", i, "tier")) for i, band in enumerate(section.tier.bands)
    ]
    if section.default_tier is not None:
        named.append((section.default_tier, place(node, "default_tier")))
    for tier, at in named:
        if tier not in section.tiers:
            leaves.report(
                at, Code.UNKNOWN_TIER, f"unknown tier {quoted(tier)}", did_you_mean(tier, section.tiers)
            )


def _check_bands(node: MapNode, bands: tuple[BandSection, ...], leaves: Leaves) -> None:
    taken: list[tuple[float, float, str]] = []
    for index, band in enumerate(bands):
        at = place(node, "tier", "bands", index)
        low = band.low if band.low is not None else float("-inf")
        high = band.below if band.below is not None else float("inf")
        if low >= high:
            message = f"band {quoted(band.tier)}: nothing lies from {low:g} below {high:g}"
            leaves.report(at, Code.EMPTY_RANGE, message, "the low end must be below the high end")
        for other_low, other_high, tier in taken:
            if low < other_high and other_low < high:
                message = f"bands {quoted(tier)} and {quoted(band.tier)} share values"
                leaves.report(
                    at, Code.OVERLAPPING_BANDS, message, "bands are half-open: end one where the next begins"
                )
        taken.append((low, high, band.tier))


def _complexity(node: MapNode, section: WorkloadSection, leaves: Leaves) -> tuple[Complexity, ...]:
    def made() -> Iterator[Complexity]:
        for index, weight in enumerate(section.complexity):
            at = place(node, "complexity", index)
            assert isinstance(at, MapNode)
            yield Complexity(
                weight.name, condition_of(at, leaves, f"complexity {weight.name!r}"), weight.weight
            )

    return tuple(made())
