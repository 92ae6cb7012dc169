"""What the last snapshot and the last plan say against the rules; nothing where there are none yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rules.decisions import ReasonCode
from rules.engine.pods.owners import Owners, owners_of
from rules.engine.pods.shares import Team, team_of
from rules.language.today import on_day
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from sync.answers.account import Rows
from sync.answers.latest import latest_plan
from sync.scratch import scratch
from sync.snapshot import load

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rules.language.ruleset import Rule, RuleSet
    from sync.session import Session


def data_findings(session: Session, rules: RuleSet, day: date) -> Iterator[Finding]:
    """Names of no account or of several, territories that nobody can get, and pods that are too small for what the latest plan sends there."""
    snapshot = load(session.snapshots)
    if snapshot is None:
        return
    today = on_day(rules, day)
    yield from _not_one(today, snapshot.tables.accounts)
    with scratch() as con:
        rows = Rows(con)
        query = "SELECT id, email, active, person, deleted FROM read_parquet(?)"
        file = snapshot.tables.owners
        owners = owners_of(rows.all(query, str(file)), rules.reps, day, file)
        teams = {name: team_of(pod, owners, rules.reps, day) for name, pod in rules.pods.items()}
        yield from _without_rep(today, owners, teams)
        plan = latest_plan(session.project.state / "ledger.sqlite")
        assignments = session.plans / (plan or "none")[:12] / "assignments.parquet"
        if assignments.is_file():
            yield from _too_full(today, owners, teams, rows, assignments)


def _not_one(rules: RuleSet, accounts: Path) -> Iterator[Finding]:
    from rules.named import named_entries

    for entry in named_entries(rules, accounts):
        code = ProofCode.NAMES_SEVERAL if entry.accounts else ProofCode.NAMES_NOBODY
        yield Finding(code, Severity.WARNING, entry.rules, entry.source, str(entry))


def _without_rep(rules: RuleSet, owners: Owners, teams: Mapping[str, Team]) -> Iterator[Finding]:
    for rule in rules.rules:
        if rule.owner is not None:
            found = owners.resolve(rule.owner)
            if found.code is not ReasonCode.MATCHED:
                yield _no_rep(rule, f"nobody can own {_place(rule)}: {found.detail}")
        elif rule.pod is not None and not teams[rule.pod].takes:
            why = "; ".join(teams[rule.pod].waits) or "no member is an active person in the CRM"
            yield _no_rep(rule, f"nobody in pod {rule.pod} can take accounts of {_place(rule)}: {why}")


def _no_rep(rule: Rule, sentence: str) -> Finding:
    advice = "name an active person, or look at the user in the CRM (from the last snapshot)"
    return Finding(
        ProofCode.NO_REP, Severity.WARNING, (rule.id,), rule.source, sentence, advice, role=rule.role
    )


def _place(rule: Rule) -> str:
    return f"territory {rule.territory}" if rule.territory else f"what {rule.id} takes"


def _too_full(
    rules: RuleSet, owners: Owners, teams: Mapping[str, Team], rows: Rows, assignments: Path
) -> Iterator[Finding]:
    """Per pod whose members all have caps: the accounts that its rules take, against what they may have."""
    sent = _sent(rows, assignments)
    for name, team in teams.items():
        caps = [share.cap for share in team.shares]
        taking = [rule for rule in rules.rules if rule.pod == name]
        count = sum(sent.get(rule.id, 0) for rule in taking)
        most = sum(cap for cap in caps if cap is not None)
        if taking and caps and None not in caps and count > most:
            sentence = f"the rules send {count:,} accounts to pod {name}, whose members may have {most:,}"
            advice = "raise the caps, add a member, or send less there (from the latest plan)"
            first = taking[0]
            yield Finding(
                ProofCode.TOO_FULL,
                Severity.WARNING,
                tuple(rule.id for rule in taking),
                first.source,
                sentence,
                advice,
                role=first.role,
            )


def _sent(rows: Rows, assignments: Path) -> dict[str, int]:
    query = "SELECT rule_id, count(*) AS accounts FROM read_parquet(?) WHERE rule_id IS NOT NULL GROUP BY 1"
    return {row["rule_id"]: row["accounts"] for row in rows.all(query, str(assignments))}
