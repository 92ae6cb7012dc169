"""Faults that were planted in a large rule set are all found, and nothing is found in a clean one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lint_world import AS_OF, clean_rules, faulty_rules
from rules.engine.assign import assign
from rules.proof.codes import ProofCode, Severity
from rules.proof.lint import prove
from rules.tables import Tables

RULES = 300
FAULTS = 8


def test_a_clean_rule_set_has_no_fault() -> None:
    found = prove(clean_rules(RULES), AS_OF)
    assert [(finding.code, finding.severity) for finding in found] == [(ProofCode.CATCH_ALL, Severity.NOTE)]


def test_every_planted_fault_is_found_and_nothing_else() -> None:
    rules, planted = faulty_rules(RULES, FAULTS)
    found: dict[ProofCode, set[str]] = {}
    for finding in prove(rules, AS_OF):
        ours = {name for name in finding.rules if not name.startswith("rule-")}
        found.setdefault(finding.code, set()).update(ours)
    assert found.pop(ProofCode.GAP) == set()
    assert found == planted


def test_the_engine_gives_every_witness_to_the_rule_that_the_proof_names(tmp_path: Path) -> None:
    rules, _ = faulty_rules(RULES, FAULTS)
    shown = [finding for finding in prove(rules, AS_OF) if finding.witness is not None]
    columns = sorted({*rules.fields, "id", "owner_id"})
    rows = []
    for number, finding in enumerate(shown):
        assert finding.witness is not None
        raw = finding.witness.raw
        rows.append({column: raw.get(column) for column in columns} | {"id": raw.get("id") or f"w{number}"})
    # Exceptions are by id, and the table has each id once.
    rows, shown = _distinct(rows), [f for f, row in zip(shown, rows, strict=True) if row in _distinct(rows)]
    tables = Tables(*(tmp_path / f"{name}.parquet" for name in ("a", "o", "p", "v")))
    pq.write_table(
        pa.Table.from_pylist(rows, pa.schema([(c, pa.string()) for c in columns])), tables.accounts
    )
    stored = [("id", pa.string()), ("email", pa.string()), ("active", pa.bool_()), ("person", pa.bool_())]
    pq.write_table(pa.Table.from_pylist([], pa.schema([*stored, ("deleted", pa.bool_())])), tables.owners)
    assign(rules, tables, tmp_path / "out.parquet", AS_OF)
    given = {row["account_id"]: row["rule_id"] for row in pq.read_table(tmp_path / "out.parquet").to_pylist()}
    assert len(shown) > 50
    assert [given[row["id"]] for row in rows] == [finding.winner for finding in shown]


def _distinct(rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return list({row["id"]: row for row in reversed(rows)}.values())[::-1]
