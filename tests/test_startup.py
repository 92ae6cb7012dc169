"""The verbs that people wait for import only what their question needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sync.explained_world import account_id, made

VENDORS = (
    "simple_salesforce",
    "hubspot",
    "zeep",
    "requests",
    "keyring",
    "connectors.salesforce",
    "connectors.hubspot",
)
SERVICES = ("structlog", "sqlalchemy", "starlette", "uvicorn", "apscheduler", "tenacity", "jinja2", "rich")
DATA = ("numpy", "pyarrow", "tldextract")
NEVER = (*VENDORS, *SERVICES, *DATA)
STRUCTURED = """\
version: 1
levels: [geography, catch_all]
rules:
  - {id: de, level: geography, when: {country: DE}, assign: {territory: de, owner: ana@example.com}}
  - {id: rest, level: catch_all, when: {}, assign: {territory: rest, owner: kim@example.com}}
"""


def imported(folder: Path, *words: str) -> set[str]:
    """All modules at the end of a verb that succeeded."""
    code = (
        "import sys\nfrom sync.cli import main\n"
        f"sys.argv = ['territory', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print('modules', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A project as a build server has it: nothing was pulled."""
    (tmp_path / "config.yaml").write_text(
        "version: 1\ncrm: {kind: files, folder: exports, accounts: accounts.csv, owners: owners.csv}\n"
    )
    (tmp_path / "exports").mkdir()
    (tmp_path / "rules.yaml").write_text(STRUCTURED)
    return tmp_path


def test_lint_where_nothing_was_pulled_imports_neither_a_database_nor_sql(built: Path) -> None:
    modules = imported(built, "lint")
    assert "pysat.solvers" in modules, "the rules were not proved"
    heavy = (
        *NEVER,
        "duckdb",
        "sqlite3",
        "sqlglot",
        "rules.engine.assign",
        "sync.answers.explanation",
        "sync.answers.lint_data",
    )
    assert modules.isdisjoint(heavy), modules & set(heavy)


def test_lint_of_an_sql_rule_imports_its_parser_and_no_database(built: Path) -> None:
    (built / "rules.yaml").write_text(STRUCTURED.replace("when: {country: DE}", "where: \"country = 'DE'\""))
    modules = imported(built, "lint")
    assert "sqlglot" in modules and modules.isdisjoint((*NEVER, "duckdb"))


def test_explain_imports_a_database_and_neither_the_engine_nor_the_proofs(tmp_path: Path) -> None:
    made(tmp_path, 40, STRUCTURED)
    modules = imported(tmp_path, "explain", account_id(3))
    heavy = (*NEVER, "sqlglot", "pysat", "rules.engine.assign", "rules.proof.lint", "sync.ledger")
    assert "duckdb" in modules and modules.isdisjoint(heavy), modules & set(heavy)
