"""Lists that lead to different targets and share values: the ZIP that two reps believe to be theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from rules.language.active import Active
from rules.language.codes import Code
from rules.language.condition import All, Any, Between, Condition, Constant, HasPrefix, In, InList
from rules.language.reading.problems import Problem, listing
from rules.language.reading.yaml import Origin
from rules.language.ruleset import Action, Rule, ValueList
from rules.language.values.normalise import quoted

Values = Mapping[str, frozenset[Constant]]
"""The values of each list."""


@dataclass(frozen=True, slots=True)
class Use:
    """A list that a rule asks for, and everything that holds of an account that the rule takes by it."""

    rule: Rule
    test: InList
    beside: tuple[Condition, ...]


def overlaps(rules: Sequence[Rule], lists: Mapping[str, ValueList], origin: Origin) -> Iterator[Problem]:
    """One problem for each pair of lists that rules of one level and role take to different targets.

    Rules that no account can meet both, by another field that they both test, may share a list's values; so
    may rules of which one names the other in `over`.
    """
    groups: dict[tuple[str, str, str], dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        for use in uses_of(rule) if rule.action is Action.ASSIGN else ():
            groups[rule.level, rule.role, use.test.field][use.test.list].append(use)
    asked = {name for group in groups.values() for name in group if name in lists}
    values = {name: frozenset(lists[name].values) for name in asked}
    for group in groups.values():
        for (a, b), shared in sharing({name: values[name] for name in group if name in values}).items():
            pair = next(_clashes(group[a], group[b], values), None)
            if pair is not None:
                yield _problem(*pair, list(chain.from_iterable(shared)), origin)


def uses_of(rule: Rule) -> Iterator[Use]:
    """The lists in whose favour the rule decides: those that are denied keep accounts out, and are left out."""
    yield from _uses(rule, rule.when, ())


def _uses(rule: Rule, condition: Condition, beside: tuple[Condition, ...]) -> Iterator[Use]:
    match condition:
        case InList():
            yield Use(rule, condition, (*beside, condition))
        case All(parts):
            for part in parts:
                yield from _uses(rule, part, (*beside, *(p for p in parts if p is not part)))
        case Any(parts):
            for part in parts:
                yield from _uses(rule, part, beside)


def sharing(values: Values) -> dict[tuple[str, str], list[list[Constant]]]:
    """Pairs of lists that have values in common, and those in groups; in the order of the lists.

    Each value is looked at once: lists are compared only where one value stands in several of them.
    """
    names = list(values)
    holders: dict[Constant, list[str]] = defaultdict(list)
    for name in names:
        for value in values[name]:
            holders[value].append(name)
    together: dict[tuple[str, ...], list[Constant]] = defaultdict(list)
    for value, found in holders.items():
        if len(found) > 1:
            together[tuple(found)].append(value)
    pairs: dict[tuple[str, str], list[list[Constant]]] = defaultdict(list)
    for found_names, shared in together.items():
        for a, b in combinations(found_names, 2):
            pairs[a, b].append(shared)
    order = {name: number for number, name in enumerate(names)}
    return {pair: pairs[pair] for pair in sorted(pairs, key=lambda p: (order[p[0]], order[p[1]]))}


def _clashes(some: Sequence[Use], others: Sequence[Use], values: Values) -> Iterator[tuple[Use, Use]]:
    """Pairs of uses that one account can meet and that send it to different targets."""
    for one in some:
        for other in others:
            is_meant = one.rule.id in other.rule.over or other.rule.id in one.rule.over
            if _target(one.rule) == _target(other.rule) or is_meant:
                continue
            if not are_disjoint(one.beside, other.beside, values) and _meet(
                one.rule.active, other.rule.active
            ):
                yield one, other


def _target(rule: Rule) -> tuple[str | None, ...]:
    return rule.territory, rule.owner, rule.pod


def _meet(one: Active, other: Active) -> bool:
    """Whether some day may be one of both."""
    ends_first = one.until is not None and other.since is not None and one.until < other.since
    begins_last = other.until is not None and one.since is not None and other.until < one.since
    return not ends_first and not begins_last


def are_disjoint(some: Sequence[Condition], others: Sequence[Condition], values: Values) -> bool:
    """Whether some field alone keeps every account from meeting all of both; False where that is not plain."""
    return any(
        _exclude(a, b, values)
        for a in some
        for b in others
        if getattr(a, "field", None) is not None and getattr(a, "field", 0) == getattr(b, "field", 1)
    )


def _exclude(a: Condition, b: Condition, values: Values) -> bool:
    if isinstance(a, Between) and isinstance(b, Between):
        return _apart(a, b) or _apart(b, a)
    first, second = _values(a, values), _values(b, values)
    if first is not None and second is not None:
        return first.isdisjoint(second)
    if isinstance(a, HasPrefix) and second is not None:
        return not any(str(value).startswith(a.prefixes) for value in second)
    return isinstance(b, HasPrefix) and first is not None and _exclude(b, a, values)


def _apart(low: Between, high: Between) -> bool:
    """Whether the first range ends before the second begins."""
    if low.high is None or high.low is None or type(low.high) is not type(high.low):
        return False
    touching = low.high == high.low and not (low.high_included and high.low_included)
    return low.high < high.low or touching  # type: ignore[operator]


def _values(test: Condition, values: Values) -> frozenset[Constant] | None:
    if isinstance(test, In):
        return frozenset(test.values)
    return values.get(test.list) if isinstance(test, InList) else None


def _problem(one: Use, other: Use, shared: Sequence[Constant], origin: Origin) -> Problem:
    message = (
        f"lists {_told(one)} and {_told(other)} share {len(shared):,} "
        f"{'value' if len(shared) == 1 else 'values'}: {listing(sorted(map(str, shared)), 5)}"
    )
    source = other.rule.source
    line = origin.line(source.line) if source.file == origin.name else ""
    advice = "keep each in one list, or let one rule name the other in 'over'"
    return Problem(source.file, source.line, source.column, Code.LIST_OVERLAP, message, advice, line)


def _told(use: Use) -> str:
    return f"{quoted(use.test.list)} (rule {use.rule.id}, territory {use.rule.territory})"
