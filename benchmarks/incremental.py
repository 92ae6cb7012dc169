"""How long a night takes that uses the matched bits of the last one, beside assigning from scratch.

    python benchmarks/incremental.py           100,000 accounts, 300 rules
    python benchmarks/incremental.py --full    1 M x 300, 1 M x 2,000, 5 M x 300

Of the accounts 2 % have another industry than the night before. Both ways run in turn and must write the same
bytes; medians are compared. The last line is
a JSON list of {"name", "value", "unit", "goal", "ok"}; a ratio under 1 is where the bits pay.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from assign_rules import make_rules
from assign_world import tables, write_snapshot

from rules.engine.assign import assign
from rules.engine.incremental import assign_again
from rules.language.ruleset import RuleSet
from rules.tables import Tables

DAY = date(2026, 3, 1)
HOLDERS = {"AE": "owner_id"}
CHANGED = 0.02
RUNS = 3


def later(made: Tables, folder: Path) -> Tables:
    """The accounts of the next day."""
    file = folder / "later.parquet"
    with pq.ParquetFile(made.accounts) as source, pq.ParquetWriter(file, source.schema_arrow) as writer:
        for batch in source.iter_batches(250_000):
            numbers = pa.array(range(batch.num_rows))
            moved = pc.less(
                pc.subtract(numbers, pc.multiply(pc.divide(numbers, 1_000), 1_000)), int(1_000 * CHANGED)
            )
            industry = pc.if_else(moved, pa.scalar("Industry Z9"), batch.column("industry").cast(pa.string()))
            place = batch.schema.get_field_index("industry")
            field = batch.schema.field(place)
            writer.write_batch(batch.set_column(place, field, industry.cast(field.type)))
    return replace(made, accounts=file)


def measure(
    rules: RuleSet, before: Tables, now: Tables, folder: Path
) -> tuple[list[float], list[float], int]:
    """Seconds from scratch, seconds with the bits of the night before, and how many accounts were evaluated."""
    scratch, reused, evaluated = [], [], 0
    first = folder / "first.parquet"
    assign_again(rules, before, folder / "out.parquet", DAY, matched=first, above=0, holders=HOLDERS)
    for _ in range(RUNS):
        started = time.perf_counter()
        assign(rules, now, folder / "scratch.parquet", DAY, holders=HOLDERS)
        scratch.append(time.perf_counter() - started)
        (folder / "matched.parquet").write_bytes(first.read_bytes())
        started = time.perf_counter()
        found = assign_again(
            rules,
            now,
            folder / "out.parquet",
            DAY,
            matched=folder / "matched.parquet",
            above=0,
            holders=HOLDERS,
        )
        reused.append(time.perf_counter() - started)
        evaluated = found.evaluated
        assert (folder / "out.parquet").read_bytes() == (folder / "scratch.parquet").read_bytes()
    return scratch, reused, evaluated


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    sizes = (
        [(1_000_000, 300), (1_000_000, 2_000), (5_000_000, 300)]
        if parser.parse_args().full
        else [(100_000, 300)]
    )
    results = []
    print(f"{'accounts':>10} {'rules':>6} {'evaluated':>10} {'scratch s':>10} {'reused s':>9} {'ratio':>6}")
    for accounts, count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_snapshot(folder, accounts)
            before = tables(folder)
            scratch, reused, evaluated = measure(make_rules(count), before, later(before, folder), folder)
        ratio = statistics.median(reused) / statistics.median(scratch)
        print(
            f"{accounts:>10,} {count:>6,} {evaluated:>10,} {statistics.median(scratch):>10.2f} "
            f"{statistics.median(reused):>9.2f} {ratio:>6.2f}"
        )
        results.append(
            {
                "name": f"incremental {accounts} x {count}",
                "value": round(ratio, 2),
                "unit": "of from scratch",
                "goal": None,
                "ok": True,
            }
        )
    print(json.dumps(results))


if __name__ == "__main__":
    main()
