"""The cursors of lists, in each of the forms that they may have."""

from __future__ import annotations

import base64
import binascii

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call


def above(call: Call, form: str) -> int:
    """The id above which the page begins that this call asks for."""
    if form != "opaque":
        given = call.number("after", 0, 0, 2**62)
        return given - 1 if form == "next_id" and given else given
    word = call.query.get("after")
    try:
        return int(base64.b64decode(word, validate=True)) if word else 0
    except (binascii.Error, ValueError):
        raise errors.invalid(f"Invalid paging cursor: {word}") from None


def behind(last: int, form: str) -> str:
    """The cursor to the page behind the one that ends with this id."""
    if form == "opaque":
        return base64.b64encode(b"%d" % last).decode()
    return str(last + 1 if form == "next_id" else last)
