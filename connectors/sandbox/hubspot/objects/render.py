"""Records as the API writes them: every value a string, properties in order of their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot.shape.catalogue import Catalogue
from connectors.sandbox.hubspot.shape.definitions import SENSITIVITIES, Property
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID, Kind
from connectors.sandbox.hubspot.shape.values import instant, shown
from connectors.sandbox.state import Row, quoted
from connectors.sandbox.tables import Stored


class View:
    """Which properties of an object are shown; those that do not exist are left out without a word.

    So are sensitive ones: this portal's apps have none of the scopes that their values need (doc).
    """

    def __init__(self, kind: Kind, catalogue: Catalogue, names: Iterable[str]) -> None:
        self.kind = kind
        asked = {name.lower() for name in names} or set(kind.defaults)
        known = catalogue.of(kind)
        self._properties: list[Property] = [
            known[name]
            for name in sorted(asked | set(kind.system))
            if name in known and known[name].sensitivity == SENSITIVITIES[0]
        ]
        self._columns = [property.name for property in self._properties]

    @property
    def columns(self) -> str:
        """What to SELECT so that `rows` can show it."""
        return ", ".join(quoted(name) for name in (*self._columns, ARCHIVED_AT))

    def rows(self, rows: Iterable[Sequence[Stored]]) -> list[dict[str, Any]]:
        """Rows that were selected by `columns`, as records."""
        properties, kind = self._properties, self.kind
        places = {name: place for place, name in enumerate(self._columns)}
        id, created, modified = places[ID], places[kind.created], places[kind.modified]
        found = []
        for row in rows:
            record: dict[str, Any] = {
                "id": str(row[id]),
                "properties": {
                    property.name: shown(property, value)
                    for property, value in zip(properties, row, strict=False)
                },
                "createdAt": instant(int(row[created] or 0)),
                "updatedAt": instant(int(row[modified] or 0)),
                "archived": row[-1] is not None,
            }
            if row[-1] is not None:
                record["archivedAt"] = instant(int(row[-1]))
            found.append(record)
        return found

    def of(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Whole rows as records."""
        return self.rows([[row[name] for name in (*self._columns, ARCHIVED_AT)] for row in rows])


def written(
    kind: Kind, catalogue: Catalogue, row: Mapping[str, Stored], names: Iterable[str]
) -> dict[str, Any]:
    """A record as an answer to a write shows it: these properties alone, "" for what was cleared."""
    known = catalogue.of(kind)
    return {
        "id": str(row[ID]),
        "properties": {
            name: shown(known[name], row[name]) or "" for name in sorted(set(names)) if name in known
        },
        "createdAt": instant(int(row[kind.created] or 0)),
        "updatedAt": instant(int(row[kind.modified] or 0)),
        "archived": row[ARCHIVED_AT] is not None,
    }
