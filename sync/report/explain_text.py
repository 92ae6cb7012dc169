"""An explanation of one account for a terminal, 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.explanation.comparing import words_of_value
from rules.explanation.telling import heading, rule_lines, wrapped
from rules.language.reading.problems import safe
from sync.answers.account import Ancestry, Row
from sync.answers.explanation import RoleTold, Told
from sync.answers.picks import Pick
from sync.log import inert
from sync.report.table import Cell, table


def explain_text(told: Told, *, every_rule: bool = False) -> str:
    """The account, each role with the rules that were tried, then what they were decided by."""
    lines = [f"{_account(told.row)}, as of {told.as_of.isoformat()}"]
    for role in told.roles:
        lines += ["", *_role(role, told, every_rule)]
    for title, found in (("Family", _family(told.family)), ("Derived fields", _derived(told))):
        if found:
            lines += ["", title, *found]
    if told.why_not is not None:
        lines += ["", "Why not?", *wrapped("  ", safe(str(told.why_not)))]
    return "\n".join(lines) + "\n"


def _role(role: RoleTold, told: Told, every_rule: bool) -> Iterator[str]:
    yield from heading(role.explanation)
    yield from wrapped("  ", f"owned by {_person(role.holder, told.names)}{_planned(role, told.names)}")
    yield from rule_lines(role.explanation, every_rule)
    if role.parent is not None:
        yield f"  The ultimate parent, {_account(told.family.root)}:"
        lines = [*heading(role.parent), *rule_lines(role.parent)]
        yield from (f"  {line}" for line in lines)
    if role.pick is not None:
        yield from _pick(role.pick)


def _planned(role: RoleTold, names: Mapping[str, str]) -> str:
    row = role.planned
    if row is None:
        return "; not in a plan yet"
    to = f", owner {_person(row['owner_id'], names)}" if row["owner_id"] else ""
    differs = (
        ""
        if row["rule_id"] == (role.explanation.winner and role.explanation.winner.id)
        else (f" by {row['rule_id'] or 'no rule'}: the rules or the account changed since")
    )
    return f"; in the latest plan {row['decision']} ({row['reason_code']}){to}{differs}"


def _pick(pick: Pick) -> Iterator[str]:
    yield from wrapped("  ", f"pod {pick.pod} by {pick.by.replace('_', ' ')}: {pick.why}")
    rows: list[Sequence[Cell]] = [
        (
            f"{'→ ' if member.picked else '  '}{member.email}",
            member.weight,
            member.accounts,
            member.cap,
            member.floor or None,
            member.choice,
        )
        for member in sorted(pick.members, key=lambda m: (m.choice or len(pick.members) + 1, m.email))
    ]
    yield from table(("  member", "weight", "accounts", "cap", "floor", "choice"), rows, indent="    ")
    for wait in pick.waits:
        yield from wrapped("    ", safe(wait))
    if pick.absent:
        yield from wrapped("    ", f"no active person in the CRM: {', '.join(map(safe, pick.absent))}")


def _family(family: Ancestry) -> list[str]:
    if not (family.has_parent or family.broken or family.lost):
        return []
    path = " → ".join(_account(row) for row in family.path)
    lines = wrapped("  ", path)
    if family.broken:
        lines += wrapped("  ! ", f"{family.broken}; nobody is the ultimate parent")
    elif family.lost:
        lines += wrapped("  ! ", f"its parent {safe(family.lost)} is not an account of the snapshot")
    return lines


def _derived(told: Told) -> list[str]:
    width = max((len(found.name) for found in told.derived), default=0)
    return [
        line
        for found in told.derived
        for line in wrapped(
            f"  {safe(found.name.ljust(width))}  ", f"{words_of_value(found.value)}: {found.how}"
        )
    ]


def _account(row: Row) -> str:
    return f"{inert(row['name'] or row['id'])} ({row['id']})"


def _person(id_: str | None, names: Mapping[str, str]) -> str:
    return "nobody" if id_ is None else names.get(id_, f"{id_}, who is no user of the CRM")
