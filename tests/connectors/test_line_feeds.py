"""No line feed inside of quotes is lost, wherever a block ends."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.source import Source
from connectors.line_feeds import Unbroken


class Dripping(io.BytesIO):
    """Gives a byte at a time, whatever is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1)


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"x", b"\r\n"])).map(b"".join), st.integers(2, 5), st.booleans()
)
def test_every_byte_comes_once_and_no_block_ends_between_the_two(
    content: bytes, size: int, slowly: bool
) -> None:
    stream, blocks = Unbroken((Dripping if slowly else io.BytesIO)(content)), []
    while block := stream.read(size):
        blocks.append(block)
    assert b"".join(blocks) == content
    assert all(0 < len(block) <= size for block in blocks)
    edges = itertools.pairwise(blocks)
    assert not any(one.endswith(b"\r") and other.startswith(b"\n") for one, other in edges)


@pytest.mark.parametrize("size", range(200, 232))
def test_a_file_s_cells_keep_theirs(size: int, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(b'"Id","F"\n' + b'"001x0000002xLCVAA2","a\r\nb\r\n"\n' * 40)
    batches = Source(file, block_bytes=size).batches(["F"])
    assert [cell for batch in batches for cell in batch["F"].to_pylist()] == ["a\r\nb\r\n"] * 40
