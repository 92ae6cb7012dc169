"""Verbs for unattended work and for looking back: run, schedule, status, history, drift, report."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app import DEFAULT_CONFIG, ConfigOption, app
from sync.errors import DONE, FAILED

if TYPE_CHECKING:
    from sync.schedule import Timetable
    from sync.session import Session


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    write: Annotated[
        bool, typer.Option("--write", help="Carry the plan out when the gate lets it through.")
    ] = False,
) -> None:
    """One unattended night: resume what was interrupted, pull, plan, gate and, with --write, apply. For cron."""
    from sync.cli.failures import exit_code_of
    from sync.cli.session import open_session
    from sync.cli.signals import stopping_on_signals
    from sync.errors import StateDamaged
    from sync.schedule import LOOK, NAME, record

    session = open_session(config)
    timetable, began = _timetable(session), session.now()
    try:
        with stopping_on_signals(session) as tonight:
            exit_code = one_night(tonight, write=write)
    except Exception as error:  # noqa: BLE001 - a night that failed is a night that status tells of
        exit_code = exit_code_of(error)
    # A ledger that cannot be read has been told of already.
    with suppress(StateDamaged), session.ledger() as ledger:
        record(ledger, timetable.due(began), session.now(), exit_code, name=NAME if write else LOOK)
    raise typer.Exit(exit_code)


def one_night(session: Session, *, write: bool) -> int:
    """The night's exit code; its plan and outcome are printed and kept as a page."""
    from sync.cli.plans import tell
    from sync.cli.session import connected
    from sync.errors import GateRefused
    from sync.run import night, require_writes, resume

    with session.locked(), session.ledger() as ledger, connected(session) as connector:
        before = DONE
        if write:
            require_writes(session.project)
            resumed = resume(session, ledger, connector)
            # What an earlier night left open is told too: it may hold conflicts that nobody has seen.
            before = tell(ledger, resumed) if resumed else DONE
        try:
            plan, enacted = night(session, ledger, connector, write=write)
        except GateRefused:
            _print_plan(session)
            raise
        _print_plan(session)
        if enacted is None:
            typer.echo(
                "Nothing to write."
                if plan.is_empty
                else 'Nothing was written: add --write, or "territory apply"'
            )
            return before
        return tell(ledger, enacted) or before


def _print_plan(session: Session) -> None:
    """The latest plan, refused or not, as text on the terminal and as a page in the state folder."""
    from sync.cli.session import find_plan
    from sync.files import write_text
    from sync.report import page, plan_text

    with session.ledger() as ledger:
        plan = find_plan(session, ledger, None)
        approvals = ledger.approvals(plan.id)
    typer.echo(plan_text.render(plan, approvals=[name for a in approvals for name in a.accepted]))
    path = session.project.state / "reports" / f"plan-{plan.short}.html"
    write_text(path, page.render(plan, approvals))
    typer.echo(f"Page: {path}")


@app.command()
def schedule(
    config: ConfigOption = DEFAULT_CONFIG,
    write: Annotated[bool, typer.Option("--write", help="Let the nights write.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once whether tonight is due, and end.")] = False,
) -> None:
    """Stay and run every night at the config's hour; catches up on a missed one when it starts."""
    from sync.cli.failures import exit_code_of
    from sync.cli.session import open_session
    from sync.cli.signals import stopping_on_signals
    from sync.schedule import LOOK, NAME, look, looks

    session = open_session(config, progress=False)
    timetable = _timetable(session)
    asked_to_end = False

    def night() -> int:
        nonlocal asked_to_end
        with stopping_on_signals(session) as tonight:
            try:
                # The config and the rules are read anew every night, as the admin may have merged a change.
                fresh = open_session(config, progress=False)
                return one_night(replace(fresh, stopping=tonight.stopping), write=write)
            except Exception as error:  # noqa: BLE001 - a night that fails must not end the schedule
                return exit_code_of(error)
            finally:
                asked_to_end = tonight.stopping()

    def look_once() -> int | None:
        with session.ledger() as ledger:
            return look(ledger, timetable, session.now, night, name=NAME if write else LOOK)

    if once:
        raise typer.Exit(look_once() or DONE)
    typer.echo(f"next night {timetable.next(session.now()):%Y-%m-%d %H:%M} UTC", err=True)
    for _ in looks(timetable):
        exit_code = look_once()
        if asked_to_end:
            raise typer.Exit(exit_code or DONE)


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Whether nights happen, what ran last, and what waits for a person. Exit 1 when something is wrong."""
    from sync.cli.session import open_session
    from sync.schedule import health
    from sync.snapshot import load

    session = open_session(config, progress=False)
    with session.ledger() as ledger:
        state = health(ledger, _timetable(session), session.now())
        unfinished, runs, holds = ledger.unfinished(), ledger.last_runs(1), ledger.holds()
    snapshot = load(session.snapshots)
    typer.echo(f"schedule  {'RED' if state.red else 'ok'}: {state.message}")
    typer.echo(f"snapshot  {_snapshot(snapshot.pulled_at) if snapshot else 'none yet'}")
    typer.echo(
        f"last run  {f'{runs[0].id} {runs[0].state}, plan {runs[0].plan_id[:12]}' if runs else 'none yet'}"
    )
    typer.echo(f"held      {len(holds):,} accounts" + (' ("territory drift" lists them)' if holds else ""))
    if unfinished:
        typer.echo(f'RED       run {unfinished.id} was interrupted; resume it with "territory run --write"')
    raise typer.Exit(FAILED if state.red or unfinished else DONE)


def _snapshot(at: datetime) -> str:
    return f"pulled {at:%Y-%m-%d %H:%M} UTC"


def _timetable(session: Session) -> Timetable:
    from sync.doctor import timetable

    return timetable(session, session.project.rules())


@app.command()
def history(
    config: ConfigOption = DEFAULT_CONFIG,
    run_id: Annotated[str | None, typer.Argument(help="One run: every write of it, as CSV.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Runs to list.")] = 20,
) -> None:
    """The runs so far, or every write of one run with what was there before."""
    from sync.cli.session import open_session
    from sync.errors import SyncError
    from sync.report.csv import writes_csv
    from sync.report.table import table

    session = open_session(config, progress=False)
    with session.ledger() as ledger:
        if run_id is not None:
            found = ledger.run(run_id)
            if found is None:
                raise SyncError(
                    f'no run, or more than one, has an id that begins with {run_id!r}; "territory history" lists them'
                )
            for line in writes_csv(ledger.writes(found.id)):
                typer.echo(line, nl=False)
            return
        rows = [
            (
                r.id,
                r.kind,
                str(r.state),
                r.plan_id[:12],
                r.actor,
                ", ".join(f"{n:,} {s}" for s, n in r.summary.get("counts", {}).items()),
            )
            for r in ledger.last_runs(limit)
        ]
    typer.echo("\n".join(table(("run", "kind", "state", "plan", "by", "writes"), rows, "")) or "no runs yet")


@app.command()
def drift(
    config: ConfigOption = DEFAULT_CONFIG,
    release: Annotated[
        list[str] | None, typer.Option("--release", help="Let the rules decide about this account id again.")
    ] = None,
    release_all: Annotated[
        bool, typer.Option("--release-all", help="Let the rules decide about every held account.")
    ] = False,
) -> None:
    """Accounts whose owner somebody changed after us: we leave them alone until they are released."""
    from sync.cli.session import latest_snapshot, open_session
    from sync.drift import drift as drifted
    from sync.report.table import table

    session = open_session(config, progress=False)
    with session.locked(), session.ledger() as ledger:
        found = drifted(ledger, latest_snapshot(session))
        wanted = [d.record_id for d in found] if release_all else list(release or [])
        unknown = sorted(set(wanted) - {d.record_id for d in found})
        if unknown:
            typer.echo(f"not held: {', '.join(unknown)}", err=True)
            raise typer.Exit(FAILED)
        if wanted:
            ledger.release(wanted, at=session.now(), by=session.actor)
            typer.echo(f"released {len(wanted):,}; the next plan decides about them")
            return
    rows = [(d.record_id, d.name, d.ours, d.live, d.why) for d in found]
    typer.echo("\n".join(table(("account", "name", "we set", "owner now", "why"), rows, "")) or "no drift")


@app.command()
def report(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where the page goes; the state folder if left out.")
    ] = None,
) -> None:
    """The latest plan as a page: outcomes, territories, reps, balance, every change with its reason."""
    from sync.cli.session import find_plan, open_session
    from sync.files import write_text
    from sync.report.page import render

    session = open_session(config, progress=False)
    with session.ledger() as ledger:
        plan = find_plan(session, ledger, None)
        page = render(plan, ledger.approvals(plan.id))
    path = out or session.project.state / "reports" / f"plan-{plan.short}.html"
    write_text(path, page)
    typer.echo(str(path), file=sys.stdout)


@app.command()
def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8377,
) -> None:
    """A read-only console for browsers on this machine: status, runs, and every plan as a page."""
    import uvicorn

    from sync.cli.session import open_session
    from sync.console.app import console

    session = open_session(config, progress=False)
    typer.echo(f"http://127.0.0.1:{port}/ (this machine only; stop with Ctrl-C)", err=True)
    uvicorn.run(console(session), host="127.0.0.1", port=port, log_level="warning")
