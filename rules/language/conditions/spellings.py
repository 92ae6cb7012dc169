"""A condition in whichever of its two spellings it is written."""

from __future__ import annotations

from rules.language.codes import Code
from rules.language.condition import ALWAYS, Condition
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.whenform import structured
from rules.language.reading.yaml import MapNode, Scalar


def condition_of(node: MapNode, leaves: Leaves, what: str) -> Condition:
    """The condition of a mapping that has exactly one of `when` and `where`."""
    when, where = node.get("when"), node.get("where")
    if when is not None and where is not None:
        message = f"{what} has both 'when' and 'where'"
        leaves.report(node.keys["where"], Code.CONDITION, message, "keep one of them")
        return ALWAYS
    if when is not None and not (isinstance(when, Scalar) and when.is_null):
        return structured(when, leaves)
    if isinstance(where, Scalar):
        from rules.language.conditions.sqlform import sql

        return sql(where, leaves)
    advice = "write 'when: {}' to match every account"
    leaves.report(node, Code.CONDITION, f"{what} has no condition", advice)
    return ALWAYS
