"""Rule sets with holds, families, exceptions and people, and accounts with parents and a memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any as Anything

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from rules.language.active import Active, FiscalWindow, Period
from rules.language.condition import ALWAYS, Condition, FieldKind, In, Not
from rules.language.people import Absence, Member, Pod, PodBy, Ramp, Rep
from rules.language.ruleset import EXCEPTIONS, Action, ExceptionNote, Family, IfUnknown, Mode, Rule, RuleSet
from rules.tables import MEMORY, Tables
from tests.rules.engine.worlds import HERE, Row, conditions, rule, rule_set, tables

DAY = date(2026, 3, 30)
OWNERS: Sequence[Row] = [
    {"id": f"u{n}", "email": f"rep{n}@example.com", "active": n != 6, "person": True, "deleted": False}
    for n in range(7)
]
OWNER_IDS = [owner["id"] for owner in OWNERS]
IDS = [f"a{n:02}" for n in range(14)]
CREATED = [datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 3, 27, tzinfo=UTC)]
HOLDERS = {"AE": "owner_id", "CSM": "csm_id"}


@dataclass(frozen=True)
class World:
    """One day: rules, accounts and what the night before remembered (account, rule id) -> since."""

    rules: RuleSet
    rows: Sequence[Row]
    memory: Mapping[tuple[str, str], date]

    def tables(self, folder: Path) -> Tables:
        """The files of it."""
        return with_memory(tables(folder, self.rows, OWNERS), self.memory, folder)


def with_memory(made: Tables, memory: Mapping[tuple[str, str], date], folder: Path) -> Tables:
    """The files of a night that another one came before."""
    rows = [
        {"account_id": account, "key": f"hold:{rule}", "value": None, "since": since}
        for (account, rule), since in sorted(memory.items())
    ]
    pq.write_table(pa.Table.from_pylist(rows, MEMORY), folder / "memory.parquet")
    return replace(made, memory=folder / "memory.parquet")


def reps() -> st.SearchStrategy[dict[str, Rep]]:
    """Some of the people with something to say about them."""
    near = st.integers(-40, 40).map(lambda days: DAY + timedelta(days=days))
    rep = st.builds(
        Rep,
        email=st.just(""),
        cap=st.sampled_from([1, 3, None, 0, 2]),
        floor=st.integers(0, 3),
        ramp=st.none() | st.builds(Ramp, near, st.sampled_from([(), (0.25, 0.5), (0.0,)])),
        absences=st.lists(near.map(lambda day: Absence(day, day + timedelta(days=20))), max_size=1).map(
            tuple
        ),
        last_day=st.sampled_from([None, None, None, DAY - timedelta(days=1), DAY]),
    )
    emails = st.sampled_from([owner["email"] for owner in OWNERS])
    return st.dictionaries(emails, rep, max_size=4).map(
        lambda found: {email: replace(rep, email=email) for email, rep in found.items()}
    )


def pods() -> st.SearchStrategy[dict[str, Pod]]:
    """Two pods that share people."""
    member = st.builds(
        Member, st.sampled_from([owner["email"] for owner in OWNERS]), st.sampled_from([1.0, 1.0, 0.5, 0.0])
    )
    members = st.lists(member, min_size=1, max_size=4).map(tuple)

    def named(name: str) -> st.SearchStrategy[Pod]:
        return st.builds(
            Pod, st.just(name), members, st.sampled_from(PodBy), st.just(HERE), st.sampled_from([1, 30])
        )

    return st.fixed_dictionaries({"east": named("east"), "west": named("west")})


ACTIVE = [
    Active(), Active(), Active(), Active(until=DAY), Active(since=DAY, until=date(2026, 4, 9)),
    Active(until=date(2026, 3, 29)), Active(fiscal=FiscalWindow(Period.QUARTER, last_days=2)),
    Active(fiscal=FiscalWindow(Period.MONTH, first_days=2)),
]  # fmt: skip


def when() -> st.SearchStrategy[Condition]:
    """Conditions that are often true, often of named accounts, or anything."""
    some = st.lists(st.sampled_from(IDS), min_size=1, max_size=6).map(
        lambda ids: In("id", tuple(sorted(ids)))
    )
    return st.one_of(some.map(Not), st.just(ALWAYS), some, some.map(Not), conditions())


@st.composite
def a_rule(draw: st.DrawFn, number: int) -> Rule:
    """Of any action."""
    action = draw(st.sampled_from([Action.ASSIGN, Action.ASSIGN, Action.KEEP, Action.FOLLOW]))
    changes: dict[str, Anything] = {
        "role": draw(st.sampled_from(["AE", "AE", "CSM"])),
        "if_unknown": draw(st.sampled_from(IfUnknown)),
        "mode": draw(st.sampled_from([Mode.REPLACE, Mode.REPLACE, Mode.ONLY_UNASSIGNED])),
        "active": draw(st.sampled_from(ACTIVE)),
        "action": action,
    }
    if draw(st.integers(0, 7)) == 1 and action is not Action.FOLLOW:
        changes["level"] = EXCEPTIONS
        changes["exception"] = ExceptionNote("vp@example.com", "she knows them")
        changes["active"] = Active(until=date(2026, 12, 31))
    if action is Action.KEEP:
        changes["hold_days"] = draw(st.none() | st.integers(1, 90))
    if action is not Action.ASSIGN or (changes.get("exception") and draw(st.booleans())):
        changes["territory"] = ""
    if action is Action.ASSIGN:
        owner, pod = draw(
            st.sampled_from(
                [(None, "east"), (None, "west"), (None, "east"), (None, None), ("rep1@example.com", None),
                 ("rep6@example.com", None), ("u3", None), ("u9", None)]
            )
        )  # fmt: skip
        changes |= {"owner": owner, "pod": pod}
    return rule(f"r{number}", draw(when()), **changes)


def in_order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Exceptions first, as the loader puts them."""
    return tuple(sorted(rules, key=lambda rule: rule.level != EXCEPTIONS))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to seven rules, up to fourteen accounts."""
    rules = in_order([draw(a_rule(number)) for number in range(draw(st.sampled_from([4, 6, 5, 7, 3, 2, 0])))])
    made = rule_set(
        *rules,
        reps=draw(reps()),
        pods=draw(pods()),
        family=Family(most_levels=draw(st.sampled_from([20, 2, 1]))),
        fields={**rule_set().fields, "id": FieldKind.ID},
    )
    rows = draw(accounts())
    held = [r.id for r in rules if r.hold_days is not None]
    keys = st.tuples(st.sampled_from(IDS), st.sampled_from(held)) if held else st.nothing()
    since = st.integers(-3, 100).map(lambda days: DAY - timedelta(days=days))
    memory = draw(st.dictionaries(keys, since, max_size=12)) if held else {}
    return World(made, rows, memory)


@st.composite
def accounts(draw: st.DrawFn) -> list[Row]:
    """Accounts with owners, parents and ages; some are deleted."""
    holder = st.sampled_from([None, None, None, "", "gone", *OWNER_IDS])
    row = st.fixed_dictionaries(
        {
            "country": st.sampled_from([None, "US", "DE", "Grmany"]),
            "industry": st.sampled_from([None, "Banking", "ab"]),
            "employees": st.sampled_from([None, 0, 1, 200]),
            "owner_id": holder,
            "csm_id": holder,
            "parent_id": st.sampled_from([None, None, None, "", "gone", *IDS, *IDS[:3], *IDS[:3]]),
            "created_at": st.sampled_from([None, *CREATED]),
            "deleted": st.sampled_from([None, False, False, False, False, True]),
        }
    )
    ids = draw(st.permutations(IDS))
    return [
        {"id": id, **found}
        for id, found in zip(
            ids, draw(st.lists(row, min_size=draw(st.sampled_from([9, 6, 0])), max_size=14)), strict=False
        )
    ]
