"""Whether a list is as long as the search counts: a page that lost rows does not say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.errors import Garbled
from connectors.hubspot.fields import Properties
from connectors.hubspot.reading.objects import Objects
from connectors.hubspot.wire.client import Client

WAITS = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds between looks at a count that is higher than the list: the search index lags up to a minute."""
_CREATED = ("createdate", "hs_createdate")
"""What companies, contacts and deals call it, and what all others do."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Holds lists against counts, where the config asks for it."""

    client: Client
    objects: Objects
    properties: Properties
    is_asked: bool

    def compare(self, object_type: str, came: int, begun: datetime | None) -> None:
        """Garbled where more records are counted than came; those made since reading began are not counted.

        The count stays too high for up to a minute after records were archived, so that it is asked for
        again before it is believed.
        """
        for wait in (*WAITS, None) if self.is_asked else ():
            count = self._count(object_type, begun)
            if came >= count:
                return
            if wait is None:
                raise Garbled(
                    f"list {object_type}: HubSpot counts {count} records and listed {came}, so that"
                    f" {count - came} are missing; pull again, or set compare_counts: false if the count is"
                    " wrong for good"
                )
            self.client.pause(wait)

    def _count(self, object_type: str, begun: datetime | None) -> int:
        name = next((name for name in _CREATED if name in self.properties.of(object_type)), None)
        if begun is None or name is None:
            return self.objects.count(object_type).records
        until = {"propertyName": name, "operator": "LTE", "value": str(round(begun.timestamp() * 1000))}
        return self.objects.count(object_type, [until]).records
