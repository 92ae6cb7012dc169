"""The ledger's tables and how older ledgers become today's: numbered steps, forward only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from sync.errors import StateDamaged

metadata = sa.MetaData()

version = sa.Table("version", metadata, sa.Column("number", sa.Integer, nullable=False))

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("header", sa.Text, nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("plan_id", sa.Text, nullable=False, index=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("accepted", sa.Text, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("plan_id", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("finished_at", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
)

writes = sa.Table(
    "writes",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("found", sa.Text),
    sa.Column("updated_at", sa.Text),
    sa.Index("writes_by_state", "run_id", "state", "seq"),
    sqlite_with_rowid=False,
)

last_written = sa.Table(
    "last_written",
    metadata,
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("value", sa.Text),
    sa.Column("run_id", sa.Text, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("record_id", sa.Text, nullable=False, index=True),
    sa.Column("live_owner", sa.Text),
    sa.Column("wanted_owner", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("released_at", sa.Text),
    sa.Column("released_by", sa.Text),
)

nights = sa.Table(
    "nights",
    metadata,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("local_date", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False, index=True),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("seqs", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("settled_at", sa.Text),
)

last_sets = sa.Table(
    "last_sets",
    metadata,
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text),
    sa.Column("run_id", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

history = sa.Table(
    "history",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)


def _first(connection: sa.Connection) -> None:
    metadata.create_all(
        connection,
        [version, plans, approvals, runs, writes, last_written, holds, nights, history],
    )


def _receipts(connection: sa.Connection) -> None:
    metadata.create_all(connection, [receipts])


def _sets(connection: sa.Connection) -> None:
    metadata.create_all(connection, [last_sets])


MIGRATIONS: Sequence[Callable[[sa.Connection], None]] = (_first, _receipts, _sets)
"""Step n brings a ledger of version n to n + 1."""


def migrate(connection: sa.Connection) -> None:
    """Bring the ledger to today's version; StateDamaged where it is newer than this program."""
    exists = sa.inspect(connection).has_table("version")
    found = int(connection.execute(sa.select(version.c.number)).scalar() or 0) if exists else 0
    if found > len(MIGRATIONS):
        raise StateDamaged(
            f"the ledger is of version {found}, this program knows up to {len(MIGRATIONS)}; upgrade it"
        )
    for step in MIGRATIONS[found:]:
        step(connection)
    if found < len(MIGRATIONS):
        connection.execute(version.delete())
        connection.execute(version.insert().values(number=len(MIGRATIONS)))
