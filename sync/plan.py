"""A plan: every change with its reason, frozen, in one file whose hash is its name.

The file is Parquet with the table of `sync.diff.COLUMNS` and a header in its metadata. Equal input gives
equal bytes: nothing of the file depends on the clock, the machine or the order of rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.errors import ConfigProblem, StateDamaged
from sync.files import replacing, sha256
from sync.scratch import scratch

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 3
HEADER = b"territory_sync_plan"
ROWS_PER_GROUP = 100_000


@dataclass(frozen=True, slots=True)
class Breach:
    """One limit exceeded: `name` is what an approval accepts, `message` carries the arithmetic."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a plan was made from; it dies when one of these moves."""

    snapshot: str
    rules: str
    config: str
    ledger: str
    memory: str = "none"
    """What the night before told this one (`sync.memory`)."""
    carried: str = ""
    """What another CRM's plan decided for this one (`sync.both`)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The header of a plan, and where its table of changes lies."""

    id: str
    """SHA-256 of the file, in hexadecimal; people use its first 12 digits."""
    path: Path
    kind: str
    """`sync`, or `undo` of the run that `summary["undo"]` names."""
    crm: str
    """Kind of connector."""
    org: str
    """Id of the org or portal."""
    as_of: str
    bindings: Bindings
    fields: Mapping[str, str]
    """Type of every column that the plan sets."""
    targets: Mapping[str, str]
    """CRM field of every column that the plan sets; a column that goes elsewhere by now is not written."""
    breaches: tuple[Breach, ...]
    forecast: Mapping[str, Any]
    """What carrying it out takes and brings about, as the connector tells (`connectors.base.Forecast`)."""
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """What people call the plan."""
        return self.id[:12]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.summary.get("records", 0)

    def changes(self) -> pa.Table:
        """The table of changes, held rows included."""
        import pyarrow.parquet as pq

        return pq.read_table(self.path)


def store(folder: Path, header: Mapping[str, Any], changes: pa.Table) -> Plan:
    """Write a plan into the folder of plans and read it back."""
    import pyarrow.parquet as pq

    text = json.dumps({"format": FORMAT, **header}, sort_keys=True, ensure_ascii=False)
    part = folder / "new.parquet"
    with replacing(part) as path:
        pq.write_table(
            changes.replace_schema_metadata({HEADER: text.encode()}),
            path,
            compression="zstd",
            row_group_size=ROWS_PER_GROUP,
        )
    identity = sha256(part)
    final = folder / identity[:12] / "plan.parquet"
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.replace(final)
    return load(final)


def load(path: Path) -> Plan:
    """Read a plan's header; its id is computed from the file as it lies there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise ConfigProblem(f'there is no plan file {path}; make a new plan with "territory plan"')
    try:
        header = json.loads((pq.read_schema(path).metadata or {})[HEADER])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        # Arrow tells a damaged footer as an OSError.
        raise StateDamaged(
            f'{path} is not a plan, or was damaged: make a new one with "territory plan"'
        ) from error
    if header["format"] != FORMAT:
        raise StateDamaged(
            f"{path} is a plan of format {header['format']}, this program writes {FORMAT}: "
            'make a new one with "territory plan"'
        )
    return Plan(
        id=sha256(path),
        path=path,
        kind=header["kind"],
        crm=header["crm"],
        org=header["org"],
        as_of=header["as_of"],
        bindings=Bindings(**header["bindings"]),
        fields=header["fields"],
        targets=header["targets"],
        breaches=tuple(Breach(**b) for b in header["breaches"]),
        forecast=header["forecast"],
        summary=header["summary"],
    )


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Every field of one record that a plan sets, values as text."""

    record_id: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def record_changes(plan: Plan, fields: Sequence[str], size: int = 1000) -> Iterator[list[RecordChange]]:
    """The plan's changes to these fields, one per record, families together, in chunks of `size`."""

    query = """
        SELECT record_id, list(field ORDER BY field), list(before ORDER BY field), list(after ORDER BY field)
        FROM read_parquet($path) WHERE action = 'change' AND list_contains($fields, field)
        GROUP BY family, record_id ORDER BY family, record_id"""
    with scratch() as con:
        rows = con.execute(query, {"path": str(plan.path), "fields": list(fields)})
        while chunk := rows.fetchmany(size):
            yield [
                RecordChange(
                    record, dict(zip(names, before, strict=True)), dict(zip(names, after, strict=True))
                )
                for record, names, before, after in chunk
            ]
