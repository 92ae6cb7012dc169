"""Salesforce ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.salesforce import ids

REAL = (
    "001x0000002xLCVAA2",
    "005x0000000fNSiAAM",
    "006x0000001YtCrAAK",
    "0015500001QdZPKAA3",
    "003q000000KvQ1tAAF",
)


@pytest.mark.parametrize("id", REAL)
def test_the_checksum_is_that_of_real_ids(id: str) -> None:
    assert ids.full(id[:15]) == id
    assert ids.parse(id[:15]) == ids.parse(id) == id


@given(st.integers(0, 62**9 - 1), st.integers(0, 62**9 - 1))
def test_every_number_has_an_id_of_its_own_in_the_same_order(one: int, other: int) -> None:
    first, second = ids.make("001", one), ids.make("001", other)
    assert ids.parse(first) == first
    assert (first < second) is (one < other)
    assert (first == second) is (one == other)


@pytest.mark.parametrize(
    "text", ["", "001", "001x0000002xLC!", "001x0000002xLCVAA3", "001x0000002xLCVAA", 5, None]
)
def test_other_text_is_no_id(text: object) -> None:
    with pytest.raises(ids.BadId):
        ids.parse(text)
