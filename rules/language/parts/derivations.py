"""Derived fields out of their sections, in an order in which each uses only those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.whenform import GROUPS
from rules.language.derived import Computed, Derived
from rules.language.mentions import fields_of_derived
from rules.language.parts.bandings import banded
from rules.language.parts.measures import family_fact, family_kind, opportunity_fact, opportunity_kind
from rules.language.reading.finding import source_of
from rules.language.reading.problems import Problem
from rules.language.reading.yaml import MapNode, Node, Scalar
from rules.language.sections.base import Section
from rules.language.sections.derived import (
    BandedSection,
    ComputedSection,
    FamilyFactSection,
    OpportunitySection,
)
from rules.language.values.folding import fold
from rules.language.values.normalise import quoted


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `derived:`; a wrong section is None, and its uses are not reported as well."""

    key: Scalar
    node: MapNode
    section: Section | None


def derived_kinds(
    entries: Sequence[Entry], fields: Mapping[str, FieldKind], problems: list[Problem]
) -> dict[str, FieldKind]:
    """The kind of every entry, before anything in it is read; names that are taken are reported."""
    known = {entry.key.text for entry in entries if _is_free(entry, fields, problems)}
    kinds = {e.key.text: _kind(e.section) for e in entries if not isinstance(e.section, FamilyFactSection)}
    facts = {e.key.text for e in entries if isinstance(e.section, OpportunitySection)}
    measured = {**{name: kinds[name] for name in facts}, **fields}
    for entry in entries:
        if isinstance(entry.section, FamilyFactSection):
            kinds[entry.key.text] = family_kind(entry.section, measured)
    return {name: kind for name, kind in kinds.items() if name in known}


def _is_free(entry: Entry, fields: Mapping[str, FieldKind], problems: list[Problem]) -> bool:
    """Whether the entry may have its name; a problem where not."""
    name = entry.key.text
    if name in fields or name in GROUPS:
        whose = "a field of the accounts" if name in fields else "an operator"
        message = f"derived field {quoted(name)} has the name of {whose}"
        problems.append(entry.key.problem(Code.DERIVED, message, "give it another name"))
        return False
    if not (name.isascii() and name.isidentifier()):
        message = f"{quoted(name)} is no name for a field"
        advice = "use letters, digits and '_', so that expressions can name it too"
        problems.append(entry.key.problem(Code.BAD_VALUE, message, advice))
    return True


def band_names(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """The names of the bands of every banded field, folded, before anything in it is read."""
    found = {}
    for entry in entries:
        if isinstance(entry.section, BandedSection):
            steps = entry.section.bands or (entry.section.by[0].bands if entry.section.by else ())
            found[entry.key.text] = tuple(fold(step.name) for step in steps)
    return found


def _kind(section: Section | None) -> FieldKind:
    match section:
        case ComputedSection():
            return FieldKind(section.type)
        case OpportunitySection():
            return opportunity_kind(section)
        case _:
            return FieldKind.TEXT


def derived(entries: Sequence[Entry], leaves: Leaves) -> dict[str, Derived]:
    """The derived fields; circles and parts that do not fit are reported. `leaves` knows all their kinds."""
    facts = {entry.key.text for entry in entries if isinstance(entry.section, OpportunitySection)}
    found: dict[str, Derived] = {}
    for entry in entries:
        if entry.key.text not in leaves.fields:
            continue
        made = _derived(entry, leaves, facts, {e.key.text for e in entries})
        if made is not None:
            found[entry.key.text] = made
    return _ordered(found, {entry.key.text: entry.key for entry in entries}, leaves)


def _derived(entry: Entry, leaves: Leaves, facts: set[str], names: set[str]) -> Derived | None:
    name, node = entry.key.text, entry.node
    match entry.section:
        case BandedSection() as section:
            return banded(name, node, section, leaves)
        case ComputedSection() as section:
            return _computed(name, node, section, leaves)
        case OpportunitySection() as section:
            return opportunity_fact(name, node, section, leaves)
        case FamilyFactSection() as section:
            return family_fact(name, node, section, leaves, names - facts)
        case _:
            return None


def _computed(name: str, node: MapNode, section: ComputedSection, leaves: Leaves) -> Computed | None:
    from rules.language.conditions.sqlexpression import expression

    written = node.get("expression")
    found = expression(written, leaves) if isinstance(written, Scalar) else None
    if found is None:
        return None
    tree, kind = found
    if kind is not FieldKind(section.type):
        message = f"{name} is a {kind.value}, and its type says {section.type}"
        leaves.report(node.values.get("type", node), Code.DERIVED, message, f"write 'type: {kind.value}'")
        return None
    return Computed(name, kind, tree, source_of(node))


def _ordered(found: Mapping[str, Derived], places: Mapping[str, Node], leaves: Leaves) -> dict[str, Derived]:
    """Each after those that it uses; a circle is reported once, and left out."""
    ordered: dict[str, Derived] = {}
    waiting = dict(found)
    while waiting:
        ready = [n for n, d in waiting.items() if not any(f in waiting for f in fields_of_derived(d))]
        if not ready:
            circle = _circle(waiting)
            message = f"derived field {quoted(circle[0])} uses itself: {' -> '.join([*circle, circle[0]])}"
            leaves.report(
                places[circle[0]], Code.DERIVED, message, "let one of them use fields of the CRM only"
            )
            break
        ordered |= {name: waiting.pop(name) for name in ready}
    return ordered


def _circle(waiting: Mapping[str, Derived]) -> list[str]:
    """Names that use each other in a circle, beginning with the first of them as written."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(f for f in fields_of_derived(waiting[path[-1]]) if f in waiting))
    circle = path[path.index(path[-1]) : -1]
    first = min(circle, key=list(waiting).index)
    return circle[circle.index(first) :] + circle[: circle.index(first)]
