"""Forty-five thousand real companies in each local CRM: the nights, judged by the CRM's own tables and history."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.mapping import FieldType
from rules.tables import Decision, ReasonCode
from sync.ledger import RunState, WriteState
from sync.plan import Plan
from sync.report.run_text import render
from sync.run import Enacted, night
from sync.values import kinds
from tests.e2e.companies import COMPANIES, companies
from tests.e2e.projects import OWNER, VENDORS, Site

SAMPLE = 11
"""Every so many-th company in the everyday suite: 4,109 of 45,199. All of them take minutes."""
WHOLE = 45_199
STAMPS = {
    "salesforce": {"SystemModstamp", "LastModifiedDate", "LastModifiedById"},
    "hubspot": {"hs_lastmodifieddate", "hubspot_owner_assigneddate"},
}
"""Fields that the CRM itself sets when anybody writes."""
OTHERS = {
    "salesforce": ("User", "Opportunity", "Task", "Event"),
    "hubspot": ("owners", "deals", "calls", "emails", "meetings", "notes", "tasks"),
}
"""What is read and must never be written."""
Rows = dict[str, dict[str, Any]]

needs_data = pytest.mark.skipif(not COMPANIES.is_file(), reason="the real companies are not here")


@needs_data
@pytest.mark.parametrize("every", [SAMPLE, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("vendor", VENDORS)
def test_real_companies_get_what_the_plan_says_and_the_night_after_has_nothing_to_write(
    vendor: str, every: int, tmp_path: Path
) -> None:
    """Plan twice, change one owner by hand, apply, look at the CRM; then the nights that follow."""
    with companies(vendor, tmp_path, every=every) as made:
        plan = made.plan()
        every_account_has_one_outcome_and_a_reason(made, plan, -(-WHOLE // every))
        the_plan_comes_out_byte_for_byte_again(made, plan)
        before, others = accounts(made), untouched(made)
        moved, theirs = change_one_by_hand(made, plan)
        made.accept(plan)
        enacted = made.enact(plan)
        the_manual_change_is_reported(made, enacted, moved)
        the_crm_holds_the_plan_and_nothing_else(made, plan, before, {moved: theirs})
        assert untouched(made) == others
        the_next_night_writes_only_what_the_conflict_left(made, moved)
        the_night_after_writes_nothing(made, moved)
        assert accounts(made)[moved][OWNER[vendor][1]] == theirs


def every_account_has_one_outcome_and_a_reason(made: Site, plan: Plan, expected: int) -> None:
    """By the CRM's own list of accounts, not by what was pulled."""
    there = set(accounts(made))
    assert len(there) == expected
    given = f"decision = '{Decision.ASSIGNED}'"
    with duckdb.connect() as con:
        outcomes = con.read_parquet(str(plan.path.with_name("assignments.parquet")))
        decided = [row[0] for row in outcomes.project("account_id").fetchall()]
        assert len(decided) == expected and set(decided) == there
        assert outcomes.filter("coalesce(reason, '') = ''").fetchall() == []
        assert outcomes.filter(f"{given} AND owner_id IS NULL").fetchall() == []
        rest = outcomes.filter(f"NOT {given}").aggregate("reason_code, count(*)").fetchall()
    assert {code for code, _ in rest} <= {ReasonCode.NO_OWNER, ReasonCode.NO_RULE}, rest
    assert sum(count for _, count in rest) < 0.02 * expected


def the_plan_comes_out_byte_for_byte_again(made: Site, plan: Plan) -> None:
    """Pulled whole once more and computed from nothing."""
    content = plan.path.read_bytes()
    shutil.rmtree(plan.path.parent)
    shutil.rmtree(made.folder / "state" / "snapshots")
    again = made.plan()
    assert again.id == plan.id
    assert again.path.read_bytes() == content


def change_one_by_hand(made: Site, plan: Plan) -> tuple[str, str]:
    """Somebody gives an account that the plan moves to a third rep: the account, and that rep."""
    object, owner, _ = OWNER[made.vendor]
    moves = [r for r in plan.changes().to_pylist() if r["field"] == "owner_id" and r["before"]]
    account = moves[len(moves) // 2]
    third = next(r["after"] for r in moves if r["after"] not in (account["before"], account["after"]))
    made.crm.edit(object, account["record_id"], {owner: third})
    return account["record_id"], third


def the_manual_change_is_reported(made: Site, enacted: Enacted, moved: str) -> None:
    """The run is partial, and its text names the record."""
    assert enacted.run.state is RunState.PARTIAL
    assert set(enacted.counts) == {WriteState.APPLIED, WriteState.CONFLICT}
    with made.open() as (_, ledger, _):
        [conflict] = ledger.writes(enacted.run.id, [WriteState.CONFLICT])
        told = render(ledger, enacted)
    assert conflict.record_id == moved
    assert "1 conflict" in told and moved in told
    assert enacted.verified.checked == enacted.counts[WriteState.APPLIED]
    assert enacted.verified.differing == ()


def the_crm_holds_the_plan_and_nothing_else(
    made: Site, plan: Plan, before: Rows, by_hand: Mapping[str, str]
) -> None:
    """Every change is there, every other value is as it was, and every field was written once."""
    _, owner, _ = OWNER[made.vendor]
    fields, types = crm_fields(made), kinds(plan.fields)
    after = accounts(made)
    assert after.keys() == before.keys()
    planned: dict[tuple[str, str], tuple[str | None, FieldType]] = {}
    for row in plan.changes().to_pylist():
        if row["action"] == "change" and row["record_id"] not in by_hand:
            planned[row["record_id"], fields[row["field"]]] = (row["after"], types[row["field"]])
    wrong, moved = [], []
    for id, record in after.items():
        for field, value in record.items():
            if (id, field) in planned:
                if not agrees(value, *planned[id, field]):
                    wrong.append((id, field, value, planned[id, field]))
            elif value != before[id].get(field) and field not in STAMPS[made.vendor]:
                moved.append((id, field, value))
    assert not wrong, f"{len(wrong)} differ from the plan: {wrong[:3]}"
    assert moved == [(id, owner, rep) for id, rep in by_hand.items()]
    written = Counter((id, field) for id, field, _, _ in made.written() if field not in STAMPS[made.vendor])
    assert written == Counter(planned.keys())


def the_next_night_writes_only_what_the_conflict_left(made: Site, moved: str) -> None:
    """The account's KPI fields, which are ours whoever owns it; its owner is held, and the plan says so."""
    before = len(made.written())
    plan, enacted = a_night(made)
    assert [h["id"] for h in plan.summary["held_accounts"]] == [moved]
    assert plan.breaches == () and plan.summary["owner_changes"] == 0
    assert enacted is not None and enacted.run.state is RunState.DONE
    written = made.written()[before:]
    assert {id for id, _, _, _ in written} == {moved}
    assert OWNER[made.vendor][1] not in {field for _, field, _, _ in written}


def the_night_after_writes_nothing(made: Site, moved: str) -> None:
    """By the CRM's own history of everything."""
    before = len(made.crm.history())
    plan, enacted = a_night(made)
    assert plan.is_empty and enacted is None
    assert [h["id"] for h in plan.summary["held_accounts"]] == [moved]
    assert len(made.crm.history()) == before


def a_night(made: Site) -> tuple[Plan, Enacted | None]:
    """One unattended run that may write."""
    with made.open() as (session, ledger, connector):
        return night(session, ledger, connector, write=True)


def accounts(made: Site) -> Rows:
    """Every account with every field, by the CRM's own tables."""
    object, _, key = OWNER[made.vendor]
    return {str(row[key]): row for row in made.crm.records(object)}


def untouched(made: Site) -> list[list[dict[str, Any]]]:
    """Everything that is read and never written."""
    return [made.crm.records(object) for object in OTHERS[made.vendor]]


def crm_fields(made: Site) -> Mapping[str, str]:
    """The CRM's field of every column that a plan sets."""
    with made.open() as (session, _, _):
        outputs = {field.name: field.source for field in session.project.output_fields()}
    return {"owner_id": OWNER[made.vendor][1]} | outputs


def agrees(held: object, said: str | None, kind: FieldType) -> bool:
    """Whether the CRM's own value is what the plan's text says."""
    if said is None or held is None or held == "":
        return said is None and held in (None, "")
    if kind in (FieldType.NUMBER, FieldType.INTEGER):
        return abs(float(str(held)) - float(said)) < 0.005
    if kind is FieldType.BOOLEAN:
        return str(held).lower() == said
    return str(held) == said
