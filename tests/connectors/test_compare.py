"""The comparison that every write goes through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.compare import ToSend, compare, equal, is_version, within_batch
from connectors.records import Outcome, RecordId, Value, Write, WriteResult

ACME = RecordId("a")
values: st.SearchStrategy[Value] = st.one_of(st.none(), st.integers(0, 2), st.sampled_from(["x", "y", ""]))
columns = st.sampled_from(["owner_id", "tier", "score"])


@given(st.dictionaries(columns, values, min_size=1), st.data())
def test_a_write_is_sent_exactly_when_nothing_moved_and_something_differs(
    wanted: dict[str, Value], data: st.DataObject
) -> None:
    expected = {name: data.draw(values) for name in wanted}
    found = {name: data.draw(values) for name in wanted}
    result = compare(Write(ACME, wanted, expected), found)
    same = {name: equal(name, found[name], wanted[name]) for name in wanted}
    as_planned = {name: equal(name, found[name], expected[name]) for name in wanted}
    if all(same.values()):
        assert isinstance(result, WriteResult)
        assert result.outcome is Outcome.UNCHANGED
    elif all(same[name] or as_planned[name] for name in wanted):
        assert isinstance(result, ToSend)
        assert result.values == {name: value for name, value in wanted.items() if not same[name]}
    else:
        assert isinstance(result, WriteResult)
        assert result.outcome is Outcome.CONFLICT
        assert result.found == found


def test_a_field_without_an_expectation_is_never_overwritten() -> None:
    result = compare(Write(ACME, {"tier": "A"}, {}), {"tier": None})
    assert isinstance(result, WriteResult)
    assert result.outcome is Outcome.CONFLICT


def test_a_record_that_is_gone_is_rejected_with_a_reason() -> None:
    result = compare(Write(ACME, {"tier": "A"}, {"tier": None}), None)
    assert isinstance(result, WriteResult)
    assert (result.outcome, result.code) == (Outcome.REJECTED, "NOT_FOUND")


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [("", None, True), (1, 1.0, True), (True, 1, False), (False, None, False), ("a", "A", False)],
)
def test_values_are_alike_when_the_crm_could_not_tell_them_apart(
    left: Value, right: Value, alike: bool
) -> None:
    assert equal("x", left, right) is alike


def test_versions_compare_as_instants_to_the_millisecond() -> None:
    live = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert is_version("2026-03-01T12:00:00.250Z", live)
    assert is_version("2026-03-01T13:00:00.250+01:00", live)
    assert not is_version("2026-03-01T12:00:00.251Z", live)
    assert not is_version("2026-03-01T12:00:00.250Z", None)


def test_a_batch_too_large_names_the_limit() -> None:
    within_batch(200, 200)
    with pytest.raises(ValueError, match="201 writes at once; this connector takes at most 200"):
        within_batch(201, 200)
