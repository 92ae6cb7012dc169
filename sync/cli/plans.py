"""Verbs on plans: plan, show, approve, apply, undo."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app import DEFAULT_CONFIG, ConfigOption, app
from sync.errors import CHANGES, DONE, PARTIAL, REFUSED, TRY_LATER, ConfigProblem

if TYPE_CHECKING:
    from sync.ledger import Ledger
    from sync.plan import Plan
    from sync.run import Enacted
    from sync.session import Session

PlanArgument = Annotated[
    str | None, typer.Argument(help="A plan's id, the beginning of it, or its file; the latest if left out.")
]


@app.command()
def plan(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Copy the plan to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan's header as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page that a browser shows.")] = None,
    sql: Annotated[
        str | None,
        typer.Option(
            "--sql", help="Only print the assignment as SQL: duckdb, spark, databricks, snowflake, bigquery."
        ),
    ] = None,
    no_pull: Annotated[bool, typer.Option("--no-pull", help="Plan from the last snapshot.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 when there are changes.")
    ] = False,
) -> None:
    """Pull, compute assignments and KPIs, and show what would change. Writes nothing to the CRM."""
    from connectors.base import Quota
    from sync.cli.session import connected, latest_snapshot, open_session
    from sync.run import propose, pull
    from sync.stakes import told_quota

    session = open_session(config)
    # What is wrong with the rules is said before the CRM is read, which may take long.
    session.project.rules()
    if sql is not None:
        typer.echo(_script(session, sql))
        return
    with session.locked(), session.ledger() as ledger:
        quota = Quota()
        if no_pull:
            snapshot = latest_snapshot(session)
        else:
            with connected(session) as connector:
                snapshot = pull(session, connector).snapshot
                quota = connector.quota()
        made = propose(session, ledger, snapshot)
        if out:
            shutil.copyfile(made.path, out)
        if html:
            _write_page(ledger, made, html)
        typer.echo(_header_json(made) if as_json else _text(ledger, made), nl=as_json)
        reserve = session.project.config.apply.quota_reserve
        if not as_json and (said := told_quota(sum(made.forecast["calls"].values()), quota, reserve)):
            typer.echo(said)
        # The text goes out before a refusal ends the command: the refused plan is always shown.
        if made.breaches and not made.is_empty and not _accepted(ledger, made):
            raise typer.Exit(REFUSED)
    raise typer.Exit(CHANGES if detailed_exitcode and not made.is_empty else DONE)


def _script(session: Session, dialect: str) -> str:
    import pyarrow.parquet as pq

    from rules.engine.dialects.plan import plan_sql
    from rules.engine.dialects.translate import Dialect
    from sync.cli.session import latest_snapshot
    from sync.today import today_of

    if dialect not in list(Dialect):
        raise ConfigProblem(f"--sql takes {', '.join(Dialect)}, not {dialect!r}")
    tables, rules = latest_snapshot(session).tables, session.project.rules()
    holders = session.project.holders(rules)
    columns = pq.read_schema(tables.accounts)
    return plan_sql(rules, tables.owners, columns, dialect, today_of(session, rules), holders=holders)


@app.command()
def show(
    which: PlanArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    changes: Annotated[bool, typer.Option("--changes", help="Every change, as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The plan's header as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page that a browser shows.")] = None,
) -> None:
    """Show a plan again."""
    from sync.cli.session import find_plan, open_session
    from sync.report.csv import changes_csv

    session = open_session(config, progress=False)
    with session.ledger() as ledger:
        found = find_plan(session, ledger, which)
        if html:
            _write_page(ledger, found, html)
        if changes:
            for line in changes_csv(found):
                typer.echo(line, nl=False)
        else:
            typer.echo(_header_json(found) if as_json else _text(ledger, found), nl=as_json)


@app.command()
def approve(
    which: PlanArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="A breach to accept, by name; may be repeated.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who approves; the login name if left out.")] = None,
) -> None:
    """Put a name on a plan, accepting its breaches one by one."""
    from sync.approve import approve as record
    from sync.cli.session import find_plan, open_session

    session = open_session(config, progress=False)
    with session.ledger() as ledger:
        found = find_plan(session, ledger, which)
        given = record(ledger, found, by=by or session.actor, at=session.now(), accept=accept or [])
        accepted = f", accepting {', '.join(given.accepted)}" if given.accepted else ""
        typer.echo(f"{given.by} approved plan {found.short}{accepted}; {_next_step(ledger, found)}")


@app.command()
def apply(which: PlanArgument = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Carry out exactly one approved plan, or go on where an interrupted run of it stopped."""
    from sync.cli.session import connected, find_plan, open_session
    from sync.cli.signals import stopping_on_signals
    from sync.run import enact

    with (
        stopping_on_signals(open_session(config)) as session,
        session.locked(),
        session.ledger() as ledger,
    ):
        interrupted = ledger.unfinished()
        if which is None and interrupted:
            # What was begun comes before any plan that was made since.
            which = interrupted.plan_id
        found = find_plan(session, ledger, which)
        if found.is_empty:
            typer.echo(f"plan {found.short} changes nothing")
            return
        with connected(session) as connector:
            enacted = enact(session, ledger, found, connector)
        raise typer.Exit(tell(ledger, enacted))


@app.command()
def undo(
    run_id: Annotated[str, typer.Argument(help="The run, as history lists it.")],
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, rather than show it.")] = False,
) -> None:
    """Restore what a run changed; records that moved since are left alone and listed."""
    from sync.cli.session import connected, open_session
    from sync.cli.signals import stopping_on_signals
    from sync.errors import SyncError
    from sync.run import enact
    from sync.undo import plan_undo

    with (
        stopping_on_signals(open_session(config)) as session,
        session.locked(),
        session.ledger() as ledger,
    ):
        run = ledger.run(run_id)
        if run is None:
            raise SyncError(
                f'no run, or more than one, has an id that begins with {run_id!r}; "territory history" lists them'
            )
        made = plan_undo(session, ledger, run)
        typer.echo(_text(ledger, made), nl=False)
        if not yes:
            typer.echo(f'Nothing was written. Do it with "territory undo {run.id} --yes"')
            return
        with connected(session) as connector:
            enacted = enact(session, ledger, made, connector)
        raise typer.Exit(tell(ledger, enacted))


def tell(ledger: Ledger, enacted: Enacted) -> int:
    """Print what became of a plan; the exit code that says the same."""
    from sync.ledger import RunState
    from sync.report.run_text import render

    typer.echo(render(ledger, enacted), nl=False)
    if enacted.run.state is RunState.RUNNING:
        return TRY_LATER
    return DONE if enacted.run.state is RunState.DONE else PARTIAL


def _accepted(ledger: Ledger, made: Plan) -> bool:
    given = {name for approval in ledger.approvals(made.id) for name in approval.accepted}
    return all(breach.name in given for breach in made.breaches)


def _next_step(ledger: Ledger, made: Plan) -> str:
    """What to do with a plan that was just approved."""
    given = {name for approval in ledger.approvals(made.id) for name in approval.accepted}
    missing = [breach.name for breach in made.breaches if breach.name not in given]
    if not missing:
        return f'carry it out with "territory apply {made.short}"'
    accept = " ".join(f"--accept {name}" for name in missing)
    return (
        f"the gate still refuses it ({', '.join(missing)}); accept with "
        f'"territory approve {made.short} {accept}"'
    )


def _text(ledger: Ledger, made: Plan) -> str:
    from sync.report.plan_text import render

    return render(made, approvals=[name for a in ledger.approvals(made.id) for name in a.accepted])


def _header_json(made: Plan) -> str:
    import json
    from dataclasses import asdict

    told = {k: v for k, v in asdict(made).items() if k != "path"}
    return json.dumps(told, indent=2, ensure_ascii=False)


def _write_page(ledger: Ledger, made: Plan, path: Path) -> None:
    from sync.files import write_text
    from sync.report.page import render

    write_text(path, render(made, ledger.approvals(made.id)))
    typer.echo(f"page: {path}", err=True)
