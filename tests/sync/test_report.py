"""What people read: golden texts, and CRM content that cannot act wherever it is shown."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.ledger import RunState
from sync.log import REDACTED, inert, redact
from sync.report import page, plan_text, run_text
from sync.report.csv import changes_csv, neutral
from sync.report.table import table
from tests.sync.world import World, make_world

GOLDEN = Path(__file__).parents[1] / "golden" / "sync"
NASTY = "<b onload=x>=1+1\u202eevil\x1b[31m"


def held_to(name: str, text: str) -> None:
    """Compare with the golden file; UPDATE_GOLDEN=1 writes it anew, to be read before it is committed."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(
        tmp_path, limits={"moves": 5, "moved_share": 1, "rep_lost_share": 1, "rep_gained_share": 0.1}
    )
    made.crm.owners["U-gone"] = {"name": "Gone Rep", "email": "gone@example.com", "active": False}
    made.crm.accounts["A00"]["owner_id"] = "U-gone"
    made.crm.accounts["A01"]["owner_id"] = "U-kim"
    made.crm.accounts["A02"]["country"] = "Grmany"
    made.crm.accounts["A03"]["country"] = None
    return made


def test_a_refused_plan_reads_as_the_golden_text(world: World) -> None:
    plan = world.plan()
    held_to("plan.txt", plan_text.render(plan).replace(plan.short, "PLAN"))


def test_a_run_with_conflicts_and_rejections_reads_as_the_golden_text(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    plan = world.plan()
    world.crm.accounts["A00"]["owner_id"] = "U-kim"
    world.crm.before_write = lambda write: {"A04": "rejected", "A05": "not sent"}.get(write.id)
    enacted = world.enact(plan)
    assert enacted.run.state is RunState.PARTIAL
    with world.session().ledger() as ledger:
        held_to("run.txt", run_text.render(ledger, enacted).replace(enacted.run.id, "RUN"))


def test_the_page_is_the_same_for_the_same_plan_and_loads_nothing(world: World) -> None:
    plan = world.plan()
    html = page.render(plan)
    assert html == page.render(plan)
    assert (
        "<script" not in html and "http://" not in html and "https://" not in html and "@import" not in html
    )
    assert all(breach.name in html for breach in plan.breaches)


def test_names_from_the_crm_cannot_act_anywhere(world: World) -> None:
    for account in world.crm.accounts.values():
        account["name"] = NASTY
    plan = world.plan()
    text, html = plan_text.render(plan), page.render(plan)
    rows = list(csv.reader(io.StringIO("".join(changes_csv(plan)))))
    assert "\x1b" not in text and "\u202e" not in text
    assert "<b onload" not in html and "\u202e" not in html
    assert rows[0][0] == "record_id" and len({len(row) for row in rows}) == 1


@given(st.text())
def test_a_cell_never_begins_a_formula_and_a_number_stays_a_number(cell: str) -> None:
    shown = neutral(cell)
    try:
        float(cell)
    except ValueError:
        assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    else:
        assert shown == cell


@given(st.text())
def test_inert_text_has_no_control_or_bidirectional_characters(text: str) -> None:
    assert not any(c in inert(text) for c in "\x00\x07\x1b\x7f\u200e\u202e\u2066\u2069\r\n\t")


@given(st.lists(st.tuples(st.text(max_size=9), st.integers()), min_size=1, max_size=5))
def test_every_row_of_a_table_is_one_line(rows: list[tuple[str, int]]) -> None:
    assert len(table(("name", "count"), rows)) == len(rows) + 1
    assert all(len(line.splitlines()) <= 1 for line in table(("name", "count"), rows))


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abc.def",
        "pat-na1-01234567-89ab-cdef-0123-456789abcdef",
        "00D5g000004XXXX!AQEAQ.secret_session",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_credential_is_redacted_wherever_it_stands(secret: str) -> None:
    for event in (f"login failed: {secret} was refused", {"detail": [secret]}, {"access_token": "short"}):
        shown = str(redact(event))
        assert secret not in shown and "short" not in shown and REDACTED in shown


def test_a_plan_that_writes_nothing_is_not_refused_but_says_what_is_odd(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.enact(world.plan())
    config = world.project.config.model_copy(
        update={"limits": world.project.config.limits.model_copy(update={"unassigned_share": 0.0})}
    )
    world.project = replace(world.project, config=config)
    world.crm.accounts["A99"] = {
        "name": "Nowhere",
        "out_tier": "B",
        "out_workload_hours": 2.0,
        "out_reason": "no rule matches",
    }
    plan = world.plan()
    assert plan.is_empty and plan.breaches
    assert "nothing is refused" in plan_text.render(plan) and "nothing is refused" in page.render(plan)


def test_what_a_connector_remarked_about_an_applied_write_is_listed(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    enacted = world.enact(world.plan())
    with world.session().ledger() as ledger:
        [first, *_] = ledger.writes(enacted.run.id)
        ledger.mark(
            enacted.run.id,
            [replace(first, code="OVERWROTE", message="an edit of kim was lost")],
            at=world.time,
        )
        shown = run_text.render(ledger, enacted)
    assert "1 applied, with a remark" in shown and "an edit of kim was lost" in shown
