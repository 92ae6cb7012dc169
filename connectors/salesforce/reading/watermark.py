"""How far a pull got, as it is written down for the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from connectors.errors import Refused
from connectors.records import RecordKind, Watermark
from connectors.salesforce.soql import changed_between, touched_since

OVERLAP = timedelta(minutes=15)
"""How far a pull of changes reaches back behind the last one, for records that were committed late."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a watermark holds."""

    kind: RecordKind
    upto: Mapping[str, str | None]
    """By object the newest stamp that there was, by Salesforce's clock; None for an empty one."""
    checked: datetime
    """When every id there is was last held against ours, by our clock."""
    codes: tuple[str, ...] = ()
    """Columns read as codes of states and countries: where that changes, changes alone say too little."""

    def written(self) -> Watermark:
        """As the caller keeps it."""
        told = {
            "kind": self.kind.value,
            "upto": dict(self.upto),
            "checked": self.checked.isoformat(),
            "codes": list(self.codes),
        }
        return Watermark(orjson.dumps(told).decode())


def read(mark: Watermark, kind: RecordKind) -> Mark:
    """What was written; Refused where it is none of ours or another table's."""
    try:
        told = orjson.loads(mark)
        checked = datetime.fromisoformat(told.get("checked") or datetime.fromtimestamp(0, UTC).isoformat())
        found = Mark(RecordKind(told["kind"]), told["upto"], checked, tuple(told.get("codes") or ()))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"this watermark was not made here: {mark[:80]!r}; pull {kind} whole") from error
    if found.kind is not kind:
        raise Refused(f"this watermark is of {found.kind}, not of {kind}; pull {kind} whole")
    return found


def between(since: str | None, reached: str, parents: Sequence[str] = ()) -> str:
    """From behind the last pull up to the newest stamp seen before this one began, inclusive.

    A record of which one of these `parents` changed is changed too: its columns from there are others.
    """
    lower = datetime(1970, 1, 1, tzinfo=UTC) if since is None else datetime.fromisoformat(since) - OVERLAP
    upper = datetime.fromisoformat(reached).replace(microsecond=0) + timedelta(seconds=1)
    own = changed_between(lower, upper)
    return " OR ".join([f"(({own})", *touched_since(parents, lower)]) + ")" if parents else own
