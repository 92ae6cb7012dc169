"""Pages joined: nothing is lost, nothing changes place, and none grows beyond what a call takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot.reading.together import together


@given(st.lists(st.integers(0, 12)), st.integers(1, 10))
def test_joined_pages_hold_the_same_records_in_order(sizes: list[int], most: int) -> None:
    number = iter(range(10_000))
    pages = [[{"id": str(next(number))} for _ in range(size)] for size in sizes]
    joined = list(together(pages, most))
    assert [r for page in joined for r in page] == [r for page in pages for r in page]
    assert all(len(page) <= max(most, *sizes) for page in joined) if joined else not sum(sizes)
    if all(size == 1 for size in sizes):
        assert len(joined) == -(-len(sizes) // most), "as few as there can be"
    assert all(joined)
