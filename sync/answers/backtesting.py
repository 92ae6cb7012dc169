"""Back-tests of one or two rule sets over the snapshots that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rules.backtest import Backtest, Past, backtest
from rules.decisions import Tables
from rules.language.load import load_rules
from rules.language.ruleset import holders_of
from sync.answers.kept import kept
from sync.errors import SyncError

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet
    from sync.session import Session


def run(
    session: Session,
    first: date | None,
    last: date | None,
    other: Path | None = None,
    as_of: date | None = None,
) -> tuple[Backtest, ...]:
    """The project's rules, and another rule file beside them; every kept day where none is given.

    With `as_of` it is that day alone, over the last snapshot until then, or the last of all for a day to come.
    """
    project = session.project
    rules = project.rules()
    named = [(project.config.rules, rules)]
    if other is not None:
        named.append((str(other), load_rules(other, project.rule_fields())))
    past = _past(session, rules, first, last) if as_of is None else _on(session, rules, as_of)
    role = project.config.owner_role
    for name, found in named:
        if role not in holders_of(found):
            raise SyncError(
                f"{name} has no rules for the role {role!r}, which owner_role: in the config names"
            )
    return tuple(_run(session, name, found, past, role) for name, found in named)


def _run(session: Session, name: str, rules: RuleSet, past: Sequence[Past], role: str) -> Backtest:
    # Inside the state folder: it is as private as the snapshots, and has as much room.
    with TemporaryDirectory(prefix=".backtest-", dir=session.project.state) as folder:
        return backtest(name, rules, past, role, Path(folder), session.project.config.memory_limit)


def _past(session: Session, rules: RuleSet, first: date | None, last: date | None) -> list[Past]:
    days = kept(session.snapshots, rules.timezone)
    inside = {d: f for d, f in days.items() if (first is None or d >= first) and (last is None or d <= last)}
    if not inside:
        known = f"kept are {len(days)} from {min(days)} to {max(days)}" if days else "none is kept yet"
        raise SyncError(
            f"no snapshot of a day from {first or 'the first'} to {last or 'the last'}; {known}. Every pull keeps one, "
            "keep_snapshots: in the config says how many"
        )
    return [_of(day, folder) for day, folder in inside.items()]


def _on(session: Session, rules: RuleSet, as_of: date) -> list[Past]:
    days = kept(session.snapshots, rules.timezone)
    until = [day for day in days if day <= as_of]
    if not until:
        first = f"the first that is kept is of {min(days)}" if days else "none is kept yet"
        raise SyncError(f"no snapshot of {as_of} or a day before; {first}")
    return [_of(as_of, days[until[-1]])]


def _of(day: date, folder: Path) -> Past:
    return Past(day, folder.name, Tables(*(folder / f"{name}.parquet" for name in _TABLES)))


_TABLES = ("accounts", "owners", "opportunities", "activities")
