"""The parts of a table as this org has them: objects that it lacks, persons, codes of states and countries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import FieldProblem, FieldProblems
from connectors.mapping import FieldMap
from connectors.records import RecordKind
from connectors.salesforce.fields import Described, Fields, sources
from connectors.salesforce.reading.beside_parts import BESIDE_PARTS
from connectors.salesforce.reading.main_parts import MAIN_PARTS
from connectors.salesforce.reading.tables import Columns, Derive, Part

BESIDE_TABLES = frozenset([*BESIDE_PARTS, RecordKind.RATES])
"""What can be pulled beside the main tables and the territories."""
_PLACES = ("country", "state")
_PERSON = "IsPersonAccount"


@dataclass(frozen=True, slots=True)
class Shaping:
    """What of one org goes into each table."""

    fields: Fields
    mapping: FieldMap
    persons: bool = True
    """Whether person accounts are accounts."""

    def parts(self, kind: RecordKind) -> tuple[Part, ...]:
        """The objects of a table, without those that the org has not."""
        known = {**MAIN_PARTS, **BESIDE_PARTS}[kind]
        there = (part for part in known if not part.optional or self.fields.has_object(part.sobject))
        return tuple(self._shaped(kind, part) for part in there)

    def mapped(self, kind: RecordKind, part: Part) -> dict[str, Described]:
        """Our columns and the fields they are read from; FieldProblems where a fixed one is hidden."""
        return sources(self.fields, part.sobject, self.mapping.of(kind)) | self.fixed(kind.value, part)

    def fixed(self, table: str, part: Part) -> dict[str, Described]:
        """The fields that `part.standard` names; FieldProblems where one is hidden."""
        fixed = {name: self.fields.find(part.sobject, source) for name, source in part.standard.items()}
        hidden = [
            FieldProblem(
                table, name, part.standard[name],
                f"of {part.sobject} is hidden from our user: grant read access (field-level security)",
            )
            for name, field in fixed.items() if field is None
        ]  # fmt: skip
        if hidden:
            raise FieldProblems(hidden)
        return {name: field for name, field in fixed.items() if field is not None}

    def codes(self, kind: RecordKind) -> Mapping[str, str]:
        """The columns of places that are read from a code because the org has state and country picklists."""
        found = {}
        if kind is RecordKind.ACCOUNTS:
            for column in _PLACES:
                if self.mapping.has(kind, column):
                    code = self.fields.find("Account", f"{self.mapping.source(kind, column)}Code")
                    if code is not None:
                        found[column] = code.name
        return found

    def _shaped(self, kind: RecordKind, part: Part) -> Part:
        if part.sobject == "Contact" and self.fields.find("Contact", _PERSON) is not None:
            # Its owner is always that of its person account, so that it moves by itself.
            part = replace(part, where=f"{part.where} AND {_PERSON} = false")
        if part.sobject != "Account":
            return part
        if not self.persons and self.fields.find("Account", _PERSON) is not None:
            part = replace(part, where=f"{_PERSON} = false")
        codes = self.codes(kind)
        made = {column: self._code_or_name(column, code) for column, code in codes.items()}
        return replace(part, extra=tuple(codes.values()), derived={**part.derived, **made})

    def _code_or_name(self, column: str, code: str) -> Derive:
        """The code; where an old record has none, the text that it still holds."""
        source = self.fields.find("Account", self.mapping.source(RecordKind.ACCOUNTS, column))
        assert source is not None, "the mapping was held against describe"
        name = source.name

        def derive(page: Columns, not_people: Collection[str]) -> pa.Array:
            return pc.coalesce(page.get(code, pa.string()), page.get(name, pa.string()))

        return derive
