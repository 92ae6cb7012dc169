"""A CRM that only exports: a folder of CSV files, written anew after every change by a person."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.files import FilesSettings, plugin
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import RecordId, RecordKind, Value
from connectors.testing import Call, Failing

HEADERS = {
    "id": "ID",
    "name": "NAME",
    "owner_id": "OWNERID",
    "parent_id": "PARENTID",
    "country": "BILLINGCOUNTRY",
    "state": "BILLINGSTATE",
    "city": "BILLINGCITY",
    "postal_code": "BILLINGPOSTALCODE",
    "website": "WEBSITE",
    "industry": "INDUSTRY",
    "employees": "NUMBEROFEMPLOYEES",
    "annual_revenue": "ANNUALREVENUE",
    "modified_at": "SYSTEMMODSTAMP",
    "score": "SCORE__C",
    "note": "NOTE__C",
}
OUTPUTS = (
    MappedField("score", "Score__c", FieldType.NUMBER, FieldRole.OUTPUT),
    MappedField("note", "Note__c", FieldType.TEXT, FieldRole.OUTPUT),
)
OWNERS = ("005A", "005B", "005C")


class FilesWorld:
    """Keeps the accounts in memory and exports them at every change."""

    failings = frozenset({Failing.SHORT_PAGE})
    page_sizes: Sequence[int | None] = (600, 4096, None)
    misspelt = ("Industri", "INDUSTRY")
    unwritable = None
    creatable = None
    names_org = False
    secrets: Sequence[str] = ()

    def __init__(self, folder: Path, encoding: str = "utf-8", accounts: int = 40) -> None:
        self.folder, self.encoding = folder, encoding
        self.clock = datetime(2026, 3, 1, tzinfo=UTC)
        self.rows: dict[RecordId, dict[str, Value]] = {}
        self.numbers = itertools.count(1)
        with (folder / "owners.csv").open("w") as stream:
            stream.write(
                "Id,Name,IsActive\n" + "".join(f"{id},{id},true\n" for id in OWNERS) + "005X,X,false\n"
            )
        for number in range(accounts):
            self._add({"name": f"Account {number}", "owner_id": OWNERS[number % 3], "employees": number})
        self.export()

    def settings(self, **more: Any) -> FilesSettings:
        encoding = None if self.encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32") else self.encoding
        return FilesSettings(
            folder=self.folder,
            accounts=Path("accounts.csv"),
            owners=Path("owners.csv"),
            encoding=encoding,
            **more,
        )

    def connect(
        self,
        *,
        page_size: int | None = None,
        wrong_org: bool = False,
        wrong_credentials: bool = False,
        fields: Sequence[MappedField] = (),
    ) -> Any:
        more = {} if page_size is None else {"block_bytes": page_size}
        mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [*OUTPUTS, *fields])
        return plugin.connect(self.settings(**more), mapping)

    def ids(self) -> set[RecordId]:
        return set(self.rows)

    def owners(self) -> Sequence[RecordId]:
        return [RecordId(id) for id in OWNERS]

    def create(self, values: Mapping[str, Value]) -> RecordId:
        id = self._add(values)
        self.export()
        return id

    def create_late(self, values: Mapping[str, Value], seconds: float) -> RecordId:
        id = self._add(values)
        self.rows[id]["modified_at"] = self.clock - timedelta(seconds=seconds)
        self.export()
        return id

    def edit(self, id: RecordId, values: Mapping[str, Value]) -> None:
        self.rows[id] |= {**values, "modified_at": self.clock}
        self.export()

    def delete(self, id: RecordId) -> None:
        del self.rows[id]
        self.export()

    def advance(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    def writes_seen(self, id: RecordId) -> int:
        """A change file has one row for an account that is written, however often it is made anew."""
        path = self.folder / "changes.csv"
        if not path.exists():
            return 0
        with path.open(newline="", encoding="utf-8") as stream:
            return sum(row["ID"] == id for row in csv.DictReader(stream))

    def refused(self, id: RecordId) -> Mapping[str, Value]:
        return {"owner_id": "005X"}

    def break_calls(self, failing: Failing, call: Call, *, after: int = 0, times: int = 1) -> None:
        """The export is cut inside its last quoted cell."""
        assert failing is Failing.SHORT_PAGE
        if call is Call.READ:
            path = self.folder / "accounts.csv"
            path.write_bytes(path.read_bytes() + '"cut, by a full disk'.encode(self.encoding))

    def mend(self) -> None:
        self.export()

    def export(self) -> None:
        path = self.folder / "new.csv"
        with path.open("w", newline="", encoding=self.encoding) as stream:
            out = csv.writer(stream, quoting=csv.QUOTE_ALL)
            out.writerow(HEADERS.values())
            out.writerows([[_text(row.get(name)) for name in HEADERS] for row in self.rows.values()])
        path.replace(self.folder / "accounts.csv")

    def _add(self, values: Mapping[str, Value]) -> RecordId:
        id = RecordId(f"001{next(self.numbers):012}AAA")
        self.rows[id] = {"owner_id": OWNERS[0], "modified_at": self.clock, **values, "id": id}
        return id


def _text(value: Value) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "" if value is None else str(value)


@pytest.fixture(params=["utf-8", "utf-16"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> FilesWorld:
    """Exports in the encoding of a Data Loader and in that of a spreadsheet."""
    return FilesWorld(tmp_path, request.param)
