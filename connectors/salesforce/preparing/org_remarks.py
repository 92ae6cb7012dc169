"""What else in an org will stand in the way of a night, or makes it go differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Remark
from connectors.errors import Refused
from connectors.mapping import MappedField
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing.asking import Asking
from connectors.salesforce.preparing.parts import help_of, label_of
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.writing.policy import strategy

CROWDED, TOO_CROWDED = 8_000, 10_000
"""Accounts of one owner: Salesforce advises at most 10,000 (doc, ownership skew)."""
_OLD = 9.0
"""Versions behind the newest, about three years, after which Salesforce retires them (doc)."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OrgRemarks:
    """Looks at how the org is set up and at whom its accounts belong to."""

    asking: Asking
    shape: Shape
    settings: SalesforceSettings

    def all(self, outputs: Sequence[MappedField], *, writing: bool) -> Iterator[Remark]:
        """The version, teams, rules, required fields, kinds of org, owners, and our own fields."""
        yield from self._version()
        if writing:
            yield self._owner_changes()
            yield from self._validation()
            yield from self._required(outputs)
        yield from self._kinds()
        yield from self._owners()
        yield from self._reworded(outputs)

    def _version(self) -> Iterator[Remark]:
        served, ours = self.asking.versions(), float(self.settings.api_version)
        if ours not in served:
            said = f"the instance does not serve {ours:.1f}; set crm.api_version to one of {served[0]:.1f} to {served[-1]:.1f}"
            yield Remark("API version", False, said)
        elif ours < served[-1] - _OLD:
            said = f"{ours:.1f} is old, the newest is {served[-1]:.1f}: Salesforce retires versions after some years"
            yield Remark("API version", True, said)

    def _owner_changes(self) -> Remark:
        try:
            chosen = strategy(self.settings, self.shape.of("AccountTeamMember") is not None)
        except Refused as error:
            return Remark("owner changes", False, str(error))
        return Remark("owner changes", True, f"by {chosen.way.value}: {chosen.why}")

    def _validation(self) -> Iterator[Remark]:
        """Active rules on accounts can refuse a write; only trying tells, so that they are named."""
        query = (
            "SELECT ValidationName FROM ValidationRule WHERE EntityDefinitionId = 'Account' AND Active = true"
        )
        rows = self.asking.records(query, tooling=True)
        if rows is None:
            yield Remark(
                "validation rules", True, "could not be looked at, which takes View Setup and Configuration"
            )
        elif rows:
            said = f"{_some([str(row['ValidationName']) for row in rows])} of Account may refuse writes"
            yield Remark(
                "validation rules", True, f"{said}; rows that are refused are reported with the rule's words"
            )

    def _required(self, outputs: Sequence[MappedField]) -> Iterator[Remark]:
        """A record that lacks a required value is refused whatever is written to it."""
        ours = {field.source.casefold() for field in outputs}
        for name, field in self.shape.fields("Account").items():
            required = field.get("custom") and not field.get("nillable") and field.get("type") != "boolean"
            if not required or name in ours:
                continue
            empty = self.asking.count(f"SELECT COUNT() FROM Account WHERE {field['name']} = null")
            if empty:
                said = f"{field['name']} is required and empty in {empty:,} accounts, which Salesforce refuses to save"
                yield Remark("required field", True, f"{said}: fill it, or they are rejected")

    def _kinds(self) -> Iterator[Remark]:
        told = {
            "BillingStateCode": "state and country picklists are on: state and country are read as their codes, and as the text where a record has none",
            "CurrencyIsoCode": "several currencies: amounts are in each record's own",
            "IsPersonAccount": "person accounts are on: they are accounts like others unless person_accounts: exclude; map IsPersonAccount to tell them apart",
        }
        there = self.shape.fields("Account")
        for name, said in told.items():
            if name.casefold() in there:
                yield Remark("org", True, said)

    def _owners(self) -> Iterator[Remark]:
        gone = self.asking.count("SELECT COUNT() FROM Account WHERE Owner.IsActive = false")
        if gone:
            yield Remark("owners", True, f"{gone:,} accounts belong to users who are inactive")
        query = f"SELECT OwnerId, COUNT(Id) held FROM Account GROUP BY OwnerId HAVING COUNT(Id) > {CROWDED}"
        rows = self.asking.records(query)
        if rows is None:
            yield Remark("ownership skew", True, "how many accounts each owner has could not be counted")
        for row in rows or ():
            held = int(row["held"])
            said = f"{row['OwnerId']} has {held:,} accounts; above {TOO_CROWDED:,} records of one owner Salesforce locks and slows"
            yield Remark("ownership skew", True, said)

    def _reworded(self, outputs: Sequence[MappedField]) -> Iterator[Remark]:
        """What an admin changed of our fields is told and left."""
        for output in outputs:
            found = self.shape.find("Account", output.source)
            if found is None:
                continue
            wanted: Mapping[str, str] = {"label": label_of(output), "inlineHelpText": help_of(output)}
            changed = [name for name, ours in wanted.items() if ours and (found.get(name) or "") != ours]
            if changed:
                said = f"{output.source} has another {' and '.join(changed)} than setup would give it; left as it is"
                yield Remark("setup", True, said)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
