"""Which scope a table of the config's own needs, as far as its object's name tells."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.hubspot.fields import ACTIVITY_OBJECTS

_CUSTOM = re.compile(r"2-\d+|p\d+_\w+|p_\w+")
"""A custom object's type id, its name in all portals, and that in its own."""
_NAMES: Mapping[str, str] = {
    "0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets", "0-7": "products",
    "0-8": "line_items", "0-14": "quotes", "0-136": "leads",
    "contact": "contacts", "company": "companies", "deal": "deals", "ticket": "tickets", "product": "products",
    "line_item": "line_items", "quote": "quotes", "lead": "leads",
    **dict.fromkeys(ACTIVITY_OBJECTS, "contacts"), **dict.fromkeys(ACTIVITY_OBJECTS.values(), "contacts"),
    **dict.fromkeys(["0-46", "0-47", "0-48", "0-49", "0-27"], "contacts"),
}  # fmt: skip
"""Other words for HubSpot's own objects, and contacts for what lives under them (doc)."""
_OLDER: Mapping[str, tuple[str, ...]] = {
    "tickets": ("tickets",), "products": ("e-commerce",), "line_items": ("e-commerce",),
}  # fmt: skip
"""Scopes from before there was one for each object."""


def reading(object_type: str) -> tuple[str, ...]:
    """The scopes of which one is enough to read the object's records.

    Empty where the name does not tell, as a custom object may have any: HubSpot's refusal then names the scope.
    """
    name = object_type.lower()
    if _CUSTOM.fullmatch(name):
        return ("crm.objects.custom.read",)
    known = _NAMES.get(name, name)
    if known not in _NAMES.values():
        return ()
    return (f"crm.objects.{known}.read", *_OLDER.get(known, ()))
