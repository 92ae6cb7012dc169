"""Small rule sets over fields of every kind, and every account that their constants can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any as Anything

from hypothesis import strategies as st

from rules.derive import derive
from rules.evaluate import evaluate, matches
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
    Like,
    Not,
)
from rules.language.derived import Banded, BandsOf, Computed, Step
from rules.language.expression import Branch, Case, Literal
from rules.language.place import Source
from rules.language.record import Value, normalise_record
from rules.language.ruleset import Action, Domain, IfUnknown, Mode, Rule, RuleSet, ValueList

HERE = Source("rules.yaml", 1, 1)
FIELDS = {
    "country": FieldKind.COUNTRY,
    "state": FieldKind.STATE,
    "postal_code": FieldKind.POSTAL_CODE,
    "industry": FieldKind.TEXT,
    "segments": FieldKind.MULTI_SELECT,
    "naics": FieldKind.NAICS,
    "website": FieldKind.DOMAIN,
    "employees": FieldKind.INTEGER,
    "annual_revenue": FieldKind.NUMBER,
    "customer": FieldKind.BOOLEAN,
    "band": FieldKind.TEXT,
    "tier": FieldKind.TEXT,
}
BAND = Banded(
    "band",
    (
        BandsOf(
            "employees",
            (Step("small", None, None, None), Step("mid", 200, 220, 180), Step("big", 1000, 1000, 1000)),
        ),
        BandsOf(
            "annual_revenue",
            (Step("small", None, None, None), Step("mid", 5.0, 5.0, 5.0), Step("big", 9.0, 9.0, 9.0)),
        ),
    ),
    HERE,
)
TIER = Computed(
    "tier",
    FieldKind.TEXT,
    Case(
        (
            Branch(All((In("customer", (True,)), Between("annual_revenue", 5.0, None))), Literal("a")),
            Branch(Not(In("customer", (True,))), Literal("b")),
            Branch(IsMissing("annual_revenue"), Literal("a")),
        ),
        None,
    ),
    HERE,
)
RAW: Mapping[str, Sequence[Anything]] = {
    "country": [None, "US", "CA", "DE", "FR", "JP"],
    "state": [None, "CA", "NY", "TX", "ON", "QC", "Bavaria", "Saxony"],
    "postal_code": [None, "02116", "02117", "02200", "90001", "10115", "80331", "K1A0B6", "M5V2T6"],
    "industry": [None, "banking", "bank", "banker", "bank holding", "investment bank", "retail", "a", "xa", "ba", "zzz"],
    "segments": [None, "a", "b", "a;b", "c", "a;c", "b;c", "a;b;c", "aa", "aa;b"],
    "naics": [None, "51", "511210", "512", "52", "522110", "11"],
    "website": [None, "acme.com", "shop.acme.com", "x.co.uk", "other.com", "acmexyz.net"],
    "employees": [None, 0, 1, 179, 180, 199, 200, 201, 219, 220, 999, 1000, 5000],
    "annual_revenue": [None, -1.0, 0.0, 0.1, 4.9, 5.0, 5.0000001, 8.0, 9.0, 1e9],
    "customer": [None, True, False],
    "band": [None],
    "tier": [None],
}  # fmt: skip
NAMED: Mapping[str, Sequence[Anything]] = {
    "country": ["US", "CA", "DE"],
    "state": ["US-CA", "US-NY", "CA-ON", "DE-BY"],
    "postal_code": ["US-02116", "US-02117", "DE-10115", "CA-K1A0B6"],
    "industry": ["banking", "bank", "retail", "a"],
    "segments": ["a", "b", "aa"],
    "naics": ["51", "511210", "522110"],
    "website": ["acme.com", "x.co.uk"],
    "employees": [0, 1, 200, 201, 1000],
    "annual_revenue": [0.0, 5.0, 9.0],
    "customer": [True, False],
    "band": ["small", "mid", "big"],
    "tier": ["a", "b", "c"],
}
PREFIXES = {
    "postal_code": ["US-0", "US-021", "DE-1", "US-02116"],
    "industry": ["bank", "b", "inv"],
    "naics": ["5", "51", "511"],
    "website": ["acme"],
}
PATTERNS = {"industry": ["%bank%", "%bank", "_a", "ba%", "%", "a%a"], "segments": ["a%", "_", "%b"]}
LISTS = {
    field: ValueList(field, FIELDS[field], tuple(sorted(values[:2])), None, "", HERE)
    for field, values in NAMED.items()
}
Record = Mapping[str, Value | None]


def rule(id: str, when: Condition, **changes: Anything) -> Rule:
    """A rule that skips what is unknown and gives its own territory."""
    values: dict[str, Anything] = {
        "id": id,
        "level": "geography",
        "when": when,
        "territory": f"t.{id}",
        "role": "AE",
        "owner": None,
        "pod": None,
        "if_unknown": IfUnknown.SKIP,
        "mode": Mode.REPLACE,
        "description": "",
        "source": HERE,
    }
    return Rule(**{**values, **changes})


def rule_set(*rules: Rule, **changes: Anything) -> RuleSet:
    """A checked rule set as the loader would make it."""
    values: dict[str, Anything] = {
        "rules": rules,
        "levels": ("named", "geography"),
        "lists": LISTS,
        "pods": {},
        "fields": FIELDS,
        "timezone": "America/New_York",
        "fiscal_year_start": (1, 1),
        "missing_values": ("", "n/a"),
        "missing_numbers": {"employees": (0,)},
        "workload": None,
        "hash": "h",
        "roles": tuple(dict.fromkeys(rule.role for rule in rules)) or ("AE",),
        "derived": {"band": BAND, "tier": TIER},
    }
    return RuleSet(**{**values, **changes})


def accounts(fields: Sequence[str], rules: RuleSet) -> Iterator[Record]:
    """Every account that raw values of these fields make, each once; bands as at a first look and remembered."""
    seen = set()
    wanted = set(fields)
    if "band" in wanted:
        wanted |= {"employees", "annual_revenue"}
    if "tier" in wanted:
        wanted |= {"customer", "annual_revenue"}
    if wanted & {"state", "postal_code"}:
        wanted.add("country")
    for values in product(*(RAW[field] for field in sorted(wanted))):
        found = normalise_record(dict(zip(sorted(wanted), values, strict=True)), rules).values
        for last in (None, *BAND.names) if "band" in wanted else (None,):
            record = derive(found, rules, {"band": last})
            key = tuple(record.get(field) for field in FIELDS)
            if key not in seen and _is_declared(record, rules):
                seen.add(key)
                yield record


def _is_declared(record: Record, rules: RuleSet) -> bool:
    """Nothing that the domains exclude."""
    for field, domain in rules.domains.items():
        value = record.get(field)
        if (domain.required and value is None) or (
            domain.values is not None and value is not None and value not in domain.values
        ):
            return False
    return True


def takes(rule: Rule, record: Record, rules: RuleSet) -> bool:
    """By the book."""
    return matches(evaluate(rule.when, record, rules.lists), rule.if_unknown)


def _tests(field: str) -> st.SearchStrategy[Condition]:
    some = st.lists(st.sampled_from(NAMED[field]), min_size=1, max_size=3, unique=True).map(tuple)
    tests: list[st.SearchStrategy[Condition]] = [
        st.just(IsMissing(field)),
        st.just(InList(field, field)),
        some.map(lambda values: In(field, values)),
        some.map(lambda values: Not(In(field, values))),
    ]
    if field in PREFIXES:
        few = st.lists(st.sampled_from(PREFIXES[field]), min_size=1, max_size=2, unique=True)
        tests += [few.map(lambda found: HasPrefix(field, tuple(found)))] * 2
    if field in PATTERNS:
        tests += [st.sampled_from(PATTERNS[field]).map(lambda pattern: Like(field, pattern))] * 2
    if field in ("employees", "annual_revenue"):
        bound = st.none() | st.sampled_from(NAMED[field])
        tests += [st.builds(Between, st.just(field), bound, bound, st.booleans(), st.booleans())] * 3
    return st.one_of(tests)


def conditions(fields: Sequence[str]) -> st.SearchStrategy[Condition]:
    """Any nesting of tests on the fields."""
    return st.recursive(
        st.sampled_from(sorted(fields)).flatmap(_tests) | st.sampled_from([ALWAYS, Any(())]),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=5,
    )


def field_names() -> st.SearchStrategy[list[str]]:
    """Up to three fields, so that every account can be looked at."""
    return st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True).filter(
        lambda names: (
            not ({"band", "tier"} & set(names) and {"state", "postal_code", "industry"} & set(names))
        )
    )


DOMAINS = [
    {},
    {"country": Domain(required=True)},
    {"country": Domain(values=("US", "DE")), "industry": Domain(values=("bank", "retail"))},
    {"employees": Domain(required=True)},
]


@st.composite
def rule_sets(draw: st.DrawFn, most: int = 5) -> tuple[list[str], RuleSet]:
    """Fields, and up to so many rules over them at two levels."""
    fields = draw(field_names())
    made = [
        rule(
            f"r{number}",
            draw(conditions(fields)),
            level=level,
            territory=draw(st.sampled_from(["t1", "t2", "t3"])),
            if_unknown=draw(st.sampled_from(list(IfUnknown))),
        )
        for level in ("named", "geography")
        for number in range(*((0, draw(st.integers(0, 2))) if level == "named" else (10, 10 + draw(st.integers(1, most)))))
    ]  # fmt: skip
    return fields, rule_set(*made, domains=draw(st.sampled_from(DOMAINS)))


__all__ = ["Action", "accounts", "conditions", "rule", "rule_set", "rule_sets", "takes"]
