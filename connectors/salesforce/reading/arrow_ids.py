"""Record ids of whole columns: all in 18 characters, and as numbers that tell a repeated one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import Garbled

_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_SUFFIX = pa.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))


def full_ids(ids: pa.Array) -> pa.Array:
    """The column with every id of 15 characters in 18; others stay, empty text becomes null."""
    short = pc.equal(pc.binary_length(ids), 15)
    if not pc.any(short).as_py():
        return pc.if_else(pc.equal(ids, ""), pa.scalar(None, ids.type), ids)
    groups = [_letter(ids, start) for start in (0, 5, 10)]
    long = pc.binary_join_element_wise(ids, *groups, "")
    return pc.if_else(short, long, pc.if_else(pc.equal(ids, ""), pa.scalar(None, ids.type), ids))


def fingerprints(ids: pa.Array) -> npt.NDArray[np.uint64]:
    """A number for each id of 18 characters: the same for the same id, another for another, but for one pair in 10^19.

    Garbled where an id is missing or of another length.
    """
    if ids.null_count or not pc.all(pc.equal(pc.binary_length(ids), 18)).as_py():
        raise Garbled("a record came without an id of 15 or 18 characters")
    if not len(ids):
        return np.empty(0, np.uint64)
    text = np.frombuffer(ids.buffers()[2], np.uint8)
    start = int(np.frombuffer(ids.buffers()[1], np.int32)[ids.offset])
    letters = text[start : start + 18 * len(ids)].reshape(len(ids), 18)
    # The last 3 letters follow from the others.
    first, second = (np.ascontiguousarray(letters[:, at : at + 8]).view(np.uint64)[:, 0] for at in (0, 7))
    with np.errstate(over="ignore"):
        mixed: npt.NDArray[np.uint64] = first * _ODD[0] + second * _ODD[1]
    return mixed


def _letter(ids: pa.Array, start: int) -> pa.Array:
    """The character that tells which of five letters are capitals."""
    letters = (pc.utf8_slice_codeunits(ids, place, place + 1) for place in range(start, start + 5))
    bits = [pc.ascii_is_upper(letter).cast(pa.int8()) for letter in letters]
    total = bits[0]
    for place, bit in enumerate(bits[1:], 1):
        total = pc.add(total, pc.shift_left(bit, pa.scalar(place, pa.int8())))
    return _SUFFIX.take(total)
