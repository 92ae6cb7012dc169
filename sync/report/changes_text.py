"""What an edit of the rules means, for a pull request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rules.explanation.telling import wrapped
from sync.answers.rule_changes import RuleChanges
from sync.log import inert
from sync.report.table import table


def changes_text(found: RuleChanges) -> str:
    """Each edited rule with an account that comes out otherwise, then the accounts of the snapshot that move."""
    edited = found.proved.rules
    lines = [f"since {inert(found.base)}: {len(edited)} edited rule{'s' if len(edited) != 1 else ''}"]
    for setting in found.proved.settings:
        lines += wrapped("  ! ", f"{setting} was edited too: values may be read otherwise")
    lines += [f"  {inert(line)}" for one in edited for line in str(one).splitlines()]
    if found.proved.is_proved_equal:
        lines.append("proved: no account of any values comes out otherwise")
    if found.moved is None:
        lines.append("no snapshot was pulled yet, so it is not known how many accounts move")
    else:
        lines.append(
            f"{found.moved:,} account{'s' if found.moved != 1 else ''} of the last snapshot come out otherwise"
        )
        rows = [
            (w.role, w.from_territory, w.to_territory, w.from_owner, w.to_owner, w.accounts, w.example)
            for w in found.ways
        ]
        lines += table(("role", "from", "to", "owner", "new owner", "accounts", "e.g."), rows)
    return "\n".join(lines) + "\n"


def changes_json(found: RuleChanges) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "base": found.base,
        "proved_equal": found.proved.is_proved_equal,
        "settings": list(found.proved.settings),
        "rules": [
            {
                "rule": one.rule,
                "edit": one.edit.value,
                "place": str(one.source),
                "role": one.role,
                "witness": str(one.witness) if one.witness is not None else None,
                "before": one.before,
                "after": one.after,
                "is_decided": one.is_decided,
            }
            for one in found.proved.rules
        ],
        "accounts_moved": found.moved,
        "ways": [asdict(way) for way in found.ways],
    }
