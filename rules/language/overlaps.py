"""Lists that lead to different territories and share values: the ZIP that two reps believe to be theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from rules.language.codes import Code
from rules.language.condition import All, Between, Condition, Constant, HasPrefix, In, InList, Test
from rules.language.normalise import quoted
from rules.language.problems import Problem, listing
from rules.language.ruleset import Rule, ValueList
from rules.language.yaml import Node, Origin


def overlaps(rules: Sequence[Rule], lists: Mapping[str, ValueList], origin: Origin) -> Iterator[Problem]:
    """One problem for each pair of lists that rules of one level and role take to different territories.

    Rules that no account can meet both, by another field that they both test, may share a list's values.
    """
    uses = [(rule, test) for rule in rules for test in conjuncts(rule.when) if isinstance(test, InList)]
    reported: set[frozenset[str]] = set()
    for (one, a), (other, b) in combinations(uses, 2):
        if a.list == b.list or a.field != b.field or (one.level, one.role) != (other.level, other.role):
            continue
        if (
            one.territory == other.territory
            or {a.list, b.list} in reported
            or are_disjoint(one, other, lists)
        ):
            continue
        shared = _shared(a.list, b.list, lists)
        if shared:
            reported.add(frozenset((a.list, b.list)))
            yield _problem(one, a.list, other, b.list, shared, origin)


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all hold."""
    return condition.parts if isinstance(condition, All) else (condition,)


def are_disjoint(one: Rule, other: Rule, lists: Mapping[str, ValueList]) -> bool:
    """Whether some field alone keeps every account from meeting both rules; False where that is not plain."""
    return any(
        _exclude(a, b, lists)
        for a in conjuncts(one.when)
        for b in conjuncts(other.when)
        if getattr(a, "field", None) is not None and getattr(a, "field", 0) == getattr(b, "field", 1)
    )


def _exclude(a: Condition, b: Condition, lists: Mapping[str, ValueList]) -> bool:
    if isinstance(a, Between) and isinstance(b, Between):
        return _apart(a, b) or _apart(b, a)
    first, second = _values(a, lists), _values(b, lists)
    if first is not None and second is not None:
        return not first & second
    if isinstance(a, HasPrefix) and second is not None:
        return not any(str(value).startswith(a.prefixes) for value in second)
    return isinstance(b, HasPrefix) and first is not None and _exclude(b, a, lists)


def _apart(low: Between, high: Between) -> bool:
    """Whether the first range ends before the second begins."""
    if low.high is None or high.low is None:
        return False
    touching = low.high == high.low and not (low.high_included and high.low_included)
    return low.high < high.low or touching  # type: ignore[operator]


def _values(test: Condition | Test, lists: Mapping[str, ValueList]) -> set[Constant] | None:
    if isinstance(test, In):
        return set(test.values)
    if isinstance(test, InList) and test.list in lists:
        return set(lists[test.list].values)
    return None


def _shared(a: str, b: str, lists: Mapping[str, ValueList]) -> list[Constant]:
    if a not in lists or b not in lists:
        return []
    return sorted(set(lists[a].values) & set(lists[b].values), key=str)


def _problem(one: Rule, a: str, other: Rule, b: str, shared: list[Constant], origin: Origin) -> Problem:
    message = (
        f"lists {quoted(a)} (rule {one.id}, territory {one.territory}) and {quoted(b)} (rule {other.id}, "
        f"territory {other.territory}) share {len(shared):,} {'value' if len(shared) == 1 else 'values'}: "
        f"{listing([str(value) for value in shared], 5)}"
    )
    at = Node(origin, other.source.line, other.source.column)
    return at.problem(Code.LIST_OVERLAP, message, "keep each in one list")
