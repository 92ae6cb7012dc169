"""The ledger itself: what every part of the flow remembers and asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connectors.records import Receipt
from sync.ledger import chain, owners, receipts, sending, sets
from sync.ledger.file import LedgerFile
from sync.ledger.rows import from_json, run_of, to_json, to_text, to_time, write_row
from sync.ledger.schema import approvals, history, holds, nights, plans, runs, writes
from sync.ledger.values import Approval, Handed, Hold, LedgerWrite, Run, RunState, WriteState

if TYPE_CHECKING:
    import pyarrow as pa


class Ledger:
    """Opens (and migrates) the ledger of one state folder; StateDamaged where it is not sound."""

    def __init__(self, path: Path) -> None:
        self._file = LedgerFile(path)
        self._begin = self._file.begin

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    # plans and approvals

    def record_plan(self, plan_id: str, *, at: datetime, author: str, header: Mapping[str, Any]) -> None:
        """Remember a plan once; the first time counts, as its age is counted from it."""
        with self._begin() as connection:
            known = connection.execute(sa.select(plans.c.id).where(plans.c.id == plan_id)).first()
            if known is None:
                connection.execute(
                    plans.insert().values(
                        id=plan_id, created_at=to_text(at), author=author, header=to_json(header)
                    )
                )
                chain.append(connection, at, "plan", {"plan": plan_id, "author": author})

    def renew_plan(self, plan_id: str, at: datetime) -> None:
        """The same plan was computed again from a fresh pull: its age counts from now."""
        with self._begin() as connection:
            connection.execute(plans.update().where(plans.c.id == plan_id).values(created_at=to_text(at)))

    def plan_made_at(self, plan_id: str) -> datetime | None:
        """When a plan was made, None where this ledger does not know it."""
        with self._begin() as connection:
            row = connection.execute(sa.select(plans.c.created_at).where(plans.c.id == plan_id)).first()
        return to_time(row[0]) if row else None

    def plan_ids(self, prefix: str) -> list[str]:
        """Ids of the plans that begin so."""
        query = (
            sa.select(plans.c.id)
            .where(plans.c.id.startswith(prefix, autoescape=True))
            .order_by(plans.c.created_at)
        )
        with self._begin() as connection:
            return [row[0] for row in connection.execute(query)]

    def latest_plan(self) -> str | None:
        """The id of the plan made last."""
        query = sa.select(plans.c.id).order_by(plans.c.created_at.desc(), plans.c.id).limit(1)
        with self._begin() as connection:
            return connection.execute(query).scalar()

    def first_plan_at(self) -> datetime | None:
        """When this ledger was first used, None before its first plan."""
        with self._begin() as connection:
            first = connection.execute(sa.select(sa.func.min(plans.c.created_at))).scalar()
        return to_time(first) if first else None

    def approve(self, approval: Approval) -> None:
        """Add an approval; approvals are never taken back, a new plan is made instead."""
        with self._begin() as connection:
            connection.execute(
                approvals.insert().values(
                    plan_id=approval.plan_id,
                    by=approval.by,
                    at=to_text(approval.at),
                    accepted=to_json(approval.accepted),
                )
            )
            chain.append(
                connection,
                approval.at,
                "approval",
                {"plan": approval.plan_id, "by": approval.by, "accepted": approval.accepted},
            )

    def approvals(self, plan_id: str) -> list[Approval]:
        """The approvals of a plan, oldest first."""
        query = sa.select(approvals).where(approvals.c.plan_id == plan_id).order_by(approvals.c.id)
        with self._begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Approval(r["plan_id"], r["by"], to_time(r["at"]), tuple(from_json(r["accepted"]))) for r in rows
        ]

    # runs and writes

    def begin_run(
        self,
        run_id: str,
        plan_id: str,
        *,
        kind: str,
        at: datetime,
        actor: str,
        planned: Iterable[Sequence[LedgerWrite]],
    ) -> None:
        """Remember a run with every write it is going to make, all in one transaction, before any is sent."""
        with self._begin() as connection:
            connection.execute(
                runs.insert().values(
                    id=run_id,
                    plan_id=plan_id,
                    kind=kind,
                    state=RunState.RUNNING,
                    started_at=to_text(at),
                    actor=actor,
                    summary="{}",
                )
            )
            for chunk in planned:
                connection.execute(writes.insert(), [write_row(run_id, write) for write in chunk])
            chain.append(
                connection, at, "run", {"run": run_id, "plan": plan_id, "kind": kind, "actor": actor}
            )

    def open_writes(self, run_id: str, limit: int) -> list[LedgerWrite]:
        """The next writes of a run that are still planned, in order."""
        return self.in_state(run_id, WriteState.PLANNED, limit)

    def waiting(self, run_id: str, at_most: int) -> int:
        """How many planned writes of a run set no owner, counted up to `at_most`."""
        with self._begin() as connection:
            return sending.waiting(connection, run_id, at_most)

    def in_state(self, run_id: str, state: WriteState, limit: int) -> list[LedgerWrite]:
        """The first writes of a run in this state, in order."""
        with self._begin() as connection:
            return sending.some(connection, run_id, (state,), limit)

    def undecided(self, run_id: str, size: int) -> Iterator[list[LedgerWrite]]:
        """Writes that may or may not have reached the CRM, in order, in chunks of `size`: in flight when a process
        died, or unanswered. They may be marked meanwhile."""
        return self._chunks(run_id, (WriteState.INFLIGHT, WriteState.UNKNOWN), size)

    def is_undecided(self, run_id: str) -> bool:
        """Whether there is any of those."""
        return any(True for _ in self.undecided(run_id, 1))

    def undecided_of(self, run_id: str, handed: Handed) -> list[LedgerWrite]:
        """Those of them that were handed over as this work."""
        with self._begin() as connection:
            states = (WriteState.INFLIGHT, WriteState.UNKNOWN)
            return [w for span in handed.seqs for w in sending.between(connection, run_id, states, span)]

    def writes(self, run_id: str, states: Sequence[WriteState] = tuple(WriteState)) -> list[LedgerWrite]:
        """The writes of a run in these states, in order."""
        with self._begin() as connection:
            return sending.some(connection, run_id, states, None)

    def applied(self, run_id: str, size: int) -> Iterator[list[LedgerWrite]]:
        """The applied writes of a run in order, in chunks of `size`."""
        return self._chunks(run_id, (WriteState.APPLIED,), size)

    def remarked(self, run_id: str) -> list[LedgerWrite]:
        """Applied writes about which the connector said something, such as an edit that they overwrote."""
        with self._begin() as connection:
            return sending.remarked(connection, run_id)

    def _chunks(self, run_id: str, states: Sequence[WriteState], size: int) -> Iterator[list[LedgerWrite]]:
        last = 0
        while True:
            with self._begin() as connection:
                chunk = sending.some(connection, run_id, states, size, after=last)
            if not chunk:
                return
            last = chunk[-1].seq
            yield chunk

    def mark(
        self,
        run_id: str,
        marked: Sequence[LedgerWrite],
        *,
        at: datetime,
        settled: Sequence[int] = (),
    ) -> None:
        """Move writes to a new state, in one durable transaction, and remember what was applied last.

        An applied owner is remembered as ours; an owner that moved under us becomes a hold. `settled` names
        the work (`Handed.id`) whose outcome this is.
        """
        with self._begin() as connection:
            sending.mark(connection, run_id, marked, at)
            owners.remember_owners(connection, run_id, marked, at)
            sets.remember_sets(connection, run_id, marked)
            receipts.settle(connection, settled, at)

    def keep_receipt(self, run_id: str, receipt: Receipt, seqs: Iterable[int], *, at: datetime) -> int:
        """Remember, durably, what stands for the work that these writes are about to be handed over as; its id."""
        with self._begin() as connection:
            return receipts.keep(connection, run_id, receipt, seqs, at)

    def unsettled(self, run_id: str) -> list[Handed]:
        """Work of a run whose outcome is not known yet, oldest first."""
        with self._begin() as connection:
            return receipts.unsettled(connection, run_id)

    def finish_run(self, run_id: str, state: RunState, *, at: datetime, summary: Mapping[str, Any]) -> None:
        """Close a run."""
        with self._begin() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.id == run_id)
                .values(state=str(state), finished_at=to_text(at), summary=to_json(summary))
            )
            chain.append(connection, at, "finished", {"run": run_id, "state": str(state), "summary": summary})

    def counts(self, run_id: str) -> dict[WriteState, int]:
        """How many writes of a run stand in each state."""
        query = (
            sa.select(writes.c.state, sa.func.count())
            .where(writes.c.run_id == run_id)
            .group_by(writes.c.state)
        )
        with self._begin() as connection:
            return {WriteState(state): count for state, count in connection.execute(query)}

    def unfinished(self) -> Run | None:
        """The run that was begun and not finished, if there is one."""
        found = self._runs(runs.c.state == str(RunState.RUNNING), 1)
        return found[0] if found else None

    def run_of_plan(self, plan_id: str) -> Run | None:
        """The run that enacted, or is enacting, a plan."""
        found = self._runs(runs.c.plan_id == plan_id, 1)
        return found[0] if found else None

    def run(self, run_id: str) -> Run | None:
        """One run by its id or an unambiguous beginning of it."""
        found = self._runs(runs.c.id.startswith(run_id, autoescape=True), 2)
        return found[0] if len(found) == 1 else None

    def last_runs(self, limit: int) -> list[Run]:
        """The latest runs, newest first."""
        return self._runs(sa.true(), limit)

    def _runs(self, where: sa.ColumnElement[bool], limit: int) -> list[Run]:
        query = sa.select(runs).where(where).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        with self._begin() as connection:
            return [run_of(row) for row in connection.execute(query).mappings()]

    def position(self) -> str:
        """Changes whenever something was sent to the CRM, so that a plan knows whether it is the next one."""
        # By the order in which runs were begun, not by their times: a clock may be put back.
        query = (
            sa.select(history.c.payload)
            .where(history.c.kind == "run")
            .order_by(history.c.seq.desc())
            .limit(1)
        )
        with self._begin() as connection:
            payload = connection.execute(query).scalar()
        return str(from_json(payload)["run"]) if payload else "start"

    # owners that are ours, and holds

    def owners_written(self) -> pa.Table:
        """Account id (`record_id`) and the owner that we set last (`value`), for every account whose owner we ever set."""
        with self._begin() as connection:
            return owners.written(connection)

    def sets_written(self) -> Iterator[Sequence[tuple[str, str, str | None]]]:
        """Record id, column and value of every set of territories that we ever wrote, in chunks."""
        with self._begin() as connection:
            yield from sets.sets_written(connection)

    def holds(self) -> list[Hold]:
        """The accounts that are held now, by id."""
        query = sa.select(holds).where(holds.c.released_at.is_(None)).order_by(holds.c.record_id)
        with self._begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Hold(
                r["record_id"],
                r["live_owner"],
                r["wanted_owner"],
                r["reason"],
                to_time(r["since"]),
                r["run_id"],
            )
            for r in rows
        ]

    def hold(self, found: Sequence[Hold]) -> None:
        """Hold these accounts; one that is held already stays as it is."""
        with self._begin() as connection:
            owners.hold(connection, found)

    def release(self, record_ids: Sequence[str], *, at: datetime, by: str) -> int:
        """End the hold of these accounts; the rules decide again at the next plan. Returns how many were held."""
        with self._begin() as connection:
            done = owners.release(connection, record_ids, to_text(at), by)
            chain.append(connection, at, "release", {"records": list(record_ids), "by": by})
        return done

    # nights

    def night_done(self, schedule: str, night: date) -> bool:
        """Whether this local date's run is done."""
        query = sa.select(nights.c.state).where(
            nights.c.schedule == schedule, nights.c.local_date == night.isoformat()
        )
        with self._begin() as connection:
            return connection.execute(query).scalar() == "done"

    def record_night(self, schedule: str, night: date, *, at: datetime, exit_code: int, done: bool) -> None:
        """Remember how this local date's run ended; an attempt that may be repeated is not `done`."""
        key = (nights.c.schedule == schedule) & (nights.c.local_date == night.isoformat())
        with self._begin() as connection:
            connection.execute(nights.delete().where(key))
            connection.execute(
                nights.insert().values(
                    schedule=schedule,
                    local_date=night.isoformat(),
                    at=to_text(at),
                    exit_code=exit_code,
                    state="done" if done else "open",
                )
            )

    def last_night(self, schedule: str) -> tuple[date, datetime, int, bool] | None:
        """Local date, instant, exit code and whether it is done, of the latest night."""
        query = (
            sa.select(nights)
            .where(nights.c.schedule == schedule)
            .order_by(nights.c.local_date.desc())
            .limit(1)
        )
        with self._begin() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return (
            date.fromisoformat(row["local_date"]),
            to_time(row["at"]),
            row["exit_code"],
            row["state"] == "done",
        )

    # soundness

    def check_history(self) -> int:
        """The number of history entries; StateDamaged names the first whose hash does not follow."""
        with self._begin() as connection:
            return chain.check(connection)
