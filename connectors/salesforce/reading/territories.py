"""Enterprise Territory Management: one model's territories, and which accounts and users are in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Pull
from connectors.errors import FieldProblem, FieldProblems
from connectors.mapping import FieldMap
from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES, RecordId, RecordKind, Watermark
from connectors.salesforce.fields import Fields
from connectors.salesforce.ids import full_id
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.reading.tables import Part
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client
from connectors.tables import SCHEMAS, TIMESTAMP

MANUAL = "Territory2Manual"
"""The cause of what a person or an integration did; what Salesforce's own rules did has another one."""
_ASKED = 400
"""Records whose memberships are asked for at once: their ids fit into an address of 16,384 bytes."""


@dataclass(frozen=True, slots=True)
class Membership:
    """One kind of row that says who is in a territory, and the column of ours that holds them as a set."""

    sobject: str
    record: str
    """The field with the account or user."""
    column: str
    table: RecordKind
    asked: tuple[str, ...]
    where: str = ""


ACCOUNTS = Membership(
    "ObjectTerritory2Association", "ObjectId", CRM_TERRITORIES, RecordKind.TERRITORY_ACCOUNTS,
    ("AssociationCause",), "SobjectType = 'Account'",
)  # fmt: skip
USERS = Membership(
    "UserTerritory2Association", "UserId", CRM_USER_TERRITORIES, RecordKind.TERRITORY_USERS,
    ("RoleInTerritory2",),
)  # fmt: skip
MEMBERSHIPS: Mapping[str, Membership] = {kind.column: kind for kind in (ACCOUNTS, USERS)}


@dataclass(frozen=True, slots=True)
class Member:
    """One row: the record is in the territory; `ours` where our user put it there by hand."""

    id: RecordId
    territory_id: RecordId
    ours: bool


class Territories:
    """The territories of one model; read once in the life of a connection, their members whenever asked."""

    def __init__(self, client: Client, fields: Fields, mapping: FieldMap, reader: Reader) -> None:
        self._client, self._fields, self._reader = client, fields, reader
        wanted = {field.name: field.source for field in mapping.of(RecordKind.TERRITORIES)}
        self._wanted = wanted.get("model")

    @property
    def are_wanted(self) -> bool:
        """Whether the config has memberships kept in the CRM."""
        return self._wanted is not None

    def problems(self) -> list[FieldProblem]:
        """Why the model that the config names cannot be used; empty where it can, or where none is wanted."""
        if not self.are_wanted:
            return []
        if not self._fields.has_object("Territory2Model"):
            said = "is not there: the org has no Enterprise Territory Management, or our user may not see it"
            return [FieldProblem("territories", "model", "Territory2Model", said)]
        found = [model for model in self._models if self._is_wanted(model)]
        if len(found) == 1:
            return []
        if not self._wanted:
            return [
                FieldProblem("territories", "model", "Territory2Model", f"has {len(found)} active models")
            ]
        return [
            FieldProblem(
                "territories", "model", self._wanted,
                "is no territory model that our user may see; only the active one shows without the permission Manage "
                "Territories", tuple(str(model["DeveloperName"]) for model in self._models),
            )
        ]  # fmt: skip

    @cached_property
    def model(self) -> RecordId:
        """The id of the model that memberships are read from and written to; FieldProblems where there is none."""
        if problems := self.problems():
            raise FieldProblems(problems)
        return next(full_id(model["Id"]) for model in self._models if self._is_wanted(model))

    @cached_property
    def names(self) -> Mapping[RecordId, str]:
        """The developer name of every territory of the model, by id."""
        rows = self._all(
            select(["Id", "DeveloperName"], "Territory2", self._of_model("Territory2ModelId"), order="Id")
        )
        return {full_id(row["Id"]): str(row["DeveloperName"]) for row in rows}

    @cached_property
    def ids(self) -> Mapping[str, RecordId]:
        """The inverse of `names`."""
        return {name: id for id, name in self.names.items()}

    def pull(self, kind: RecordKind, spool: Path | None = None) -> Pull:
        """The whole table: what was deleted bypasses the bin, so that changes alone would not tell of it."""
        if kind is RecordKind.TERRITORIES:
            return Pull(self._territories(), Watermark("whole"), True)
        [membership] = [one for one in MEMBERSHIPS.values() if one.table is kind]
        return Pull(self._members(membership, spool), Watermark("whole"), True)

    def members(self, kind: Membership, records: Sequence[str]) -> dict[str, list[Member]]:
        """Every membership of these records in the model, live, by record; those in no territory are left out."""
        found: dict[str, list[Member]] = {}
        for start in range(0, len(records), _ASKED):
            chunk = records[start : start + _ASKED]
            for row in self._all(self._query(kind, any_of(kind.record, chunk))):
                member = Member(full_id(row["Id"]), full_id(row["Territory2Id"]), self._is_ours(row))
                found.setdefault(full_id(row[kind.record]), []).append(member)
        return found

    def sets(self, kind: Membership, records: Sequence[str]) -> dict[str, str | None]:
        """What is ours of each record as one text: the territories' names in order, joined by ; (None: none)."""
        found = self.members(kind, records)
        return {
            id: self.text(member.territory_id for member in found.get(id, ()) if member.ours)
            for id in records
        }

    def text(self, territories: Iterator[RecordId]) -> str | None:
        """A set of territories as its one text."""
        return ";".join(sorted(self.names[id] for id in territories)) or None

    def _is_ours(self, row: Mapping[str, Any]) -> bool:
        by_hand = row.get("AssociationCause", MANUAL) == MANUAL
        return by_hand and full_id(row["LastModifiedById"]) == self._client.user_id

    @cached_property
    def _models(self) -> Sequence[Mapping[str, Any]]:
        return self._all(select(["Id", "DeveloperName", "State"], "Territory2Model", order="Id"))

    def _is_wanted(self, model: Mapping[str, Any]) -> bool:
        if not self._wanted:
            return bool(model["State"] == "Active")
        return str(model["DeveloperName"]).casefold() == self._wanted.casefold()

    def _of_model(self, field: str) -> str:
        from simple_salesforce.format import format_soql

        return f"{field} = " + str(format_soql("{}", self.model))

    def _names(self, kind: Membership) -> tuple[str, ...]:
        return (kind.record, "Territory2Id", *kind.asked, "LastModifiedById", "SystemModstamp")

    def _where(self, kind: Membership) -> str:
        of_model = self._of_model("Territory2.Territory2ModelId")
        return f"{of_model} AND {kind.where}" if kind.where else of_model

    def _query(self, kind: Membership, of_records: str) -> str:
        return select(("Id", *self._names(kind)), kind.sobject, of_records, self._where(kind), order="Id")

    def _all(self, text: str) -> list[Mapping[str, Any]]:
        return [record for page in self._reader.pages(text) for record in page]

    def _territories(self) -> Iterator[pa.RecordBatch]:
        names = ("Id", "DeveloperName", "Name", "ParentTerritory2Id", "Territory2ModelId", "SystemModstamp")
        [model] = [model for model in self._models if full_id(model["Id"]) == self.model]
        schema = SCHEMAS[RecordKind.TERRITORIES]
        of_model = self._of_model("Territory2ModelId")
        for page in self._reader.pages(select(names, "Territory2", of_model, order="Id")):
            rows = [
                {
                    "id": full_id(row["Id"]),
                    "name": row["DeveloperName"],
                    "label": row["Name"],
                    "parent_id": full_id(row["ParentTerritory2Id"]) if row["ParentTerritory2Id"] else None,
                    "model": model["DeveloperName"],
                    "model_state": str(model["State"]).lower(),
                    "modified_at": datetime.fromisoformat(row["SystemModstamp"]),
                    "deleted": False,
                }
                for row in page
            ]
            yield pa.RecordBatch.from_pylist(rows, schema)

    def _members(self, kind: Membership, spool: Path | None) -> Iterator[pa.RecordBatch]:
        part = Part(kind.sobject, self._names(kind), where=self._where(kind), has_deleted=False)
        text, schema = pa.string(), SCHEMAS[kind.table]
        yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
        for page in self._reader.every(part, spool):
            by_us = pc.equal(page.get("LastModifiedById", text), self._client.user_id)
            if kind is ACCOUNTS:
                by_us = pc.and_(by_us, pc.equal(page.get("AssociationCause", text), MANUAL))
            told = {
                "id": page.ids,
                "territory_id": page.get("Territory2Id", text),
                "account_id" if kind is ACCOUNTS else "user_id": page.get(kind.record, text),
                "cause" if kind is ACCOUNTS else "role": page.get(kind.asked[0], text),
                "by_us": by_us,
                "modified_at": page.get("SystemModstamp", TIMESTAMP),
                "deleted": pa.repeat(pa.scalar(False), page.rows),
            }
            yield pa.RecordBatch.from_arrays([told[f.name].cast(f.type) for f in schema], schema=schema)


def looked(
    reader: Reader, territories: Territories, ids: Sequence[RecordId], columns: Sequence[str]
) -> pa.Table:
    """Live values as `Connector.lookup` gives them, sets of territories among them; users have nothing but those."""
    kinds = [MEMBERSHIPS[name] for name in columns if name in MEMBERSHIPS]
    if not kinds:
        return reader.lookup(ids, columns)
    users = [id for id in ids if id.startswith("005")]
    plain = [name for name in dict.fromkeys(columns) if name not in MEMBERSHIPS and name != "id"]
    found = reader.lookup([id for id in ids if not id.startswith("005")], plain)
    members = pa.table({"id": pa.array(users, pa.string())})
    for kind in kinds:
        found = _with_sets(found, territories, kind, kind is ACCOUNTS)
        members = _with_sets(members, territories, kind, kind is USERS)
    whole = pa.concat_tables([found, members], promote_options="default")
    return whole.select(list(dict.fromkeys(["id", *columns])))


def _with_sets(table: pa.Table, territories: Territories, kind: Membership, fits: bool) -> pa.Table:
    ids = table["id"].to_pylist()
    sets = territories.sets(kind, ids) if fits else {}
    return table.append_column(kind.column, pa.array([sets.get(id) for id in ids], pa.string()))
