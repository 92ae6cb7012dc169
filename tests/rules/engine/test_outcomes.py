"""Holds, families, exceptions and people: outcomes are what the book says, whatever the rules and accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from rules.engine.assign import assign
from rules.language.ruleset import Action
from rules.tables import ASSIGNMENTS, MEMORY
from tests.rules.engine.naive_outcomes import Answer, Book, answer_of
from tests.rules.engine.outcome_worlds import DAY, HOLDERS, OWNERS, World, worlds
from tests.rules.engine.worlds import rule

Rows = Mapping[tuple[str, str], Mapping[str, Anything]]
Since = dict[tuple[str, str], date]


def night(world: World, as_of: date = DAY) -> tuple[Rows, Since]:
    """The assignments by account and role, and what the next night must know."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        out, memory = folder / "out.parquet", folder / "next.parquet"
        assign(world.rules, world.tables(folder), out, as_of, holders=HOLDERS, memory_into=memory)
        table, kept = pq.read_table(out), pq.read_table(memory)
        assert table.schema.equals(ASSIGNMENTS)
        assert kept.schema.equals(MEMORY)
        rows = {(row["account_id"], row["role"]): row for row in table.to_pylist()}
        since = {
            (row["account_id"], row["key"].removeprefix("hold:")): row["since"] for row in kept.to_pylist()
        }
        assert len(since) == kept.num_rows
        return rows, since


def book(world: World, rows: Rows, as_of: date = DAY) -> Book:
    """The book of the night, with the engine's choices."""
    found = {key: row["owner_id"] for key, row in rows.items()}
    return Book(world.rules, world.rows, OWNERS, HOLDERS, as_of, world.memory, found)


def check(world: World) -> None:
    rows, since = night(world)
    right = book(world, rows)
    answers = right.answers()
    assert list(rows) == sorted(answers)
    assert {key: answer_of(row) for key, row in rows.items()} == answers
    assert since == right.remembered()
    check_caps(world, right, answers)


def check_caps(world: World, right: Book, answers: Mapping[tuple[str, str], Answer]) -> None:
    """Nobody is given more than the cap allows but by a family, and a pod is full only when everybody is."""
    owned: Counter[tuple[str | None, str]] = Counter()
    largest: defaultdict[tuple[str | None, str], int] = defaultdict(int)
    families = Counter((right.root(id)[0], role) for id, role in answers)
    fixed: Counter[tuple[str | None, str]] = Counter()
    for (id, role), answer in answers.items():
        owned[answer.owner, role] += 1
        top = right.root(id)[0] if answer.code == "family" else id
        new = _is_of_pod(world, answers[top, role]) and right.holder(top, role) != answer.owner
        if not new:
            fixed[answer.owner, role] += 1
        elif answer.code != "family":
            largest[answer.owner, role] = max(largest[answer.owner, role], families[id, role])
    for (owner, role), count in owned.items():
        cap = right.cap(owner) if owner else None
        if owner and cap is not None:
            assert count <= max(cap - 1 + largest[owner, role], cap, fixed[owner, role]), (owner, role)
    for (id, role), answer in answers.items():
        if answer.code == "pod_full":
            rule = next(rule for rule in world.rules.rules if rule.id == answer.rule_id)
            for member in world.rules.pods[str(rule.pod)].members:
                rep = right.named_owner(member.email)[2]
                if rep is not None and member.capacity > 0 and right.takes(rep):
                    cap = right.cap(rep)
                    assert cap is not None, id
                    assert owned[rep, role] >= cap, id


def _is_of_pod(world: World, answer: Answer) -> bool:
    return any(rule.id == answer.rule_id and rule.pod is not None for rule in world.rules.rules)


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_outcomes_are_what_the_book_says(world: World) -> None:
    check(world)


@pytest.mark.slow
@settings(max_examples=3_500, deadline=None)
@given(worlds())
def test_outcomes_are_what_the_book_says_in_one_case_of_ten_thousand(world: World) -> None:
    check(world)


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_a_night_computed_again_from_its_own_memory_says_the_same(world: World) -> None:
    rows, since = night(world)
    again, kept = night(replace(world, memory=since))
    assert (again, kept) == (rows, since)


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_families_move_as_one(world: World) -> None:
    """With a family rule for everybody before all others, nobody is elsewhere than the ultimate parent."""
    rules = tuple(rule for rule in world.rules.rules if rule.action is Action.ASSIGN and not rule.exception)
    roles = tuple(dict.fromkeys(rule.role for rule in rules))
    first = tuple(rule(f"family-{role}", action=Action.FOLLOW, territory="", role=role) for role in roles)
    moved = replace(world, rules=replace(world.rules, rules=(*first, *rules), roles=roles or ("AE",)))
    rows, _ = night(moved)
    right = book(moved, rows)
    for (id, role), row in rows.items():
        root, broken = right.root(id)
        if roles and not broken:
            top = rows[root, role]
            assert (row["territory"], row["owner_id"]) == (top["territory"], top["owner_id"]), (id, role)


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_applying_what_was_decided_moves_nobody_the_night_after(world: World) -> None:
    """Whoever was given an account keeps it: sticky, whatever pods and families."""
    rows, _ = night(world)
    given_to = {(id, HOLDERS[role]): row["owner_id"] for (id, role), row in rows.items() if row["owner_id"]}
    owned = [
        {**row, **{c: given_to.get((row["id"], c), row.get(c)) for c in HOLDERS.values()}}
        for row in world.rows
    ]
    again, _ = night(replace(world, rows=owned))
    held = {rule.id for rule in world.rules.rules if rule.action is Action.KEEP}
    for key, row in rows.items():
        if again[key]["rule_id"] not in held and row["owner_id"] is not None:
            assert again[key]["owner_id"] == row["owner_id"], key


@settings(max_examples=8, deadline=None)
@given(worlds())
def test_the_day_after_a_hold_is_over_it_takes_nothing_any_more(world: World) -> None:
    """Night after night with the memory of the one before: no hold of n days decides on more than n nights."""
    rules = tuple(replace(rule, hold_days=2) if rule.hold_days else rule for rule in world.rules.rules)
    running = replace(world, rules=replace(world.rules, rules=rules), memory={})
    timed = {rule.id for rule in rules if rule.hold_days}
    nights: Counter[tuple[str, str]] = Counter()
    for day in range(5):
        rows, memory = night(running, DAY + timedelta(days=day))
        nights.update((id, row["rule_id"]) for (id, _), row in rows.items() if row["rule_id"] in timed)
        running = replace(running, memory=memory)
    assert all(count <= 2 for count in nights.values())
