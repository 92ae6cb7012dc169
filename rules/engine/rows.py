"""What was decided, as rows of the assignments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from rules.engine.outcomes import FIRST_TERRITORY, Catalogue
from rules.engine.pods.owners import Owners
from rules.engine.relations import Database
from rules.engine.settled import NOBODY, Numbers, Settled
from rules.engine.write import NUMBERED, SortedIds

BATCH = 65_536


class Rows:
    """Reads `decided` batch by batch; counts outcomes and accounts with data issues on the way."""

    def __init__(self, catalogue: Catalogue, owners: Owners, source: Path) -> None:
        self._columns = catalogue.columns()
        self._places = np.array([outcome.territory for outcome in catalogue.outcomes], np.int32)
        self._territories = pa.array(catalogue.territories[FIRST_TERRITORY:], pa.string())
        self._owners = pa.array([owner.id for owner in owners.all], pa.string())
        self._ids = SortedIds(source)
        self.counts = np.zeros(len(catalogue.outcomes), np.int64)
        self.issues = 0

    def tables(self, database: Database, settled: Sequence[Settled]) -> Iterator[pa.Table]:
        """Tables of `NUMBERED` in the order of `decided`; `settled` has what changed since, by role."""
        first = 0
        for batch in database.batches("SELECT * FROM decided", BATCH):
            if batch.num_rows:
                self._ids.check(batch.column("id"))
                self.issues += batch.num_rows - batch.column("issues").null_count
                yield self._table(batch, settled, slice(first, first + batch.num_rows))
            first += batch.num_rows

    def _table(self, batch: pa.RecordBatch, settled: Sequence[Settled], rows: slice) -> pa.Table:
        def column(name: str) -> Numbers:
            return _in_turn(
                [
                    of_role.at(name, rows, self._planned(batch, f"{name}_{role}"))
                    for role, of_role in enumerate(settled)
                ]
            )

        outcomes, owners = column("outcome"), column("owner")
        self.counts += np.bincount(outcomes, minlength=len(self.counts))
        places = column("territory")
        places = np.where(places < 0, self._places[outcomes], places) - FIRST_TERRITORY
        numbers = pa.array(outcomes)
        found = {
            name: pa.DictionaryArray.from_arrays(values.indices.take(numbers), values.dictionary)
            for name, values in self._columns.items()
        }
        found["territory"] = _named(places, self._territories)
        found["account_id"] = _repeated(batch.column("id"), len(settled))
        found["owner_id"] = _named(owners, self._owners)
        found["data_issues"] = _repeated(batch.column("issues"), len(settled))
        return pa.table([found[name] for name in NUMBERED.names], schema=NUMBERED)

    def _planned(self, batch: pa.RecordBatch, name: str) -> Numbers:
        """A column of the plan; -1 where it is null, or the plan has none."""
        if name not in batch.schema.names:
            return np.full(batch.num_rows, NOBODY, np.int32)
        found: Numbers = batch.column(name).fill_null(NOBODY).to_numpy(zero_copy_only=False)
        return found


def _named(numbers: Numbers, names: pa.Array) -> pa.DictionaryArray:
    """The names of these numbers, null below 0."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), names)


def _repeated(values: pa.Array, times: int) -> pa.Array:
    """Each value as often, one after the other."""
    return values if times == 1 else values.take(pa.array(np.repeat(np.arange(len(values)), times)))


def _in_turn(columns: Sequence[Numbers]) -> Numbers:
    """The roles' values in turn, account by account."""
    return np.stack(columns, axis=1).reshape(-1)
