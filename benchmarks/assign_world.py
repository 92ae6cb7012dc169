"""Accounts and rules for the assignment benchmark, made with a seed: clean values, so that a CASE can read them too."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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

SEED = 20260301
BATCH = 250_000
HERE = Source("benchmark.yaml", 1, 1)
STATES = [
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
]
COUNTRIES = ["US", "DE", "GB", "FR", "CA", "IT", "ES", "NL", "SE", "CH", "JP", "AU", "BR", "IN", "MX", "PL"]
INDUSTRIES = [f"Industry {letter}{number}" for letter in "ABCDEFGH" for number in range(10)]
CITIES = [f"City {number}" for number in range(3_000)]
TEXTS = {f"text_{number}": [f"value {number}-{i}" for i in range(8 + 12 * number)] for number in range(6)}
FIELDS = {
    "country": FieldKind.COUNTRY,
    "state": FieldKind.STATE,
    "postal_code": FieldKind.POSTAL_CODE,
    "city": FieldKind.TEXT,
    "website": FieldKind.DOMAIN,
    "industry": FieldKind.TEXT,
    "employees": FieldKind.INTEGER,
    "annual_revenue": FieldKind.NUMBER,
    "score": FieldKind.NUMBER,
    "customer": FieldKind.BOOLEAN,
    "renewal": FieldKind.DATE,
    "external_id": FieldKind.ID,
    **dict.fromkeys(TEXTS, FieldKind.TEXT),
}
MISSING = 0.03
"""Share of the values of every column that is null."""
OWNERS = 600
ZIPS = 40_000


def tables(folder: Path) -> Tables:
    """Where the files of the snapshot are."""
    return Tables(
        *(folder / f"{name}.parquet" for name in ("accounts", "owners", "opportunities", "activities"))
    )


def write_snapshot(folder: Path, accounts: int) -> None:
    """Writes accounts and owners; half of the accounts have an owner already."""
    random = np.random.default_rng(SEED)
    writer = None
    for first in range(0, accounts, BATCH):
        rows = _accounts(random, first, min(BATCH, accounts - first))
        writer = writer or pq.ParquetWriter(tables(folder).accounts, rows.schema)
        writer.write_table(rows)
    assert writer is not None
    writer.close()
    numbers = range(OWNERS)
    owners = {
        "id": [owner_id(number) for number in numbers],
        "email": [email(number) for number in numbers],
        "active": [number % 50 != 0 for number in numbers],
        "person": [True for _ in numbers],
        "deleted": [False for _ in numbers],
    }
    pq.write_table(pa.table(owners), tables(folder).owners)


def owner_id(number: int) -> str:
    """The CRM id of a rep."""
    return f"005{number:015d}"


def email(number: int) -> str:
    """The address of a rep."""
    return f"rep{number}@example.com"


def _accounts(random: np.random.Generator, first: int, count: int) -> pa.Table:
    def of(values: list[str], skew: float = 1.0) -> pa.Array:
        picked = (random.random(count) ** skew * len(values)).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(picked, mask=_absent(random, count)), values).cast(
            pa.string()
        )

    def numbers(values: npt.NDArray[np.generic]) -> pa.Array:
        return pa.array(values, mask=_absent(random, count))

    ids = random.permutation(np.arange(first, first + count))
    owned = pa.array(random.integers(0, OWNERS, count), mask=random.random(count) < 0.5)
    country = of(COUNTRIES, 2.5)
    american = pc.equal(country, "US")
    zips = of([f"{number:05d}" for number in range(501, 501 + ZIPS)])
    abroad = of([f"{number:05d}" for number in range(10_000, 20_000, 100)])
    columns = {
        "id": pa.array([f"001{number:015d}" for number in ids.tolist()]),
        "name": pa.array([f"Company {number}" for number in ids.tolist()]),
        "owner_id": pa.array([owner_id(number) for number in range(OWNERS)]).take(owned),
        "country": country,
        "state": pc.if_else(pc.fill_null(american, False), of(STATES), pa.scalar(None, pa.string())),
        "postal_code": pc.if_else(pc.fill_null(american, False), zips, abroad),
        "city": of(CITIES, 2.0),
        "website": pa.array([f"company{number}.com" for number in ids.tolist()], mask=_absent(random, count)),
        "industry": of(INDUSTRIES),
        "employees": numbers(random.lognormal(4, 2, count).astype(np.int64)),
        "annual_revenue": numbers(random.lognormal(15, 3, count)),
        "score": numbers(random.random(count)),
        "customer": numbers(random.random(count) < 0.2),
        "renewal": numbers(np.datetime64("2026-01-01") + random.integers(0, 700, count)),
        "external_id": pa.array([f"E{number}" for number in ids.tolist()], mask=_absent(random, count)),
        **{column: of(values) for column, values in TEXTS.items()},
    }
    return pa.table(columns)


def _absent(random: np.random.Generator, count: int) -> npt.NDArray[np.bool_]:
    return random.random(count) < MISSING


@cache
def make_rules(count: int) -> RuleSet:
    """A rule set as large teams have it: named lists, nested segments, verticals, ZIP territories, a catch-all."""
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
    rules = [_rule(random, number, _condition(random, number, count, zips)) for number in range(count - 1)]
    rules.append(_rule(random, count - 1, ALWAYS))
    kinds = dict(FIELDS)
    return RuleSet(
        tuple(rules), ("all",), lists, pods, kinds, "America/New_York", (1, 1), ("",), {}, None, "benchmark"
    )


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


def _rule(random: Random, number: int, when: Condition) -> Rule:
    pod = f"pod-{random.randrange(50)}" if random.random() < 0.6 else None
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
