"""Whatever an org holds, reading it by REST or by Bulk gives what the org itself holds, type by type."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind
from connectors.salesforce.ids import full_id
from connectors.sandbox import Seed, running
from connectors.sandbox.salesforce import ids as theirs
from tests.connectors.salesforce.conftest import ENVIRONMENT, SalesforceWorld

FIELDS = {
    "Text__c": "Text", "Long__c": "LongTextArea", "Number__c": "Number", "Money__c": "Currency", "Share__c": "Percent",
    "Box__c": "Checkbox", "Day__c": "Date", "Moment__c": "DateTime", "Site__c": "Url", "Mail__c": "Email",
    "Choice__c": "Picklist(a;b::Bee)", "Choices__c": "MultiselectPicklist(a;b;c)", "Other__c": "Lookup(Account)",
}  # fmt: skip
TYPES = {
    "Number__c": FieldType.NUMBER, "Money__c": FieldType.NUMBER, "Share__c": FieldType.NUMBER,
    "Box__c": FieldType.BOOLEAN, "Day__c": FieldType.DATE, "Moment__c": FieldType.DATETIME,
}  # fmt: skip
MAPPED = [MappedField(name.lower(), name, TYPES.get(name, FieldType.TEXT)) for name in FIELDS]
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\"',;")
TEXT = st.text(LETTERS, min_size=1, max_size=40).map(str.strip).filter(bool)
NUMBER = st.decimals(-(10**13), 10**13, places=4, allow_nan=False).map(float)
RECORD = st.fixed_dictionaries(
    {"Name": TEXT},
    optional={
        "Text__c": TEXT,
        "Long__c": st.text(LETTERS, min_size=1, max_size=300).map(str.strip).filter(bool),
        "Number__c": NUMBER,
        "Money__c": NUMBER,
        "Share__c": NUMBER,
        "Box__c": st.booleans(),
        "Day__c": st.dates(date(1700, 1, 1), date(4000, 12, 31)),
        "Moment__c": st.datetimes(datetime(1700, 1, 1), datetime(4000, 12, 31)).map(
            lambda at: at.replace(microsecond=0, tzinfo=UTC)
        ),
        "Site__c": TEXT,
        "Mail__c": st.emails().filter(lambda mail: len(mail) <= 80 and mail.isascii()),
        "Choice__c": st.sampled_from(["a", "b", "of before"]),
        "Choices__c": st.sampled_from(["a", "a;b", "b;c"]),
        "Other__c": st.integers(0, 9).map(lambda n: theirs.make("001", 5_000 + n)),
        "NumberOfEmployees": st.integers(0, 2**31 - 1),
        "BillingCountry": TEXT,
    },
)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORD, min_size=10, max_size=60))
def test_reading_by_either_way_gives_what_the_org_holds(
    records: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, _credentials: pytest.MonkeyPatch
) -> None:
    path = Path(tmp_path_factory.mktemp("org")) / "accounts.csv"
    names = ["Id", "Name", "NumberOfEmployees", "BillingCountry", *FIELDS]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, names)
        out.writeheader()
        for number, record in enumerate(records):
            row = {name: written(value) for name, value in record.items()}
            out.writerow({"Id": theirs.make("001", 5_000 + number)[:15], **row})
    outputs = {"Score__c": "Number", "Note__c": "Text"}  # the world maps them
    fields = [("Account", name, type) for name, type in (FIELDS | outputs).items()]
    with running("salesforce", seed=Seed(accounts=0, reps=1), csv=[("Account", path)], fields=fields) as crm:
        world = SalesforceWorld(crm)
        for name, variable in ENVIRONMENT.items():
            _credentials.setenv(variable, world.credentials[name])
        read = [_read(world, above) for above in (1_000, 0)]
        held = {row["Id"]: row for row in crm.records("Account")}
        world.close()
    assert read[0] == read[1], "REST and Bulk"
    assert set(read[0]) == set(held)
    for number, record in enumerate(records):
        id = full_id(theirs.make("001", 5_000 + number)[:15])
        row = read[0][id]
        assert row["name"] == record["Name"]
        assert row["employees"] == record.get("NumberOfEmployees")
        assert row["country"] == record.get("BillingCountry")
        for name in FIELDS:
            wanted = record.get(name, False if name == "Box__c" else None)
            assert row[name.lower()] == wanted, (name, held[id][name])


def _read(world: SalesforceWorld, above: int) -> dict[str, dict[str, Any]]:
    connector = world.connect(fields=MAPPED, bulk_read_above=above)
    pull = connector.pull(RecordKind.ACCOUNTS)
    found = {row["id"]: row for batch in pull.batches for row in batch.to_pylist()}
    connector.close()
    return found
