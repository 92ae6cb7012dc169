"""Tables of the config's own: any object of the org, a custom one or a lead, with any of its fields."""

from __future__ import annotations

from connectors.errors import FieldProblem
from connectors.mapping import CustomTable
from connectors.salesforce.fields import Fields, misfit
from connectors.salesforce.reading.tables import Part


def part_of(table: CustomTable) -> Part:
    """How the object is read: every record that is not deleted."""
    account = {"account_id": table.account} if table.account else {}
    return Part(table.source, has_deleted=False, standard=fixed(table) | account)


def fixed(table: CustomTable) -> dict[str, str]:
    """The columns of the table and the fields they are read from, without the account."""
    own = {field.name: field.source for field in table.fields}
    return {"id": "Id", "modified_at": "SystemModstamp", **own}


def problems(fields: Fields, table: CustomTable) -> list[FieldProblem]:
    """Everything in the table's mapping that does not fit the org."""
    if not fields.has_object(table.source):
        said = "is no object of the org that our user may read"
        return [FieldProblem(table.name, "from", table.source, said)]
    found = []
    if table.account:
        found.append(("account", table.account, _account(fields, table)))
    found += [(mapped.name, mapped.source, _said(fields, table, mapped.source)) for mapped in table.fields]
    for mapped in table.fields:
        field = fields.find(table.source, mapped.source)
        if field is not None:
            found.append((mapped.name, mapped.source, misfit(mapped.type, field)))
    return [FieldProblem(table.name, name, source, said) for name, source, said in found if said]


def _account(fields: Fields, table: CustomTable) -> str:
    field = fields.find(table.source, table.account)
    if field is None:
        return _said(fields, table, table.account)
    leads = field.targets or (("Account",) if field.type == "id" else ())
    return "" if "Account" in leads else "holds no id of an account"


def _said(fields: Fields, table: CustomTable, source: str) -> str:
    why = fields.why_not(table.source, source)
    return f"leads nowhere: {why}" if why else ""
