"""Which fields the config asks for, which of them can be hidden, and which our user cannot use as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.mapping import FieldMap, MappedField
from connectors.records import MAIN, RecordKind
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.standard import OBJECTS, default_fields, needed
from connectors.salesforce.wire.client import Client

_MAY_BE_ABSENT = ("CurrencyIsoCode", "IsPersonAccount", "RecordTypeId")
"""Fields that only some orgs have."""


@dataclass(frozen=True, slots=True)
class Need:
    """One field of an object that we read, or write where `edit`; `guard` is what can hide it, None for nothing."""

    sobject: str
    source: str
    edit: bool
    guard: str | None
    usable: bool
    """Whether our user may use it so already."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Held against one org."""

    client: Client
    shape: Shape
    mapping: FieldMap

    def of(self, outputs: Sequence[MappedField]) -> list[Need]:
        """Mapped fields, those that are written as such; fields that exist nowhere are left out but for outputs."""
        written = {field.source.casefold() for field in outputs}
        read = [
            self._need(sobject, source, edit=False)
            for sobject, source in dict.fromkeys(self._read())
            if sobject != "Account" or source.casefold() not in written
        ]
        return read + [self._need("Account", field.source, edit=True) for field in outputs]

    def _read(self) -> Iterator[tuple[str, str]]:
        """Every object and field that is mapped, or that a column is made of."""
        for kind in MAIN:
            for field in self.mapping.of(kind):
                yield from ((sobject, field.source) for sobject in self._objects(kind, field))
            for sobject in OBJECTS[kind]:
                names = needed(kind, sobject, self.mapping)
                yield from ((sobject, name) for name in names if name not in _MAY_BE_ABSENT)

    def exists(self, sobject: str, name: str) -> bool:
        """Whether a custom field exists, also when nobody may see it: the Tooling API does."""
        text = select(
            ["Id"],
            "CustomField",
            any_of("TableEnumOrId", [sobject]),
            any_of("DeveloperName", [name.removesuffix("__c")]),
        )
        return bool(self.client.read("setup", "tooling/query", params={"q": text})["records"])

    def _objects(self, kind: RecordKind, field: MappedField) -> Iterator[str]:
        """The objects of the table that have the field, hidden or not."""
        seen = [sobject for sobject in OBJECTS[kind] if self.shape.find(sobject, field.source) is not None]
        if seen:
            yield from seen
        elif field.source.endswith("__c"):
            yield from (sobject for sobject in OBJECTS[kind] if self.exists(sobject, field.source))
        elif field.source not in _MAY_BE_ABSENT and _by_default(kind, field):
            yield OBJECTS[kind][0]

    def _need(self, sobject: str, source: str, *, edit: bool) -> Need:
        found = self.shape.find(sobject, source)
        usable = found is not None and (bool(found["updateable"]) or not edit)
        return Need(sobject, source, edit, self.shape.guarded(sobject, source), usable)


def _by_default(kind: RecordKind, field: MappedField) -> bool:
    usual = {known.name: known.source for known in default_fields().of(kind)}
    return usual.get(field.name) == field.source
