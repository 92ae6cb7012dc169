"""The command line's frame: options that every verb shares, and the verbs in the order of use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="territory",
    help="Territory rules as YAML; a reviewed plan; the right owner in the CRM, every night.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 110},
)

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", help="The config file.", envvar="TERRITORY_CONFIG", show_default=True),
]
DEFAULT_CONFIG = Path("config.yaml")
SILENT = frozenset({"lint", "test", "explain", "backtest", "schema"})
"""Verbs that only read files and log nothing: they start without the logging library, which takes longer to
import than they take to answer."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"territory-sync {version('territory-sync')}")
        raise typer.Exit


@app.callback()
def shared(
    context: typer.Context,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and errors.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines even in a terminal.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the verb."""
    import sys

    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit

    if context.invoked_subcommand in SILENT:
        return
    from sync.log import configure

    in_terminal = sys.stderr.isatty() and not log_json
    # In a terminal people read what the verb prints; machines read the log.
    configure(verbosity=-1 if quiet or (in_terminal and not verbose) else verbose, json=not in_terminal)
