"""The standard objects of the sandbox, as far as territory work touches them.

One line a field, as `lines` reads them.
"""

from __future__ import annotations

from connectors.sandbox import seed_words
from connectors.sandbox.salesforce.shape.catalogue import CATALOGUE
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject
from connectors.sandbox.salesforce.shape.rights import RIGHTS
from connectors.sandbox.salesforce.shape.views import VIEWS
from connectors.sandbox.salesforce.territory.objects import TERRITORY

_INDUSTRIES = ";".join(name for name, _ in seed_words.INDUSTRIES)
_COUNTRIES = ";".join(f"{country.code}::{country.spellings[0][0]}" for country in seed_words.COUNTRIES)
_STAGES = (
    "Prospecting;Qualification;Needs Analysis;Value Proposition;Id. Decision Makers::Identify decision makers;"
    "Perception Analysis;Proposal/Price Quote::Proposal sent;Negotiation/Review;Closed Won;Closed Lost"
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
RecordTypeId|reference|Record Type ID|fixed to=RecordType:RecordType index if=record_types
BillingCountryCode|picklist(10)|Billing Country Code|of=BillingAddress restricted if=state_country_picklists in={_COUNTRIES}
BillingStateCode|picklist(10)|Billing State/Province Code|of=BillingAddress if=state_country_picklists
ShippingCountryCode|picklist(10)|Shipping Country Code|of=ShippingAddress restricted if=state_country_picklists in={_COUNTRIES}
ShippingStateCode|picklist(10)|Shipping State/Province Code|of=ShippingAddress if=state_country_picklists
IsPersonAccount|boolean|Is Person Account|readonly fixed required if=person_accounts
PersonContactId|reference|Contact ID|readonly fixed to=Contact:PersonContact if=person_accounts
LastName|string(80)|Last Name|fixed if=person_accounts
FirstName|string(40)|First Name|fixed if=person_accounts
Salutation|picklist(40)|Salutation|fixed if=person_accounts in=Mr.;Ms.;Mrs.;Dr.;Prof.
PersonEmail|email|Email|if=person_accounts
PersonMobilePhone|phone|Mobile|if=person_accounts
PersonTitle|string(80)|Title|if=person_accounts
PersonMailingCity|string(40)|Mailing City|if=person_accounts
PersonMailingCountry|string(80)|Mailing Country|if=person_accounts
CleanStatus|picklist(40)|Clean Status|restricted in=Matched;Different;Acknowledged;NotFound;Inactive;Pending;SelectMatch;Skipped
"""
_CONTACT = """
AccountId|reference|Account ID|to=Account:Account index
LastName|string(80)|Last Name|required fixed
FirstName|string(40)|First Name|fixed
Name|string(121)|Full Name|readonly required name fixed
Email|email|Email|
OwnerId|reference|Owner ID|required default fixed to=User:Owner
IsPersonAccount|boolean|Is Person Account|readonly fixed required if=person_accounts
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
RecordTypeId|reference|Record Type ID|fixed to=RecordType:RecordType if=record_types
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
DefaultCurrencyIsoCode|picklist(3)|Information Currency|fixed restricted if=multi_currency initial=USD in=USD;EUR;GBP;JPY
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
_CUSTOM_FIELD = """
DeveloperName|string(40)|Developer Name|required fixed
TableEnumOrId|string(40)|Entity|required fixed
FullName|string(255)|Full Name|required fixed
Metadata|textarea(131072)|Metadata|required fixed
NamespacePrefix|string(15)|Namespace Prefix|fixed readonly
"""


OBJECTS: tuple[SObject, ...] = (
    sobject("Account", "Accounts", "001", _ACCOUNT, currency=True),
    sobject("Contact", "Contacts", "003", _CONTACT, currency=True),
    sobject("Opportunity", "Opportunities", "006", _OPPORTUNITY, currency=True),
    sobject("Task", "Tasks", "00T", _TASK, currency=True),
    sobject("Event", "Events", "00U", _EVENT, currency=True),
    sobject("AccountTeamMember", "Account Team Members", "01M", _TEAM_MEMBER, feature="account_teams"),
    sobject(
        "AccountShare",
        "Account Shares",
        "00r",
        _SHARE,
        lacks=("CreatedDate", "CreatedById", "SystemModstamp"),
    ),
    sobject("User", "Users", "005", _USER, bin=False, setup=True, writable="cu"),
    sobject("Group", "Groups", "00G", _GROUP, bin=False, setup=True),
    sobject("Organization", "Organizations", "00D", _ORGANIZATION, bin=False, setup=True, writable=""),
    sobject("Profile", "Profiles", "00e", _PROFILE, bin=False, setup=True, writable=""),
    *RIGHTS,
    *CATALOGUE,
    *VIEWS,
    *TERRITORY,
)
TOOLING: tuple[SObject, ...] = (
    sobject("CustomField", "Custom Fields", "00N", _CUSTOM_FIELD, bin=False, setup=True),
)
