"""The parts of config.yaml that say what is read: fields of the usual tables, and tables of one's own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from connectors.mapping import CustomTable, FieldType, MappedField
from rules.language.condition import FieldKind


class _Section(BaseModel):
    """As every part of the config: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldConfig(_Section):
    """One CRM field: `from` is the CRM's name; `compare_as` says how rules compare it (country, domain, id)."""

    source: str = Field(alias="from", min_length=1)
    type: FieldType = FieldType.TEXT
    compare_as: FieldKind | None = None


def _short_form(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


FieldEntry = Annotated[FieldConfig, BeforeValidator(_short_form)]


class FieldsConfig(_Section):
    """The mapping of each table: our column: CRM field."""

    accounts: dict[str, FieldEntry] = {}
    owners: dict[str, FieldEntry] = {}
    opportunities: dict[str, FieldEntry] = {}
    activities: dict[str, FieldEntry] = {}


class TableConfig(_Section):
    """A table of one's own: an object of the CRM, the field with its account, and our column: CRM field."""

    source: str = Field(alias="from", pattern=r"^([A-Za-z]\w*|\d+-\d+)$")
    account: str = ""
    fields: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], FieldEntry] = {}

    @field_validator("fields")
    @classmethod
    def _own(cls, fields: dict[str, FieldConfig]) -> dict[str, FieldConfig]:
        taken = [name for name in fields if name in ("id", "account_id", "modified_at", "deleted")]
        if taken:
            raise ValueError(f"every table has a column {taken[0]!r} already; take another name")
        return fields

    def table(self, name: str) -> CustomTable:
        """As connectors read it."""
        mapped = tuple(MappedField(column, entry.source, entry.type) for column, entry in self.fields.items())
        return CustomTable(name, self.source, self.account, mapped)
