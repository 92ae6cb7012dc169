"""HubSpot's strings as values, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import FieldProblems
from connectors.hubspot.reading.columns import texts, typed
from connectors.hubspot.values import encode, same
from connectors.mapping import FieldType
from connectors.tables import ARROW_TYPES

VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    FieldType.INTEGER: st.integers(-(2**53), 2**53),
    FieldType.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(date(1700, 1, 1), date(9000, 1, 1)),
    FieldType.DATETIME: st.datetimes(datetime(1700, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),
}


def read(values: list[Any], wanted: FieldType) -> pa.Array:
    records = [{"id": str(n), "properties": {"p": v}} for n, v in enumerate(values)]
    ids = [r["id"] for r in records]
    return typed(texts(records, "p"), wanted, table="accounts", name="ours", source="p", ids=ids)


@pytest.mark.parametrize("wanted", list(FieldType))
@given(data=st.data())
def test_what_is_written_is_what_is_read(wanted: FieldType, data: st.DataObject) -> None:
    """So a value that was written is unchanged the next night."""
    values = data.draw(st.lists(st.none() | VALUES[wanted], max_size=8))
    array = read([encode(value) for value in values], wanted)
    assert array.type == ARROW_TYPES[wanted]
    for value, found in zip(values, array.to_pylist(), strict=True):
        assert same(value, found), (value, found)


@pytest.mark.parametrize(
    ("wanted", "text", "value"),
    [
        (FieldType.INTEGER, "250.0", 250),
        (FieldType.INTEGER, "1.5E7", 15_000_000),
        (FieldType.NUMBER, "-0.50", -0.5),
        (FieldType.BOOLEAN, "true", True),
        (FieldType.DATE, "2026-02-28", date(2026, 2, 28)),
        (FieldType.DATE, "1772236800000", date(2026, 2, 28)),
        (FieldType.DATE, "2026-02-28T23:59:59.999Z", date(2026, 2, 28)),
        (FieldType.DATETIME, "2022-02-17T18:54:22Z", datetime(2022, 2, 17, 18, 54, 22, tzinfo=UTC)),
        (FieldType.DATETIME, "1645124062300", datetime(2022, 2, 17, 18, 54, 22, 300_000, tzinfo=UTC)),
        (FieldType.DATETIME, "2022-02-17", datetime(2022, 2, 17, tzinfo=UTC)),
        (FieldType.TEXT, 17, "17"),
        (FieldType.TEXT, True, "true"),
        (FieldType.TEXT, "", None),
        (FieldType.NUMBER, "", None),
        (FieldType.DATETIME, None, None),
    ],
)
def test_every_spelling_hubspot_has_for_a_value_is_read(wanted: FieldType, text: Any, value: Any) -> None:
    other = "2026-01-01T00:00:00.001Z" if wanted is FieldType.DATETIME else None
    assert read([None, text, other], wanted).to_pylist()[1] == value


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (FieldType.INTEGER, "2.5"),
        (FieldType.INTEGER, "12345678901234567890"),
        (FieldType.NUMBER, "many"),
        (FieldType.NUMBER, "nan"),
        (FieldType.BOOLEAN, "perhaps"),
        (FieldType.DATE, "17.2.2022"),
        (FieldType.DATETIME, "2022-02-17T18:54:22"),
        (FieldType.DATETIME, "yesterday"),
    ],
)
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_value_that_does_not_parse_names_record_property_and_value(
    wanted: FieldType, text: str, place: int
) -> None:
    good = encode({"integer": 1, "number": 1.5, "boolean": True, "date": date(2026, 1, 1)}.get(wanted.value))
    values = [good] * 7
    values[place] = text
    with pytest.raises(FieldProblems) as caught:
        read(values, wanted)
    for part in ("accounts.ours", "'p'", f"record {place} ", repr(text), wanted.value):
        assert part in str(caught.value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_without_an_exponent(value: float) -> None:
    assert "e" not in encode(value).lower()


def test_values_that_no_crm_holds_are_refused() -> None:
    for value in (float("nan"), float("inf"), datetime(2026, 1, 1)):
        with pytest.raises(ValueError, match=r"no number|no time zone"):
            encode(value)
