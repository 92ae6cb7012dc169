"""Verbs on two CRMs at once: plan, show, approve, apply, run, status, undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app import app
from sync.errors import CHANGES, DONE, REFUSED

if TYPE_CHECKING:
    from connectors.base import Connector
    from sync.both.config import Pair
    from sync.both.plan import JointPlan
    from sync.both.run import Side
    from sync.run import Enacted

both = typer.Typer(
    help="Both CRMs in one plan: matched accounts, one approval, two applies.", no_args_is_help=True
)
app.add_typer(both, name="both")

PairOption = Annotated[
    Path, typer.Option("--config", "-c", help="The file that joins two projects.", show_default=True)
]
JointArgument = Annotated[
    str | None, typer.Argument(help="A joint plan's id, or the beginning of it; the latest if left out.")
]
DEFAULT = Path("both.yaml")


@both.command()
def plan(
    config: PairOption = DEFAULT,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 when there are changes.")
    ] = False,
) -> None:
    """Pull both CRMs and show what would change in each. Writes nothing."""
    from sync.both.run import propose_both, refused

    with _opened(config) as (pair, sides), _connected(sides) as connectors:
        made = propose_both(pair, sides, connectors)
        missing = refused(made, sides)
        _show(made, missing)
    if missing:
        raise typer.Exit(REFUSED)
    raise typer.Exit(CHANGES if detailed_exitcode and not made.is_empty else DONE)


@both.command()
def show(which: JointArgument = None, config: PairOption = DEFAULT) -> None:
    """Show a joint plan again."""
    from sync.both.plan import load
    from sync.both.run import refused

    with _opened(config) as (pair, sides):
        found = load(pair, which)
        _show(found, refused(found, sides))


@both.command()
def approve(
    which: JointArgument = None,
    config: PairOption = DEFAULT,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="A breach to accept, by name; may be repeated.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who approves; the login name if left out.")] = None,
) -> None:
    """Put a name on the plans of both sides, accepting breaches one by one."""
    from sync.both.config import LEAD
    from sync.both.plan import load
    from sync.both.run import approve_both

    with _opened(config) as (pair, sides):
        found, session = load(pair, which), sides[LEAD].session
        name = by or session.actor
        missing = approve_both(found, sides, by=name, at=session.now(), accept=accept or [])
    said = (
        f"the gate still refuses it ({', '.join(missing)})"
        if missing
        else (f'carry it out with "territory both apply {found.short}"')
    )
    typer.echo(f"{name} approved joint plan {found.short}; {said}")


@both.command()
def apply(which: JointArgument = None, config: PairOption = DEFAULT) -> None:
    """Carry out an approved joint plan, the leading side first, or go on where it stopped."""
    from sync.both.plan import load
    from sync.both.run import enact_both

    with _opened(config) as (pair, sides), _connected(sides) as connectors:
        found = load(pair, which)
        if found.is_empty:
            typer.echo(f"joint plan {found.short} changes nothing")
            return
        raise typer.Exit(_tell(sides, enact_both(found, sides, connectors)))


@both.command()
def run(
    config: PairOption = DEFAULT,
    write: Annotated[
        bool, typer.Option("--write", help="Carry the plan out if the gate lets it through.")
    ] = False,
) -> None:
    """One unattended night of both CRMs: finish what was interrupted, pull, plan and, with --write, apply."""
    from sync.both.run import enact_both, propose_both, refused
    from sync.run import require_writes, resume

    with _opened(config) as (pair, sides), _connected(sides) as connectors:
        if write:
            for name, side in sides.items():
                require_writes(side.session.project)
                resume(side.session, side.ledger, connectors[name])
        made = propose_both(pair, sides, connectors)
        missing = refused(made, sides)
        _show(made, missing)
        if missing:
            raise typer.Exit(REFUSED)
        if write and not made.is_empty:
            raise typer.Exit(_tell(sides, enact_both(made, sides, connectors)))


@both.command()
def status(config: PairOption = DEFAULT) -> None:
    """What became of the latest joint plan on each side."""
    from sync.both.plan import load
    from sync.both.run import refused, runs_of

    with _opened(config) as (pair, sides):
        found = load(pair, None)
        typer.echo(f"joint plan {found.short}")
        for name, begun in runs_of(found, sides).items():
            records = found.plans[name].summary.get("records", 0)
            said = (
                f"run {begun.id} is {begun.state}"
                if begun
                else ("nothing to write" if not records else f"{records:,} records wait")
            )
            typer.echo(f"  {name}: {said}")
        if missing := refused(found, sides):
            typer.echo(f"  refused by the gate: {', '.join(missing)}")
        if found.pingpong:
            typer.echo(f"  {len(found.pingpong):,} accounts are taken from us by the other CRM, and held")


@both.command()
def undo(
    which: JointArgument = None,
    config: PairOption = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, rather than say what it would be.")] = False,
) -> None:
    """Take back what a joint plan wrote, the side that follows first."""
    from sync.both.plan import load
    from sync.both.run import runs_of, undo_both

    with _opened(config) as (pair, sides), _connected(sides) as connectors:
        found = load(pair, which)
        if not yes:
            for name, begun in runs_of(found, sides).items():
                typer.echo(
                    f"  {name}: {f'run {begun.id} would be undone' if begun else 'nothing was written'}"
                )
            typer.echo(f'Nothing was written. Do it with "territory both undo {found.short} --yes"')
            return
        raise typer.Exit(_tell(sides, undo_both(found, sides, connectors)))


@contextmanager
def _opened(config: Path) -> Iterator[tuple[Pair, dict[str, Side]]]:
    from sync.both.config import FOLLOW, LEAD, load_pair
    from sync.both.run import opened
    from sync.cli.signals import stopping_on_signals
    from sync.errors import ConfigProblem
    from sync.session import Session

    if not config.is_file():
        raise ConfigProblem(f"there is no file {config}; docs/both-crms.md says what stands in it")
    pair = load_pair(config)
    with stopping_on_signals(Session(pair.lead)) as leading:
        sessions = {LEAD: leading, FOLLOW: Session(pair.follow, stopping=leading.stopping)}
        with opened(sessions) as sides:
            yield pair, sides


@contextmanager
def _connected(sides: dict[str, Side]) -> Iterator[dict[str, Connector]]:
    from sync.cli.session import connected

    with ExitStack() as stack:
        yield {name: stack.enter_context(connected(side.session)) for name, side in sides.items()}


def _show(joint: JointPlan, missing: list[str]) -> None:
    from sync.report.both_text import render

    typer.echo(render(joint, missing), nl=False)


def _tell(sides: dict[str, Side], done: dict[str, Enacted]) -> int:
    from sync.cli.plans import tell

    codes = []
    for name, enacted in done.items():
        typer.echo(f"{name}:")
        codes.append(tell(sides[name].ledger, enacted))
    return max(codes, default=DONE)
