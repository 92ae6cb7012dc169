"""Work that a CRM carries out by itself, so that a run that died asks for its outcome before sending again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from connectors.records import Receipt
from sync.ledger import chain
from sync.ledger.rows import from_json, to_json, to_text
from sync.ledger.schema import receipts
from sync.ledger.values import Handed


def keep(connection: sa.Connection, run_id: str, receipt: Receipt, seqs: Iterable[int], at: datetime) -> int:
    """Remember what stands for the work that these writes are handed over as; the number it has here."""
    spans = _spans(seqs)
    row = {"run_id": run_id, "receipt": receipt, "seqs": to_json(spans), "at": to_text(at)}
    [id] = connection.execute(receipts.insert().values(row)).inserted_primary_key or [0]
    # In the chain: who loses a receipt may send twice.
    chain.append(connection, at, "receipt", {"run": run_id, "receipt": receipt, "seqs": spans})
    return int(id)


def unsettled(connection: sa.Connection, run_id: str) -> list[Handed]:
    """Work of a run whose outcome is not known yet, oldest first."""
    query = (
        sa.select(receipts)
        .where(receipts.c.run_id == run_id, receipts.c.settled_at.is_(None))
        .order_by(receipts.c.id)
    )
    return [
        Handed(row["id"], Receipt(row["receipt"]), tuple((a, b) for a, b in from_json(row["seqs"])))
        for row in connection.execute(query).mappings()
    ]


def settle(connection: sa.Connection, ids: Sequence[int], at: datetime) -> None:
    """The outcome of this work is known, or the CRM does not know it any more."""
    if not ids:
        return
    connection.execute(
        receipts.update().where(receipts.c.id == sa.bindparam("key")).values(settled_at=to_text(at)),
        [{"key": id} for id in ids],
    )


def _spans(seqs: Iterable[int]) -> list[list[int]]:
    """First and last of every stretch of consecutive numbers."""
    spans: list[list[int]] = []
    for seq in sorted(seqs):
        if spans and spans[-1][1] == seq - 1:
            spans[-1][1] = seq
        else:
            spans.append([seq, seq])
    return spans
