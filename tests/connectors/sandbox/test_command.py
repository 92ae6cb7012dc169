"""The sandbox as a process of its own, and an org that survives its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from connectors.sandbox import Seed, attach, running

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "dataloader_samples"


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "connectors.sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running_process:
        assert running_process.stdout is not None
        try:
            yield running_process, json.loads(running_process.stdout.readline())
        finally:
            running_process.kill()


def ids(url: str, session: str, soql: str) -> list[str]:
    with urllib3.PoolManager() as pool:
        address = f"{url}/services/data/v62.0/query?{urlencode({'q': soql})}"
        answer = pool.request("GET", address, headers={"Authorization": f"Bearer {session}"})
        assert answer.status == 200, answer.data
        return [record["Id"] for record in answer.json()["records"]]


def test_the_command_says_where_it_is_and_ends_in_order(tmp_path: Path) -> None:
    state = str(tmp_path / "org.sqlite")
    given = ["--accounts", "20", "--reps", "3", "--state", state, "--field", "Account.Score__c:Number"]
    with process("salesforce", *given) as (first, ready):
        with attach(ready["url"]) as org:
            assert len(org.records("Account")) == 20
            org.edit("Account", org.records("Account")[0]["Id"], {"Score__c": 4.25})
            history = org.history()
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
    with (
        process("salesforce", "--accounts", "99", "--state", state) as (_, again),
        attach(again["url"]) as org,
    ):
        assert again["credentials"] == ready["credentials"]
        assert org.history() == history != []
        session = again["credentials"]["session_id"]
        assert len(ids(again["url"], session, "SELECT Id, Score__c FROM Account WHERE Score__c = null")) == 19


def test_new_records_after_a_restart_get_new_ids(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        with (
            running("salesforce", seed=Seed(accounts=2, reps=1), state=tmp_path / "s") as org,
            urllib3.PoolManager() as pool,
        ):
            headers = {
                "Authorization": f"Bearer {org.credentials['session_id']}",
                "Content-Type": "application/json",
            }
            url = f"{org.url}/services/data/v62.0/sobjects/Account"
            made.append(pool.request("POST", url, body=b'{"Name": "x"}', headers=headers).json()["id"])
            assert len(org.records("Account")) == 2 + len(made)
    assert made[0] < made[1]


def test_a_wrong_command_line_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    from connectors.sandbox.__main__ import main

    for arguments, complaint in (
        (["salesforce", "--field", "Account"], "is not OBJECT.NAME:TYPE"),
        (["salesforce", "--csv", "Account=/nowhere.csv"], "there is no file /nowhere.csv"),
        (["sugar"], "invalid choice"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert complaint in capsys.readouterr().err


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not on this machine")
def test_a_real_export_loads_with_the_fields_it_names() -> None:
    fields = [("Account", name, "Text") for name in ("ORACLE_ID__C", "SESSION_ID__C")]
    with running("salesforce", csv=[("Account", SAMPLES / "accountData.csv")], fields=fields) as org:
        rows = org.records("Account")
        first = next(row for row in rows if row["Name"] == "Gravity Investments")
        assert first["BillingPostalCode"] == "80525"
        assert first["CreatedDate"] == "2006-04-15T03:23:15.000Z"
        assert len(rows) > 100


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not on this machine")
def test_a_column_the_org_lacks_is_named_with_the_nearest_it_has() -> None:
    with (
        pytest.raises(
            ValueError, match=r"accountData.csv:1: Account has no field 'ORACLE_ID__C'; the nearest is"
        ),
        running("salesforce", csv=[("Account", SAMPLES / "accountData.csv")]),
    ):
        pass


@pytest.mark.slow
def test_a_hundred_thousand_accounts_and_a_million_activities_load_and_page_fast() -> None:
    begun = time.process_time()  # others may keep the machine busy
    seed = Seed(accounts=100_000, reps=200, seed=1, activities_per_account=10)
    with running("salesforce", seed=seed) as org, urllib3.PoolManager() as pool:
        assert time.process_time() - begun < 60
        headers = {"Authorization": f"Bearer {org.credentials['session_id']}"}
        query = urlencode({"q": "SELECT Id, Name, OwnerId, BillingCountry, SystemModstamp FROM Account"})
        url: str | None = f"/services/data/v62.0/query?{query}"
        begun, rows = time.process_time(), 0
        while url:
            page = pool.request("GET", org.url + url, headers=headers).json()
            rows, url = rows + len(page["records"]), page.get("nextRecordsUrl")
        assert rows == 100_000
        assert time.process_time() - begun < 20
