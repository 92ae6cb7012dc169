"""A million accounts by Bulk, killed on the way and gone on with: every row as the org has it, in little memory."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from connectors.salesforce import SalesforceSettings
from connectors.sandbox.server import attach

ACCOUNTS = 1_000_000
MEGABYTES = 500
FIELDS = {
    "id": "Id", "name": "Name", "owner_id": "OwnerId", "parent_id": "ParentId", "postal_code": "BillingPostalCode",
    "employees": "NumberOfEmployees", "annual_revenue": "AnnualRevenue",
}  # fmt: skip
ROWS = 50_000

pytestmark = pytest.mark.slow


@pytest.fixture
def org(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A local org in a process of its own, with its store in a file."""
    command = [
        sys.executable, "-m", "connectors.sandbox", "salesforce", "--accounts", str(ACCOUNTS), "--reps", "300",
        "--activities-per-account", "0", "--state", str(tmp_path / "org.db"),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def test_a_million_accounts_survive_a_kill_row_by_row_under_500_mb(
    org: dict[str, Any], tmp_path: Path
) -> None:
    killed = pulled(org, tmp_path, "page 4")
    assert killed.returncode == -9, killed.stderr
    with attach(org["url"]) as crm:
        crm.forget_calls()
        again = pulled(org, tmp_path)
        assert again.returncode == 0, again.stderr
        pages = {name: count for name, count in crm.calls().items() if name.endswith("/results")}
    told = json.loads(again.stdout.splitlines()[-1])
    assert told["rows"] == ACCOUNTS
    assert sum(pages.values()) == told["calls"]["bulk_page"] == 6
    assert told["megabytes"] < MEGABYTES
    assert differing(tmp_path) == 0


def pulled(org: dict[str, Any], folder: Path, *point: str) -> subprocess.CompletedProcess[str]:
    """One pull in a process of its own."""
    names = {"client_id": "MILLION_ID", "client_secret": "MILLION_SECRET"}
    settings = SalesforceSettings.model_validate(
        {
            "org_id": org["credentials"]["org_id"],
            "instance_url": org["url"],
            "local": True,
            "login": {"method": "client_credentials"} | {k: {"env": v} for k, v in names.items()},
        }
    )
    command = [
        sys.executable, "-m", "tests.connectors.salesforce.pulls", settings.model_dump_json(), str(folder / "spool"),
        str(folder / "rows.parquet"), *point,
    ]  # fmt: skip
    secrets = {variable: org["credentials"][name] for name, variable in names.items()}
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **secrets})


def differing(folder: Path) -> int:
    """Rows in which the pull is not what the org's own store holds, read in the order of ids."""
    read = pq.read_table(folder / "rows.parquet", columns=list(FIELDS)).sort_by("id")
    store = sqlite3.connect(f"file:{folder / 'org.db'}?mode=ro", uri=True)
    truth = store.execute(f"SELECT {', '.join(FIELDS.values())} FROM Account WHERE IsDeleted = 0 ORDER BY Id")
    wrong = 0
    for start in range(0, ACCOUNTS + 1, ROWS):
        columns = read.slice(start, ROWS).to_pydict().values()
        ours, theirs = list(zip(*columns, strict=True)), truth.fetchmany(ROWS)
        wrong += abs(len(ours) - len(theirs)) + sum(a != b for a, b in zip(ours, theirs, strict=False))
    store.close()
    return wrong
