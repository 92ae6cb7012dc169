"""The objects of Enterprise Territory Management; an org has them with `territory_management` only."""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject

FEATURE = "territory_management"
MANUAL, BY_RULE = "Territory2Manual", "Territory2AssignmentRule"

_TYPE = """
DeveloperName|string(80)|Territory Type Name|required fixed
MasterLabel|string(80)|Territory Type Label|required name fixed
Description|textarea(1000)|Description|fixed
Priority|int|Priority|required fixed
"""
_MODEL = """
Name|string(80)|Label|required name fixed
DeveloperName|string(80)|Territory Model Name|required fixed
Description|textarea(1000)|Description|fixed
State|picklist(40)|State|readonly fixed restricted initial=Planning in=Planning;Active;Archived
ActivatedDate|datetime|Activated Date|readonly fixed
DeactivatedDate|datetime|Archived Date|readonly fixed
"""
_TERRITORY = """
Name|string(80)|Label|required name fixed
DeveloperName|string(80)|Territory Name|required fixed index
Territory2TypeId|reference|Territory Type ID|required fixed to=Territory2Type:Territory2Type
Territory2ModelId|reference|Territory Model ID|required fixed createonly to=Territory2Model:Territory2Model
ParentTerritory2Id|reference|Parent Territory ID|fixed to=Territory2:ParentTerritory2
Description|textarea(1000)|Territory Description|fixed
ForecastUserId|reference|User ID|fixed to=User:ForecastUser
AccountAccessLevel|picklist(40)|Account Access|fixed restricted in=Read;Edit;All
OpportunityAccessLevel|picklist(40)|Opportunity Access|fixed restricted in=None;Read;Edit
CaseAccessLevel|picklist(40)|Case Access|fixed restricted in=None;Read;Edit
ContactAccessLevel|picklist(40)|Contact Access|readonly fixed restricted in=None;Read;Edit
"""
_RECORD = f"""
ObjectId|reference|Object ID|required fixed createonly to=Account,Lead:Object index
Territory2Id|reference|Territory ID|required fixed createonly to=Territory2:Territory2 index
AssociationCause|picklist(40)|Association Cause|required fixed createonly restricted in={BY_RULE};{MANUAL}
SobjectType|picklist(40)|Object Type|readonly fixed restricted in=Account;Lead
"""
_USER = """
UserId|reference|User ID|required fixed createonly to=User:User index
Territory2Id|reference|Territory ID|required fixed createonly to=Territory2:Territory2 index
IsActive|boolean|Active|readonly fixed
RoleInTerritory2|picklist|Role in Territory|fixed in=Owner;Administrator;Sales Rep
"""


def _undated(object: SObject) -> SObject:
    """Without CreatedDate and CreatedById, which these objects lack (doc: field reference)."""
    fields = tuple(field for field in object.fields if field.name not in ("CreatedDate", "CreatedById"))
    return replace(object, fields=fields, _by_name={})


TERRITORY: tuple[SObject, ...] = (
    sobject("Territory2Type", "Territory Types", "0M5", _TYPE, bin=False, setup=True, feature=FEATURE),
    sobject("Territory2Model", "Territory Models", "0MA", _MODEL, bin=False, setup=True, feature=FEATURE),
    _undated(sobject("Territory2", "Territories", "0MI", _TERRITORY, bin=False, setup=True, feature=FEATURE)),
    # Not a setup object, as the list of those that may not be mixed in a transaction shows (doc).
    _undated(sobject(
        "ObjectTerritory2Association", "Object Territory Associations", "0My", _RECORD, feature=FEATURE,
        writable="cd",
    )),
    _undated(sobject(
        "UserTerritory2Association", "User Territory Associations", "0Mz", _USER, bin=False, setup=True,
        feature=FEATURE, writable="cd",
    )),
)  # fmt: skip
"""The last two can be created and deleted, not updated: a move is both (doc). Their key prefixes are made up."""
