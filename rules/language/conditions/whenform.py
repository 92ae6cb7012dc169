"""The structured spelling of a condition: a mapping of fields to values or operators, with all, any and not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.language.codes import Code
from rules.language.condition import ALWAYS, All, Any, Between, Condition, FieldKind, Not
from rules.language.conditions.bounds import between, days, is_empty
from rules.language.conditions.leaves import Leaves, Pins
from rules.language.conditions.operators import DAYS, PATTERNS, RANGES
from rules.language.conditions.patterns import pattern, prefix
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar
from rules.language.values.countries import country_code

GROUPS = ("all", "any", "not")


def structured(node: Node, leaves: Leaves, pins: Pins | None = None) -> Condition:
    """The condition of a `when`; an empty mapping is true of every account."""
    if not isinstance(node, MapNode):
        advice = "write 'field: value' pairs, or {} for every account"
        leaves.report(node, Code.CONDITION, "a condition must be a mapping", advice)
        return ALWAYS
    known = {**(pins or {}), **_pins(node, leaves.fields)}
    return conjunction(_entry(key, value, leaves, known) for key, value in node.entries())


def conjunction(parts: Iterable[Condition]) -> Condition:
    """All of the parts, nested ones lifted; one part stands for itself.

    A low and a high end of one field, where there is one of each, become one range.
    """
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, All) else (part,))]
    flat = _with_ranges(flat)
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _with_ranges(parts: list[Condition]) -> list[Condition]:
    """The parts with two halves of a range as one, where the first of them stands."""
    halves: dict[str, list[Between]] = {}
    for part in parts:
        if isinstance(part, Between) and (part.low is None) != (part.high is None):
            halves.setdefault(part.field, []).append(part)
    pairs = {f: p for f, p in halves.items() if len(p) == 2 and (p[0].low is None) != (p[1].low is None)}
    merged: list[Condition] = []
    for part in parts:
        pair = pairs.get(part.field) if isinstance(part, Between) else None
        if pair is None or not any(part is half for half in pair):
            merged.append(part)
        elif part is pair[0]:
            low, high = pair if pair[0].low is not None else (pair[1], pair[0])
            merged.append(Between(part.field, low.low, high.high, low.low_included, high.high_included))
    return merged


def disjunction(parts: Iterable[Condition]) -> Condition:
    """Any of the parts, nested ones lifted; one part stands for itself."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Any) else (part,))]
    return flat[0] if len(flat) == 1 else Any(tuple(flat))


def _pins(node: MapNode, fields: Mapping[str, FieldKind]) -> dict[str, str]:
    """The country fields that this mapping fixes to one country, by its own entries or those of its `all`."""
    found: dict[str, str] = {}
    for key, value in node.values.items():
        if key == "all" and isinstance(value, ListNode):
            for part in value.items:
                found |= _pins(part, fields) if isinstance(part, MapNode) else {}
        elif fields.get(key) is FieldKind.COUNTRY and (code := country_code(_only_value(value) or "")):
            found[key] = code
    return found


def _only_value(node: Node) -> str | None:
    if isinstance(node, MapNode):
        inner = node.get("eq") or node.get("in")
        return _only_value(inner) if inner is not None and not isinstance(inner, MapNode) else None
    if isinstance(node, ListNode):
        return _only_value(node.items[0]) if len(node.items) == 1 else None
    return node.text if isinstance(node, Scalar) else None


def _entry(key: Scalar, value: Node, leaves: Leaves, pins: Pins) -> Condition:
    if key.text in GROUPS:
        return _group(key, value, leaves, pins)
    kind = leaves.kind(key)
    if kind is None:
        return ALWAYS
    if isinstance(value, MapNode):
        return _operators(key, kind, value, leaves, pins)
    return leaves.one_of(key, _scalars(value, leaves), pins, value)


def _group(key: Scalar, value: Node, leaves: Leaves, pins: Pins) -> Condition:
    if key.text == "not":
        return Not(structured(value, leaves, pins))
    if not isinstance(value, ListNode):
        leaves.report(
            value, Code.CONDITION, f"{key.text!r} must be a list of conditions", "begin each with '- '"
        )
        return ALWAYS
    if not value.items:
        leaves.report(value, Code.EMPTY_VALUES, f"{key.text!r} has no conditions")
        return ALWAYS
    parts = [structured(item, leaves, pins) for item in value.items]
    if key.text == "any":
        return disjunction(parts)
    whole = conjunction(parts)
    for part in whole.parts if isinstance(whole, All) else (whole,):
        if isinstance(part, Between) and part not in parts and is_empty(part):
            message = f"{part.field}: nothing lies inside all of these ranges"
            leaves.report(value, Code.EMPTY_RANGE, message, "the low end must be below the high end")
    return whole


def _operators(name: Scalar, kind: FieldKind, node: MapNode, leaves: Leaves, pins: Pins) -> Condition:
    if not node.values:
        leaves.report(node, Code.EMPTY_VALUES, f"{name.text}: no operator")
    good = [(op, value) for op, value in node.entries() if leaves.allows(name, kind, op)]
    parts = [_operator(name, op, value, leaves, pins) for op, value in good if op.text not in RANGES]
    bounds = {op.text: word for op, value in good if op.text in RANGES and (word := _scalar(value, leaves))}
    if bounds:
        parts.append(between(leaves, name, bounds, pins))
    return conjunction(parts)


def _operator(name: Scalar, op: Scalar, value: Node, leaves: Leaves, pins: Pins) -> Condition:
    match op.text:
        case "in" | "not_in":
            test = leaves.one_of(name, _scalars(value, leaves), pins, value)
            return Not(test) if op.text == "not_in" else test
        case "all_of":
            return leaves.all_of(name, _scalars(value, leaves), value)
        case "prefix":
            return prefix(leaves, name, _scalars(value, leaves), pins, value)
        case operator if operator in PATTERNS:
            return pattern(leaves, name, operator, _scalars(value, leaves), value)
        case _:
            word = _scalar(value, leaves)
            return _single(name, op, word, leaves, pins) if word else ALWAYS


def _single(name: Scalar, operator: Scalar, word: Scalar, leaves: Leaves, pins: Pins) -> Condition:
    match operator.text:
        case "in_list":
            return leaves.in_list(name, word)
        case "not_in_list":
            return Not(leaves.in_list(name, word))
        case "is_missing":
            return leaves.missing_is(name, word)
        case text if text in DAYS:
            return days(leaves, name, operator, word)
        case text:
            test = leaves.one_of(name, [word], pins, word)
            return Not(test) if text == "not_eq" else test


def _scalar(node: Node, leaves: Leaves) -> Scalar | None:
    if isinstance(node, Scalar):
        return node
    leaves.report(node, Code.BAD_VALUE, "one value is wanted here")
    return None


def _scalars(node: Node, leaves: Leaves) -> list[Scalar]:
    items = node.items if isinstance(node, ListNode) else (node,)
    words = [_scalar(item, leaves) for item in items]
    return [word for word in words if word is not None]
