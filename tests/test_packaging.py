"""What is installed: our distribution alone claims the three package names, and everything of it is shipped."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

from sync.doctor import names_finding

ROOT = Path(__file__).parents[1]


OURS = {"connectors", "rules", "sync"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return zipfile.Path(built)


def test_no_other_distribution_claims_our_names() -> None:
    claims = packages_distributions()
    assert {d for name in OURS for d in claims.get(name, [])} <= {"territory-sync"}


def test_the_wheel_holds_our_three_packages_and_nothing_else(wheel: zipfile.Path) -> None:
    assert {entry.name for entry in wheel.iterdir() if not entry.name.endswith(".dist-info")} == OURS


def test_the_wheel_ships_the_files_that_are_not_code(wheel: zipfile.Path) -> None:
    for name in (
        "sync/report/templates/plan.html",
        "sync/scaffold/templates/rules.yaml",
        "sync/scaffold/templates/gitignore",
        "sync/demo/lists/boston.csv",
        "sync/demo/play.py",
        "rules/py.typed",
    ):
        assert (wheel / name).is_file(), name


def test_a_foreign_claim_is_found_by_doctor() -> None:
    found = names_finding({"rules": ["territory-sync", "rule-engine"], "sync": ["territory-sync"]})
    assert not found.ok and "rules also comes with rule-engine" in found.message


def test_our_connectors_are_found_like_anybodys() -> None:
    assert {e.name for e in entry_points(group="territory_sync.connectors")} >= {
        "salesforce",
        "hubspot",
        "files",
    }


def test_locked_requirements_carry_hashes_and_no_addresses() -> None:
    for name in ("runtime", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert "://" not in text and "--index" not in text
        pinned = [line for line in text.splitlines() if "==" in line]
        assert len(pinned) > 30 and text.count("--hash=sha256:") > len(pinned)


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "requirements" / "runtime.txt").read_text().lower()
    for requirement in project["dependencies"]:
        name = requirement.split(">")[0].split("=")[0].strip().lower()
        assert f"\n{name}==" in f"\n{locked}", name


@pytest.mark.parametrize("verb", [["--help"], ["lint", "--help"]])
def test_help_starts_without_the_heavy_libraries(verb: list[str]) -> None:
    heavy = (
        "duckdb",
        "pyarrow",
        "sqlglot",
        "simple_salesforce",
        "hubspot",
        "zeep",
        "sqlalchemy",
        "starlette",
        "numpy",
    )
    code = (
        "import sys\nfrom sync.cli.verbs import app\n"
        f"app({verb!r}, standalone_mode=False)\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
