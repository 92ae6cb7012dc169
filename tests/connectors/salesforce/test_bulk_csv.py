"""CSV of Bulk 2.0 into columns: every character as it came, whatever the blocks it is parsed in."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connectors.errors import Garbled
from connectors.salesforce.fields import Described
from connectors.salesforce.reading import bulk_csv
from connectors.salesforce.reading.bulk_csv import Page
from connectors.tables import TIMESTAMP

RECORDED = Path(__file__).parents[3].parent / "shared" / "recorded" / "salesforce"
TORTURE = [
    *(f"jsforce/{name}.csv" for name in ("Account_bulk1_test", "Account_bulk2_test")),
    *(f"plugin-data/{name}.csv" for name in ("comma", "comma_wrapped_values", "single-column")),
    *(
        f"dataloader/testfiles/{name}.csv"
        for name in ("csvEscapedQuotes", "csvtext", "csvtext_BOM_UTF8", "insertAccountCsv", "acctsWithBinaryDataInRTF")
    ),
]  # fmt: skip
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ['"', '""', ",", "\r\n", "\n", "a\r\n", '"\r\n"', " x ", "null", "NA", "\ufeff", "1.0E7", "true"]
)


def text_fields(names: list[str]) -> dict[str, Described]:
    return {name: Described(name, "string", False, 0) for name in names}


def read(page: Page) -> dict[str, list[object]]:
    columns = list(page)
    return {name: [v for part in columns for v in part.arrays[name].to_pylist()] for name in page.fields}


@pytest.mark.parametrize("name", TORTURE)
def test_recorded_files_read_as_a_plain_csv_reader_reads_them(name: str, tmp_path: Path) -> None:
    if not (RECORDED / name).exists():
        pytest.skip("no recorded files here")
    content = (RECORDED / name).read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    header, rows = rows[0], [row for row in rows[1:] if row]
    # Every answer to a query of ours begins with the id.
    bom = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    rest = content.removeprefix(bom).split(b"\n", 1)[1]
    names = ["Id", *(f"C{n}" for n in range(1, len(header)))]
    file = tmp_path / "page.csv"
    file.write_bytes(bom + ",".join(names).encode() + b"\n" + rest)
    if not all(row[0] for row in rows):
        with pytest.raises(Garbled, match="has no Id"):
            read(Page(file, False, text_fields(names)))
        return
    expected = {name: [row[n] or None for row in rows] for n, name in enumerate(names)}
    assert read(Page(file, False, text_fields(names))) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL), max_size=30),
    compressed=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoted=st.booleans(),
    block=st.sampled_from([64, 200, 333, 1 << 20]),
)
def test_every_text_comes_as_it_is_however_it_is_cut_into_blocks(
    rows: list[tuple[str, str]],
    compressed: bool,
    ending: str,
    quoted: bool,
    block: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Python leaves a lone carriage return without quotes; Salesforce quotes every cell.
    assume(quoted or not any("\r" in cell for row in rows for cell in row))
    monkeypatch.setattr(bulk_csv, "BLOCK", block)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["Id", "A", "B"])
    writer.writerows([f"001{n:012}AAA", one, two] for n, (one, two) in enumerate(rows))
    content = text.getvalue().encode()
    file = tmp_path / "page"
    file.write_bytes(gzip.compress(content) if compressed else content)
    page = Page(file, compressed, text_fields(["Id", "A", "B"]))
    found = read(page)
    assert found["A"] == [one or None for one, _ in rows]
    assert found["B"] == [two or None for _, two in rows]
    assert found["Id"] == [f"001{n:012}AAA" for n in range(len(rows))]


def test_values_have_their_fields_types(tmp_path: Path) -> None:
    types = {
        "Id": "id", "Ref": "reference", "N": "double", "I": "int", "B": "boolean", "D": "date", "T": "datetime",
    }  # fmt: skip
    fields = {name: Described(name, type, False, 2) for name, type in types.items()}
    file = tmp_path / "page.csv"
    file.write_text(
        '"Id","Ref","N","I","B","D","T"\n'
        '"001x0000002xLCV","005x0000000fNSi","1.6147805824397E13","1.0E7","true","2024-02-29","2024-01-31T12:34:56.789Z"\n'
        '"001x0000002xLCVAA2","","","","","",""\n'
    )
    [columns] = list(Page(file, False, fields))
    assert {name: array.type for name, array in columns.arrays.items()} == {
        "Id": pa.string(), "Ref": pa.string(), "N": pa.float64(), "I": pa.int64(), "B": pa.bool_(),
        "D": pa.date32(), "T": TIMESTAMP,
    }  # fmt: skip
    first, second = ({name: array[row].as_py() for name, array in columns.arrays.items()} for row in range(2))
    assert first == {
        "Id": "001x0000002xLCVAA2", "Ref": "005x0000000fNSiAAM", "N": 16147805824397.0, "I": 10_000_000, "B": True,
        "D": date(2024, 2, 29), "T": datetime(2024, 1, 31, 12, 34, 56, 789_000, UTC),
    }  # fmt: skip
    assert second == dict.fromkeys(types) | {"Id": "001x0000002xLCVAA2"}


@pytest.mark.parametrize(("type", "value"), [("double", "1,5"), ("boolean", "yes"), ("datetime", "yesterday"), ("date", "2024-02-30"), ("int", "1.5")])  # fmt: skip
def test_a_value_of_another_type_names_record_field_and_value(type: str, value: str, tmp_path: Path) -> None:
    fields = {"Id": Described("Id", "id", False, 0), "F": Described("F", type, False, 0)}
    file = tmp_path / "page.csv"
    file.write_text(f'"Id","F"\n"001x0000002xLCVAA2",""\n"001x0000002xLDVAA2","{value}"\n')
    with pytest.raises(Garbled, match=f"record 001x0000002xLDVAA2, field F: '{value}' is no"):
        list(Page(file, False, fields))


def test_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.csv"
    file.write_bytes('"Id","F"\n"001x0000002xLCVAA2","Zürich"\n'.encode("latin-1"))
    with pytest.raises(Garbled, match="invalid UTF8"):
        list(Page(file, False, text_fields(["Id", "F"])))


def test_a_page_cut_off_in_its_compression_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(b'"Id","F"\n' + b'"001x0000002xLCVAA2","value"\n' * 5000)
    for length in (10, len(content) // 2, len(content) - 1):
        file = tmp_path / "page.csv.gz"
        file.write_bytes(content[:length])
        with pytest.raises(Garbled):
            Page(file, True, text_fields(["Id", "F"])).counted(5000)


def test_no_line_feed_is_lost_at_the_edge_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyarrow loses one that begins a block, inside of quotes too."""
    file = tmp_path / "page.csv"
    for size in range(64, 96):
        monkeypatch.setattr(bulk_csv, "BLOCK", size)
        file.write_bytes(b'"Id","F"\n' + b'"001x0000002xLCVAA2","a\r\nb\r\n"\n' * 40)
        assert read(Page(file, False, text_fields(["Id", "F"])))["F"] == ["a\r\nb\r\n"] * 40


def test_a_row_longer_than_a_block_is_read_and_no_row_before_it_twice(tmp_path: Path) -> None:
    long = "x" * (3 * bulk_csv.BLOCK)
    texts = ["short"] * 90_000 + [long] + ["short"] * 9
    file = tmp_path / "page.csv"
    lines = (f'"001{n:012}AAA","{text}"\n' for n, text in enumerate(texts))
    file.write_text('"Id","F"\n' + "".join(lines))
    found = read(Page(file, False, text_fields(["Id", "F"])))
    assert found["F"] == texts
    assert found["Id"] == [f"001{n:012}AAA" for n in range(len(texts))]


def test_a_page_that_is_large_is_counted_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.csv"
    file.write_text('"Id","F"\n' + '"001x0000002xLCVAA2","value"\n' * 500)
    page = Page(file, False, text_fields(["Id", "F"]))
    held = page.counted(500)
    assert held is not None
    assert sum(columns.rows for columns in held) == 500
    monkeypatch.setattr(bulk_csv, "HELD", 1000)
    assert page.counted(500) is None
    with pytest.raises(Garbled, match="a page of 501 rows was promised and 500 came"):
        page.counted(501)
