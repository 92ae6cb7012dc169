"""Finer kinds of text fields, as the rules declare them: `kinds: {segments: multi_select}`."""

from __future__ import annotations

from collections.abc import Mapping

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.yaml import MapNode, Node
from rules.language.values.normalise import quoted


def declared_kinds(
    node: Node | None,
    kinds: Mapping[str, FieldKind],
    fields: Mapping[str, FieldKind],
    problems: list[Problem],
) -> dict[str, FieldKind]:
    """The fields with the declared kinds; one that is unknown or no text stays as it is, and is reported."""
    found = dict(fields)
    keys = node.keys if isinstance(node, MapNode) else {}
    for name, kind in kinds.items():
        at = keys[name]
        if name not in fields:
            message = f"unknown field {quoted(name)}"
            problems.append(at.problem(Code.UNKNOWN_FIELD, message, did_you_mean(name, fields)))
        elif fields[name] not in (FieldKind.TEXT, kind):
            message = (
                f"{name} is a {fields[name].value.replace('_', ' ')}, and only text can be a {kind.value}"
            )
            problems.append(at.problem(Code.WRONG_KIND, message))
        else:
            found[name] = kind
    return found
