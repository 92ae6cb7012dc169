"""Record ids: 15 characters that differ by case, or the same with 3 that make case irrelevant."""

from __future__ import annotations

import re

from connectors.records import RecordId

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")


def is_id(text: str) -> bool:
    """Whether this looks like a record id; an 18-character one must carry its right suffix."""
    return bool(_ID.fullmatch(text)) and (len(text) == 15 or full_id(text[:15]) == text)


def full_id(id: str) -> RecordId:
    """The id in 18 characters: each of the last 3 tells which of 5 letters are capitals."""
    if len(id) != 15:
        return RecordId(id)
    groups = (id[start : start + 5] for start in (0, 5, 10))
    suffix = (_SUFFIX[sum(1 << bit for bit, c in enumerate(group) if "A" <= c <= "Z")] for group in groups)
    return RecordId(id + "".join(suffix))
