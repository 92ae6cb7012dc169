"""An explanation as lines for a terminal; values of the CRM come without control and bidirectional characters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rules.decisions import Decision
from rules.explanation.explain import Explanation, Tried
from rules.language.reading.problems import safe
from rules.language.ruleset import EXCEPTIONS, Action, IfUnknown, Rule

WIDTH = 100
"""Columns of a terminal that a line fills at most."""


def render(explanation: Explanation, every_rule: bool = False) -> str:
    """What becomes of the account in the role, why, and the rules up to the winner, or every rule."""
    lines = [*heading(explanation), *rule_lines(explanation, every_rule)]
    return "\n".join(lines)


def heading(explanation: Explanation) -> list[str]:
    """The outcome, its sentence, where the territory comes from, and the values that could not be read."""
    lines = [f"{explanation.role}: {outcome_words(explanation)}", *wrapped("  ", explanation.reason)]
    place = explanation.place
    if explanation.winner is not None and place is not None and place is not explanation.winner:
        lines += wrapped("  ", f"territory {_territory(explanation)} by {place.level} {place.id}")
    return lines + [line for issue in explanation.issues for line in wrapped("  ! ", issue)]


def rule_lines(explanation: Explanation, every_rule: bool = False) -> list[str]:
    """A line for each rule up to the winner, or for every rule; exceptions of other accounts only among these."""
    shown = tuple(_shown(explanation.tried, every_rule))
    level = max((len(t.rule.level) for t in shown), default=0)
    name = min(40, max((len(t.rule.id) for t in shown), default=0))
    return [line for tried in shown for line in _line(tried, level, name)]


def outcome_words(explanation: Explanation) -> str:
    """The outcome in a few words: "us.east.boston, pod boston-smb", "held; the owner stays"."""
    winner = explanation.winner
    if winner is None:
        return "unassigned"
    if explanation.is_review:
        return f"review, at rule {winner.id}"
    if explanation.follows:
        return "as its ultimate parent"
    where = explanation.territory or (
        "its ultimate parent's territory" if explanation.in_parents_territory else "no territory"
    )
    if explanation.decision is Decision.HELD:
        return f"held, the owner stays; {where}"
    if explanation.decision is Decision.KEPT:
        return f"{where}, the owner stays"
    return f"{where}, {given_to(winner)}"


def given_to(rule: Rule) -> str:
    """Whom the rule gives accounts to."""
    if rule.action is Action.FOLLOW:
        return "whoever owns the ultimate parent"
    return f"pod {rule.pod}" if rule.pod else rule.owner or "no owner"


def wrapped(indent: str, text: str) -> list[str]:
    """The text in lines of at most `WIDTH`; further ones are indented as the first one's text is."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_on_hyphens=False,
    ) or [indent.rstrip()]


def _territory(explanation: Explanation) -> str:
    return explanation.territory or "of the ultimate parent"


def _shown(tried: Sequence[Tried], every_rule: bool) -> Iterator[Tried]:
    for one in tried:
        if every_rule or one.truth is not False or one.rule.level != EXCEPTIONS:
            yield one
        if one.wins and not every_rule:
            return


_MARKS = {True: "✓", False: "✗", None: "?"}


def _line(tried: Tried, level: int, name: int) -> list[str]:
    mark = "→" if tried.wins else "↷" if tried.passed_over else _MARKS[tried.truth]
    rule = tried.rule
    head = f"  {mark} {rule.level.ljust(level)}  {rule.id.ljust(name)}  "
    words = _words(tried)
    return wrapped(head, words) if words else [head.rstrip()]


def _words(tried: Tried) -> str:
    if tried.passed_over:
        return f"passed over: {tried.passed_over}"
    if tried.failed is None:
        if tried.wins:
            return _note(tried.rule)
        return "matches, but an earlier rule won"
    compared = "; ".join(str(comparison) for comparison in tried.compared)
    told = f"asks {tried.failed}: {compared}" if compared else f"asks {tried.failed}"
    return f"{told}; {_UNKNOWN[tried.rule.if_unknown]}" if tried.wins else told


_UNKNOWN = {
    IfUnknown.MATCH: "the rule takes what it cannot tell",
    IfUnknown.REVIEW: "the rule asks for review where it cannot tell",
    IfUnknown.SKIP: "",
}


def _note(rule: Rule) -> str:
    note = rule.exception
    if note is None:
        return safe(rule.description)
    until = f", until {rule.active.until.isoformat()}" if rule.active.until else ""
    return safe(f"by {note.author}{until}: {note.reason}")
