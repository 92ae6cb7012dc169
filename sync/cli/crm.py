"""Verbs that ask or prepare the CRM: pull, doctor, setup."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
        # A row of automations may only say that nobody may see them; plans name those that count.
        if kind in MAIN or (kind is not RecordKind.AUTOMATIONS and (rows or report.came[kind])):
            typer.echo(f"  {kind}: {rows:,} rows, {report.came[kind]:,} came")


@app.command()
def setup(
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, rather than show it.")] = False,
    source: Annotated[
        Path | None,
        typer.Option("--source", help="Write it as files of the CRM's own way to deploy, below this folder."),
    ] = None,
) -> None:
    """Create the fields in the CRM that territories, KPIs and roles are written to; shows what it would do first."""
    from sync.cli.session import connected, open_session
    from sync.run import require_writes

    session = open_session(config)
    with session.locked(), connected(session) as connector:
        fields = (*session.project.output_fields(), *session.project.role_fields())
        steps = connector.setup_steps(fields)
        if not steps:
            typer.echo("everything is there")
            return
        typer.echo(f"{len(steps)} step{'s' if len(steps) != 1 else ''}:")
        for step in steps:
            typer.echo(f"  {step.description}")
        if source is not None:
            _write_source(connector.setup_source(steps), source)
            return
        if not yes:
            typer.echo('Nothing was created. Do it with "territory setup --yes"')
            return
        require_writes(session.project)
        connector.setup(steps)
        left = connector.setup_steps(fields)
        typer.echo("done" if not left else f"{len(left)} steps are still open; look again in a minute")


def _write_source(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes the files below the folder; those of before are replaced, as git tells what changed. A project of the
    folder's own stays."""
    from sync.errors import SyncError

    if not files:
        raise SyncError('this CRM has no files to deploy; use "territory setup --yes"')
    for name, content in files.items():
        path = folder / name
        if "/" not in name and path.exists() and path.read_bytes() != content:
            typer.echo(f"{path} is there and stays as it is")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    typer.echo(f"wrote {len(files)} files below {folder}; {folder / 'README.md'} says how to deploy them")


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
