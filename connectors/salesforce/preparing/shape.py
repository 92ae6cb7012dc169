"""What describe says beyond names and types: who may be granted what, labels, parts of compound fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import Refused
from connectors.salesforce.wire.client import Client

_PART = re.compile(
    r"(Billing|Shipping)(Street|City|State|PostalCode|Country|StateCode|CountryCode|Latitude|Longitude|GeocodeAccuracy)"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The objects of an org as our user may see them; each is described once."""

    client: Client
    _known: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    def of(self, sobject: str) -> Mapping[str, Any] | None:
        """The describe of an object; None where the org has none such, or hides it from our user."""
        if sobject not in self._known:
            try:
                self._known[sobject] = self.client.read("describe", f"sobjects/{sobject}/describe")
            except Refused as error:
                if error.status != 404:
                    raise
                self._known[sobject] = None
        return self._known[sobject]

    def fields(self, sobject: str) -> dict[str, Mapping[str, Any]]:
        """The fields that our user may read, by casefolded name."""
        found = self.of(sobject) or {"fields": ()}
        return {str(one["name"]).casefold(): one for one in found["fields"]}

    def find(self, sobject: str, source: str) -> Mapping[str, Any] | None:
        """The field of this name, None where it does not exist or may not be read."""
        return self.fields(sobject).get(source.casefold())

    def guarded(self, sobject: str, source: str) -> str | None:
        """The field that field-level security is set on for this one; None where nobody can hide it.

        A part of an address goes by the whole address. What our user may not see can be hidden, so it is guarded.
        """
        found = self.find(sobject, source)
        if found is not None and not found.get("permissionable", True):
            return None
        whole = str((found or {}).get("compoundFieldName") or "")
        if part := _PART.fullmatch(source):
            whole = f"{part[1]}Address"
        name = whole if whole.endswith("Address") else source
        return f"{sobject}.{name}"
