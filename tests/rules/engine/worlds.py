"""Rule sets and accounts of every kind of field, by hand and by hypothesis, and the files made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Not,
)
from rules.language.people import Member, Pod, PodBy
from rules.language.place import Source
from rules.language.ruleset import IfUnknown, Mode, Rule, RuleSet, ValueList
from rules.tables import Tables

Row = Mapping[str, Anything]
HERE = Source("rules.yaml", 1, 1)
FIELDS = {
    "country": FieldKind.COUNTRY,
    "state": FieldKind.STATE,
    "postal_code": FieldKind.POSTAL_CODE,
    "industry": FieldKind.TEXT,
    "website": FieldKind.DOMAIN,
    "external_id": FieldKind.ID,
    "employees": FieldKind.INTEGER,
    "seats": FieldKind.INTEGER,
    "annual_revenue": FieldKind.NUMBER,
    "customer": FieldKind.BOOLEAN,
    "signed_on": FieldKind.DATE,
    "created_at": FieldKind.DATE,
}
STORED = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("csm_id", pa.string()),
        pa.field("parent_id", pa.string()),
        *(
            pa.field(column, pa.string())
            for column in ("country", "state", "postal_code", "industry", "website")
        ),
        pa.field("external_id", pa.string()),
        pa.field("employees", pa.int64()),
        pa.field("seats", pa.string()),
        pa.field("annual_revenue", pa.float64()),
        pa.field("customer", pa.bool_()),
        pa.field("signed_on", pa.date32()),
        pa.field("created_at", pa.timestamp("ms", tz="UTC")),
        pa.field("deleted", pa.bool_()),
    ]
)
BLANKS = [None, None, "", "   ", "N/A", "n/a ", "\u00a0"]
RAW: Mapping[str, Sequence[Anything]] = {
    "country": [*BLANKS, "US", "usa", "United States", " Germany", "DE", "GB", "England", "Grmany", "CA", "Canada"],
    "state": [*BLANKS, "CA", "california", "DE", "Bavaria", "BY", "ON", "Nowhere"],
    "postal_code": [*BLANKS, "02116", "2116", "02116-1234", "10115", "SW1A 1AA", "k1a0b6", "??"],
    "industry": [*BLANKS, "Banking", "BANKING ", "bank", "Ｂanking", "Straße", "STRASSE", "İ", "a  b", "a b", "ﬁn", "'"],
    "website": [*BLANKS, "acme.com", "https://www.acme.com", "HTTP://WWW.ACME.COM/", "shop.acme.com/x", "www.com",
                "gmail.com", "x.co.uk", "https://a.x.co.uk", "not a site", "bücher.de", "-a.net", "acme.com."],
    "external_id": [*BLANKS, "001A0000006Vm9r", "001A0000006Vm9rIAC", "001a0000006vm9r", "7", " 7", "x" * 16, "é"],
    "employees": [None, -1, 0, 1, 199, 200, 201, 2**53 + 1, 2**63 - 1],
    "seats": [*BLANKS, "0", "1", " 200", "200.0", "1e3", "many", "199.5"],
    "annual_revenue": [None, 0.0, -0.0, 0.1, 1e9, 1e9 + 1e-6, 199.99999999999997, 200.0, float("inf"), float("nan")],
    "customer": [None, True, False],
    "signed_on": [None, date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2), date(1, 1, 1), date(9999, 12, 31)],
    "created_at": [None, datetime(2026, 2, 1, 4, 59, tzinfo=UTC), datetime(2026, 2, 1, 5, 0, tzinfo=UTC),
                   datetime(2026, 2, 2, tzinfo=UTC)],
}  # fmt: skip
NAMED: Mapping[str, Sequence[Anything]] = {
    "country": ["US", "DE", "GB", "CA"],
    "state": ["US-CA", "US-DE", "DE-BY", "CA-ON"],
    "postal_code": ["US-02116", "DE-10115", "GB-SW1A", "CA-K1A0B6"],
    "industry": ["banking", "bank", "strasse", "a b", "fin", "'"],
    "website": ["acme.com", "www.com", "x.co.uk", "xn--bcher-kva.de", "-a.net"],
    "external_id": ["001A0000006Vm9rIAC", "7", "x" * 16, "é"],
    "employees": [0, 1, 200, 201, 2**53 + 1],
    "seats": [0, 1, 200, 1000],
    "annual_revenue": [0.0, 0.1, 200.0, 1e9],
    "customer": [True, False],
    "signed_on": [date(2026, 2, 1), date(2026, 2, 2), date(9999, 12, 31)],
    "created_at": [date(2026, 1, 31), date(2026, 2, 1)],
}
PREFIXES: Mapping[str, Sequence[str]] = {
    "postal_code": ["US-", "US-0", "US-02", "DE-1"],
    "industry": ["b", "bank", "banking", "st", ""],
    "external_id": ["001", "x"],
}
LISTS = {
    name: ValueList(name, FIELDS[name], tuple(sorted(NAMED[name][:3])), None, "", HERE) for name in NAMED
}
OWNERS: Sequence[Row] = [
    {"id": "u1", "email": "Ana@example.com", "active": True, "person": True, "deleted": False},
    {"id": "u2", "email": "lee@example.com ", "active": True, "person": True, "deleted": False},
    {"id": "u3", "email": "kim@example.com", "active": False, "person": True, "deleted": False},
    {"id": "u4", "email": "queue@example.com", "active": True, "person": False, "deleted": False},
    {"id": "u5", "email": None, "active": True, "person": True, "deleted": True},
    {"id": "u6", "email": "twin@example.com", "active": True, "person": True, "deleted": False},
    {"id": "u7", "email": "twin@example.com", "active": True, "person": True, "deleted": False},
]
PODS = {
    "both": ("ana@example.com", "lee@example.com", "kim@example.com"),
    "gone": ("kim@example.com", "nobody@example.com", "queue@example.com"),
}


def rule(id: str = "r", when: Condition = ALWAYS, **changes: Anything) -> Rule:
    """A rule of the AE role; it names no owner unless told."""
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


def pod(name: str, members: Sequence[str | Member], by: PodBy = PodBy.REMAINING_CAPACITY) -> Pod:
    """A pod of members by email, full time unless told."""
    return Pod(name, tuple(m if isinstance(m, Member) else Member(m) for m in members), by, HERE)


def rule_set(*rules: Rule, **changes: Anything) -> RuleSet:
    """A checked rule set as the loader would make it."""
    values: dict[str, Anything] = {
        "rules": rules,
        "levels": ("geography",),
        "lists": LISTS,
        "pods": {name: pod(name, members) for name, members in PODS.items()},
        "fields": FIELDS,
        "timezone": "America/New_York",
        "fiscal_year_start": (1, 1),
        "missing_values": ("", "n/a"),
        "missing_numbers": {"employees": (0,), "seats": (0,)},
        "workload": None,
        "hash": "h",
        "roles": tuple(dict.fromkeys(rule.role for rule in rules)) or ("AE",),
    }
    return RuleSet(**{**values, **changes})


def tables(folder: Path, accounts: Sequence[Row], owners: Sequence[Row] = OWNERS) -> Tables:
    """The files of a snapshot with these rows; columns that a row leaves out are null."""
    made = Tables(
        *(folder / f"{name}.parquet" for name in ("accounts", "owners", "opportunities", "activities"))
    )
    pq.write_table(pa.Table.from_pylist([dict(row) for row in accounts], STORED), made.accounts)
    stored = pa.schema(
        [("id", pa.string()), ("email", pa.string()), ("active", pa.bool_()), ("person", pa.bool_()),
         ("deleted", pa.bool_())]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist([dict(row) for row in owners], stored), made.owners)
    return made


def _bounds(field: str) -> st.SearchStrategy[Condition]:
    bound = st.none() | st.sampled_from(NAMED[field])
    return st.builds(Between, st.just(field), bound, bound, st.booleans(), st.booleans())


def _tests() -> st.SearchStrategy[Condition]:
    def of(field: str) -> st.SearchStrategy[Condition]:
        some = st.lists(st.sampled_from(NAMED[field]), min_size=1, max_size=3).map(tuple)
        tests = [st.just(IsMissing(field)), st.just(InList(field, field)), some.map(lambda v: In(field, v))]
        if field in PREFIXES:
            tests.append(
                st.lists(st.sampled_from(PREFIXES[field]), min_size=1, max_size=3).map(
                    lambda p: HasPrefix(field, tuple(p))
                )
            )
        if field in ("employees", "seats", "annual_revenue", "signed_on", "created_at"):
            tests += [_bounds(field), _bounds(field)]
        return st.one_of(tests)

    return st.sampled_from(sorted(FIELDS)).flatmap(of)


def conditions() -> st.SearchStrategy[Condition]:
    """Any nesting of tests on the fields."""
    return st.recursive(
        _tests() | st.just(ALWAYS) | st.just(Any(())),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=4).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=8,
    )


GIVEN_TO = [
    (None, None), (None, "both"), (None, "both"), (None, "gone"), ("ana@example.com", None), ("u2", None),
    ("KIM@example.com", None), ("queue@example.com", None), ("u9", None), ("twin@example.com", None), ("u5", None),
]  # fmt: skip


def rule_sets() -> st.SearchStrategy[RuleSet]:
    """Up to six rules for up to two roles."""
    bodies = st.tuples(
        conditions(),
        st.sampled_from(["AE", "CSM"]),
        st.sampled_from(GIVEN_TO),
        st.sampled_from(list(IfUnknown)),
        st.sampled_from(list(Mode)),
    )
    return st.lists(bodies, max_size=6).map(
        lambda found: rule_set(
            *(
                rule(f"r{i}", when, role=role, owner=owner, pod=pod, if_unknown=unknown, mode=mode)
                for i, (when, role, (owner, pod), unknown, mode) in enumerate(found)
            )
        )
    )


def accounts() -> st.SearchStrategy[list[Row]]:
    """Up to twelve accounts, some deleted, with owners of all sorts."""
    holder = st.sampled_from([None, "", "u1", "u2", "u3", "u4", "u5", "gone"])
    row = st.fixed_dictionaries(
        {
            **{field: st.sampled_from(values) for field, values in RAW.items()},
            "owner_id": holder,
            "csm_id": holder,
            "deleted": st.sampled_from([None, False, False, False, True]),
        }
    )
    ids = st.permutations([f"a{i}" for i in range(12)] + ["Z", "é", "a"])
    return st.tuples(ids, st.lists(row, max_size=12)).map(
        lambda found: [{"id": id, **row} for id, row in zip(*found, strict=False)]
    )
