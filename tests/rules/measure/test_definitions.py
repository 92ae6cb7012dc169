"""The catalogue, and docs/metrics.md held to it: every definition, and every example worked by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rules.language.condition import In, Not
from rules.language.people import Member
from rules.language.ruleset import Band, Complexity, Tier, Workload
from rules.measure.definitions import DEFINITIONS, HELP_LENGTH, Direction, Kpi, KpiLevel, definitions_of
from rules.measure.night import ACCOUNTS_FILE, REPS_FILE, TERRITORIES_FILE, measure
from rules.measure.summary import MeasureSummary
from rules.tables import ACCOUNT_KPIS, REP_KPIS, TERRITORY_KPIS
from tests.rules.measure.worlds import (
    AS_OF,
    World,
    account,
    activity,
    assigned,
    owner,
    rows_of,
    rule,
    rule_set,
    write,
)

METRICS = Path(__file__).parents[3] / "docs" / "metrics.md"
WAYS = {
    Direction.UP: "more is better",
    Direction.DOWN: "less is better",
    Direction.TARGET: "best near its target",
    Direction.NONE: "neither way is better",
}
SECTION = re.compile(
    r"^### (?P<id>\S+)\n\n\*\*(?P<label>.+)\*\* · (?P<unit>.+) · (?P<window>.+) · (?P<way>.+)\n\n(?P<text>.+)\n\n"
    r"Formula: `(?P<formula>.+)`\n\nExample, (?P<who>[^:]+): (?P<how>.+) `(?P<value>[^`]+)`$",
    re.MULTILINE,
)


def sections() -> dict[str, dict[str, str]]:
    return {found["id"]: found.groupdict() for found in SECTION.finditer(METRICS.read_text())}


def test_the_page_has_every_definition_in_the_catalogue_s_own_words_and_no_other() -> None:
    found = sections()
    assert list(found) == list(DEFINITIONS)
    assert METRICS.read_text().count("### ") == len(DEFINITIONS)
    for kpi in DEFINITIONS.values():
        said = found[kpi.id]
        assert (said["label"], said["unit"], said["text"]) == (kpi.label, str(kpi.unit), kpi.description)
        assert said["window"] == (f"{kpi.window} days" if kpi.window else "as of the day")
        assert (said["formula"], said["way"]) == (kpi.formula, WAYS[kpi.direction])


def test_every_description_fits_the_crm_s_field_help() -> None:
    assert [kpi.id for kpi in DEFINITIONS.values() if not 0 < len(kpi.description) <= HELP_LENGTH] == []
    assert [kpi.id for kpi in DEFINITIONS.values() if not 0 < len(kpi.label) <= 40] == []


@pytest.mark.parametrize(
    ("level", "schema"),
    [(KpiLevel.ACCOUNT, ACCOUNT_KPIS), (KpiLevel.REP, REP_KPIS), (KpiLevel.TERRITORY, TERRITORY_KPIS)],
)
def test_every_column_of_a_kpi_table_is_defined(level: KpiLevel, schema: Any) -> None:
    [key, *columns] = schema.names
    assert key in ("account_id", "owner_id", "territory")
    assert {kpi.name for kpi in definitions_of(level)} == set(columns)


WORKLOAD = Workload(
    tier_field="employees",
    tiers=(Tier("A", 12, 1.5), Tier("B", 4, 0.75), Tier("C", 1, 0.5)),
    bands=(Band("A", 2000, None), Band("B", 200, 2000), Band("C", None, 200)),
    default_tier=None,
    complexity=(Complexity("abroad", Not(In("country", ("US",))), 0.25),),
    travel_hours=0.5,
    hours_per_rep=20.0,
)
EXAMPLE = World(
    rule_set(
        WORKLOAD,
        [rule(pod="all")],
        {"all": (Member("ana@example.com"), Member("lee@example.com", 0.5))},
        timezone="America/New_York",
    ),
    [
        account("a1", "ana", country="US", employees=2000, annual_revenue=9e6),
        account("a2", "ana", country="Germany", employees=300, annual_revenue=3e6),
        account("a3", "lee", country="US", employees=150),
        account("a4", "former", country="US", employees=250, annual_revenue=1e6),
        account("a5", "lee", country="US", annual_revenue=5e5),
    ],
    [owner("ana"), owner("lee"), owner("former", active=False)],
    [
        activity("e1", "a1", "ana", "call", "2026-03-30 15:00"),
        activity("e1", "a2", "ana", "call", "2026-03-30 15:00"),
        activity("e2", "a1", "ana", "email", "2026-03-02 04:30"),
        activity("e3", "a3", "lee", "meeting", "2026-01-01 15:00"),
        activity("e4", "a4", "lee", "note", "2026-03-15 15:00"),
        activity("e5", "a4", "lee", "call", "2026-04-01 12:00"),
        activity("e6", "a5", "lee", "email", "2025-12-31 15:00"),
    ],
    [
        assigned("a1", "ana", "east"),
        *(assigned(id, "lee", "west") for id in ("a2", "a3", "a4")),
        assigned("a5", None, None),
    ],
)


@dataclass(frozen=True)
class Measured:
    """The example, measured."""

    summary: MeasureSummary
    rows: Mapping[KpiLevel, Mapping[str, Mapping[str, Any]]]

    def value(self, kpi: Kpi, who: str) -> Any:
        """The number of one account, rep or territory ("lee"), of the plan, or of a balance ("before ana")."""
        if kpi.level is not KpiLevel.PLAN:
            return self.rows[kpi.level][who][kpi.name]
        if who == "plan":
            return getattr(self.summary, kpi.name).value
        moment, _, rep = who.partition(" ")
        basis, _, figure = kpi.name.partition("_")
        balance = getattr(self.summary, f"{basis}_{moment}")
        found = balance.index[rep] if rep else getattr(balance, figure)
        assert found.definition == kpi.id
        return found.value


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    folder = tmp_path_factory.mktemp("example")
    tables, assignments = write(EXAMPLE, folder)
    summary = measure(EXAMPLE.rules, tables, assignments, folder, AS_OF)
    files = (
        (KpiLevel.ACCOUNT, ACCOUNTS_FILE),
        (KpiLevel.REP, REPS_FILE),
        (KpiLevel.TERRITORY, TERRITORIES_FILE),
    )
    return Measured(
        summary,
        {level: {next(iter(row.values())): row for row in rows_of(folder / file)} for level, file in files},
    )


@pytest.mark.parametrize("kpi", DEFINITIONS.values(), ids=DEFINITIONS)
def test_the_example_worked_by_hand_is_what_measure_says(kpi: Kpi, measured: Measured) -> None:
    said = sections()[kpi.id]
    found = measured.value(kpi, said["who"])
    match found:
        case bool():
            assert said["value"] == ("yes" if found else "no")
        case str() | date():
            assert said["value"] == str(found)
        case _:
            assert float(said["value"]) == pytest.approx(found, abs=0.5e-4)


def test_every_number_of_the_summary_cites_a_definition_its_day_and_how_many(measured: Measured) -> None:
    for found in measured.summary.measures():
        kpi = DEFINITIONS[found.definition]
        assert (found.as_of, found.window.days if found.window else None) == (AS_OF, kpi.window)
        assert found.n > 0


def test_a_rep_with_a_smaller_share_is_measured_against_it(measured: Measured) -> None:
    """Lee works half time: half of Ana's target is on target."""
    reps = measured.rows[KpiLevel.REP]
    assert reps["lee"]["target_hours"] == pytest.approx(reps["ana"]["target_hours"] / 2)
    assert reps["former"]["target_hours"] is None
