"""The properties that HubSpot itself defines, as far as this sandbox knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from connectors.sandbox.hubspot.shape.definitions import Option, Property
from connectors.sandbox.hubspot.shape.kinds import ACTIVITIES, KINDS, Kind
from connectors.sandbox.hubspot.shape.options import OPTIONS

# name | label | type | field type | r: read only, OWNER / PIPELINE / STAGE: options live elsewhere, FREE: any value
_SYSTEM = """
hs_object_id | Record ID | number | number | r
{modified} | Last Modified Date | datetime | date | r
{created} | Create Date | datetime | date | r
hubspot_owner_id | {owner} | enumeration | select | OWNER
hubspot_owner_assigneddate | Owner Assigned Date | datetime | date | r
hs_merged_object_ids | Merged Record IDs | enumeration | checkbox | r
hs_object_source_label | Record source | string | text | r
"""
_OWN: Mapping[str, str] = {
    "companies": """
name | Company name | string | text
domain | Company Domain Name | string | text
hs_additional_domains | Additional Domains | enumeration | checkbox | FREE
website | Website URL | string | text
phone | Phone Number | string | phonenumber
description | Description | string | textarea
address | Street Address | string | text
city | City | string | text
state | State/Region | string | text
zip | Postal Code | string | text
country | Country/Region | string | text
timezone | Time Zone | string | text
industry | Industry | enumeration | select
type | Type | enumeration | radio
lifecyclestage | Lifecycle Stage | enumeration | radio
numberofemployees | Number of Employees | number | number
annualrevenue | Annual Revenue | number | number
founded_year | Year Founded | string | text
is_public | Is Public | bool | booleancheckbox
twitterhandle | Twitter Handle | string | text
facebookfans | Facebook Fans | number | number
notes_last_contacted | Last Contacted | datetime | date | r
hs_parent_company_id | Parent Company | number | number | r
hs_num_child_companies | Number of child companies | number | number | r
""",
    "contacts": """
email | Email | string | text
firstname | First Name | string | text
lastname | Last Name | string | text
phone | Phone Number | string | phonenumber
jobtitle | Job Title | string | text
company | Company Name | string | text
city | City | string | text
state | State/Region | string | text
zip | Postal Code | string | text
country | Country/Region | string | text
lifecyclestage | Lifecycle Stage | enumeration | radio
associatedcompanyid | Primary Associated Company ID | number | number | r
hs_all_contact_vids | All vids for a contact | enumeration | checkbox | r
hs_email_domain | Email Domain | string | text | r
hs_is_contact | Is a contact | bool | booleancheckbox | r
hs_is_unworked | Contact unworked | bool | booleancheckbox | r
hs_pipeline | Pipeline | enumeration | select | PIPELINE
""",
    "deals": """
dealname | Deal Name | string | text
amount | Amount | number | number
dealstage | Deal Stage | enumeration | radio | STAGE
pipeline | Pipeline | enumeration | select | PIPELINE
closedate | Close Date | datetime | date
dealtype | Deal Type | enumeration | radio
description | Deal Description | string | textarea
deal_currency_code | Currency | enumeration | select
hs_is_closed | Is Deal Closed? | bool | booleancheckbox | r
hs_is_closed_won | Is Closed Won | bool | booleancheckbox | r
hs_deal_stage_probability | Deal probability | number | number | r
""",
    "calls": """
hs_call_title | Call Title | string | text
hs_call_body | Call notes | string | html
hs_call_direction | Call direction | enumeration | select
hs_call_duration | Call duration | number | number
hs_call_status | Call status | enumeration | select
hs_call_disposition | Call outcome | string | text
""",
    "emails": """
hs_email_subject | Email subject | string | text
hs_email_text | Email body | string | textarea
hs_email_direction | Email direction | enumeration | select
hs_email_status | Email send status | enumeration | select
""",
    "meetings": """
hs_meeting_title | Meeting name | string | text
hs_meeting_body | Meeting description | string | html
hs_meeting_start_time | Meeting start time | datetime | date
hs_meeting_end_time | Meeting end time | datetime | date
hs_meeting_outcome | Meeting outcome | enumeration | select
""",
    "notes": """
hs_note_body | Note body | string | html
""",
    "tasks": """
hs_task_subject | Task Title | string | text
hs_task_body | Task Notes | string | html
hs_task_status | Task Status | enumeration | select
hs_task_priority | Priority | enumeration | select
hs_task_type | Task Type | enumeration | select
hs_task_completion_date | Completed at | datetime | date | r
""",
}
_ACTIVITY = "hs_timestamp | Activity date | datetime | date"


def group_of(kind: Kind) -> str:
    """The group that HubSpot's own properties of this object lie in."""
    return "engagement" if kind in ACTIVITIES else f"{kind.singular}information"


def _read(kind: Kind, lines: str) -> Iterator[Property]:
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, label, type, field_type, *flag = (part.strip() for part in line.split("|"))
        external = flag[0] if flag and flag[0] != "r" else ""
        values = OPTIONS.get(f"{kind.plural}.{name}") or OPTIONS.get(name, ())
        options = tuple(Option(value, label) for value, label in values)
        yield Property(
            name, label, type, field_type, group_of(kind), options, read_only=flag == ["r"], external=external
        )


def _of(kind: Kind) -> dict[str, Property]:
    owner = "Activity assigned to" if kind in ACTIVITIES else f"{kind.singular.capitalize()} owner"
    system = _SYSTEM.format(modified=kind.modified, created=kind.created, owner=owner)
    text = system + (_ACTIVITY if kind in ACTIVITIES else "") + _OWN[kind.plural]
    return {found.name: found for found in _read(kind, text)}


def of_custom(kind: Kind) -> dict[str, Property]:
    """What every custom object has from the start."""
    text = _SYSTEM.format(modified=kind.modified, created=kind.created, owner="Owner")
    return {found.name: replace(found, group=custom_group(kind)) for found in _read(kind, text)}


def custom_group(kind: Kind) -> str:
    """The group of a custom object's own properties."""
    return f"{kind.plural.partition('_')[2]}_information"


BUILTIN: Mapping[str, Mapping[str, Property]] = {kind.plural: _of(kind) for kind in KINDS}
"""By object and name."""
