"""Facts of an account's opportunities and of its family, out of their sections."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from rules.language.codes import Code
from rules.language.condition import ALWAYS, All, Any, Between, Condition, FieldKind, In, Not
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.whenform import structured
from rules.language.derived import OPPORTUNITY_FIELDS, Measure, OfFamily, OfOpportunities
from rules.language.reading.finding import place, source_of
from rules.language.reading.yaml import MapNode, Node, Scalar
from rules.language.sections.derived import FamilyFactSection, OpportunitySection

_NUMBERS = (FieldKind.INTEGER, FieldKind.NUMBER)
_KINDS: Mapping[Measure, tuple[FieldKind, ...]] = {
    Measure.SUM: _NUMBERS,
    Measure.LOWEST: _NUMBERS,
    Measure.HIGHEST: _NUMBERS,
    Measure.EARLIEST: (FieldKind.DATE,),
    Measure.LATEST: (FieldKind.DATE,),
    Measure.TOP: tuple(FieldKind),
}
"""What each measure is made of; those that are not here need no field."""
_GIVES = {
    Measure.ANY: FieldKind.BOOLEAN,
    Measure.COUNT: FieldKind.INTEGER,
    Measure.EARLIEST: FieldKind.DATE,
    Measure.LATEST: FieldKind.DATE,
}
"""The kind that each measure gives, where it is not a number."""


def opportunity_kind(section: OpportunitySection) -> FieldKind:
    """The kind of the fact, whatever its field."""
    return _GIVES.get(section.opportunities, FieldKind.NUMBER)


def family_kind(section: FamilyFactSection, fields: Mapping[str, FieldKind]) -> FieldKind:
    """The kind of the fact; that of its field for the ultimate parent's value."""
    if section.family is Measure.TOP:
        return fields.get(section.field or "", FieldKind.TEXT)
    return _GIVES.get(section.family, FieldKind.NUMBER)


def opportunity_fact(
    name: str, node: MapNode, section: OpportunitySection, leaves: Leaves
) -> OfOpportunities | None:
    """The fact; None, and problems, where its condition or field is no opportunity's."""
    before = len(leaves.problems)
    theirs = replace(leaves, fields=OPPORTUNITY_FIELDS, synonyms={}, bands={})
    measure = section.opportunities
    _check_field(name, node, measure, _KINDS.get(measure, ()), theirs)
    where = _where(node.get("where"), theirs)
    _check_shares(name, place(node, "where"), where, theirs)
    found = OfOpportunities(name, opportunity_kind(section), measure, section.field, where, source_of(node))
    return found if len(leaves.problems) == before else None


def _where(node: Node | None, leaves: Leaves) -> Condition:
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return ALWAYS
    if isinstance(node, Scalar):
        from rules.language.conditions.sqlform import sql

        return sql(node, leaves)
    return structured(node, leaves)


def _check_shares(name: str, at: Node, where: Condition, leaves: Leaves) -> None:
    """Reports a probability in percent: no deal would ever be at 50."""
    if any(isinstance(bound, int | float) and bound > 1 for bound in _bounds(where, "probability")):
        message = f"{name}: a probability is a share from 0 to 1, however the CRM shows it"
        leaves.report(at, Code.WRONG_KIND, message, "write 0.5 for 50 %")


def _bounds(condition: Condition, field: str) -> Iterator[object]:
    """What the field is compared with."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _bounds(part, field)
        case Not(part):
            yield from _bounds(part, field)
        case In() if condition.field == field:
            yield from condition.values
        case Between() if condition.field == field:
            yield from (condition.low, condition.high)


def family_fact(
    name: str, node: MapNode, section: FamilyFactSection, leaves: Leaves, unusable: Collection[str]
) -> OfFamily | None:
    """The fact; None, and problems, where its field is of a wrong kind or `unusable` (derived itself)."""
    before = len(leaves.problems)
    measure = section.family
    wanted = (FieldKind.BOOLEAN,) if measure is Measure.ANY else _KINDS.get(measure, ())
    _check_field(name, node, measure, wanted, leaves)
    if section.field in unusable:
        message = f"{name}: {section.field} is derived, and not a fact of opportunities"
        advice = "a family is measured by fields of the CRM and by facts of opportunities"
        leaves.report(place(node, "field"), Code.DERIVED, message, advice)
    kind = family_kind(section, leaves.fields)
    found = OfFamily(name, kind, measure, section.field, source_of(node))
    return found if len(leaves.problems) == before else None


def _check_field(
    name: str, node: MapNode, measure: Measure, wanted: tuple[FieldKind, ...], leaves: Leaves
) -> None:
    """Reports a field that the measure does not need, cannot be made of, or lacks."""
    at = node.get("field")
    if at is None or not isinstance(at, Scalar):
        if wanted:
            message = f"{name}: say which 'field' the {measure.value} is of"
            leaves.report(node, Code.MISSING_KEY, message)
    elif not wanted:
        message = f"{name}: {measure.value!r} needs no field"
        leaves.report(at, Code.DERIVED, message, "leave 'field' out, and say in 'where' what counts")
    elif (kind := leaves.kind(at)) is not None and kind not in wanted:
        message = f"{name}: there is no {measure.value} of {at.text}, a {kind.value.replace('_', ' ')}"
        leaves.report(at, Code.DERIVED, message)
