"""What can be written to the CRM beside the owner, and what each is called there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.mapping import FieldType

PREFIX = "out_"
"""Our column names of outputs begin with this, so that no rule can read what the last run wrote."""


@dataclass(frozen=True, slots=True)
class Output:
    """One value per account; `column` names it in the assignments (or KPI) table of a plan."""

    name: str
    type: FieldType
    label: str
    description: str
    column: str
    table: str
    default: bool = True
    """Whether it is written when the config says nothing."""


_KPI = "kpis"
_ASSIGNMENT = "assignments"

OUTPUTS: Mapping[str, Output] = {
    output.name: output
    for output in (
        Output("territory", FieldType.TEXT, "Territory", "The territory that the rules give this account.", "territory", _ASSIGNMENT),
        Output("rule", FieldType.TEXT, "Territory Rule", "The id of the rule that decided.", "rule_id", _ASSIGNMENT),
        Output("reason", FieldType.TEXT, "Territory Reason", "Why this account is where it is, in one sentence.", "reason", _ASSIGNMENT),
        Output("tier", FieldType.TEXT, "Territory Tier", "Service tier: it sets the planned touches and hours.", "tier", _KPI),
        Output("workload_hours", FieldType.NUMBER, "Workload Hours", "Hours per 90 days: touches x hours per touch x complexity + travel.", "workload_hours", _KPI),
        Output("touches_30d", FieldType.INTEGER, "Touches 30 Days", "Qualifying activities in the last 30 days.", "touches_30d", _KPI),
        Output("touches_90d", FieldType.INTEGER, "Touches 90 Days", "Qualifying activities in the last 90 days.", "touches_90d", _KPI),
        Output("last_touch", FieldType.DATE, "Last Touch", "Day of the last qualifying activity.", "last_touch", _KPI),
        Output("covered", FieldType.BOOLEAN, "Covered", "Whether there was a qualifying activity in the last 90 days.", "covered", _KPI),
        Output("calls_30d", FieldType.INTEGER, "Calls 30 Days", "Calls in the last 30 days.", "calls_30d", _KPI, default=False),
        Output("emails_30d", FieldType.INTEGER, "E-mails 30 Days", "E-mails in the last 30 days.", "emails_30d", _KPI, default=False),
        Output("meetings_30d", FieldType.INTEGER, "Meetings 30 Days", "Meetings in the last 30 days.", "meetings_30d", _KPI, default=False),
        Output("calls_90d", FieldType.INTEGER, "Calls 90 Days", "Calls in the last 90 days.", "calls_90d", _KPI, default=False),
        Output("emails_90d", FieldType.INTEGER, "E-mails 90 Days", "E-mails in the last 90 days.", "emails_90d", _KPI, default=False),
        Output("meetings_90d", FieldType.INTEGER, "Meetings 90 Days", "Meetings in the last 90 days.", "meetings_90d", _KPI, default=False),
        Output("days_since_touch", FieldType.INTEGER, "Days Since Touch", "Days since the last qualifying activity; changes every night.", "days_since_touch", _KPI, default=False),
        Output("data_issues", FieldType.TEXT, "Territory Data Issues", "Values that could not be read, such as a country that is none.", "data_issues", _ASSIGNMENT, default=False),
        Output("proposed_owner", FieldType.TEXT, "Proposed Owner", "Id of the owner that the rules propose.", "owner_id", _ASSIGNMENT, default=False),
    )
}  # fmt: skip
"""Every output by name. A count that changes every night by itself is not written unless asked for."""


def column(name: str) -> str:
    """Our column name of an output in the accounts table."""
    return PREFIX + name
