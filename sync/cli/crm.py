"""Verbs that ask or prepare the CRM: pull, doctor, setup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app import DEFAULT_CONFIG, ConfigOption, app
from sync.errors import DONE, FAILED

if TYPE_CHECKING:
    from connectors.base import Connector
    from sync.doctor import Finding
    from sync.session import Session


@app.command()
def pull(
    config: ConfigOption = DEFAULT_CONFIG,
    whole: Annotated[bool, typer.Option("--whole", help="Read everything, not only what changed.")] = False,
    accept_fewer: Annotated[
        list[str] | None,
        typer.Option("--accept-fewer", help="A table that may have shrunk: accounts, owners, ..."),
    ] = None,
) -> None:
    """Bring the local snapshot of the CRM up to date."""
    from connectors.records import MAIN, RecordKind
    from sync.cli.session import connected, open_session
    from sync.errors import SyncError
    from sync.run import pull as pull_tables

    known = {str(kind): kind for kind in RecordKind}
    for name in accept_fewer or []:
        if name not in known:
            raise SyncError(f"there is no table {name!r}; tables are {', '.join(known)}")
    session = open_session(config)
    with session.locked(), connected(session) as connector:
        report = pull_tables(
            session,
            connector,
            whole=whole,
            accept_fewer=frozenset(known[name] for name in accept_fewer or []),
        )
    how = "whole" if report.whole else "what changed"
    typer.echo(f"snapshot {report.snapshot.id} ({how})")
    for kind, rows in report.snapshot.rows.items():
        if kind in MAIN or rows or report.came[kind]:
            typer.echo(f"  {kind}: {rows:,} rows, {report.came[kind]:,} came")


@app.command()
def setup(
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, rather than show it.")] = False,
) -> None:
    """Create the fields in the CRM that territories and KPIs are written to; shows what it would do first."""
    from sync.cli.session import connected, open_session
    from sync.run import require_writes

    session = open_session(config)
    with session.locked(), connected(session) as connector:
        steps = connector.setup_steps(session.project.output_fields())
        if not steps:
            typer.echo("everything is there")
            return
        typer.echo(f"{len(steps)} step{'s' if len(steps) != 1 else ''}:")
        for step in steps:
            typer.echo(f"  {step.description}")
        if not yes:
            typer.echo('Nothing was created. Do it with "territory setup --yes"')
            return
        require_writes(session.project)
        connector.setup(steps)
        left = connector.setup_steps(session.project.output_fields())
        typer.echo("done" if not left else f"{len(left)} steps are still open; look again in a minute")


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check the installation, the config, the rules, the credentials, the fields, the ledger and the schedule."""
    from sync.cli.session import open_session
    from sync.doctor import local_findings

    session = open_session(config, progress=False)
    findings = [*local_findings(session), *_crm_findings(session)]
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.message}")
    raise typer.Exit(DONE if all(f.ok for f in findings) else FAILED)


def _crm_findings(session: Session) -> list[Finding]:
    from connectors.errors import ConnectorError
    from sync.doctor import Finding, crm_findings

    try:
        connector: Connector = session.project.connect()
    except ConnectorError as error:
        return [Finding("connection", False, str(error))]
    try:
        return list(crm_findings(session, connector))
    except ConnectorError as error:
        return [Finding("connection", False, str(error))]
    finally:
        connector.close()
