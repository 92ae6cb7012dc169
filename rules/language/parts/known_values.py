"""What the document knows of the values of fields, for the proofs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rules.language.codes import Code
from rules.language.condition import In
from rules.language.conditions.leaves import Leaves
from rules.language.reading.finding import place
from rules.language.reading.yaml import ListNode, MapNode, Scalar
from rules.language.ruleset import Domain
from rules.language.sections.document import DomainSection


def known_values(
    sections: Iterable[tuple[Scalar, MapNode, DomainSection | None]], derived: Collection[str], leaves: Leaves
) -> dict[str, Domain]:
    """By field; values that are none of the field's kind are reported, and derived fields, which nobody fills in."""
    found = {}
    for key, node, section in sections:
        if leaves.kind(key) is None or section is None:
            continue
        if key.text in derived:
            message = f"{key.text} is derived: what it can be follows from what it is made of"
            leaves.report(key, Code.DERIVED, message, "speak of those fields")
            continue
        values = place(node, "values")
        words = (
            [item for item in values.items if isinstance(item, Scalar)]
            if isinstance(values, ListNode)
            else []
        )
        test = leaves.one_of(key, words, {}, values) if words else None
        known = tuple(sorted(test.values, key=repr)) if isinstance(test, In) else None
        found[key.text] = Domain(section.required, known)
    return found
