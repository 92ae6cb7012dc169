"""The example territory set on the real companies: total, balanced, and alive in every rule."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from benchmarks.real_companies import EXAMPLE, FIELDS, hubspot, salesforce, snapshot, world_of
from rules.engine.assign import assign
from rules.language.load import load_rules
from rules.language.ruleset import RuleSet
from rules.measure.night import ACCOUNTS_FILE, measure
from rules.measure.summary import MeasureSummary
from rules.proof.codes import Severity
from rules.proof.lint import prove
from rules.tables import Decision, ReasonCode
from rules.testing import run_tests

COMPANIES = Path(__file__).parents[2] / "shared" / "data" / "companies" / "companies.csv"
AS_OF = date(2026, 3, 31)
needs_data = pytest.mark.skipif(not COMPANIES.is_file(), reason="the real companies are not here")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(EXAMPLE, FIELDS)


@dataclass(frozen=True)
class Night:
    """What the rules made of the companies."""

    con: duckdb.DuckDBPyConnection
    summary: MeasureSummary

    def count(self, where: str) -> int:
        [(found,)] = self.con.execute(f"SELECT count(*) FROM outcomes WHERE {where}").fetchall()
        return int(found)

    def by(self, column: str) -> Mapping[str, int]:
        return dict(self.con.execute(f"SELECT {column}, count(*) FROM outcomes GROUP BY 1").fetchall())


@pytest.fixture(scope="module")
def night(rules: RuleSet, tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("companies")
    tables = snapshot(world_of(COMPANIES, AS_OF), folder)
    assign(rules, tables, folder / "assignments.parquet", AS_OF)
    summary = measure(rules, tables, folder / "assignments.parquet", folder / "kpis", AS_OF)
    con = duckdb.connect()
    con.execute(f"""CREATE TABLE outcomes AS SELECT * FROM '{tables.accounts}' a
        LEFT JOIN '{folder / "assignments.parquet"}' s ON s.account_id = a.id
        LEFT JOIN '{folder / "kpis" / ACCOUNTS_FILE}' k ON k.account_id = a.id""")
    return Night(con, summary)


def test_the_rules_load_in_under_a_second_and_are_of_the_promised_size(rules: RuleSet) -> None:
    started = time.perf_counter()
    load_rules(EXAMPLE, FIELDS)
    assert time.perf_counter() - started < 1.0
    assert len(rules.rules) >= 40
    assert len({member.email for pod in rules.pods.values() for member in pod.members}) == 60


def test_the_tests_beside_the_rules_pass(rules: RuleSet) -> None:
    run = run_tests(rules, AS_OF)
    assert len(run.results) >= 15
    assert run.passed, str(run)


def test_the_rules_are_proved_sound(rules: RuleSet) -> None:
    wrong = [found for found in prove(rules, AS_OF) if found.severity is not Severity.NOTE]
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_pod_is_used_and_every_named_owner_is_a_rep(rules: RuleSet) -> None:
    assert {rule.pod for rule in rules.rules if rule.pod} == set(rules.pods)
    reps = {member.email for pod in rules.pods.values() for member in pod.members}
    assert {rule.owner for rule in rules.rules if rule.owner} <= reps


@needs_data
def test_every_company_gets_one_outcome_and_a_reason(night: Night) -> None:
    assert night.count("true") == 45_199 == night.count("decision IS NOT NULL AND reason <> ''")
    decided = night.by("decision")
    print(decided, night.by("level"), night.by("rule_id"))  # noqa: T201  # shown by pytest -s
    assert set(decided) <= {str(decision) for decision in Decision}
    given = f"decision = '{Decision.ASSIGNED}' AND owner_id_1 IS NOT NULL"
    assert night.count(given) == decided[Decision.ASSIGNED] > 0.98 * 45_199
    assert night.count(f"decision = '{Decision.UNASSIGNED}' AND reason_code <> '{ReasonCode.NO_OWNER}'") == 0


@needs_data
def test_no_rule_is_dead(night: Night, rules: RuleSet) -> None:
    assert set(night.by("rule_id")) == {rule.id for rule in rules.rules}


@needs_data
def test_the_catch_all_holds_next_to_nobody_who_has_a_country(night: Night) -> None:
    placed = night.count("country IS NOT NULL")
    assert night.count("level = 'catch_all' AND country IS NOT NULL") < 0.01 * placed


@needs_data
def test_the_plan_balances_hours_far_better_than_the_present_owners(night: Night) -> None:
    before, after = night.summary.hours_before, night.summary.hours_after
    assert (
        before.cv.value is not None
        and after.cv.value is not None
        and after.within_tolerance.value is not None
    )
    assert after.cv.n == before.cv.n == 60
    assert after.cv.value < 0.2 < before.cv.value
    assert after.within_tolerance.value >= 0.9
    assert (after.max_deviation.value or 9) < 0.4
    assert night.summary.hours.n == 45_199


@needs_data
def test_a_copied_profile_is_no_large_account_in_california(night: Night) -> None:
    """313 companies carry RH's web site; only RH itself is RH."""
    assert night.count("website LIKE '%www.rh.com%'") > 300
    [(names,)] = night.con.execute(
        "SELECT list(DISTINCT name) FROM outcomes WHERE website LIKE '%www.rh.com%' AND rule_id = 'us-large-consumer'"
    ).fetchall()
    assert names == ["RH"]


@needs_data
def test_values_that_cannot_be_read_are_said_and_never_guessed(night: Night) -> None:
    antilles = "country = 'Netherlands Antilles'"
    assert night.count(antilles) == night.count(
        f"{antilles} AND rule_id = 'catch-all' AND data_issues IS NOT NULL"
    )


@needs_data
def test_files_for_both_crms_hold_every_company(tmp_path: Path) -> None:
    world = world_of(COMPANIES, AS_OF)
    made = {**dict(salesforce(world, tmp_path / "s")), **dict(hubspot(world, tmp_path / "h"))}
    con = duckdb.connect()
    for name, key in (("Account", "Id"), ("companies", "hs_object_id")):
        query = f"SELECT count(*), count(DISTINCT {key}) FROM read_csv('{made[name]}', all_varchar = true)"
        assert con.execute(query).fetchall() == [(45_199, 45_199)]
    held = f"""SELECT count(*) FROM read_csv('{made["Account"]}', all_varchar = true) a
        LEFT JOIN read_csv('{made["User"]}', all_varchar = true) u ON u.Id = a.OwnerId WHERE u.Id IS NULL"""
    assert con.execute(held).fetchall() == [(0,)]
