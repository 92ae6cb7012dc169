"""Bands out of their section: ascending, with room to swing in where they have hysteresis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.derived import Banded, BandsOf, Step
from rules.language.reading.finding import place, source_of
from rules.language.reading.yaml import MapNode, Node, Scalar
from rules.language.sections.derived import BandedSection, StepSection
from rules.language.values.folding import fold
from rules.language.values.normalise import quoted


def banded(name: str, node: MapNode, section: BandedSection, leaves: Leaves) -> Banded | None:
    """The bands; None, and problems, where they are none."""
    before = len(leaves.problems)
    if (section.by is None) == (section.bands is None and section.of is None):
        message = f"{name}: bands are either 'bands' with 'of', or 'by'"
        leaves.report(node, Code.BANDS, message, "write 'of: employees' beside 'bands'")
        return None
    by = tuple(_fields(name, node, section, leaves))
    for other in by[1:]:
        if [step.name for step in other.steps] != [step.name for step in by[0].steps]:
            message = f"{name}: the bands of {other.field} have other names than those of {by[0].field}"
            leaves.report(place(node, "by"), Code.BANDS, message, "name the same bands in the same order")
    found = Banded(name, by, source_of(node))
    return found if by and len(leaves.problems) == before else None


def _fields(name: str, node: MapNode, section: BandedSection, leaves: Leaves) -> Iterator[BandsOf]:
    """The bands of every field; fields that are none of numbers, and bands that do not ascend, are reported."""
    if section.by is not None:
        for index, entry in enumerate(section.by):
            at = place(node, "by", index)
            _check_field(name, place(at, "of"), leaves)
            yield BandsOf(entry.of, _steps(name, place(at, "bands"), entry.bands, section.hysteresis, leaves))
        return
    if section.bands is None or section.of is None:
        missing = "of" if section.of is None else "bands"
        leaves.report(node, Code.MISSING_KEY, f"{missing!r} is missing here")
        return
    steps = _steps(name, place(node, "bands"), section.bands, section.hysteresis, leaves)
    for index, field in enumerate(section.of):
        _check_field(name, place(node, "of", index), leaves)
        yield BandsOf(field, steps)


def _check_field(name: str, at: Node, leaves: Leaves) -> None:
    kind = leaves.kind(at) if isinstance(at, Scalar) else None
    if isinstance(at, Scalar) and kind not in (None, FieldKind.INTEGER, FieldKind.NUMBER):
        message = f"{name}: bands are of numbers, and {at.text} is {str(kind).replace('_', ' ')}"
        leaves.report(at, Code.WRONG_KIND, message)


def _steps(
    name: str, at: Node, sections: Sequence[StepSection], hysteresis: float | None, leaves: Leaves
) -> tuple[Step, ...]:
    steps = tuple(_step(section, hysteresis or 0.0) for section in sections)
    _check_names(name, at, steps, leaves)
    if sections[0].low is not None or sections[0].up is not None or sections[0].down is not None:
        message = f"{name}: the first band begins below everything"
        leaves.report(place(at, 0), Code.BANDS, message, "leave its 'from' out, or put a band before it")
    for index, step in enumerate(steps[1:], start=1):
        _check_step(name, place(at, index), step, leaves)
    for index, (lower, upper) in enumerate(pairwise(steps[1:]), start=2):
        _check_order(name, place(at, index), lower, upper, leaves)
    return steps


def _step(section: StepSection, hysteresis: float) -> Step:
    low = section.low
    if low is None:
        return Step(fold(section.name), None, section.up, section.down)
    up = section.up if section.up is not None else _rounded(low + abs(low) * hysteresis)
    down = section.down if section.down is not None else _rounded(low - abs(low) * hysteresis)
    return Step(fold(section.name), low, up, down)


def _rounded(value: float) -> float:
    """To 12 digits: 200 and a tenth of it are 220, not 220.00000000000003."""
    return float(f"{value:.12g}")


def _check_names(name: str, at: Node, steps: Sequence[Step], leaves: Leaves) -> None:
    seen: set[str] = set()
    for index, step in enumerate(steps):
        if step.name in seen:
            leaves.report(place(at, index), Code.BANDS, f"{name}: band {quoted(step.name)} stands here twice")
        seen.add(step.name)


def _check_step(name: str, at: Node, step: Step, leaves: Leaves) -> None:
    if step.low is None or step.up is None or step.down is None:
        message = f"{name}: band {quoted(step.name)} does not say where it begins"
        leaves.report(at, Code.BANDS, message, "only the first band is without 'from'")
    elif not step.down <= step.low <= step.up:
        message = (
            f"{name}: band {quoted(step.name)} has up {step.up:g}, from {step.low:g}, down {step.down:g}"
        )
        leaves.report(at, Code.BANDS, message, "'up' is not below 'from', and 'down' not above it")


def _check_order(name: str, at: Node, lower: Step, upper: Step, leaves: Leaves) -> None:
    if None in (lower.low, upper.low, lower.up, upper.down):
        return
    assert lower.low is not None and upper.low is not None
    assert lower.up is not None and upper.down is not None
    if lower.low >= upper.low:
        message = f"{name}: band {quoted(upper.name)} begins at {upper.low:g}, not above {lower.low:g}"
        leaves.report(at, Code.BANDS, message, "write bands from the lowest to the highest")
    elif lower.up > upper.down:
        message = (
            f"{name}: an account comes up into {quoted(lower.name)} at {lower.up:g}, "
            f"and falls out of {quoted(upper.name)} only below {upper.down:g}"
        )
        leaves.report(at, Code.BANDS, message, "make the hysteresis smaller, or the band wider")
