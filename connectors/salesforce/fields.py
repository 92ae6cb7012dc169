"""What an org's objects have: describe, kept for the life of a connection, and held against the mapping."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.errors import FieldProblem, Garbled, Refused
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField
from connectors.records import COLUMNS, RecordKind
from connectors.salesforce.standard import OBJECTS, STANDARD, needed

if TYPE_CHECKING:
    from connectors.salesforce.wire.client import Client

_MAY_BE_ABSENT = frozenset(["CurrencyIsoCode"])
"""Only an org with several currencies has it."""
_DEEPEST = 5
"""Relationships that a query follows upwards (doc)."""
_COMPOUND = frozenset(["address", "location", "base64", "anyType", "complexvalue", "json"])
_NUMERIC = frozenset(["double", "currency", "percent", "int", "long"])
_FITS: Mapping[FieldType, frozenset[str]] = {
    FieldType.INTEGER: _NUMERIC,
    FieldType.NUMBER: _NUMERIC,
    FieldType.BOOLEAN: frozenset(["boolean"]),
    FieldType.DATE: frozenset(["date", "datetime"]),
    FieldType.DATETIME: frozenset(["date", "datetime"]),
}


@dataclass(frozen=True, slots=True)
class Described:
    """One field as the org's describe shows it to us."""

    name: str
    """As the org spells it; a field of a parent with the relationships that lead there: `Parent.Industry`."""
    type: str
    updateable: bool
    scale: int
    createable: bool = False
    relationship: str = ""
    """The name under which the fields of the record that it leads to are asked for."""
    targets: tuple[str, ...] = ()
    """The objects that it may lead to."""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What people read, by the value that the API holds, for picklists; values of today and of before."""

    @property
    def is_reference(self) -> bool:
        """Whether it holds an id."""
        return self.type in ("reference", "id")


class Fields:
    """The fields of an org that our user may read, by object; each object is described once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._described: dict[str, dict[str, Described]] = {}

    def of(self, sobject: str) -> Mapping[str, Described]:
        """The readable fields of an object by casefolded name; Refused where there is no such object."""
        if sobject not in self._described:
            answer = self._client.read("describe", f"sobjects/{sobject}/describe")
            try:
                self._described[sobject] = {f["name"].casefold(): _described(f) for f in answer["fields"]}
            except (KeyError, TypeError, AttributeError) as error:
                raise Garbled(f"describe: the answer does not tell the fields of {sobject}") from error
        return self._described[sobject]

    def find(self, sobject: str, source: str) -> Described | None:
        """The field of this name or path (`Parent.Industry`), whatever its case.

        None where it does not exist, may not be read, or lies behind a reference to several objects.
        """
        found = self._follow(sobject, source)
        return found if isinstance(found, Described) else None

    def labels(self, sobject: str, source: str) -> Mapping[str, str]:
        """What people read instead of each value of a picklist; empty for any other field, and for none."""
        found = self.find(sobject, source)
        return {} if found is None else found.labels

    def _follow(self, sobject: str, source: str) -> Described | str:
        """The field that a path leads to, or why it leads to none."""
        *steps, last = source.split(".")
        names: list[str] = []
        for step in steps:
            through = next(
                (f for f in self.of(sobject).values() if f.relationship.casefold() == step.casefold()), None
            )
            if through is None or not through.relationship:
                return f"{sobject} has no relationship {step!r} that our user may follow"
            if len(through.targets) != 1:
                return f"{step} of {sobject} may lead to {' or '.join(through.targets)}; map a field of {sobject} itself"
            names.append(through.relationship)
            [sobject] = through.targets
            if not self.has_object(sobject):
                return f"{sobject}, where {step!r} leads, may not be read by our user"
        if len(names) > _DEEPEST:
            return f"follows {len(names)} relationships; Salesforce follows {_DEEPEST}"
        found = self.of(sobject).get(last.casefold())
        if found is None:
            return f"{sobject} has no field {last!r} that our user may read (unknown, or hidden by field-level security)"
        return replace(found, name=".".join([*names, found.name]), updateable=False) if names else found

    def why_not(self, sobject: str, source: str) -> str:
        """Why a name or path leads to no field that can be read; "" where it does."""
        found = self._follow(sobject, source)
        return found if isinstance(found, str) else ""

    def has_object(self, sobject: str) -> bool:
        """Whether the org has this object, as far as our user may know."""
        try:
            self.of(sobject)
        except Refused as error:
            if error.status != 404:
                raise
            return False
        return True

    def forget(self) -> None:
        """Describe anew: fields were created or granted."""
        self._described.clear()

    def problems(self, fields: FieldMap, kind: RecordKind, *, writing: bool) -> list[FieldProblem]:
        """Every mapped field of one table that does not fit the org, and what hides a part of its records."""
        objects = OBJECTS.get(kind, ())
        if lacking := [sobject for sobject in objects if not self.has_object(sobject)]:
            return [_unseen(kind, sobject) for sobject in lacking]
        found = (self._problem(kind, mapped, writing) for mapped in fields.of(kind))
        told = [problem for problem in found if problem is not None]
        sources = {problem.source for problem in told}
        hidden = (problem for sobject in objects for problem in self._hidden(fields, kind, sobject))
        return told + [problem for problem in hidden if problem.source not in sources]

    def _hidden(self, fields: FieldMap, kind: RecordKind, sobject: str) -> Iterator[FieldProblem]:
        """Fields that are hidden on this object: its records would have blanks, whatever another object shows."""
        for source, column in needed(kind, sobject, fields).items():
            if source not in _MAY_BE_ABSENT and self.find(sobject, source) is None:
                said = f"of {sobject} is hidden from our user: grant read access (field-level security)"
                yield FieldProblem(kind.value, column, source, said)

    def _problem(self, kind: RecordKind, mapped: MappedField, writing: bool) -> FieldProblem | None:
        hits = [hit for sobject in OBJECTS[kind] if (hit := self.find(sobject, mapped.source)) is not None]
        standard = STANDARD[kind].get(mapped.name) == mapped.source
        if not hits and standard and mapped.source in _MAY_BE_ABSENT:
            return None
        said = self._missing(kind, mapped, standard) if not hits else _unfit(kind, mapped, hits[0], writing)
        if not said:
            return None
        near = () if hits or standard else self._nearest(kind, mapped.source)
        return FieldProblem(kind.value, mapped.name, mapped.source, said, near)

    def _missing(self, kind: RecordKind, mapped: MappedField, standard: bool) -> str:
        where = " or ".join(OBJECTS[kind])
        if standard:
            return f"of {where} is hidden from our user: grant read access (field-level security)"
        if "." in mapped.source:
            return f"leads nowhere: {self._follow(OBJECTS[kind][0], mapped.source)}"
        return (
            f"is not a field of {where} that our user may read (unknown, or hidden by field-level security)"
        )

    def _nearest(self, kind: RecordKind, source: str) -> tuple[str, ...]:
        names = {k: d.name for sobject in OBJECTS[kind] for k, d in self.of(sobject).items()}
        hits = difflib.get_close_matches(source.casefold(), names, n=3, cutoff=0.6)
        return tuple(names[hit] for hit in hits)


def _described(given: Mapping[str, Any]) -> Described:
    return Described(
        given["name"],
        given["type"],
        bool(given["updateable"]),
        int(given.get("scale") or 0),
        bool(given.get("createable")),
        given.get("relationshipName") or "",
        tuple(given.get("referenceTo") or ()),
        {value["value"]: value.get("label") or value["value"] for value in given.get("picklistValues") or ()},
    )


def _unseen(kind: RecordKind, sobject: str) -> FieldProblem:
    right = "Access Activities" if kind is RecordKind.ACTIVITIES else f"Read on {sobject}"
    said = f"of {sobject} is hidden from our user with the whole object: grant {right}"
    return FieldProblem(kind.value, "id", "Id", said)


def misfit(wanted: FieldType, field: Described) -> str:
    """Why a field cannot be read as this type; "" where it can."""
    if field.type in _COMPOUND:
        return f"is compound ({field.type}); map its parts, such as BillingCity"
    fits = _FITS.get(wanted)
    return "" if fits is None or field.type in fits else f"is of type {field.type}, which is no {wanted}"


def _unfit(kind: RecordKind, mapped: MappedField, field: Described, writing: bool) -> str:
    computed = mapped.name in ("person", "type", "occurred_at", "minutes") and mapped.name in COLUMNS[kind]
    if said := misfit(FieldType.TEXT if computed else mapped.type, field):
        return said
    written = mapped.role is FieldRole.OUTPUT or (kind is RecordKind.ACCOUNTS and mapped.name == "owner_id")
    if writing and written and not field.updateable:
        return "may not be written by our user: grant edit access, or map a field that is not computed"
    return ""


def sources(fields: Fields, sobject: str, mapped: Sequence[MappedField]) -> dict[str, Described]:
    """Our column → the object's field, for those mapped fields that the object has."""
    found = {field.name: fields.find(sobject, field.source) for field in mapped}
    return {name: field for name, field in found.items() if field is not None}
