"""Exports as they come: encodings, delimiters, spellings of values, and errors that say where."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as papq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, FieldProblems, Garbled, Refused
from connectors.files import FilesSettings, plugin
from connectors.files.convert import Forms, Unreadable, convert
from connectors.files.source import Source
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind
from connectors.tables import TIMESTAMP

SHARED = Path(__file__).parents[4] / "shared"
TORTURE = SHARED / "recorded/salesforce/dataloader/testfiles"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the vendors' own files are not here")


def pulled(
    kind: RecordKind = RecordKind.ACCOUNTS, *fields: MappedField, **settings: Any
) -> list[dict[str, Any]]:
    mapping = plugin.default_fields().with_fields(kind, fields)
    connector = plugin.connect(FilesSettings(**settings), mapping)
    return [row for batch in connector.pull(kind).batches for row in batch.to_pylist()]


def export(folder: Path, text: str, name: str = "accounts.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@needs_shared
def test_a_data_loader_export_of_accounts_is_read_without_any_mapping() -> None:
    path = SHARED / "data/dataloader_samples/accountData.csv"
    with pytest.raises(Refused, match="byte 0xba near offset 33254; name the file's encoding"):
        pulled(accounts=path)
    rows = pulled(accounts=path, encoding="cp1252")
    assert "Crédito Inmobiliario" in " ".join(str(row["name"]) for row in rows)
    first = next(row for row in rows if row["id"] == "001x0000002xLCVAA2")
    assert len(rows) > 100
    assert first["name"] == "Gravity Investments"
    assert first["postal_code"] == "80525"
    assert first["country"] == "US"
    assert first["modified_at"] == datetime(2006, 4, 15, 3, 28, 53, tzinfo=UTC)
    assert first["industry"] is None


@needs_shared
def test_a_data_loader_export_of_opportunities_has_percents() -> None:
    path = SHARED / "data/dataloader_samples/opportunityData.csv"
    with pytest.raises(Refused, match="say probability: percent"):
        pulled(RecordKind.OPPORTUNITIES, accounts=path, opportunities=path)
    rows = pulled(RecordKind.OPPORTUNITIES, accounts=path, opportunities=path, probability="percent")
    first = next(row for row in rows if row["id"] == "006x0000001YtCrAAK")
    assert (first["amount"], first["probability"], first["won"]) == (500000.0, 1.0, True)
    assert first["close_date"] == date(2005, 11, 9)


@needs_shared
@pytest.mark.parametrize("name", sorted(p.name for p in TORTURE.glob("csvtext*.csv")) or ["none"])
def test_every_byte_order_mark_is_understood(name: str) -> None:
    source = Source(TORTURE / name)
    assert source.headers() == ["column1", "column2", "column3"]
    rows = [row for batch in source.batches(["column1", "column3"]) for row in batch.to_pylist()]
    assert [row["column3"] for row in rows] == ["row1-3", "row2-3"]


@needs_shared
@pytest.mark.parametrize("name", ["caret", "comma", "comma_wrapped_values", "pipe", "semicolon", "tab"])
def test_every_delimiter_of_the_vendors_tools_is_found(name: str) -> None:
    source = Source(SHARED / f"recorded/salesforce/plugin-data/{name}.csv")
    headers = source.headers()
    assert [header.upper() for header in headers[:2]] == ["NAME", "TYPE"]
    assert sum(batch.num_rows for batch in source.batches(headers)) > 0


@needs_shared
def test_an_address_of_several_lines_is_one_cell() -> None:
    source = Source(SHARED / "recorded/salesforce/jsforce/Account_bulk1_test.csv", block_bytes=2048)
    [first, *_] = [v for b in source.batches(["BILLINGSTREET"]) for v in b["BILLINGSTREET"].to_pylist()]
    assert first.splitlines() == ["345 Shoreline Park", "Mountain View, CA 94043", "USA"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_an_encoding_with_a_mark_needs_no_setting(tmp_path: Path, encoding: str) -> None:
    export(tmp_path, "Id,Name\n1,Ωmega – 東京\n", encoding=encoding)
    assert pulled(folder=tmp_path, accounts="accounts.csv")[0]["name"] == "Ωmega – 東京"


def test_an_unmarked_encoding_is_named_in_the_error_and_read_once_it_is_set(tmp_path: Path) -> None:
    export(tmp_path, "Id,Name\n1,Müller\n", encoding="cp1252")
    with pytest.raises(Refused, match=r"byte 0xfc near offset 11; name the file's encoding"):
        pulled(folder=tmp_path, accounts="accounts.csv")
    assert pulled(folder=tmp_path, accounts="accounts.csv", encoding="cp1252")[0]["name"] == "Müller"


def test_a_bad_value_names_file_line_column_and_value(tmp_path: Path) -> None:
    rows = "".join(f'{n},"two\nlines",{n}\n' for n in range(40))
    export(tmp_path, f'Id,Name,Employees\n{rows}40,"two\nlines",about 50\n')
    with pytest.raises(
        Refused, match=r"accounts\.csv, line 82, column 'Employees': 'about 50' is no whole number"
    ):
        pulled(folder=tmp_path, accounts="accounts.csv", block_bytes=200)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", Garbled, "empty"),
        ("Id,Name\n1,a,b\n", Garbled, "Expected 2 columns, got 3"),
        ('Id,Name\n1,"cut', Garbled, "ends inside a quoted cell"),
        ("Id,Name\n,nameless\n", Refused, "line 2: the accounts row has no id"),
        ("Id,Name\n1,a\n2,b\n1,c\n", Refused, r"1 ids come more than once \(1\)"),
        ("Name\na\n", FieldProblems, "accounts.id"),
        ("Id,Name,NAME\n1,a,b\n", FieldProblems, "stands twice"),
    ],
)
def test_a_broken_export_is_an_error_and_never_fewer_rows(
    tmp_path: Path, text: str, error: type[ConnectorError], said: str
) -> None:
    export(tmp_path, text)
    with pytest.raises(error, match=said):
        pulled(folder=tmp_path, accounts="accounts.csv")


def test_a_missing_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"accounts\.csv is not there"):
        pulled(folder=tmp_path, accounts="accounts.csv")


def test_a_file_that_changes_while_it_is_read_is_no_reading(tmp_path: Path) -> None:
    path = export(tmp_path, "Id,Name\n" + "".join(f"{n},x\n" for n in range(1000)))
    connector = plugin.connect(FilesSettings(accounts=path, block_bytes=500), plugin.default_fields())
    batches = connector.pull(RecordKind.ACCOUNTS).batches
    next(batches)
    path.write_text(path.read_text() + "2000,new\n")
    with pytest.raises(Garbled, match="was changed while it was read"):
        list(batches)


def test_rows_marked_deleted_are_left_out(tmp_path: Path) -> None:
    export(tmp_path, "Id,IsDeleted\n1,false\n2,TRUE\n3,\n")
    assert [row["id"] for row in pulled(folder=tmp_path, accounts="accounts.csv")] == ["1", "3"]


def test_a_mapped_column_of_the_config_must_be_there(tmp_path: Path) -> None:
    export(tmp_path, "Id,Numer of seats\n1,5\n")
    with pytest.raises(
        FieldProblems, match="'Number of seats' is not in the file; did you mean Numer of seats"
    ):
        pulled(
            RecordKind.ACCOUNTS,
            MappedField("seats", "Number of seats", FieldType.INTEGER),
            folder=tmp_path,
            accounts="accounts.csv",
        )


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    stamp = datetime(2026, 3, 1, 12, tzinfo=UTC)
    table = pa.table(
        {"id": ["1", "2"], "employees": pa.array([5, None], pa.int32()), "created_at": [stamp, None]}
    )
    papq.write_table(table, tmp_path / "accounts.parquet")
    rows = pulled(folder=tmp_path, accounts="accounts.parquet")
    assert [row["employees"] for row in rows] == [5, None]
    assert rows[0]["created_at"] == stamp
    (tmp_path / "accounts.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(Garbled, match="no whole Parquet file"):
        pulled(folder=tmp_path, accounts="accounts.parquet")


def test_an_owner_without_further_word_is_an_active_person(tmp_path: Path) -> None:
    export(tmp_path, "Id\n1\n")
    export(tmp_path, "Id,Is Active\nana,\nkim,no\n", "owners.csv")
    rows = pulled(RecordKind.OWNERS, folder=tmp_path, accounts="accounts.csv", owners="owners.csv")
    assert [(row["active"], row["person"]) for row in rows] == [(True, True), (False, True)]


def test_a_table_without_a_file_is_empty_and_has_its_columns(tmp_path: Path) -> None:
    export(tmp_path, "Id\n1\n")
    connector = plugin.connect(
        FilesSettings(folder=tmp_path, accounts="accounts.csv"), plugin.default_fields()
    )
    [batch] = connector.pull(RecordKind.ACTIVITIES).batches
    assert batch.num_rows == 0
    assert "occurred_at" in batch.schema.names


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        (" 42 ", pa.int64(), 42),
        ("42.0", pa.int64(), 42),
        ("3.00E+07", pa.float64(), 3e7),
        (".5", pa.float64(), 0.5),
        ("YES", pa.bool_(), True),
        ("0", pa.bool_(), False),
        ("  ", pa.float64(), None),
        ("2010-10-14T12:00:00.000Z", pa.date32(), date(2010, 10, 14)),
        ("2010-10-14", TIMESTAMP, datetime(2010, 10, 13, 22, tzinfo=UTC)),
        ("2010-10-14 12:00", TIMESTAMP, datetime(2010, 10, 14, 10, tzinfo=UTC)),
        ("2009-07-14T22:14:45+0800", TIMESTAMP, datetime(2009, 7, 14, 14, 14, 45, tzinfo=UTC)),
        ("14.10.2010", pa.date32(), date(2010, 10, 14)),
        ("07/15/2009 02:14:45+0800", TIMESTAMP, datetime(2009, 7, 14, 18, 14, 45, tzinfo=UTC)),
    ],
)
def test_values_are_read_as_people_and_vendors_write_them(text: str, type: pa.DataType, value: Any) -> None:
    forms = Forms("Europe/Berlin", ("%d.%m.%Y", "%m/%d/%Y %H:%M:%S%z"))
    assert convert(pa.array([text]), type, forms).to_pylist() == [value]


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("1,000", pa.float64()),
        ("nan", pa.float64()),
        ("1e999", pa.float64()),
        ("1.5", pa.int64()),
        ("2024-02-31", pa.date32()),
        ("07/08/2009", pa.date32()),
        ("maybe", pa.bool_()),
        ("2010-10-14T12:00:00.000Z-0300", TIMESTAMP),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(text: str, type: pa.DataType) -> None:
    with pytest.raises(Unreadable) as caught:
        convert(pa.array([None, text]), type, Forms())
    assert caught.value.row == 1


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))))
def test_every_number_survives_being_text(numbers: list[float | None]) -> None:
    text = pa.array([None if n is None else repr(n) for n in numbers], pa.string())
    assert convert(text, pa.float64(), Forms()).to_pylist() == numbers


def test_the_encoding_and_zone_of_the_config_are_checked_at_once() -> None:
    for wrong in ({"encoding": "latin-99"}, {"timezone": "Europe/Atlantis"}, {"delimiter": ";;"}):
        with pytest.raises(ValueError, match=r"encoding is called|time zone is called|one character"):
            FilesSettings(accounts="a.csv", **wrong)
