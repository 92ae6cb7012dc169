"""Objects that give others their words: stages, currencies, record types, roles; and leads."""

from __future__ import annotations

from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import CURRENCIES, sobject

_RECORD_TYPE = """
Name|string(80)|Record Type Name|required name fixed
DeveloperName|string(80)|Record Type API Name|required fixed
NamespacePrefix|string(15)|Namespace Prefix|fixed readonly
Description|string(255)|Description|fixed
BusinessProcessId|reference|Business Process ID|fixed to=BusinessProcess:BusinessProcess
SobjectType|picklist(40)|SObject Type Name|required fixed createonly index
IsActive|boolean|Active|required fixed
IsPersonType|boolean|Is Person Type|required fixed readonly if=person_accounts
"""
_USER_ROLE = """
Name|string(80)|Name|required name fixed
DeveloperName|string(80)|Developer Name|fixed
ParentRoleId|reference|Parent Role ID|fixed to=UserRole:
RollupDescription|string(80)|Description|fixed
"""
_STAGE = """
MasterLabel|string(255)|Master Label|name fixed
ApiName|string(255)|API Name|fixed
IsActive|boolean|Is Active|required fixed
SortOrder|int|Sort Order|fixed
IsClosed|boolean|Closed|required fixed
IsWon|boolean|Won|required fixed
ForecastCategory|picklist(40)|Forecast Category|required fixed restricted in=Omitted;Pipeline;BestCase;MostLikely;Forecast;Closed
ForecastCategoryName|picklist(40)|Forecast Category Name|fixed restricted in=Omitted;Pipeline;Best Case;Commit;Closed
DefaultProbability|percent(3.0)|Probability (%)|fixed
Description|string(255)|Description|fixed
"""
_CURRENCY_TYPE = f"""
IsoCode|picklist(10)|Currency ISO Code|required fixed restricted createonly in={CURRENCIES}
ConversionRate|double(18.6)|Conversion Rate|required fixed
DecimalPlaces|int|Decimal Places|required fixed
IsActive|boolean|Active|required fixed
IsCorporate|boolean|Corporate Currency|required fixed
"""
_DATED_RATE = f"""
IsoCode|picklist(10)|Currency ISO Code|required fixed restricted createonly index in={CURRENCIES}
StartDate|date|Start Date|required fixed
NextStartDate|date|Next Start Date|fixed readonly
ConversionRate|double(18.6)|Conversion Rate|required fixed
"""
_LEAD = """
LastName|string(80)|Last Name|required fixed
FirstName|string(40)|First Name|fixed
Name|string(121)|Full Name|readonly required name fixed
Title|string(128)|Title|
Company|string(255)|Company|required fixed
Street|textarea(255)|Street|of=Address
City|string(40)|City|of=Address
State|string(80)|State/Province|of=Address
PostalCode|string(20)|Zip/Postal Code|of=Address
Country|string(80)|Country|of=Address
Latitude|double(18.15)|Latitude|of=Address
Longitude|double(18.15)|Longitude|of=Address
GeocodeAccuracy|picklist(40)|Geocode Accuracy|of=Address restricted in=Address;NearAddress;Block;Street;Zip;City;State;Unknown
Address|address|Address|readonly
Phone|phone|Phone|
Email|email|Email|
Website|url|Website|
LeadSource|picklist(255)|Lead Source|in=Web;Phone Inquiry;Partner Referral;Purchased List;Other
Status|picklist(255)|Status|required default fixed in=Open - Not Contacted;Working - Contacted;Closed - Converted;Closed - Not Converted
Industry|picklist(255)|Industry|in=Technology;Banking;Retail;Other
Rating|picklist(255)|Rating|in=Hot;Warm;Cold
AnnualRevenue|currency(18.0)|Annual Revenue|
NumberOfEmployees|int|Employees|
OwnerId|reference|Owner ID|required default fixed to=Group,User:Owner index
IsConverted|boolean|Converted|readonly required fixed
ConvertedDate|date|Converted Date|readonly fixed
ConvertedAccountId|reference|Converted Account ID|readonly fixed to=Account:ConvertedAccount
"""

CATALOGUE: tuple[SObject, ...] = (
    sobject("RecordType", "Record Types", "012", _RECORD_TYPE, bin=False, setup=True, writable="cu"),
    sobject("UserRole", "Roles", "00E", _USER_ROLE, bin=False, setup=True),
    sobject("OpportunityStage", "Opportunity Stages", "01J", _STAGE, bin=False, setup=True, writable=""),
    sobject(
        "CurrencyType", "Currency Types", "01L", _CURRENCY_TYPE, bin=False, setup=True, writable="cu",
        feature="multi_currency",
    ),
    sobject(
        "DatedConversionRate", "Dated Conversion Rates", "04w", _DATED_RATE, bin=False, setup=True, writable="ud",
        feature="dated_rates",
    ),
    sobject("Lead", "Leads", "00Q", _LEAD, currency=True),
)  # fmt: skip
