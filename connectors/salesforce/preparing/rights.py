"""The least that our user must be allowed to do, for what the config asks; setup grants it, doctor looks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.salesforce.config import SalesforceSettings

PERMISSION_SET = "Territory_Sync"
PERMISSION_SET_LABEL = "Territory Sync"


@dataclass(frozen=True, slots=True)
class ObjectRight:
    """What is needed on one object; each right brings along those that Salesforce demands with it."""

    sobject: str
    purpose: str
    edit: bool = False
    """Of every record, whoever owns it (Modify All, which Salesforce gives only together with Delete)."""

    @property
    def metadata(self) -> dict[str, object]:
        """As a permission set says it."""
        return {
            "allowCreate": False,
            "allowDelete": self.edit,
            "allowEdit": self.edit,
            "allowRead": True,
            "modifyAllRecords": self.edit,
            "object": self.sobject,
            "viewAllRecords": True,
        }

    @property
    def flags(self) -> dict[str, bool]:
        """As a record of ObjectPermissions says it."""
        return {
            "PermissionsCreate": False,
            "PermissionsDelete": self.edit,
            "PermissionsEdit": self.edit,
            "PermissionsRead": True,
            "PermissionsModifyAllRecords": self.edit,
            "PermissionsViewAllRecords": True,
        }

    @property
    def words(self) -> str:
        """As a person in Setup reads it."""
        held = ["Read", "View All"]
        if self.edit:
            held = ["Read", "Edit", "Delete", "View All", "Modify All"]
        return f"{self.sobject}: {', '.join(held)}"


@dataclass(frozen=True, slots=True)
class UserRight:
    """One permission of a user: its name in metadata, and in Setup."""

    name: str
    label: str
    purpose: str

    @property
    def column(self) -> str:
        """Its field of PermissionSet."""
        return f"Permissions{self.name}"


def object_rights(settings: SalesforceSettings) -> Iterator[ObjectRight]:
    """Per object, the ones that others depend on first."""
    moved = settings.owner_change.transfer
    yield ObjectRight("Account", "reading every account; changing owners and writing KPI fields", edit=True)
    yield ObjectRight("Contact", "counting what hangs on an account", edit=moved.contacts)
    yield ObjectRight("Opportunity", "reading every deal", edit=moved.open_opportunities)
    yield ObjectRight("Case", "counting what hangs on an account", edit=moved.cases)


MANAGE_TERRITORIES = UserRight(
    "ManageTerritories", "Manage Territories", "keeping memberships in Salesforce's own territories"
)
"""Not in the set that setup makes: an org without territory management does not know it."""


def user_rights(settings: SalesforceSettings) -> Iterator[UserRight]:
    """Beside the objects."""
    yield UserRight("ApiEnabled", "API Enabled", "everything")
    yield UserRight("ActivitiesAccess", "Access Activities", "reading tasks and events")
    yield UserRight("TransferAnyEntity", "Transfer Record", "changing owners")
    if settings.owner_change.transfer.open_activities:
        yield UserRight("EditTask", "Edit Tasks", "moving open tasks")
        yield UserRight("EditEvent", "Edit Events", "moving events to come")
