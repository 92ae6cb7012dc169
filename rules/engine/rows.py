"""What was decided, as rows of the assignments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rules.engine.outcomes import Catalogue
from rules.engine.owners import Owners
from rules.engine.relations import Database
from rules.engine.sharing import Placed
from rules.engine.write import NUMBERED, SortedIds

BATCH = 65_536


class Rows:
    """Reads `decided` batch by batch; counts outcomes and accounts with data issues on the way."""

    def __init__(self, catalogue: Catalogue, owners: Owners, source: Path) -> None:
        self._columns = catalogue.columns()
        self._owners = pa.array([owner.id for owner in owners.all], pa.string())
        self._ids = SortedIds(source)
        self.counts = np.zeros(len(catalogue.outcomes), np.int64)
        self.issues = 0

    def tables(self, database: Database, placed: Sequence[Placed]) -> Iterator[pa.Table]:
        """Tables of `NUMBERED` in the order of `decided`; `placed` has the owners that pods gave, by role."""
        first = 0
        for batch in database.batches("SELECT * FROM decided", BATCH):
            if batch.num_rows:
                self._ids.check(batch.column("id"))
                self.issues += batch.num_rows - batch.column("issues").null_count
                yield self._table(batch, [found[first : first + batch.num_rows] for found in placed])
            first += batch.num_rows

    def _table(self, batch: pa.RecordBatch, placed: Sequence[Placed]) -> pa.Table:
        roles = range(len(placed))
        outcomes = _in_turn([batch.column(f"outcome_{role}").to_numpy() for role in roles])
        given = [batch.column(f"owner_{role}").fill_null(-1).to_numpy() for role in roles]
        owners = _in_turn([np.where(placed[role] >= 0, placed[role], given[role]) for role in roles])
        self.counts += np.bincount(outcomes, minlength=len(self.counts))
        accounts = pa.array(np.repeat(np.arange(batch.num_rows), len(placed)))
        numbers = pa.array(outcomes)
        found = {
            column: pa.DictionaryArray.from_arrays(values.indices.take(numbers), values.dictionary)
            for column, values in self._columns.items()
        }
        found["account_id"] = batch.column("id").take(accounts)
        found["owner_id"] = pa.DictionaryArray.from_arrays(pa.array(owners, mask=owners < 0), self._owners)
        found["data_issues"] = batch.column("issues").take(accounts)
        return pa.table([found[column] for column in NUMBERED.names], schema=NUMBERED)


def _in_turn(columns: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    """The roles' values in turn, account by account."""
    return np.stack(columns, axis=1).reshape(-1)
