"""Record ids of whole columns: all in 18 characters, and as numbers that tell a repeated one."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_SUFFIX = pa.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))


def full_ids(ids: pa.Array) -> pa.Array:
    """The column with every id of 15 characters in 18; others stay, empty text becomes null."""
    short = pc.equal(pc.binary_length(ids), 15)
    if not pc.any(short).as_py():
        return pc.if_else(pc.equal(ids, ""), pa.scalar(None, ids.type), ids)
    groups = [_letter(ids, start) for start in (0, 5, 10)]
    long = pc.binary_join_element_wise(ids, *groups, "")
    return pc.if_else(short, long, pc.if_else(pc.equal(ids, ""), pa.scalar(None, ids.type), ids))


def _letter(ids: pa.Array, start: int) -> pa.Array:
    """The character that tells which of five letters are capitals."""
    letters = (pc.utf8_slice_codeunits(ids, place, place + 1) for place in range(start, start + 5))
    bits = [pc.ascii_is_upper(letter).cast(pa.int8()) for letter in letters]
    total = bits[0]
    for place, bit in enumerate(bits[1:], 1):
        total = pc.add(total, pc.shift_left(bit, pa.scalar(place, pa.int8())))
    return _SUFFIX.take(total)
