"""Looks at everything that a night depends on, and says what is wrong before the night does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.language.reading.problems import DocumentError
from sync.errors import SyncError
from sync.field_words import in_config_words
from sync.schedule import Timetable
from sync.snapshot import load
from sync.stakes import free_calls

if TYPE_CHECKING:
    from connectors.base import Connector
    from rules.language.ruleset import RuleSet
    from sync.session import Session

OURS = ("connectors", "rules", "sync")
DISTRIBUTION = "territory-sync"
LATEST = 7
"""Runs of which the one with the most calls stands for a night."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    message: str


def local_findings(session: Session) -> Iterator[Finding]:
    """What can be seen without the CRM."""
    yield names_finding(packages_distributions())
    yield Finding("config", True, f"{session.project.path} names a {session.project.plugin.kind} CRM")
    rules = _rules(session)
    yield (
        rules
        if isinstance(rules, Finding)
        else Finding(
            "rules", True, f"{len(rules.rules):,} rules, {len(rules.lists):,} lists, {len(rules.pods):,} pods"
        )
    )
    yield _ledger(session)
    if not isinstance(rules, Finding):
        yield _schedule(session, rules)


def names_finding(claims: object) -> Finding:
    """Whether only our distribution provides the three packages (`claims` as `packages_distributions` answers)."""
    assert isinstance(claims, dict)
    others = {name: sorted(set(claims.get(name, [])) - {DISTRIBUTION}) for name in OURS}
    foreign = [f"{name} also comes with {', '.join(found)}" for name, found in others.items() if found]
    if foreign:
        return Finding(
            "packages", False, f"{'; '.join(foreign)}: install territory-sync into an environment of its own"
        )
    return Finding("packages", True, "no other distribution claims our package names")


def _rules(session: Session) -> RuleSet | Finding:
    try:
        return session.project.rules()
    except DocumentError as error:
        return Finding("rules", False, f"{len(error.problems)} problems\n{error}")


def _ledger(session: Session) -> Finding:
    try:
        with session.ledger() as ledger:
            entries = ledger.check_history()
            interrupted = ledger.unfinished()
    except SyncError as error:
        return Finding("ledger", False, str(error))
    if interrupted is not None:
        return Finding(
            "ledger", False, f'run {interrupted.id} was interrupted; resume it with "territory run --write"'
        )
    return Finding("ledger", True, f"sound, {entries:,} entries")


def timetable(session: Session, rules: RuleSet) -> Timetable:
    """The schedule of the config, in its own zone or the rule set's."""
    from datetime import time

    schedule = session.project.config.schedule
    return Timetable(
        time.fromisoformat(schedule.at), ZoneInfo(schedule.timezone or rules.timezone), schedule.days
    )


def _schedule(session: Session, rules: RuleSet) -> Finding:
    table = timetable(session, rules)
    year = [session.now().astimezone(table.zone) + timedelta(days=30 * i) for i in range(13)]
    changes_clocks = len({instant.utcoffset() for instant in year}) > 1
    if changes_clocks and table.at.hour < 4:
        return Finding(
            "schedule",
            True,
            f"{table.at:%H:%M} {table.zone.key} lies in hours that clock changes skip or repeat; 04:00 or later is simpler",
        )
    return Finding("schedule", True, f"every night at {table.at:%H:%M} {table.zone.key}")


def crm_findings(session: Session, connector: Connector) -> Iterator[Finding]:
    """What only the CRM can tell; read-only."""
    identity = connector.identity()
    yield Finding("connection", True, f"{identity.name} ({identity.id}) as {identity.user}")
    writing = session.project.config.writes == "enabled"
    problems = connector.check(writing=writing)
    for problem in problems:
        yield Finding("field", False, str(in_config_words(problem)))
    if not problems:
        yield Finding(
            "fields", True, f"every mapped field can be {'read and written' if writing else 'read'}"
        )
    for remark in connector.remarks(writing=writing):
        yield Finding(remark.what, remark.ok, remark.message)
    quota = connector.quota()
    if quota.limit and quota.remaining is not None:
        reserve = session.project.config.apply.quota_reserve
        yield Finding(
            "quota",
            quota.remaining >= quota.limit * reserve,
            f"{quota.remaining:,} of {quota.limit:,} calls are left today (reserve {reserve:.0%})",
        )
        yield from _usual_night(session, free_calls(quota, reserve))


def _usual_night(session: Session, free: int) -> Iterator[Finding]:
    """What the latest nights took against what the day has left; nothing before the first pull."""
    try:
        snapshot = load(session.snapshots)
        with session.ledger() as ledger:
            runs = [int(run.summary.get("calls", 0)) for run in ledger.last_runs(LATEST)]
    except SyncError:
        return  # told by the ledger's finding, or by the next pull
    if snapshot is None or not snapshot.calls:
        return
    most = max(runs, default=0)
    needs = snapshot.calls + most
    said = f"a night takes about {needs:,} calls: {snapshot.calls:,} as the last pull"
    said += f", {most:,} as the longest of the latest runs" if most else ", none for writing so far"
    if needs > free:
        said += f"; {free:,} may be used today. It would stop there and go on when the quota has returned"
    yield Finding("a usual night", needs <= free, said)
