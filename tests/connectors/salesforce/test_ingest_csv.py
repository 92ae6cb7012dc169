"""What is uploaded to an ingest job, and what is read from its results, byte for byte."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Garbled
from connectors.records import Outcome
from connectors.salesforce.writing.ingest_csv import sayable, uploads
from connectors.salesforce.writing.ingest_forecast import split
from connectors.salesforce.writing.ingest_results import error_of_row, row_count, told

IDS = [f"001000000000{n:03}AAA" for n in range(9)]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts


def read(content: bytes) -> list[dict[str, str]]:
    """A CSV file as a standard reader has it."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


@given(st.lists(st.dictionaries(st.sampled_from(["A__c", "B__c", "C__c"]), values, min_size=1), max_size=9))
def test_a_standard_reader_finds_every_cell_as_it_was_meant(rows: list[dict[str, Any]]) -> None:
    said = list(zip(IDS, rows, strict=False))
    files = list(uploads(said))
    cells = [row for content, _ in files for row in read(content)]
    assert [row["Id"] for row in cells] == [id for id, _ in said]
    for (_, given_values), row in zip(said, cells, strict=True):
        for name in row.keys() - {"Id"}:
            assert row[name] == meant(given_values, name), (name, given_values)


def meant(given_values: dict[str, Any], name: str) -> str:
    if name not in given_values:
        return ""
    value = given_values[name]
    if value is None or (isinstance(value, str) and not value.strip()):
        return "#N/A"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    told_as = next_number(value)
    assert "e" not in told_as.lower()
    return told_as


def next_number(value: float) -> str:
    from decimal import Decimal

    return format(Decimal(repr(value)), "f")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, b"#N/A"),
        ("", b"#N/A"),
        ("  ", b"#N/A"),
        (True, b"true"),
        (7, b"7"),
        (0.1, b"0.1"),
        (1e16, b"10000000000000000"),
        (1e-7, b"0.0000001"),
        ("2026-01-31", b'"2026-01-31"'),
        ('say "hi", you\nthere', b'"say ""hi"", you\nthere"'),
        ("Zürich 東京", '"Zürich 東京"'.encode()),
    ],
)
def test_a_value_is_written_as_salesforce_reads_it(value: Any, cell: bytes) -> None:
    [(content, _)] = list(uploads([(IDS[0], {"A__c": value})]))
    assert content == b"Id,A__c\n" + IDS[0].encode() + b"," + cell + b"\n"


def test_a_field_that_is_not_set_stays_an_empty_cell_which_changes_nothing() -> None:
    [(content, _)] = list(uploads([(IDS[0], {"A__c": 1}), (IDS[1], {"B__c": None})]))
    assert content.decode().splitlines()[1:] == [f"{IDS[0]},1,", f"{IDS[1]},,#N/A"]


def test_a_text_that_means_null_in_csv_cannot_be_said_by_it() -> None:
    assert not sayable({"A__c": "#N/A"})
    assert not sayable({"A__c": " #N/A "})
    assert sayable({"A__c": "N/A", "B__c": None, "C__c": 1.5})


def test_rows_that_are_too_many_bytes_for_one_upload_go_in_several_whole_ones() -> None:
    rows = [(id, {"A__c": "x" * 100}) for id in IDS]
    files = list(uploads(rows, largest=300))
    assert [count for _, count in files] == [2, 2, 2, 2, 1]
    assert all(len(content) <= 300 for content, _ in files)
    assert [row["Id"] for content, _ in files for row in read(content)] == IDS


def test_a_row_that_is_too_large_alone_is_sent_all_the_same_for_salesforce_to_refuse() -> None:
    [(content, _)] = list(uploads([(IDS[0], {"A__c": "x" * 500})], largest=300))
    assert len(content) > 300


# what comes back


def results(header: str, *lines: str) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


GOOD = results('"sf__Id","sf__Created","Id","A__c"', f'"{IDS[0]}","false","{IDS[0]}","multi\nline, ""x"""')
BAD = results('"sf__Id","sf__Error","Id","A__c"', f'"{IDS[1]}","A_CODE:why:A__c--","{IDS[1]}","1"')
LEFT = results('"Id","A__c"', f'"{IDS[2]}","1"')


def test_each_row_is_found_by_its_id() -> None:
    answer = told({"successfulResults": GOOD, "failedResults": BAD, "unprocessedrecords": LEFT})
    assert answer.rows == {
        IDS[0]: (Outcome.WRITTEN, "", ""),
        IDS[1]: (Outcome.REJECTED, "A_CODE", "why (A__c)"),
    }
    assert answer.unprocessed == {IDS[2]}
    assert answer.names == set(IDS[:3])


def test_ids_of_15_characters_are_the_same_records() -> None:
    short = results('"sf__Id","sf__Created","Id"', '"001000000000001","false","001000000000001"')
    assert list(told({"successfulResults": short}).rows) == ["001000000000001AAA"]


def test_a_failed_row_without_sf_id_is_known_by_the_id_that_was_sent() -> None:
    """Before v53 a failed row tells no sf__Id (doc)."""
    old = results('"sf__Error","Id"', f'"A_CODE:why:--","{IDS[0]}"')
    empty = results('"sf__Id","sf__Error","Id"', f'"","A_CODE:why:--","{IDS[1]}"')
    assert list(told({"failedResults": old}).rows) == [IDS[0]]
    assert list(told({"failedResults": empty}).rows) == [IDS[1]]


@pytest.mark.parametrize("content", [b"", b"\n", results('"sf__Id","sf__Error","Id"')])
def test_no_rows_may_be_an_empty_file_or_only_a_header(content: bytes) -> None:
    assert row_count(content) == 0
    assert told({"failedResults": content}).rows == {}


def test_a_record_that_is_told_of_twice_is_believed_in_neither() -> None:
    failed = results('"sf__Id","sf__Error","Id"', f'"{IDS[0]}","A_CODE:why:--","{IDS[0]}"')
    with pytest.raises(Garbled, match="twice"):
        told({"successfulResults": GOOD, "failedResults": failed})
    with pytest.raises(Garbled, match="twice"):
        told({"successfulResults": GOOD, "unprocessedrecords": results('"Id"', f'"{IDS[0]}"')})


def test_a_torn_row_or_another_page_is_no_result() -> None:
    with pytest.raises(Garbled, match="no CSV"):
        told({"successfulResults": GOOD + b'"' + IDS[3].encode()})
    with pytest.raises(Garbled, match="without ids"):
        told({"successfulResults": b"<html>\n<p>Bad gateway</p>\n"})


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --", "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name] (Name)"),
        ("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 200 records: 001:--", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 200 records: 001"),
        ("STRING_TOO_LONG:Note: data value too large:A__c,B__c--", "STRING_TOO_LONG", "Note: data value too large (A__c,B__c)"),
        ("CANNOT_INSERT:two\nlines:--", "CANNOT_INSERT", "two\nlines"),
        ("something else", "UNKNOWN_EXCEPTION", "something else"),
        ("", "UNKNOWN_EXCEPTION", "Salesforce gave no reason"),
    ],
)  # fmt: skip
def test_an_error_is_told_by_its_code_and_salesforces_words(text: str, code: str, message: str) -> None:
    assert error_of_row(text) == (code, message)


# what it takes


@pytest.mark.parametrize(
    ("records", "jobs", "singly", "said"),
    [
        (0, 0, 0, ""),
        (5_000, 0, 5_000, "Collections, 200 a call"),
        (5_001, 1, 0, "1 Bulk 2.0 job of up to 25,000, one of 200 before them"),
        (
            30_000,
            1,
            5_000,
            "1 Bulk 2.0 job of up to 25,000, one of 200 before them, the last 5,000 by Collections, 200 a call",
        ),
        (100_000, 4, 0, "4 Bulk 2.0 jobs of up to 25,000, one of 200 before them"),
    ],
)
def test_a_forecast_splits_writes_as_the_applier_does(
    records: int, jobs: int, singly: int, said: str
) -> None:
    made = split(records, 5_000, 200)
    assert (made.jobs, made.singly, str(made)) == (jobs, singly, said)
    assert made.calls["ingest_create"] == jobs + bool(jobs)
    assert made.calls["write"] == singly // 200


def test_a_job_that_nothing_follows_needs_no_first_one() -> None:
    assert split(150, 100, 200).tried == 0
