"""The standard objects of the sandbox, as far as territory work touches them.

One line a field: name | type | label | flags. Types are Salesforce's own, with a length or precision.scale in
brackets; flags: `required`, `readonly`, `createonly`, `name`, `index`, `fixed` (no field-level security),
`restricted`, `default`, `to=A,B:Relationship`, `of=Address`, `in=value;value`.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox import seed_words
from connectors.sandbox.salesforce.shape.fields import Field, SObject

_DELETED = "IsDeleted|boolean|Deleted|readonly fixed required"
_ID = "Id|id|Record ID|readonly fixed required"
_STAMPS = """
CreatedDate|datetime|Created Date|readonly fixed required index
CreatedById|reference|Created By ID|readonly fixed required to=User:CreatedBy
LastModifiedDate|datetime|Last Modified Date|readonly fixed required index
LastModifiedById|reference|Last Modified By ID|readonly fixed required to=User:LastModifiedBy
SystemModstamp|datetime|System Modstamp|readonly fixed required index
"""
_INDUSTRIES = ";".join(name for name, _ in seed_words.INDUSTRIES)
_STAGES = (
    "Prospecting;Qualification;Needs Analysis;Value Proposition;Id. Decision Makers;Perception Analysis;"
    "Proposal/Price Quote;Negotiation/Review;Closed Won;Closed Lost"
)

_ACCOUNT = f"""
MasterRecordId|reference|Master Record ID|readonly fixed to=Account:MasterRecord
Name|string(255)|Account Name|required name fixed
Type|picklist(40)|Account Type|in=Prospect;Customer - Direct;Customer - Channel;Partner;Other
ParentId|reference|Parent Account ID|to=Account:Parent index
BillingStreet|textarea(255)|Billing Street|of=BillingAddress
BillingCity|string(40)|Billing City|of=BillingAddress
BillingState|string(80)|Billing State/Province|of=BillingAddress
BillingPostalCode|string(20)|Billing Zip/Postal Code|of=BillingAddress
BillingCountry|string(80)|Billing Country|of=BillingAddress
BillingLatitude|double(18.15)|Billing Latitude|of=BillingAddress
BillingLongitude|double(18.15)|Billing Longitude|of=BillingAddress
BillingGeocodeAccuracy|picklist(40)|Billing Geocode Accuracy|of=BillingAddress restricted in=Address;NearAddress;Block;Street;Zip;City;State;Unknown
BillingAddress|address|Billing Address|readonly
ShippingStreet|textarea(255)|Shipping Street|of=ShippingAddress
ShippingCity|string(40)|Shipping City|of=ShippingAddress
ShippingState|string(80)|Shipping State/Province|of=ShippingAddress
ShippingPostalCode|string(20)|Shipping Zip/Postal Code|of=ShippingAddress
ShippingCountry|string(80)|Shipping Country|of=ShippingAddress
ShippingLatitude|double(18.15)|Shipping Latitude|of=ShippingAddress
ShippingLongitude|double(18.15)|Shipping Longitude|of=ShippingAddress
ShippingGeocodeAccuracy|picklist(40)|Shipping Geocode Accuracy|of=ShippingAddress restricted in=Address;NearAddress;Block;Street;Zip;City;State;Unknown
ShippingAddress|address|Shipping Address|readonly
Phone|phone|Account Phone|
Fax|phone|Account Fax|
AccountNumber|string(40)|Account Number|
Website|url|Website|
Sic|string(20)|SIC Code|
Industry|picklist(40)|Industry|in={_INDUSTRIES};Other
AnnualRevenue|currency(18.0)|Annual Revenue|
NumberOfEmployees|int|Employees|
Ownership|picklist(40)|Ownership|in=Public;Private;Subsidiary;Other
TickerSymbol|string(20)|Ticker Symbol|
Description|textarea(32000)|Account Description|
Rating|picklist(40)|Account Rating|in=Hot;Warm;Cold
Site|string(80)|Account Site|
OwnerId|reference|Owner ID|required default fixed to=User:Owner index
LastActivityDate|date|Last Activity|readonly fixed
AccountSource|picklist(40)|Account Source|in=Web;Phone Inquiry;Partner Referral;Purchased List;Other
PhotoUrl|url|Photo URL|readonly fixed
LastViewedDate|datetime|Last Viewed Date|readonly fixed
LastReferencedDate|datetime|Last Referenced Date|readonly fixed
Jigsaw|string(20)|Data.com Key|
JigsawCompanyId|string(20)|Jigsaw Company ID|readonly fixed
DunsNumber|string(9)|D-U-N-S Number|
Tradestyle|string(255)|Tradestyle|
NaicsCode|string(8)|NAICS Code|
NaicsDesc|string(120)|NAICS Description|
YearStarted|string(4)|Year Started|
SicDesc|string(80)|SIC Description|
CleanStatus|picklist(40)|Clean Status|restricted in=Matched;Different;Acknowledged;NotFound;Inactive;Pending;SelectMatch;Skipped
"""
_CONTACT = """
AccountId|reference|Account ID|to=Account:Account index
LastName|string(80)|Last Name|required fixed
FirstName|string(40)|First Name|fixed
Name|string(121)|Full Name|readonly required name fixed
Email|email|Email|
OwnerId|reference|Owner ID|required default fixed to=User:Owner
"""
_OPPORTUNITY = f"""
AccountId|reference|Account ID|to=Account:Account index
IsPrivate|boolean|Private|required
Name|string(120)|Name|required name fixed
Description|textarea(32000)|Description|
StageName|picklist|Stage|required fixed in={_STAGES}
Amount|currency(18.2)|Amount|
Probability|percent(3.0)|Probability (%)|default
ExpectedRevenue|currency(18.2)|Expected Amount|readonly
CloseDate|date|Close Date|required fixed
TotalOpportunityQuantity|double(18.2)|Quantity|
NextStep|string(255)|Next Step|
ForecastCategory|picklist(40)|Forecast Category|readonly required fixed restricted in=Omitted;Pipeline;BestCase;MostLikely;Forecast;Closed
FiscalQuarter|int|Fiscal Quarter|readonly fixed
FiscalYear|int|Fiscal Year|readonly fixed
Fiscal|string(6)|Fiscal Period|readonly fixed
ContactId|reference|Contact ID|createonly fixed to=Contact:
LastStageChangeDate|datetime|Last Stage Change Date|readonly fixed
HasOpportunityLineItem|boolean|Has Line Item|readonly required fixed
Type|picklist|Opportunity Type|in=Existing Business;New Business
LeadSource|picklist|Lead Source|in=Web;Phone Inquiry;Partner Referral;Purchased List;Other
IsClosed|boolean|Closed|readonly required fixed
IsWon|boolean|Won|readonly required fixed
ForecastCategoryName|picklist|Forecast Category|default fixed restricted in=Omitted;Pipeline;Best Case;Commit;Closed
OwnerId|reference|Owner ID|required default fixed to=User:Owner index
LastActivityDate|date|Last Activity|readonly fixed
"""
_TASK = """
WhoId|reference|Name ID|to=Contact,Lead:Who
WhatId|reference|Related To ID|to=Account,Opportunity:What index
Subject|combobox(255)|Subject|name fixed
ActivityDate|date|Due Date Only|index
Status|picklist|Status|required default fixed in=Not Started;In Progress;Completed;Waiting on someone else;Deferred
Priority|picklist|Priority|required default fixed in=High;Normal;Low
OwnerId|reference|Assigned To ID|required default fixed to=Group,User:Owner index
Description|textarea(32000)|Description|
Type|picklist|Type|in=Call;Email;Meeting;Other
AccountId|reference|Account ID|readonly fixed to=Account:Account index
IsClosed|boolean|Closed|readonly required fixed
CallDurationInSeconds|int|Call Duration|
CallType|picklist|Call Type|restricted in=Internal;Inbound;Outbound
CallDisposition|string(255)|Call Result|
TaskSubtype|picklist|Task Subtype|createonly restricted in=Task;Email;ListEmail;Cadence;Call;LinkedIn
CompletedDateTime|datetime|Completed Date|readonly index
"""
_EVENT = """
WhoId|reference|Name ID|to=Contact,Lead:Who
WhatId|reference|Related To ID|to=Account,Opportunity:What index
Subject|combobox(255)|Subject|name fixed
Location|string(255)|Location|
IsAllDayEvent|boolean|All-Day Event|required
ActivityDateTime|datetime|Due Date Time|fixed index
ActivityDate|date|Due Date Only|fixed index
DurationInMinutes|int|Duration|fixed
StartDateTime|datetime|Start Date Time|fixed index
EndDateTime|datetime|End Date Time|fixed
Description|textarea(32000)|Description|
AccountId|reference|Account ID|readonly fixed to=Account:Account index
OwnerId|reference|Assigned To ID|required default fixed to=Calendar,User:Owner index
EventSubtype|picklist(40)|Event Subtype|fixed createonly restricted in=Event
"""
_TEAM_MEMBER = """
AccountId|reference|Account ID|required fixed createonly to=Account:Account index
UserId|reference|User ID|required fixed createonly to=User:User
TeamMemberRole|picklist|Team Role|fixed in=Account Manager;Executive Sponsor;Lead Qualifier;Pre-Sales Consultant;Sales Manager;Sales Rep
AccountAccessLevel|picklist|Account Access|fixed in=Read;Edit;All
"""
_SHARE = """
AccountId|reference|Account ID|required fixed createonly to=Account:Account index
UserOrGroupId|reference|User/Group ID|required fixed createonly to=Group,User:UserOrGroup
AccountAccessLevel|picklist|Account Access|required fixed in=Read;Edit;All
OpportunityAccessLevel|picklist|Opportunity Access|required fixed in=None;Read;Edit
RowCause|picklist|Row Cause|fixed createonly in=Owner;Manual;Rule;Team;Territory2;ImplicitChild
"""
_USER = """
Username|string(80)|Username|required fixed
LastName|string(80)|Last Name|required fixed
FirstName|string(40)|First Name|fixed
Name|string(121)|Full Name|readonly name fixed
Division|string(80)|Division|
Department|string(80)|Department|
Title|string(80)|Title|
Email|email|Email|required fixed
Alias|string(8)|Alias|required fixed
IsActive|boolean|Active|required fixed
TimeZoneSidKey|picklist|Time Zone|required fixed
UserRoleId|reference|Role ID|fixed to=UserRole:UserRole
ProfileId|reference|Profile ID|required fixed to=Profile:Profile
UserType|picklist|User Type|readonly fixed in=Standard;PowerPartner;CspLitePortal;Guest;AutomatedProcess;CloudIntegrationUser
ManagerId|reference|Manager ID|to=User:Manager
LastLoginDate|datetime|Last Login|readonly
"""
_GROUP = """
Name|string(40)|Name|required name fixed
DeveloperName|string(80)|Developer Name|fixed
RelatedId|reference|Related ID|readonly fixed to=UserRole:Related
Type|picklist|Type|required fixed createonly in=Regular;Queue;Role;Organization
Email|email|Email|fixed
"""
_ORGANIZATION = """
Name|string(80)|Name|required name fixed readonly
Country|string(80)|Country|fixed readonly
TimeZoneSidKey|picklist|Time Zone|fixed readonly
LanguageLocaleKey|picklist|Language|fixed readonly
FiscalYearStartMonth|picklist|Fiscal Year Starts In|fixed readonly
OrganizationType|picklist|Edition|fixed readonly
InstanceName|string(5)|Instance Name|fixed readonly
IsSandbox|boolean|Is Sandbox|fixed readonly
NamespacePrefix|string(15)|Namespace Prefix|fixed readonly
"""
_PROFILE = """
Name|string(255)|Name|required name fixed readonly
UserType|picklist|User Type|fixed readonly
"""
_PERMISSION_SET = """
Name|string(80)|Permission Set Name|required name fixed
Label|string(80)|Permission Set Label|required fixed
Description|string(255)|Description|fixed
ProfileId|reference|Profile ID|readonly fixed to=Profile:Profile
IsOwnedByProfile|boolean|Is Owned By Profile|readonly fixed
"""
_FIELD_PERMISSIONS = """
ParentId|reference|Parent ID|required fixed createonly to=PermissionSet:Parent index
SobjectType|picklist|Sobject Type Name|required fixed createonly
Field|picklist|Field Name|required fixed createonly
PermissionsEdit|boolean|Edit Field|required fixed
PermissionsRead|boolean|Read Field|required fixed
"""
_ASSIGNMENT = """
PermissionSetId|reference|PermissionSet ID|required fixed createonly to=PermissionSet:PermissionSet
AssigneeId|reference|Assignee ID|required fixed createonly to=User:Assignee
"""
_CUSTOM_FIELD = """
DeveloperName|string(40)|Developer Name|required fixed
TableEnumOrId|string(40)|Entity|required fixed
FullName|string(255)|Full Name|required fixed
Metadata|textarea(131072)|Metadata|required fixed
NamespacePrefix|string(15)|Namespace Prefix|fixed readonly
"""


def _field(line: str) -> Field:
    name, typed, label, flags = line.split("|", 3)
    type, _, size = typed.rstrip(")").partition("(")
    precision, _, scale = size.partition(".") if "." in size else ("0", "", "0")
    made = Field(name, type, label, length=int(size) if size and "." not in size else 0)
    made = replace(made, precision=int(precision), scale=int(scale))
    values, _, flags = (
        (flags[flags.index("in=") + 3 :], "", flags[: flags.index("in=")])
        if "in=" in flags
        else ("", "", flags)
    )
    made = replace(made, values=tuple(v for v in values.split(";") if v))
    for flag in flags.split():
        made = _flagged(made, flag)
    return made


def _flagged(made: Field, flag: str) -> Field:
    if flag.startswith("to="):
        targets, _, relationship = flag.removeprefix("to=").partition(":")
        return replace(made, targets=tuple(targets.split(",")), relationship=relationship or None)
    if flag.startswith("of="):
        return replace(made, compound=flag.removeprefix("of="))
    changes: dict[str, dict[str, bool]] = {
        "required": {"nillable": False},
        "readonly": {"createable": False, "updateable": False},
        "createonly": {"updateable": False},
        "name": {"name_field": True},
        "index": {"indexed": True},
        "fixed": {"permissionable": False},
        "restricted": {"restricted": True},
        "default": {"defaulted": True},
    }
    return replace(made, **changes[flag])  # type: ignore[arg-type]


def _object(
    name: str,
    plural: str,
    prefix: str,
    lines: str,
    *,
    bin: bool = True,
    setup: bool = False,
    writable: str = "cud",
) -> SObject:
    text = "\n".join((_ID, _DELETED if bin else "", lines, _STAMPS))
    fields = tuple(_field(line) for line in text.splitlines() if line.strip())
    label = "".join(f" {c}" if c.isupper() else c for c in name).strip()
    c, u, d = (action in writable for action in "cud")
    return SObject(name, label, plural, prefix, fields, createable=c, updateable=u, deletable=d, setup=setup)


OBJECTS: tuple[SObject, ...] = (
    _object("Account", "Accounts", "001", _ACCOUNT),
    _object("Contact", "Contacts", "003", _CONTACT),
    _object("Opportunity", "Opportunities", "006", _OPPORTUNITY),
    _object("Task", "Tasks", "00T", _TASK),
    _object("Event", "Events", "00U", _EVENT),
    _object("AccountTeamMember", "Account Team Members", "01M", _TEAM_MEMBER),
    _object("AccountShare", "Account Shares", "00r", _SHARE),
    _object("User", "Users", "005", _USER, bin=False, setup=True, writable="cu"),
    _object("Group", "Groups", "00G", _GROUP, bin=False, setup=True),
    _object("Organization", "Organizations", "00D", _ORGANIZATION, bin=False, setup=True, writable=""),
    _object("Profile", "Profiles", "00e", _PROFILE, bin=False, setup=True, writable=""),
    _object("PermissionSet", "Permission Sets", "0PS", _PERMISSION_SET, bin=False, setup=True),
    _object("FieldPermissions", "Field Permissions", "01k", _FIELD_PERMISSIONS, bin=False, setup=True),
    _object(
        "PermissionSetAssignment",
        "Permission Set Assignments",
        "0Pa",
        _ASSIGNMENT,
        bin=False,
        setup=True,
        writable="cd",
    ),
)
TOOLING: tuple[SObject, ...] = (
    _object("CustomField", "Custom Fields", "00N", _CUSTOM_FIELD, bin=False, setup=True),
)
