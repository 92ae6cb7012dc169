"""Rule sets for the benchmark of the proofs: a clean one as large teams have it, and faults planted in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from rules.language.active import Active
from rules.language.condition import (
    ALWAYS,
    All,
    Any,
    Between,
    Condition,
    FieldKind,
    HasPrefix,
    In,
    InList,
    Not,
)
from rules.language.fields import STANDARD_FIELDS
from rules.language.place import Source
from rules.language.ruleset import (
    EXCEPTIONS,
    Domain,
    ExceptionNote,
    IfUnknown,
    Mode,
    Rule,
    RuleSet,
    ValueList,
)
from rules.proof.codes import ProofCode

AS_OF = date(2026, 11, 23)
LEVELS = ("named", "segment", "vertical", "geography", "catch_all")
COUNTRIES = ("DE", "GB", "FR", "CA", "IT", "ES", "NL", "SE", "CH", "JP", "AU", "BR", "IN", "MX", "PL", "AT")
STATES = (
    "AL",
    "AZ",
    "CA",
    "CO",
    "FL",
    "GA",
    "IL",
    "MA",
    "MI",
    "NC",
    "NJ",
    "NY",
    "OH",
    "PA",
    "TX",
    "VA",
    "WA",
)
SIZES = ((1, 50), (50, 200), (200, 1_000), (1_000, 5_000), (5_000, None))
FIELDS = {
    **STANDARD_FIELDS,
    "customer": FieldKind.BOOLEAN,
    "score": FieldKind.NUMBER,
    "region": FieldKind.TEXT,
}
FAULTS = 20
"""Of each kind."""


def clean_rules(count: int) -> RuleSet:
    """About so many rules without a fault: 40 % by lists, levels of every sort, a catch-all."""
    return _rule_set(tuple(_numbered(_bodies(count))), _lists(count))


def faulty_rules(count: int, faults: int = FAULTS) -> tuple[RuleSet, dict[ProofCode, set[str]]]:
    """The same with faults of each kind, and for each kind the ids of the rules that are to be named first."""
    clean = clean_rules(count)
    planted: dict[ProofCode, set[str]] = {}
    rules, lists = list(clean.rules), dict(clean.lists)
    for code, made in _faults(clean, lists, faults):
        planted.setdefault(code, set()).add(made.id)
        rules.append(made)
    order = {level: number for number, level in enumerate((EXCEPTIONS, *LEVELS))}
    rules.sort(key=lambda rule: (order[rule.level], rule.source.line))
    without_catch_all = tuple(rule for rule in rules if rule.level != "catch_all")
    return replace(clean, rules=without_catch_all, lists=lists), planted


def _rule_set(rules: tuple[Rule, ...], lists: dict[str, ValueList]) -> RuleSet:
    return RuleSet(
        rules,
        LEVELS,
        lists,
        {},
        FIELDS,
        "America/New_York",
        (1, 1),
        ("",),
        {},
        None,
        "benchmark",
        files=("rules.yaml",),
        domains={"country": Domain(required=True)},
    )


def _lists(count: int) -> dict[str, ValueList]:
    territories = count * 2 // 5
    lists = {}
    for number in range(territories):
        zips = tuple(f"US-{zip:05d}" for zip in range(501 + number, 99_951, territories))
        lists[f"zips-{number}"] = _list(f"zips-{number}", FieldKind.POSTAL_CODE, zips)
    return lists


def _list(name: str, kind: FieldKind, values: tuple[str, ...]) -> ValueList:
    return ValueList(name, kind, tuple(sorted(values)), None, "", Source("rules.yaml", 1, 1))


def _bodies(count: int) -> Iterator[tuple[str, Condition]]:
    named, verticals = count // 10, count // 8
    territories = count * 2 // 5
    left = count - named - verticals - territories - 1
    for number in range(named):
        yield "named", In("website", (f"named{number}.com", f"named-{number}.com"))
    for number in range(verticals):
        # Apart only by two fields together, as a segment with a fallback is.
        small = Any(
            (Between("employees", 0, 10), All((In("customer", (True,)), Between("employees", 10, 20))))
        )
        large = Not(small)
        half = small if number % 2 else large
        country = COUNTRIES[number // 2 % len(COUNTRIES)]
        yield "vertical", All((In("country", (country,)), In("industry", (f"industry {number // 2}",)), half))
    for number in range(territories):
        yield "geography", All((In("country", ("US",)), InList("postal_code", f"zips-{number}")))
    cells = [(country, size) for country in COUNTRIES for size in SIZES]
    for number in range(left):
        country, (low, high) = cells[number % len(cells)]
        region = In("region", (f"region {number // len(cells)}",))
        yield "segment", All((In("country", (country,)), Between("employees", low, high), region))
    yield "catch_all", ALWAYS


def _numbered(bodies: Iterator[tuple[str, Condition]]) -> Iterator[Rule]:
    ordered = sorted(bodies, key=lambda body: LEVELS.index(body[0]))
    for number, (level, when) in enumerate(ordered):
        yield _rule(f"rule-{number}", level, when, number)


def _rule(id: str, level: str, when: Condition, line: int) -> Rule:
    place = Source("rules.yaml", 10 + line, 5)
    return Rule(id, level, when, f"t.{id}", "AE", None, None, IfUnknown.SKIP, Mode.REPLACE, "", place)


def _faults(clean: RuleSet, lists: dict[str, ValueList], faults: int) -> Iterator[tuple[ProofCode, Rule]]:
    """Overlaps and shared lists stand first in their level, so that nothing worse can be said of them."""
    of_level = {level: [rule for rule in clean.rules if rule.level == level] for level in LEVELS}
    for number in range(faults):
        made = _faulty(number, of_level["named"][number], of_level["geography"][number], lists)
        for line, (code, level, id, when) in enumerate(made):
            yield code, _rule(id, level, when, -1 if code in FIRST else len(clean.rules) + 10 * number + line)
        yield from _dated(number, len(clean.rules) + 10 * number + 8, faults, of_level["named"][number].id)


FIRST = (ProofCode.OVERLAP, ProofCode.LISTS)


def _faulty(
    number: int, named: Rule, territory: Rule, lists: dict[str, ValueList]
) -> list[tuple[ProofCode, str, str, Condition]]:
    country, region = COUNTRIES[number % len(COUNTRIES)], f"region {number // len(COUNTRIES)}"
    size = Between("employees", number, 100 + number)
    few = tuple(map(str, lists[_listed(territory)].values[:5]))
    lists[f"shared-{number}"] = _list(f"shared-{number}", FieldKind.POSTAL_CODE, few)
    state = In("state", (f"US-{STATES[number % len(STATES)]}",))
    more = In("website", (f"more{number}.com", f"named{number}.com"))
    # Two segments, of 1..50 and of 50..200, leave this one nothing.
    together = All((In("country", (country,)), Between("employees", 10, 100), In("region", (region,))))
    return [
        (ProofCode.OVERLAP, "named", f"overlap-{number}", more),
        (ProofCode.OVERLAP, "geography", f"prefix-{number}", HasPrefix("postal_code", (f"US-{700 + number}1",))),
        (ProofCode.LISTS, "geography", f"shared-{number}", InList("postal_code", f"shared-{number}")),
        (ProofCode.SHADOWED, "segment", f"shadowed-{number}", All((named.when, size))),
        (ProofCode.SHADOWED, "vertical", f"together-{number}", together),
        (ProofCode.CONTRADICTION, "vertical", f"contradiction-{number}", All((size, Between("employees", 100 + number)))),
        (ProofCode.CONTRADICTION, "vertical", f"abroad-{number}", All((In("country", ("DE",)), state))),
    ]  # fmt: skip


def _dated(number: int, line: int, faults: int, other: str) -> Iterator[tuple[ProofCode, Rule]]:
    past = _rule(f"past-{number}", "named", In("website", (f"past{number}.com",)), line)
    yield ProofCode.PAST, replace(past, active=Active(until=AS_OF - timedelta(days=number + 1)))
    yield ProofCode.ENDS_SOON, _exception(number, line, AS_OF + timedelta(days=number % 14))
    yield ProofCode.ENDED, _exception(number + faults, line, AS_OF - timedelta(days=number + 1))
    over = _rule(f"over-{number}", "named", In("website", (f"over{number}.com",)), -2)
    yield ProofCode.NEEDLESS_OVER, replace(over, over=(other,))


def _listed(rule: Rule) -> str:
    assert isinstance(rule.when, All)
    [name] = [part.list for part in rule.when.parts if isinstance(part, InList)]
    return name


def _exception(number: int, line: int, until: date) -> Rule:
    made = _rule(f"exception-{number}", EXCEPTIONS, In("id", (f"account {number}",)), line)
    return replace(made, active=Active(until=until), exception=ExceptionNote("vp@example.com", "agreed"))
