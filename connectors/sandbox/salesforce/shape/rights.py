"""Permission sets, what they grant and to whom, and what the profile of the connecting user grants."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject
from connectors.sandbox.tables import Stored

USER_PERMISSIONS = {
    "ApiEnabled": "API Enabled",
    "ViewSetup": "View Setup and Configuration",
    "ViewAllUsers": "View All Users",
    "ViewAllData": "View All Data",
    "ModifyAllData": "Modify All Data",
    "TransferAnyEntity": "Transfer Record",
    "EditReadonlyFields": "Edit Read Only Fields",
    "ActivitiesAccess": "Access Activities",
    "EditTask": "Edit Tasks",
    "EditEvent": "Edit Events",
    "ManageTerritories": "Manage Territories",
    "CustomizeApplication": "Customize Application",
    "ModifyMetadata": "Modify Metadata Through Metadata API Functions",
    "ManageProfilesPermissionsets": "Manage Profiles and Permission Sets",
    "AssignPermissionSets": "Assign Permission Sets",
}
"""Permissions of users by the name that metadata give them; PermissionSet has a field Permissions… for each."""
_BY_PROFILE = frozenset(USER_PERMISSIONS) - {"ModifyAllData", "ViewAllData"}
GUARDED = ("Account", "Contact", "Opportunity", "Case", "Lead")
"""Objects whose records are granted object by object; tasks and events go by user permissions and sharing."""
_PERMISSION_SET = """
Name|string(80)|Permission Set Name|required name fixed
Label|string(80)|Permission Set Label|required fixed
Description|string(255)|Description|fixed
ProfileId|reference|Profile ID|readonly fixed to=Profile:Profile
IsOwnedByProfile|boolean|Is Owned By Profile|readonly fixed
""" + "\n".join(
    f"Permissions{name}|boolean|{label}|required fixed" for name, label in USER_PERMISSIONS.items()
)
_FIELD_PERMISSIONS = """
ParentId|reference|Parent ID|required fixed createonly to=PermissionSet:Parent index
SobjectType|picklist|Sobject Type Name|required fixed createonly
Field|picklist|Field Name|required fixed createonly
PermissionsEdit|boolean|Edit Field|required fixed
PermissionsRead|boolean|Read Field|required fixed
"""
_OBJECT_PERMISSIONS = """
ParentId|reference|Parent ID|required fixed createonly to=PermissionSet:Parent index
SobjectType|picklist|Sobject Type Name|required fixed createonly
PermissionsCreate|boolean|Create Records|required fixed
PermissionsRead|boolean|Read Records|required fixed
PermissionsEdit|boolean|Edit Records|required fixed
PermissionsDelete|boolean|Delete Records|required fixed
PermissionsViewAllRecords|boolean|Read All Records|required fixed
PermissionsModifyAllRecords|boolean|Edit All Records|required fixed
"""
OBJECT_FLAGS = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
_ASSIGNMENT = """
PermissionSetId|reference|PermissionSet ID|required fixed createonly to=PermissionSet:PermissionSet
AssigneeId|reference|Assignee ID|required fixed createonly to=User:Assignee
"""
_ASSIGNMENTS = ("PermissionSetAssignment", "Permission Set Assignments", "0Pa", _ASSIGNMENT)

RIGHTS: tuple[SObject, ...] = (
    sobject("PermissionSet", "Permission Sets", "0PS", _PERMISSION_SET, bin=False, setup=True),
    sobject("FieldPermissions", "Field Permissions", "01k", _FIELD_PERMISSIONS, bin=False, setup=True),
    sobject("ObjectPermissions", "Object Permissions", "110", _OBJECT_PERMISSIONS, bin=False, setup=True),
    sobject(*_ASSIGNMENTS, bin=False, setup=True, writable="cd"),
)


def granted_by_profile(set_id: str, profile_id: str, user_id: str) -> Iterator[tuple[str, dict[str, Stored]]]:
    """The records of what the user's profile grants: everything that an integration may want."""
    yield "PermissionSet", {
        "Id": set_id, "Name": "X00e_integration", "Label": "X00e_integration", "ProfileId": profile_id,
        "IsOwnedByProfile": 1, **{f"Permissions{name}": int(name in _BY_PROFILE) for name in USER_PERMISSIONS},
    }  # fmt: skip
    assigned: dict[str, Stored] = {"PermissionSetId": set_id, "AssigneeId": user_id}
    yield "PermissionSetAssignment", {"Id": ids.make("0Pa", 1), **assigned}
    for number, object in enumerate(GUARDED, 1):
        flags: dict[str, Stored] = {f"Permissions{flag}": 1 for flag in OBJECT_FLAGS}
        row: dict[str, Stored] = {"ParentId": set_id, "SobjectType": object}
        yield "ObjectPermissions", {"Id": ids.make("110", number), **row, **flags}
