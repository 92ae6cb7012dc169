"""The memory of everything: plans, approvals, runs, every write with its before-image and state.

SQLite in WAL mode with synchronous=FULL: what is committed survives a power cut. Rows are only added or
moved forward in state; `history` is append-only and hash-chained, so a changed past is noticed.
"""

from sync.ledger.store import Ledger
from sync.ledger.values import Approval, Handed, Hold, LedgerWrite, Run, RunState, WriteState

__all__ = ["Approval", "Handed", "Hold", "Ledger", "LedgerWrite", "Run", "RunState", "WriteState"]
