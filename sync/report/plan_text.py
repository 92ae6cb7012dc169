"""A plan as a person reads it in a terminal or in a pull request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.log import inert
from sync.outputs import PREFIX
from sync.plan import Plan
from sync.report.table import Cell, table

MOST = 12
"""Rows of a table in the text; `territory show --changes` and the page show all."""

DECIDED = ("matched", "sticky", "family", "exception")
"""Reasons of accounts to which the rules gave an owner."""

WIDEST = 80
"""Characters of an account's name in the text; CRMs hold names of thousands."""


def render(plan: Plan, *, approvals: Sequence[str] = (), sample: int = 8) -> str:
    """The plan as text; the same for the same plan and approvals."""
    return "\n".join([*_contents(plan, sample), *_gate(plan, approvals)]) + "\n"


def render_contents(plan: Plan, *, sample: int = 8) -> str:
    """The same without the gate, for a plan that is approved together with another."""
    return "\n".join(_contents(plan, sample)).rstrip("\n") + "\n"


def _contents(plan: Plan, sample: int) -> list[str]:
    return [*_head(plan), *_body(plan), *_examples(plan, sample), *_carrying_out(plan)]


def _head(plan: Plan) -> list[str]:
    s = plan.summary
    if plan.kind == "undo":
        return [
            f"Plan {plan.short} takes back run {s['undo']} in {plan.crm} {plan.org}".rstrip(),
            _counts(s),
            "",
        ]
    return [
        f"Plan {plan.short} for {plan.crm} {plan.org}".rstrip() + f", as of {plan.as_of}",
        f"{s['accounts']:,} accounts, {s['owners']:,} active owners, {s['rules']:,} rules",
        _counts(s),
        "",
    ]


def _counts(s: Mapping[str, Any]) -> str:
    if not s["records"]:
        return "Nothing to change." + (f" {s['held']:,} held." if s["held"] else "")
    held = f", {s['held']:,} held" if s["held"] else ""
    return f"{s['records']:,} records to write: {s['owner_changes']:,} owner changes, {s['field_changes']:,} field changes{held}"


def _body(plan: Plan) -> list[str]:
    if plan.kind == "undo":
        return []
    s = plan.summary
    lines = [*_section("Outcomes", ("outcome", "accounts"), list(s["decisions"].items()))]
    others = [(k, n) for k, n in s["reasons"].items() if k not in DECIDED]
    lines += _section("Left as they are, because", ("reason", "accounts"), others)
    lines += _section(
        "Territories",
        ("territory", "accounts", "change owner"),
        [(t["territory"], t["accounts"], t["moves"]) for t in s["territories"]],
    )
    lines += _section(
        "Reps whose book changes",
        ("rep", "before", "gained", "lost", "after"),
        [
            (
                r["name"] + ("" if r["active"] else " (not an active person)"),
                r["before"],
                r["gained"],
                r["lost"],
                r["after"],
            )
            for r in s["reps"]
        ],
    )
    lines += _memberships(s.get("memberships") or {})
    lines += _balance(s.get("balance") or {})
    lines += _section(
        "Held: left as they are until released",
        ("account", "owner", "rules say", "why"),
        [(_short(h["name"] or h["id"]), h["owner"], h["wanted"], h["why"]) for h in s["held_accounts"]],
    )
    if s["data_issues"]:
        lines += [
            f"{s['data_issues']:,} accounts have values that could not be read (territory explain ACCOUNT says which)",
            "",
        ]
    return lines


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    if not rows:
        return []
    rest = [f"  ... and {len(rows) - MOST:,} more"] if len(rows) > MOST else []
    return [title, *table(head, rows[:MOST]), *rest, ""]


def _memberships(told: Mapping[str, Any]) -> list[str]:
    """How many change territories that the CRM itself keeps."""
    kinds = [(kind, told[kind]) for kind in ("accounts", "users") if told and told[kind]["changed"]]
    return _section(
        "Territories in the CRM",
        ("of", "change", "memberships more", "fewer"),
        [(kind, n["changed"], n["added"], n["removed"]) for kind, n in kinds],
    )


def _balance(balance: Mapping[str, Any]) -> list[str]:
    from sync.report.balance import rows

    return _section("Balance of reps", ("measure", "today", "planned"), rows(balance))


def _examples(plan: Plan, sample: int) -> list[str]:
    if not sample or plan.is_empty:
        return []
    changes = plan.changes()
    import pyarrow.compute as pc

    owners = changes.filter((pc.field("field") == "owner_id") & (pc.field("action") == "change")).slice(
        0, sample
    )
    lines = (
        [f"Owner changes (the first {owners.num_rows:,}, all with: territory show {plan.short} --changes)"]
        if owners.num_rows
        else []
    )
    names = plan.summary.get("names", {})
    for row in owners.to_pylist():
        why = f": {inert(row['reason'])}" if row["reason"] else ""
        before, after = (inert(names.get(row[side], row[side]) or "nobody") for side in ("before", "after"))
        lines.append(f"  {_short(row['name'] or row['record_id'])}: {before} -> {after}{why}")
    fields = changes.filter((pc.field("field") != "owner_id") & (pc.field("action") == "change"))
    counts = [
        (r["values"].removeprefix(PREFIX), r["counts"]) for r in fields["field"].value_counts().to_pylist()
    ]
    section = _section("Fields written", ("field", "accounts"), sorted(counts))
    return [*lines, *([""] if lines else []), *section]


def _carrying_out(plan: Plan) -> list[str]:
    """What it takes, and what the CRM does beside what is written."""
    told = plan.forecast
    if plan.is_empty or not any(told.values()):
        return []
    calls = ", ".join(f"{kind} {n:,}" for kind, n in told["calls"].items())
    lines = [f"  about {sum(told['calls'].values()):,} calls: {calls}"] if calls else []
    lines += [f"  {inert(said)}" for said in (*told["strategy"], *told["effects"])]
    return ["Carrying it out", *lines, ""]


def _short(name: str) -> str:
    """An account's name as it fits on a line."""
    return inert(name if len(name) <= WIDEST else name[: WIDEST - 1] + "…")


def _gate(plan: Plan, approvals: Sequence[str]) -> list[str]:
    if not plan.breaches:
        return ["The gate lets this plan through." if not plan.is_empty else "The gate has nothing to check."]
    open_ = [b for b in plan.breaches if b.name not in approvals]
    if plan.is_empty:
        told = [f"  {b.name}: {inert(b.message)}" for b in plan.breaches]
        return ["Nothing is written, so nothing is refused; with changes the gate would refuse this:", *told]
    lines = [
        f"Refused by the gate: {len(open_)} of {len(plan.breaches)} breaches are not accepted"
        if open_
        else f"All {len(plan.breaches)} breaches are accepted"
    ]
    lines += [
        f"  {'accepted' if b.name in approvals else 'REFUSED '}  {b.name}: {inert(b.message)}"
        for b in plan.breaches
    ]
    if open_:
        flags = " ".join(f"--accept {b.name}" for b in open_)
        lines += ["", f"To accept exactly this: territory approve {plan.short} {flags}"]
    return lines
