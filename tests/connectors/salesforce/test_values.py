"""Ids, values and queries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Garbled
from connectors.records import Value
from connectors.salesforce.fields import Described
from connectors.salesforce.ids import full_id, is_id
from connectors.salesforce.reading.values import column, same, to_json
from connectors.salesforce.soql import any_of, changed_between, select
from connectors.salesforce.standard import output_name
from connectors.salesforce.writing.results import rows_of
from connectors.tables import TIMESTAMP

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
fifteen = st.text(ALPHABET, min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001x0000002xLCV", "001x0000002xLCVAA2"),
        ("005x0000000fNSi", "005x0000000fNSiAAM"),
        ("006x0000001YnWD", "006x0000001YnWDAA0"),
    ],
)
def test_the_suffix_is_the_one_salesforce_gives(short: str, long: str) -> None:
    assert full_id(short) == long


@given(fifteen, fifteen)
def test_18_characters_tell_ids_apart_without_regard_to_case(left: str, right: str) -> None:
    assert is_id(full_id(left))
    assert full_id(full_id(left)) == full_id(left)
    assert (full_id(left).casefold() == full_id(right).casefold()) is (left == right)


@pytest.mark.parametrize(
    ("type", "arrow", "given", "read"),
    [
        ("string", pa.string(), ["a", "", None], ["a", None, None]),
        ("double", pa.int64(), [5.0, 0.0, None], [5, 0, None]),
        ("currency", pa.float64(), [1, 2.5, None], [1.0, 2.5, None]),
        ("currency", pa.float64(), [123456789012345678, 0.5, None], [123456789012345680.0, 0.5, None]),
        ("long", pa.int64(), [123456789012345680, None], [123456789012345680, None]),
        ("boolean", pa.bool_(), [True, False], [True, False]),
        ("date", pa.date32(), ["2026-03-01", None], [date(2026, 3, 1), None]),
        ("date", TIMESTAMP, ["2026-03-01"], [datetime(2026, 3, 1, tzinfo=UTC)]),
        (
            "datetime",
            TIMESTAMP,
            ["2026-03-01T12:00:00.250+0000"],
            [datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)],
        ),
        ("datetime", pa.date32(), ["2026-03-01T23:59:00.000+0000"], [date(2026, 3, 1)]),
        ("double", pa.string(), [5.5, None], ["5.5", None]),
        ("reference", pa.string(), ["001x0000002xLCV", None], ["001x0000002xLCVAA2", None]),
    ],
)
def test_json_values_become_typed_columns(
    type: str, arrow: pa.DataType, given: list[Any], read: list[Any]
) -> None:
    records = [{"Id": str(n), "F": value} for n, value in enumerate(given)]
    assert column(records, Described("F", type, True, 2), arrow).to_pylist() == read


def test_a_value_of_another_type_names_the_record() -> None:
    records = [{"Id": "001A", "F": 1.0}, {"Id": "001B", "F": 1.5}]
    with pytest.raises(Garbled, match=r"record 001B, field F: 1\.5 is no int64"):
        column(records, Described("F", "double", True, 2), pa.int64())
    with pytest.raises(Garbled, match="field G was asked for and is missing"):
        column(records, Described("G", "double", True, 2), pa.int64())


@pytest.mark.parametrize(
    ("type", "left", "right", "alike"),
    [
        ("double", 12.345, 12.35, True),
        ("double", 12.344, 12.35, False),
        ("double", 2.675, 2.68, True),
        ("string", " padded ", "padded", True),
        ("textarea", "a\r\nb", "a\nb", True),
        ("string", "", None, True),
        ("boolean", False, None, True),
        ("boolean", True, None, False),
        ("reference", "001x0000002xLCV", "001x0000002xLCVAA2", True),
        ("double", 0, None, False),
        ("double", 1e300, 1e300, True),
    ],
)
def test_values_are_the_same_when_salesforce_stores_them_so(
    type: str, left: Value, right: Value, alike: bool
) -> None:
    assert same(Described("F", type, True, 2), left, right) is alike


def test_times_are_written_in_utc() -> None:
    assert to_json(datetime.fromisoformat("2026-03-01T13:00:00.250+01:00")) == "2026-03-01T12:00:00.250Z"
    assert to_json(date(2026, 3, 1)) == "2026-03-01"
    assert to_json(True) is True


@settings(deadline=None)  # the first query imports a package that takes 0.7 s
@given(st.text(max_size=30))
def test_no_text_ends_the_quotes_it_stands_in(text: str) -> None:
    """Every quote and backslash inside is escaped, so that a value is one value to Salesforce."""
    condition = any_of("Name", [text])
    inside = condition.removeprefix("Name IN ('").removesuffix("')")
    assert condition == f"Name IN ('{inside}')"
    assert "'" not in inside.replace("\\\\", "").replace("\\'", "")


@pytest.mark.parametrize(
    "name", ["", "Name FROM User--", "Owner..Name", ".Name", "A.B.C.D.E.F.G", "1st", "Näme", "Name, Id"]
)
def test_only_plain_names_come_into_a_query(name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        select([name], "Account")
    with pytest.raises(ValueError, match="is no name"):
        any_of(name, ["x"])


def test_a_query_of_changes_is_bounded_on_both_sides() -> None:
    when = changed_between(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert select(["Id", "Id"], "Account", when, "", order="Id") == (
        "SELECT Id FROM Account WHERE SystemModstamp >= 2026-03-01T00:00:00+00:00 "
        "AND SystemModstamp < 2026-03-02T00:00:00+00:00 ORDER BY Id"
    )


@given(st.lists(st.booleans(), min_size=2, max_size=6), st.randoms())
def test_a_result_is_never_taken_for_another_record_s(written: list[bool], random: Any) -> None:
    """Whatever the order of the answer: written rows are exactly the written ones, or nothing is known."""
    ids = [full_id(f"00100000000000{n}") for n in range(len(written))]
    answer = [
        {"id": id, "success": True, "errors": []}
        if ok
        else {"success": False, "errors": [{"statusCode": "X", "message": id}]}
        for id, ok in zip(ids, written, strict=True)
    ]
    random.shuffle(answer)
    outcomes = [str(outcome) for outcome, _, _ in rows_of(answer, ids)]
    truth = ["written" if ok else "rejected" for ok in written]
    assert outcomes in (truth, ["unknown"] * len(ids))


def test_output_names_are_camel_snakes() -> None:
    assert output_name("days_since_touch") == "Territory_Days_Since_Touch__c"
