"""What can be written to the CRM beside the owner, and what each is called there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.mapping import FieldType
from rules.measure.definitions import Kpi, KpiLevel, Unit, definitions_of

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


_TYPES: Mapping[Unit, FieldType] = {
    Unit.TEXT: FieldType.TEXT,
    Unit.COUNT: FieldType.INTEGER,
    Unit.DAYS: FieldType.INTEGER,
    Unit.HOURS: FieldType.NUMBER,
    Unit.DATE: FieldType.DATE,
    Unit.FLAG: FieldType.BOOLEAN,
}
_KPIS_BY_DEFAULT = ("tier", "workload_hours", "touches_30d", "touches_90d", "last_touch", "covered")


def _decided(name: str, label: str, description: str, *, source: str = "", default: bool = True) -> Output:
    return Output(name, FieldType.TEXT, label, description, source or name, "assignments", default)


def _measured(kpi: Kpi) -> Output:
    return Output(
        kpi.name, _TYPES[kpi.unit], kpi.label, kpi.description, kpi.name, "kpis", kpi.name in _KPIS_BY_DEFAULT
    )


_ALL = (
    _decided("territory", "Territory", "The territory that the rules give this account."),
    _decided("rule", "Territory rule", "The id of the rule that decided.", source="rule_id"),
    _decided("reason", "Territory reason", "Why this account is where it is, in one sentence."),
    *(_measured(kpi) for kpi in definitions_of(KpiLevel.ACCOUNT)),
    _decided(
        "data_issues",
        "Territory data issues",
        "Values of this account that could not be read, such as a country that is none.",
        default=False,
    ),
    _decided(
        "proposed_owner",
        "Proposed owner",
        "Id of the owner that the territory rules propose.",
        source="owner_id",
        default=False,
    ),
)

OUTPUTS: Mapping[str, Output] = {output.name: output for output in _ALL}
"""Every output by name. A count that changes every night by itself is not written unless asked for."""


ROLE_PREFIX = PREFIX + "owner_"
"""Our column names of the fields that hold the owners of other roles begin with this."""


def role_column(role: str) -> str:
    """Our column name of the field that holds the owner in a role, in the accounts table."""
    return ROLE_PREFIX + "".join(c if c.isalnum() else "_" for c in role.lower())


def column(name: str) -> str:
    """Our column name of an output in the accounts table."""
    return PREFIX + name
