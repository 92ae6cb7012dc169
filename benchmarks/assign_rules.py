"""Rule sets for the assignment benchmark, made with a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from random import Random

from assign_world import CITIES, COUNTRIES, FIELDS, INDUSTRIES, OWNERS, SEED, STATES, TEXTS, ZIPS, email

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
    IsMissing,
    Not,
)
from rules.language.people import Member, Pod, PodBy
from rules.language.place import Source
from rules.language.ruleset import Action, IfUnknown, Mode, Rule, RuleSet, ValueList

HERE = Source("benchmark.yaml", 1, 1)


@cache
def make_rules(count: int, whole: bool = False) -> RuleSet:
    """A rule set as large teams have it: named lists, nested segments, verticals, ZIP territories, a catch-all.

    `whole` adds what is decided beside the first match: pods that share accounts out, a second role, a hold,
    and families that follow their parents.
    """
    random = Random(SEED)
    lists = _lists(random, count)
    zips = [name for name in lists if name.startswith("zips")]
    pods = {
        f"pod-{number}": Pod(
            f"pod-{number}",
            tuple(Member(email(random.randrange(OWNERS)), random.choice([1.0, 1.0, 0.5])) for _ in range(12)),
            PodBy.REMAINING_CAPACITY,
            HERE,
        )
        for number in range(50)
    }
    rules = [
        _rule(random, number, _condition(random, number, count, zips), whole) for number in range(count - 1)
    ]
    rules.append(_rule(random, count - 1, ALWAYS, whole))
    made = RuleSet(
        tuple(rules), ("all",), lists, pods, FIELDS, "America/New_York", (1, 1), ("",), {}, None, "benchmark"
    )
    return (
        replace(made, rules=(*_holds(rules[0]), *rules, *_second_role(rules)), roles=("AE", "CSM"))
        if whole
        else made
    )


def _holds(rule: Rule) -> tuple[Rule, ...]:
    """A customer of a high score stays where it is; who has a parent goes where that one goes."""
    bare = replace(rule, territory="", owner=None, pod=None)
    held = All((In("customer", (True,)), Between("score", 0.8, None)))
    return (
        replace(bare, id="held", when=held, action=Action.KEEP),
        replace(bare, id="family", when=ALWAYS, action=Action.FOLLOW),
    )


def _second_role(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, id=f"csm-{rule.id}", role="CSM") for rule in rules[:: len(rules) // 20])


def _lists(random: Random, count: int) -> dict[str, ValueList]:
    every = [f"US-{number:05d}" for number in range(501, 501 + ZIPS)]
    parts = max(8, count // 4)
    lists = {f"zips-{part}": tuple(every[part::parts]) for part in range(parts)}
    lists["domains"] = tuple(
        sorted(f"company{number}.com" for number in random.sample(range(1_000_000), 5_000))
    )
    lists["ids"] = tuple(sorted(f"E{number}" for number in random.sample(range(1_000_000), 5_000)))
    kinds = {"domains": FieldKind.DOMAIN, "ids": FieldKind.ID}
    return {
        name: ValueList(name, kinds.get(name, FieldKind.POSTAL_CODE), values, None, "", HERE)
        for name, values in lists.items()
    }


def _rule(random: Random, number: int, when: Condition, pods: bool) -> Rule:
    pod = f"pod-{random.randrange(50)}" if random.random() < 0.6 and pods else None
    owner = None if pod else email(random.randrange(OWNERS))
    return Rule(
        f"rule-{number}", "all", when, f"t.{number}", "AE", owner, pod, IfUnknown.SKIP, Mode.REPLACE, "", HERE
    )


def _condition(random: Random, number: int, count: int, zips: list[str]) -> Condition:
    place = number / count
    if place < 0.02:
        listed = InList("website", "domains") if number % 2 else InList("external_id", "ids")
        return All((listed, _range(random, "score")))
    if place < 0.3:
        return All((_segment(random), _text(random), Any((_text(random), Not(_industry(random))))))
    if place < 0.5:
        return All(
            (_country(random), _industry(random), Any((_range(random, "employees"), _range(random, "score"))))
        )
    if place < 0.9:
        zip_test: Condition = InList("postal_code", zips[number % len(zips)])
        if random.random() < 0.3:
            zip_test = HasPrefix("postal_code", (f"US-{random.randrange(5, 400):03d}",))
        return All((In("country", ("US",)), zip_test, _segment(random)))
    return All(
        (
            In("country", ("US",)),
            In("state", (f"US-{random.choice(STATES)}",)),
            _text(random),
            _segment(random),
        )
    )


def _segment(random: Random) -> Condition:
    size = Any((_range(random, "employees"), All((IsMissing("employees"), _range(random, "annual_revenue")))))
    extra = random.choice([In("customer", (random.random() < 0.5,)), _renewal(random), Not(_text(random))])
    return All((size, extra))


def _range(random: Random, field: str) -> Condition:
    edges: dict[str, list[float]] = {
        "employees": [0, 10, 50, 200, 1_000, 5_000],
        "annual_revenue": [0.0, 1e5, 1e6, 1e7, 1e8],
        "score": [round(0.05 * step, 2) for step in range(20)],
    }
    low, high = sorted(random.sample(range(len(edges[field])), 2))
    return Between(field, edges[field][low], edges[field][high])


def _renewal(random: Random) -> Condition:
    return Not(In("renewal", (date(2026, random.randint(1, 12), 1), date(2027, random.randint(1, 11), 1))))


def _text(random: Random) -> Condition:
    field = random.choice(["city", *TEXTS])
    values = [city.lower() for city in CITIES] if field == "city" else TEXTS[field]
    return In(field, tuple(sorted(random.sample(values, min(12, max(2, len(values) // 8))))))


def _industry(random: Random) -> Condition:
    return In("industry", tuple(sorted(value.lower() for value in random.sample(INDUSTRIES, 12))))


def _country(random: Random) -> Condition:
    return In("country", tuple(sorted(random.sample(COUNTRIES, 4))))
