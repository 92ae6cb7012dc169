"""The ledger itself: what every part of the flow remembers and asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sync.ledger import chain, owners
from sync.ledger.file import LedgerFile
from sync.ledger.rows import from_json, ledger_write, run_of, to_json, to_text, to_time, write_row
from sync.ledger.schema import approvals, history, holds, last_written, nights, plans, runs, writes
from sync.ledger.values import Approval, Hold, LedgerWrite, Run, RunState, WriteState


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

    def in_state(self, run_id: str, state: WriteState, limit: int) -> list[LedgerWrite]:
        """The first writes of a run in this state, in order."""
        return self._writes(run_id, (state,), limit)

    def undecided(self, run_id: str) -> list[LedgerWrite]:
        """Writes that may or may not have reached the CRM: in flight when a process died, or unanswered."""
        return self._writes(run_id, (WriteState.INFLIGHT, WriteState.UNKNOWN), None)

    def writes(self, run_id: str, states: Sequence[WriteState] = tuple(WriteState)) -> list[LedgerWrite]:
        """The writes of a run in these states, in order."""
        return self._writes(run_id, states, None)

    def applied(self, run_id: str, size: int) -> Iterator[list[LedgerWrite]]:
        """The applied writes of a run in order, in chunks of `size`."""
        last = 0
        query = sa.select(writes).where(writes.c.run_id == run_id, writes.c.state == str(WriteState.APPLIED))
        while True:
            with self._begin() as connection:
                rows = (
                    connection.execute(query.where(writes.c.seq > last).order_by(writes.c.seq).limit(size))
                    .mappings()
                    .all()
                )
            if not rows:
                return
            last = rows[-1]["seq"]
            yield [ledger_write(row) for row in rows]

    def remarked(self, run_id: str) -> list[LedgerWrite]:
        """Applied writes about which the connector said something, such as an edit that they overwrote."""
        query = sa.select(writes).where(
            writes.c.run_id == run_id, writes.c.state == str(WriteState.APPLIED), writes.c.code != ""
        )
        with self._begin() as connection:
            return [ledger_write(row) for row in connection.execute(query.order_by(writes.c.seq)).mappings()]

    def _writes(self, run_id: str, states: Sequence[WriteState], limit: int | None) -> list[LedgerWrite]:
        query = (
            sa.select(writes)
            .where(writes.c.run_id == run_id, writes.c.state.in_([str(s) for s in states]))
            .order_by(writes.c.seq)
        )
        if limit is not None:
            query = query.limit(limit)
        with self._begin() as connection:
            return [ledger_write(row) for row in connection.execute(query).mappings()]

    def mark(self, run_id: str, marked: Sequence[LedgerWrite], *, at: datetime) -> None:
        """Move writes to a new state, in one durable transaction, and remember what was applied last.

        An applied owner is remembered as ours; an owner that moved under us becomes a hold.
        """
        with self._begin() as connection:
            connection.execute(
                writes.update()
                .where(writes.c.run_id == run_id, writes.c.seq == sa.bindparam("key"))
                .values(
                    state=sa.bindparam("to_state"),
                    code=sa.bindparam("to_code"),
                    message=sa.bindparam("to_message"),
                    found=sa.bindparam("to_found"),
                    updated_at=to_text(at),
                ),
                [
                    {
                        "key": w.seq,
                        "to_state": str(w.state),
                        "to_code": w.code,
                        "to_message": w.message,
                        "to_found": None if w.found is None else to_json(w.found),
                    }
                    for w in marked
                ],
            )
            owners.remember_owners(connection, run_id, marked, at)
            chain.append(
                connection, at, "writes", {"run": run_id, "states": [[w.seq, str(w.state)] for w in marked]}
            )

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

    def owners_written(self) -> list[tuple[str, str | None]]:
        """Account id and the owner that we set last, for every account whose owner we ever set."""
        with self._begin() as connection:
            return [
                (r[0], r[1])
                for r in connection.execute(sa.select(last_written.c.record_id, last_written.c.value))
            ]

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
            done = connection.execute(
                holds.update()
                .where(holds.c.record_id.in_(list(record_ids)), holds.c.released_at.is_(None))
                .values(released_at=to_text(at), released_by=by)
            ).rowcount
            # Without this the next plan would see the human's change once more, and hold again.
            connection.execute(last_written.delete().where(last_written.c.record_id.in_(list(record_ids))))
            chain.append(connection, at, "release", {"records": list(record_ids), "by": by})
        return int(done)

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
