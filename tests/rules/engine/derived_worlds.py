"""Worlds with derived fields of every kind, opportunities, families, several currencies and a last night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any as Anything

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

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
from rules.language.derived import (
    OPPORTUNITY_FIELDS,
    Banded,
    BandsOf,
    Computed,
    Derived,
    Measure,
    OfFamily,
    OfOpportunities,
    Step,
)
from rules.language.expression import (
    Arithmetic,
    Branch,
    Call,
    Case,
    Column,
    Expression,
    Function,
    Literal,
    Operator,
)
from rules.language.ruleset import Family, IfUnknown, Money, RuleSet, ValueList
from rules.tables import MEMORY, Tables
from tests.rules.engine import worlds
from tests.rules.engine.worlds import BLANKS, HERE, Row, rule, rule_set

KINDS: Mapping[str, FieldKind] = {
    **worlds.FIELDS,
    "parent_id": FieldKind.ID,
    "segments": FieldKind.MULTI_SELECT,
    "currency": FieldKind.TEXT,
    "naics": FieldKind.NAICS,
}
RAW: Mapping[str, Sequence[Anything]] = {
    **worlds.RAW,
    "segments": [*BLANKS, "SMB", "smb;Public sector", "Public  Sector; Straße", ";", "x;n/a", "ends"],
    "currency": [None, None, "", "USD", "eur", " EUR ", "XYZ", "JPY"],
    "naics": [*BLANKS, "511210", "51-1210", "5112", "x", "00"],
}
NAMED: Mapping[str, Sequence[Anything]] = {
    **worlds.NAMED,
    "segments": ["smb", "public sector", "strasse", "x"],
    "naics": ["511210", "5112"],
}
PATTERNS = ["%", "b%", "%ank%", "_ank", "%a_%b%", "strasse", "%'%", "ban_ing%", "%\\%", "acme.%", ""]
LISTS = worlds.LISTS | {
    "segments": ValueList("segments", FieldKind.TEXT, ("public sector", "smb"), None, "", HERE)
}
SYNONYMS = {"industry": {"bank": "banking", "a b": "strasse"}, "segments": {"public sector": "x"}}
MONEY = Money(
    "USD", ("annual_revenue",), "currency", {"EUR": 1.1, "JPY": 1e-308, "XXL": 1e308}, date(2026, 1, 1)
)
ACCOUNTS = pa.schema(
    [*worlds.STORED, *(pa.field(name, pa.string()) for name in ("segments", "currency", "naics"))]
)
OPPORTUNITIES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("amount", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("close_date", pa.date32()),
        pa.field("closed", pa.bool_()),
        pa.field("won", pa.bool_()),
        pa.field("created_at", pa.timestamp("ms", tz="UTC")),
        pa.field("deleted", pa.bool_()),
    ]
)
DEALS: Mapping[str, Sequence[Anything]] = {
    "name": [*BLANKS, "Renewal 2026", "RENEWAL", "Ｒenewal", "x"],
    "stage": [None, "", "s1", "S1"],
    "amount": [None, 0.0, 0.1, 0.2, 0.30000000000000004, -5.0, 1e16, 1e308, float("inf"), float("nan")],
    "currency": RAW["currency"],
    "probability": [None, 0.0, 50.0, 100.0],
    "close_date": [None, date(2026, 3, 1), date(2026, 3, 2), date(2027, 1, 1)],
    "closed": [None, True, False],
    "won": [None, True, False],
    "created_at": [None, datetime(2026, 2, 1, 4, 59, tzinfo=UTC), datetime(2026, 2, 1, 5, 0, tzinfo=UTC)],
    "deleted": [None, False, True],
}
DEAL_CONSTANTS: Mapping[str, Sequence[Anything]] = {
    "name": ["renewal", "x"],
    "stage": ["s1"],
    "amount": [0.1, 1e16],
    "probability": [50.0],
    "close_date": [date(2026, 3, 2)],
    "closed": [True],
    "won": [True, False],
    "created_at": [date(2026, 2, 1)],
}
IDS = [f"a{n}" for n in range(10)]
NUMBERS = ("employees", "seats", "annual_revenue", "deals", "worth", "double")
DATES = ("signed_on", "created_at", "last_deal")


@dataclass(frozen=True, slots=True)
class World:
    """One night: what the CRM says, what the rules say, and the bands of the night before."""

    rules: RuleSet
    accounts: Sequence[Row]
    deals: Sequence[Row]
    memory: Mapping[tuple[str, str], str]

    def tables(self, folder: Path) -> Tables:
        """The files."""
        made = worlds.tables(folder, [])
        pq.write_table(pa.Table.from_pylist([dict(row) for row in self.accounts], ACCOUNTS), made.accounts)
        pq.write_table(
            pa.Table.from_pylist([dict(row) for row in self.deals], OPPORTUNITIES), made.opportunities
        )
        if not self.memory:
            return made
        rows = [
            {"account_id": account, "key": f"band:{name}", "value": band, "since": None}
            for (account, name), band in sorted(self.memory.items())
        ]
        pq.write_table(pa.Table.from_pylist(rows, MEMORY), folder / "memory.parquet")
        return replace(made, memory=folder / "memory.parquet")


def tests_of(
    kinds: Mapping[str, FieldKind], constants: Mapping[str, Sequence[Anything]], listed: Mapping[str, str]
) -> st.SearchStrategy[Condition]:
    """Any test that suits a field; `listed` says which list goes with it."""

    def of(field: str) -> st.SearchStrategy[Condition]:
        known, kind = constants[field], kinds[field]
        some = st.lists(st.sampled_from(known), min_size=1, max_size=3).map(tuple)
        found = [st.just(IsMissing(field)), some.map(lambda values: In(field, values))]
        if field in listed:
            found.append(st.just(InList(field, listed[field])))
        if kind in (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.DATE):
            bound = st.none() | st.sampled_from(known)
            found.append(st.builds(Between, st.just(field), bound, bound, st.booleans(), st.booleans()))
        elif kind is not FieldKind.BOOLEAN:
            found.append(st.sampled_from(PATTERNS).map(lambda pattern: Like(field, pattern)))
            found.append(st.sampled_from(["", "b", "s", "5", "pub"]).map(lambda p: HasPrefix(field, (p,))))
        return st.one_of(found)

    return st.sampled_from(sorted(constants)).flatmap(of)


def nested(tests: st.SearchStrategy[Condition], leaves: int) -> st.SearchStrategy[Condition]:
    """Any nesting."""
    return st.recursive(
        tests | st.just(ALWAYS) | st.just(Any(())),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=leaves,
    )


RAW_CONDITIONS = nested(tests_of(KINDS, NAMED, {name: name for name in LISTS}), 3)
DEAL_CONDITIONS = nested(tests_of(OPPORTUNITY_FIELDS, DEAL_CONSTANTS, {"name": "industry"}), 3)


def _expressions(
    leaves: Sequence[Expression], more: st.SearchStrategy[Expression] | None = None
) -> st.SearchStrategy[Expression]:
    """Expressions of one type: choices between parts, and whatever `more` there is of the type."""
    first = st.sampled_from(leaves) if more is None else st.sampled_from(leaves) | more

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
        branches = st.lists(st.builds(Branch, RAW_CONDITIONS, inner), min_size=1, max_size=2).map(tuple)
        choice = st.sampled_from([Function.COALESCE, Function.LEAST, Function.GREATEST])
        return st.builds(Call, choice, parts) | st.builds(Case, branches, st.none() | inner)

    return st.recursive(first, larger, max_leaves=3)


def _numbers(fields: Sequence[str]) -> st.SearchStrategy[Expression]:
    leaves = [*(Column(field) for field in fields), *(Literal(n) for n in (0, 1, -2.5, 3, 200, 0.1, 1e308))]
    days = st.builds(Arithmetic, st.just(Operator.MINUS), _dates(), _dates())

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        one = st.builds(
            Call, st.sampled_from([Function.ABS, Function.FLOOR, Function.CEIL]), st.tuples(inner)
        )
        return st.builds(Arithmetic, st.sampled_from(Operator), inner, inner) | one

    return _expressions(leaves, st.recursive(st.sampled_from(leaves) | days, larger, max_leaves=5))


def _dates() -> st.SearchStrategy[Expression]:
    leaves = [Column("signed_on"), Column("created_at"), Literal(date(2026, 3, 1))]
    days = st.sampled_from(
        [Literal(0.5), Literal(-40), Literal(1e9), Column("seats"), Column("annual_revenue")]
    )
    sign = st.sampled_from([Operator.PLUS, Operator.MINUS])
    moved = st.builds(Arithmetic, sign, st.sampled_from(leaves), days)
    return _expressions(leaves, moved)


BOOLEANS = _expressions([Column("customer"), Literal(True), Literal(False)])
TEXTS = _expressions(
    [Column("industry"), Column("country"), Column("website"), Literal("bank"), Literal("ban_")]
)
BAND_NAMES = ("small", "mid", "big")


@st.composite
def _banded(draw: st.DrawFn, fields: Sequence[str]) -> Banded:
    def steps() -> tuple[Step, ...]:
        low = draw(st.sampled_from([0.0, 1.0, 200.0]))
        high = low + draw(st.sampled_from([1.0, 100.0, 1e9]))
        share = draw(st.sampled_from([0.0, 0.1, 0.2]))
        gap = (high - low) * share
        made = [Step("mid", low, low + gap, low - gap), Step("big", high, high + gap, high - gap)]
        return (Step("small", None, None, None), *made)

    by = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True))
    return Banded("size", tuple(BandsOf(field, steps()) for field in by), HERE)


@st.composite
def derived_fields(draw: st.DrawFn) -> dict[str, Derived]:
    """One of each, or more; each uses those before it."""

    def deal(name: str, kind: FieldKind, measure: Measure, field: str | None = None) -> OfOpportunities:
        return OfOpportunities(name, kind, measure, field, draw(DEAL_CONDITIONS), HERE)

    def computed(name: str, kind: FieldKind, of: st.SearchStrategy[Expression]) -> Computed:
        return Computed(name, kind, draw(of), HERE)

    family = [
        (
            "heads",
            FieldKind.NUMBER,
            Measure.SUM,
            draw(st.sampled_from(["employees", "annual_revenue", "worth"])),
        ),
        ("members", FieldKind.INTEGER, Measure.COUNT, draw(st.sampled_from([None, "seats", "country"]))),
        ("some", FieldKind.BOOLEAN, Measure.ANY, draw(st.sampled_from(["customer", "hot"]))),
        ("newest", FieldKind.DATE, Measure.LATEST, draw(st.sampled_from(["created_at", "last_deal"]))),
        ("least_seats", FieldKind.INTEGER, Measure.LOWEST, "seats"),
        ("head_office", FieldKind.COUNTRY, Measure.TOP, "country"),
    ]
    found: list[Derived] = [
        deal("hot", FieldKind.BOOLEAN, Measure.ANY),
        deal("deals", FieldKind.INTEGER, Measure.COUNT),
        deal("worth", FieldKind.NUMBER, Measure.SUM, "amount"),
        deal("last_deal", FieldKind.DATE, Measure.LATEST, "close_date"),
        deal("best", FieldKind.NUMBER, draw(st.sampled_from([Measure.LOWEST, Measure.HIGHEST])), "amount"),
        *(OfFamily(*fact, HERE) for fact in family),
        computed("double", FieldKind.NUMBER, _numbers([*NUMBERS[:5], "heads"])),
        computed("score", FieldKind.NUMBER, _numbers(NUMBERS)),
        computed("due", FieldKind.DATE, _dates()),
        computed("good", FieldKind.BOOLEAN, BOOLEANS),
        computed("word", FieldKind.TEXT, TEXTS),
        draw(_banded(NUMBERS)),
    ]
    return {derived.name: derived for derived in found}


DERIVED_CONSTANTS: Mapping[str, Sequence[Anything]] = {
    **NAMED,
    "hot": [True, False],
    "deals": [0, 1, 2],
    "worth": [0.1, 1e16],
    "last_deal": [date(2026, 3, 2)],
    "heads": [200.0],
    "members": [1, 2],
    "some": [True],
    "newest": [date(2026, 2, 1)],
    "head_office": ["US", "DE"],
    "score": [0.0, 1.0, 200.0],
    "due": [date(2026, 3, 1)],
    "good": [True, False],
    "word": ["bank", "banking", "de"],
    "size": list(BAND_NAMES),
}


def _rows(values: Mapping[str, Sequence[Anything]]) -> st.SearchStrategy[dict[str, Anything]]:
    return st.fixed_dictionaries({field: st.sampled_from(known) for field, known in values.items()})


@st.composite
def derived_worlds(draw: st.DrawFn) -> World:
    """Up to ten accounts with up to twelve opportunities."""
    derived = draw(derived_fields())
    kinds = {**KINDS, **{name: found.kind for name, found in derived.items()}}
    conditions = nested(tests_of(kinds, DERIVED_CONSTANTS, {name: name for name in LISTS}), 4)
    bodies = draw(st.lists(st.tuples(conditions, st.sampled_from(IfUnknown)), max_size=4))
    made = [rule(f"r{n}", when, if_unknown=unknown) for n, (when, unknown) in enumerate(bodies)]
    rules = rule_set(
        *made,
        fields=kinds,
        derived=derived,
        lists=LISTS,
        synonyms=draw(st.sampled_from([{}, SYNONYMS])),
        money=draw(st.sampled_from([None, MONEY])),
        family=Family("parent_id", draw(st.integers(1, 4))),
        missing_numbers={"employees": (0,), "seats": (0,), "annual_revenue": (200.0,)},
    )
    parents = st.sampled_from([None, "", "gone", *IDS])
    rows = draw(st.lists(st.tuples(_rows(RAW), parents, st.sampled_from([None, False, True])), max_size=10))
    accounts = [
        {**row, "id": id, "parent_id": parent, "deleted": deleted}
        for id, (row, parent, deleted) in zip(IDS, rows, strict=False)
    ]
    deals = draw(st.lists(st.tuples(_rows(DEALS), st.sampled_from([None, "gone", *IDS])), max_size=12))
    opportunities = [
        {**deal, "id": f"o{n}", "account_id": account} for n, (deal, account) in enumerate(deals)
    ]
    last = st.sampled_from([*BAND_NAMES, "a band of last year"])
    memory = draw(st.dictionaries(st.tuples(st.sampled_from(IDS), st.just("size")), last, max_size=10))
    return World(rules, accounts, opportunities, memory)
