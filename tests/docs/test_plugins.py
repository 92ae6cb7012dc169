"""The connector on the plug-in page is a connector: it keeps the contract, is found, and makes a plan."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.shell import Terminal, make_shims

PAGE = ROOT / "docs" / "plugins.md"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The page's files, as they are after `pip install`."""
    folder = tmp_path / "package"
    folder.mkdir()
    for block in blocks(PAGE):
        if name := block.option("file"):
            (folder / name).write_text(block.text, encoding="utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    told = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (told / "entry_points.txt").write_text("".join(lines))
    return folder


def test_it_keeps_the_contract(package: Path) -> None:
    path = os.pathsep.join([str(ROOT), str(package)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_acme_crm.py"],
        cwd=package,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout and "failed" not in done.stdout


def test_it_is_found_and_makes_a_plan(package: Path, tmp_path: Path) -> None:
    sys_path = os.pathsep.join([str(ROOT), str(package)])
    rules = ROOT / "sync" / "scaffold" / "templates"
    (package / "rules.yaml").write_text((rules / "rules.yaml").read_text())
    (package / "lists").mkdir()
    (package / "lists" / "boston.csv").write_text((rules / "boston.csv").read_text())
    with sqlite3.connect(package / "crm.sqlite") as database:
        [tables] = [b.text for b in blocks(PAGE) if b.option("file") == "test_acme_crm.py"]
        database.executescript(tables.split('"""')[1])
        database.execute("ALTER TABLE accounts ADD COLUMN territory_territory")
        database.execute(
            "INSERT INTO accounts (id, name, owner_id, country) VALUES ('a1', 'Rhine', 'ana', 'Germany')"
        )
    database.close()
    terminal = Terminal(package, make_shims(tmp_path / "shims"), {"PYTHONPATH": sys_path})
    code, lines = terminal.run("PYTHONPATH=$PYTHONPATH territory plan")
    assert "  Rhine: Ana -> Lee: everyone-else: country is known" in lines, "\n".join(lines)
    assert code == 3
    code, lines = terminal.run("PYTHONPATH=$PYTHONPATH territory init x --crm acme")
    assert code == 1 and "no scaffold for 'acme'" in lines[0]
