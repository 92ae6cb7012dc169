"""List views and custom report types: kept as they were given, once what they name is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.metadata.components import Definition, Refused, demand, listed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.tables import Stored

_MOST_COLUMNS = 15
_STANDARD_COLUMNS = frozenset(
    [
        "ACCOUNT.NAME", "ACCOUNT.SITE", "ACCOUNT.PHONE1", "ACCOUNT.TYPE", "ACCOUNT.INDUSTRY", "ACCOUNT.RATING",
        "ACCOUNT.ADDRESS1_CITY", "ACCOUNT.ADDRESS1_STATE", "ACCOUNT.ADDRESS1_COUNTRY_CODE",
        "ACCOUNT.ACCOUNT_NUMBER", "ACCOUNT.CREATED_DATE", "CORE.USERS.ALIAS", "CORE.USERS.FIRST_NAME",
        "CORE.USERS.LAST_NAME", "RECORDTYPE",
    ]
)  # fmt: skip
"""What list views of accounts call standard fields; a custom field goes by its own name (from public metadata)."""
_SCOPES = (
    "Everything",
    "Mine",
    "MineAndMyGroups",
    "Queue",
    "Delegated",
    "MyTerritory",
    "MyTeamTerritory",
    "Team",
)


class _Kept(ABC):
    """Components whose definitions are kept by full name."""

    type: ClassVar[str]

    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, name: str, definition: Definition, by: By) -> None:
        """Adds one."""
        if self.read(name) is not None:
            message = f"The {self.type} name {name} is already in use."
            raise Refused("DUPLICATE_DEVELOPER_NAME", message, "DeveloperName")
        self.check(name, definition)
        self._keep(name, definition)
        self.created(name, definition, by)

    def change(self, name: str, definition: Definition, by: By) -> None:
        """Makes one what the definition says."""
        self._demand(name)
        self.check(name, definition)
        self._keep(name, definition)

    def remove(self, name: str, by: By) -> None:
        """Takes one away."""
        self._demand(name)
        self._remember({kept: d for kept, d in self._all().items() if kept.lower() != name.lower()})
        self.removed(name, by)

    def read(self, name: str) -> Definition | None:
        """As it was given."""
        found = {kept.lower(): (kept, d) for kept, d in self._all().items()}.get(name.lower())
        return None if found is None else {**found[1], "fullName": found[0]}

    def names(self) -> Sequence[str]:
        """All of them."""
        return sorted(self._all())

    @abstractmethod
    def check(self, name: str, definition: Definition) -> None:
        """Refused where it names what is not there."""

    @abstractmethod
    def created(self, name: str, definition: Definition, by: By) -> None:
        """What else there is of a new one."""

    @abstractmethod
    def removed(self, name: str, by: By) -> None:
        """What else goes with it."""

    def _all(self) -> dict[str, Any]:
        found: dict[str, Any] = self._org.core.state.recall(f"metadata {self.type}", {})
        return found

    def _keep(self, name: str, definition: Definition) -> None:
        own = {member: value for member, value in definition.items() if member != "fullName"}
        self._remember({**{k: d for k, d in self._all().items() if k.lower() != name.lower()}, name: own})

    def _remember(self, all: dict[str, Any]) -> None:
        self._org.core.state.remember(f"metadata {self.type}", all)

    def _demand(self, name: str) -> None:
        if self.read(name) is None:
            message = f"In field: fullName - no {self.type} named {name} found"
            raise Refused("INVALID_CROSS_REFERENCE_KEY", message)


class ListViews(_Kept):
    """A `Kind`: Account.Territory_Sync; each is a record of ListView too."""

    directory, suffix = "objects", None
    type = "ListView"

    def check(self, name: str, definition: Definition) -> None:
        """Refused for columns and filters that are no fields, and for more than 15 columns."""
        demand(definition, "label", "filterScope")
        if definition["filterScope"] not in _SCOPES:
            message = f"'{definition['filterScope']}' is not a valid value for the enum 'FilterScope'"
            raise Refused("INVALID_FIELD", message, "filterScope")
        columns = listed(definition, "columns")
        if len(columns) > _MOST_COLUMNS:
            raise Refused("FIELD_INTEGRITY_EXCEPTION", "A list view can have at most 15 columns", "columns")
        object = self._org.objects.get(name.partition(".")[0].lower())
        for column in [*columns, *(f["field"] for f in listed(definition, "filters"))]:
            custom = column.endswith("__c") and object is not None and object.find(column) is not None
            if column not in _STANDARD_COLUMNS and not custom:
                raise Refused("INVALID_FIELD", f"Could not resolve list view column: {column}", "columns")

    def created(self, name: str, definition: Definition, by: By) -> None:
        """Its record, which SOQL finds."""
        object, _, developer_name = name.partition(".")
        row: dict[str, Stored] = {
            "Id": ids.make("00B", self._org.next_number(self.type)),
            "Name": definition["label"],
            "DeveloperName": developer_name,
            "SobjectType": object,
            "IsSoqlCompatible": 1,
        }
        self._org.core.state.insert(self.type, self._org.stamped(row, by, new=True), by)

    def removed(self, name: str, by: By) -> None:
        """Its record."""
        object, _, developer_name = name.partition(".")
        sql = 'SELECT "Id" FROM "ListView" WHERE "SobjectType" = ? AND "DeveloperName" = ? COLLATE NOCASE'
        for (id,) in self._org.core.state.rows(sql, (object, developer_name)):
            self._org.core.state.remove(self.type, id, by)


class ReportTypes(_Kept):
    """A `Kind`: Territory_Sync_Accounts."""

    directory, suffix = "reportTypes", "reportType"
    type = "ReportType"

    def check(self, name: str, definition: Definition) -> None:
        """Refused where the base object or a column is not there."""
        demand(definition, "label", "baseObject")
        object = self._org.objects.get(str(definition["baseObject"]).lower())
        if object is None:
            message = f"In field: baseObject - no CustomObject named {definition['baseObject']} found"
            raise Refused("INVALID_CROSS_REFERENCE_KEY", message, "baseObject")
        for section in listed(definition, "sections"):
            for column in listed(section, "columns"):
                if object.find(column["field"]) is None and object.follow(column["field"]) is None:
                    message = f"In field: field - no CustomField named {object.name}.{column['field']} found"
                    raise Refused("INVALID_CROSS_REFERENCE_KEY", message, "field")

    def created(self, name: str, definition: Definition, by: By) -> None:
        """Nothing: no query finds report types."""

    def removed(self, name: str, by: By) -> None:
        """Nothing."""
