"""Accounts and rules for the assignment benchmark, made with a seed.

The accounts are written twice: as a CRM has them, with odd spellings in some percent of the rows, and as
normalising makes them, for contenders that cannot normalise and are given that for nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rules.language.condition import FieldKind
from rules.tables import Tables

SEED = 20260301
BATCH = 250_000
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
ODD = 0.04
"""Share of the values of text columns that are spelled otherwise than most."""
SPELLINGS = {"US": "United States", "DE": "Deutschland", "GB": "England", "CH": "Schweiz", "NL": "Holland"}
MISSING = 0.03
"""Share of the values of every column that is null."""
OWNERS = 600
ZIPS = 40_000


def tables(folder: Path) -> Tables:
    """Where the files of the snapshot are."""
    return Tables(
        *(folder / f"{name}.parquet" for name in ("accounts", "owners", "opportunities", "activities"))
    )


def clean(folder: Path) -> Path:
    """The accounts as normalising makes them."""
    return folder / "clean.parquet"


def write_snapshot(folder: Path, accounts: int) -> None:
    """Writes accounts, sorted by id, and owners; half of the accounts have an owner already."""
    random = np.random.default_rng(SEED)
    numbers = random.permutation(accounts)
    with ExitStack() as files:
        writers: list[pq.ParquetWriter] = []
        for first in range(0, accounts, BATCH):
            rows = _accounts(random, first, numbers[first : first + BATCH])
            tables_made = (_spelled(random, rows), _normalised(rows))
            if not writers:
                paths = (tables(folder).accounts, clean(folder))
                writers = [
                    files.enter_context(pq.ParquetWriter(path, table.schema))
                    for path, table in zip(paths, tables_made, strict=True)
                ]
            for writer, table in zip(writers, tables_made, strict=True):
                writer.write_table(table)
    _write_owners(tables(folder).owners)


def _write_owners(file: Path) -> None:
    numbers = range(OWNERS)
    owners = {
        "id": [owner_id(number) for number in numbers],
        "email": [email(number) for number in numbers],
        "active": [number % 50 != 0 for number in numbers],
        "person": [True for _ in numbers],
        "deleted": [False for _ in numbers],
    }
    pq.write_table(pa.table(owners), file)


def _spelled(random: np.random.Generator, rows: pa.Table) -> pa.Table:
    """The same accounts as people type them: nothing that a rule asks changes its meaning."""

    def some(column: str, other: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.if_else(pa.array(random.random(len(rows)) < ODD), other, rows.column(column))

    def joined(*parts: pa.ChunkedArray | str) -> pa.ChunkedArray:
        return pc.binary_join_element_wise(*parts, "")

    country, code = rows.column("country"), rows.column("postal_code")
    names = pa.array([SPELLINGS.get(country, country.lower()) for country in COUNTRIES])
    american = pc.fill_null(pc.equal(country, "US"), False)
    odd = {
        "country": names.take(pc.index_in(country, pa.array(COUNTRIES)).combine_chunks()),
        "postal_code": pc.if_else(american, joined(code, "-1234"), code),
        "website": joined("https://www.", rows.column("website"), "/about"),
        **{
            column: joined(" ", pc.utf8_upper(rows.column(column)), "  ")
            for column in ("industry", "city", *TEXTS)
        },
    }
    for column, other in odd.items():
        rows = rows.set_column(rows.schema.get_field_index(column), column, some(column, other))
    return rows


def _normalised(rows: pa.Table) -> pa.Table:
    country = rows.column("country")
    made = {column: pc.utf8_lower(rows.column(column)) for column in ("industry", "city", *TEXTS)}
    for column in ("state", "postal_code"):
        made[column] = pc.binary_join_element_wise(country, rows.column(column), "-")
    for column, values in made.items():
        rows = rows.set_column(rows.schema.get_field_index(column), column, values)
    return rows


def owner_id(number: int) -> str:
    """The CRM id of a rep."""
    return f"005{number:015d}"


def account_id(number: int) -> str:
    """The CRM id of an account."""
    return f"001{number:015d}"


def email(number: int) -> str:
    """The address of a rep."""
    return f"rep{number}@example.com"


def _accounts(random: np.random.Generator, first: int, ids: npt.NDArray[np.int64]) -> pa.Table:
    count = len(ids)

    def of(values: list[str], skew: float = 1.0) -> pa.Array:
        picked = (random.random(count) ** skew * len(values)).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(picked, mask=_absent(random, count)), values).cast(
            pa.string()
        )

    def numbers(values: npt.NDArray[np.generic]) -> pa.Array:
        return pa.array(values, mask=_absent(random, count))

    owned = pa.array(random.integers(0, OWNERS, count), mask=random.random(count) < 0.5)
    country = of(COUNTRIES, 2.5)
    american = pc.equal(country, "US")
    zips = of([f"{number:05d}" for number in range(501, 501 + ZIPS)])
    abroad = of([f"{number:05d}" for number in range(10_000, 20_000, 100)])
    columns = {
        "id": pa.array([account_id(number) for number in range(first, first + count)]),
        "parent_id": pa.array(
            [account_id(number) for number in random.integers(0, first + count, count).tolist()],
            mask=random.random(count) < 0.9,
        ),
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
