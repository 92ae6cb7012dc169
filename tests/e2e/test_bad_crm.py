"""A CRM that refuses, shrinks, fails or runs out, through the command line: what is said, and that nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.demo.play import SECRET_VARIABLES
from tests.e2e.projects import OWNER, VENDORS, Site, site
from tests.e2e.refusals import add, change, delete, project_of, refused

ACCOUNTS = 120


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    folder = tmp_path_factory.mktemp("sources")
    with (
        site("salesforce", folder, accounts=ACCOUNTS, activities=0.2) as salesforce,
        site("hubspot", folder, accounts=ACCOUNTS, activities=0.2) as hubspot,
    ):
        yield {"salesforce": salesforce, "hubspot": hubspot}


@pytest.fixture(params=VENDORS)
def made(request: pytest.FixtureRequest, sources: dict[str, Site], tmp_path: Path) -> Iterator[Site]:
    with project_of(sources[request.param], tmp_path / "project") as copy:
        yield copy


# Who we are, and where


def test_wrong_credentials_name_what_to_check(made: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = list(SECRET_VARIABLES[made.vendor])[-1]
    monkeypatch.setenv(variable, "wrong-4f5b6c7d8e9f")
    said = refused(made, "plan", code=1)
    assert {"salesforce": "check client_secret", "hubspot": "check the token"}[made.vendor] in said
    assert "{content}" not in said
    assert "check" in made.ok("doctor", code=1)


def test_missing_credentials_name_the_variable_to_set(made: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = list(SECRET_VARIABLES[made.vendor])[-1]
    monkeypatch.delenv(variable)
    said = refused(made, "run", "--write", code=1)
    assert f"set the environment variable {variable}, or {variable}_FILE" in said


def test_another_org_or_portal_than_the_configs_is_neither_read_nor_written(made: Site) -> None:
    key, other = {"salesforce": ("org_id", "00D5g000004XXXXEA4"), "hubspot": ("portal_id", "424242")}[
        made.vendor
    ]
    own = made.crm.credentials[key]
    change(made, "config.yaml", own, other)
    made.crm.forget_calls()
    for arguments in (["plan"], ["run", "--write"], ["setup", "--yes"]):
        said = refused(made, *arguments, code=1)
        assert own in said and f"the config names {other}" in said
        assert (
            "nothing was read or written; correct the credentials or the id under crm: in the config" in said
        )
    assert not [call for call in made.crm.calls() if "objects/" in call or "describe" in call]


# Fields


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(made: Site) -> None:
    field = {"salesforce": "LastModifiedDate", "hubspot": "notes_last_contacted"}[made.vendor]
    add(made, "config.yaml", f"outputs: {{fields: {{last_touch: {field}}}}}\n")
    said = refused(made, "plan", code=1)
    assert f"outputs.fields.last_touch: CRM field '{field}' " in said
    assert {"salesforce": "may not be written", "hubspot": "is not writable"}[made.vendor] in said
    assert "name another field under outputs: in the config" in said
    assert not (made.folder / "state" / "snapshots").exists()


def test_an_unknown_crm_field_is_answered_with_those_that_come_near(made: Site) -> None:
    wrong, near = {"salesforce": ("Industri", "Industry"), "hubspot": ("industri", "industry")}[made.vendor]
    add(made, "config.yaml", f"fields:\n  accounts: {{sector: {wrong}, head_count: Nothing_Like_It__c}}\n")
    said = refused(made, "plan", code=1)
    assert "the mapping does not fit the CRM in 2 fields" in said
    assert f"accounts.sector: CRM field '{wrong}' " in said and f"did you mean {near}?" in said
    assert "accounts.head_count: CRM field 'Nothing_Like_It__c' " in said


# What was read


@pytest.mark.parametrize(
    "vendor",
    # HubSpot's count may lag behind its list for a minute, which is waited out before it is believed.
    ["salesforce", pytest.param("hubspot", marks=pytest.mark.slow)],
)
def test_a_page_that_lost_rows_is_noticed(sources: dict[str, Site], vendor: str, tmp_path: Path) -> None:
    with project_of(sources[vendor], tmp_path / "project") as made:
        path = {"salesforce": "FROM.Account.*ORDER.BY.Id", "hubspot": r"objects/companies\?"}[vendor]
        made.crm.fault("short_page", path=path, times=None)
        said = refused(made, "plan", code=75)
        told = {
            "salesforce": "120 records were promised, 60 rows",
            "hubspot": "HubSpot counts 120 records and listed",
        }
        assert told[vendor] in said
        assert not (made.folder / "state" / "snapshots" / "latest.json").exists()
        made.crm.clear_faults()
        made.ok("pull")


@pytest.mark.parametrize("vendor", ["salesforce", pytest.param("hubspot", marks=pytest.mark.slow)])
def test_a_crm_that_lost_a_tenth_of_its_accounts_is_not_planned_from_until_somebody_says_it_is_right(
    vendor: str, tmp_path: Path
) -> None:
    with site(vendor, tmp_path, accounts=60, activities=0.2) as made:
        made.ok("pull")
        gone = sorted(made.owners())[:7]
        delete(made.crm, vendor, gone)
        for arguments in (["plan"], ["run", "--write"]):
            said = refused(made, *arguments, code=3)
            assert (
                "accounts: 53 rows, 88.3% of the last pull's 60 (limit 90%); nothing is planned from that"
                in said
            )
            assert '"territory pull --accept-fewer accounts"' in said
        assert not list((made.folder / "state").glob("plans/*/plan.parquet"))
        made.ok("pull", "--accept-fewer", "accounts")
        assert set(gone).isdisjoint(row["record_id"] for row in made.plan().changes().to_pylist())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_crm_without_accounts_is_not_planned_from(vendor: str, tmp_path: Path) -> None:
    with site(vendor, tmp_path, accounts=0, activities=0) as made:
        said = refused(made, "plan", code=3)
        assert "the CRM gave no accounts; nothing is planned from that" in said
        assert "Check what the integration user may see" in said and "--accept-fewer accounts" in said


# Later


def test_a_day_without_calls_left_ends_the_run_to_be_tried_later(made: Site) -> None:
    # A login is no API call, and is not counted.
    made.crm.fault("quota", path="/services/data|/crm/|/account-info/", times=None)
    said = refused(made, "run", "--write", code=75)
    assert "nothing is lost" in said and "used up" in said


def test_the_reserve_of_the_days_calls_is_left_to_others_and_the_same_command_goes_on_later(
    made: Site,
) -> None:
    add(made, "config.yaml", "apply: {quota_reserve: 0.9}\n")
    plan = made.plan()
    made.accept(plan)
    object, owner, key = OWNER[made.vendor]
    used = calls_counted(made)
    made.crm.settings(daily_limit=used * 5)
    said = refused(made, "apply", plan.short, code=75)
    assert f"of the day's {used * 5:,} calls are left, the reserve is 90%" in said
    assert "the same command goes on" in said
    made.crm.settings(daily_limit=used * 100)
    made.ok("apply", plan.short)
    wanted = {r["record_id"]: r["after"] for r in plan.changes().to_pylist() if r["field"] == "owner_id"}
    held = {str(row[key]): row[owner] for row in made.crm.records(object)}
    assert wanted and {id: held[id] for id in wanted} == wanted


def test_a_crm_that_is_down_ends_the_run_to_be_tried_later(made: Site) -> None:
    made.crm.fault("unavailable", times=None)
    said = refused(made, "run", "--write", code=75)
    assert "try again later; nothing is lost" in said
    assert {"salesforce": "it may be down", "hubspot": "503"}[made.vendor] in said


def test_a_crm_that_goes_down_while_it_is_read_leaves_no_snapshot(made: Site) -> None:
    made.crm.fault("unavailable", path="FROM.Opportunity|objects/deals", times=None)
    said = refused(made, "run", "--write", code=75)
    assert "try again later; nothing is lost" in said and ("SERVER_UNAVAILABLE" in said or "503" in said)
    assert not (made.folder / "state" / "snapshots" / "latest.json").exists()


def calls_counted(made: Site) -> int:
    """Calls that count against the day's limit, so far."""
    with made.open() as (_, _, connector):
        quota = connector.quota()
    assert quota.limit is not None and quota.remaining is not None
    return quota.limit - quota.remaining
