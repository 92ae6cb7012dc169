"""Verbs that need no CRM of one's own: sandbox and demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app import app


@app.command()
def sandbox(
    vendor: Annotated[str, typer.Argument(help="salesforce or hubspot.")],
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 0,
    accounts: Annotated[int, typer.Option("--accounts", min=0)] = 500,
    reps: Annotated[int, typer.Option("--reps", min=1)] = 12,
    seed: Annotated[int, typer.Option("--seed", help="The same number gives the same CRM.")] = 1,
    activities: Annotated[float, typer.Option("--activities-per-account", min=0)] = 4,
    csv: Annotated[
        list[str] | None, typer.Option("--csv", help="OBJECT=FILE, with the CRM's field names; repeatable.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="OBJECT.NAME:TYPE, a custom field; repeatable.")
    ] = None,
    state: Annotated[
        str, typer.Option("--state", help="A file keeps everything across restarts.")
    ] = ":memory:",
) -> None:
    """Run a local CRM over real HTTP until it is stopped; prints its address and credentials first."""
    from connectors.sandbox.__main__ import main

    arguments = [
        vendor,
        "--port",
        str(port),
        "--accounts",
        str(accounts),
        "--reps",
        str(reps),
        "--seed",
        str(seed),
    ]
    arguments += ["--activities-per-account", str(activities), "--state", state]
    for flag, values in (("--csv", csv), ("--field", field)):
        for value in values or []:
            arguments += [flag, value]
    main(arguments)


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the projects are made; an earlier demo there is replaced.")
    ] = Path("demo"),
    accounts: Annotated[int, typer.Option("--accounts", min=50)] = 2_000,
) -> None:
    """Both local CRMs, a whole night against each, then a second night that writes nothing."""
    from sync.demo.play import play

    raise typer.Exit(play(folder, accounts, say=typer.echo))
