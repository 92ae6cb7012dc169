"""Fields and objects as Salesforce describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.sandbox.tables import Column, ColumnType

_STORED: Mapping[str, ColumnType] = {
    "int": "integer",
    "double": "real",
    "currency": "real",
    "percent": "real",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_UNGROUPABLE = ("double", "currency", "percent", "datetime", "combobox", "address", "multipicklist")
STAMPS = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
"""The fields that Salesforce itself writes on every record."""
_LENGTHS = {"id": 18, "reference": 18, "picklist": 255, "email": 80, "phone": 40, "url": 255}
NUMBERS = ("int", "double", "currency", "percent")
IDS = ("id", "reference")


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `type` is Salesforce's own word for it."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    permissionable: bool = True
    custom: bool = False
    name_field: bool = False
    indexed: bool = False
    restricted: bool = False
    defaulted: bool = False
    values: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    relationship: str | None = None
    help: str | None = None
    compound: str | None = None
    """The address that this field is a part of."""
    feature: str = ""
    """The setting without which the org does not have this field."""
    initial: str = ""
    """What a record holds that was written without this field, as currencies do."""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What people read instead of a picklist value, where it is not the value itself."""
    unseen: bool = False
    """Kept by the sandbox, shown to nobody: Salesforce's object has no such field."""
    inactive: tuple[str, ...] = ()
    """Picklist values that older records hold and nobody can choose any more."""
    external_id: bool = False
    unique: bool = False
    """Whether records can be found by it when they are upserted."""

    @property
    def column(self) -> Column:
        """How it is stored."""
        default = 0 if self.type == "boolean" else self.initial or None  # a checkbox is never empty
        return Column(self.name, _STORED.get(self.type, "text"), self.indexed, default)

    @property
    def finds(self) -> bool:
        """Whether a record may be named by it, as describe says in idLookup."""
        return self.external_id or self.type in ("id", "email")

    @property
    def is_text(self) -> bool:
        """Whether it is written in quotes in SOQL and JSON, ids aside."""
        return self.type not in _STORED and self.type not in IDS

    @property
    def groupable(self) -> bool:
        """Whether a query may group by it."""
        short = self.type != "textarea" or 0 < self.length <= 255
        return short and self.type not in _UNGROUPABLE

    def describe(self, *, editable: bool) -> dict[str, Any]:
        """As `describe` shows it to a user who may read it, and write it where `editable`."""
        length = self.length or _LENGTHS.get(self.type, 0)
        text = self.is_text and self.type != "address"
        short = self.type != "textarea" or 0 < self.length <= 255
        return {
            "aggregatable": short and self.type not in ("boolean", "address"),
            "aiPredictionField": False,
            "autoNumber": False,
            "byteLength": length if self.type in IDS else length * 3 if text else 0,
            "calculated": False,
            "calculatedFormula": None,
            "cascadeDelete": False,
            "caseSensitive": False,
            "compoundFieldName": self.compound,
            "controllerName": None,
            "createable": self.createable and editable,
            "custom": self.custom,
            "defaultValue": False if self.type == "boolean" else None,
            "defaultValueFormula": None,
            "defaultedOnCreate": self.defaulted or self.type in ("boolean", "id") or self.name in STAMPS,
            "dependentPicklist": False,
            "deprecatedAndHidden": False,
            "digits": 8 if self.type == "int" else 0,
            "displayLocationInDecimal": False,
            "encrypted": False,
            "externalId": self.external_id,
            "extraTypeInfo": "plaintextarea" if self.type == "textarea" else None,
            "filterable": short,
            "filteredLookupInfo": None,
            "formulaTreatNullNumberAsZero": False,
            "groupable": self.groupable,
            "highScaleNumber": False,
            "htmlFormatted": False,
            "idLookup": self.finds,
            "inlineHelpText": self.help,
            "label": self.label,
            "length": length,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name_field,
            "namePointing": len(self.targets) > 1,
            "nillable": self.nillable,
            "permissionable": self.permissionable,
            "picklistValues": [
                {
                    "active": v not in self.inactive,
                    "defaultValue": False,
                    "label": self.labels.get(v, v),
                    "validFor": None,
                    "value": v,
                }
                for v in self.values
            ],
            "polymorphicForeignKey": len(self.targets) > 1,
            "precision": self.precision,
            "queryByDistance": self.type == "address",
            "referenceTargetField": None,
            "referenceTo": list(self.targets),
            "relationshipName": self.relationship,
            "relationshipOrder": None,
            "restrictedDelete": False,
            "restrictedPicklist": self.restricted,
            "scale": self.scale,
            "searchPrefilterable": self.type == "reference" and "User" not in self.targets,
            "soapType": _SOAP.get(self.type, "xsd:string"),
            "sortable": short and self.type != "address",
            "type": self.type,
            "unique": self.unique,
            "updateable": self.updateable and editable,
            "writeRequiresMasterRead": False,
        }


@dataclass(frozen=True, slots=True)
class SObject:
    """One object; `setup` objects live in Salesforce's configuration and may not be mixed with data."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: tuple[Field, ...]
    createable: bool = True
    deletable: bool = True
    updateable: bool = True
    setup: bool = False
    feature: str = ""
    """The setting without which the org does not have this object."""
    _by_name: dict[str, Field] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({f.name.lower(): f for f in self.fields})

    def find(self, name: str) -> Field | None:
        """The field of this name in any case."""
        return self._by_name.get(name.lower())

    def follow(self, relationship: str) -> Field | None:
        """The reference field that this relationship name goes through."""
        wanted = relationship.lower()
        return next((f for f in self.fields if f.relationship and f.relationship.lower() == wanted), None)

    def with_field(self, added: Field) -> SObject:
        """The object with one more field."""
        return replace(self, fields=(*self.fields, added), _by_name={})

    @property
    def has_bin(self) -> bool:
        """Whether deleted records stay, marked, in the recycle bin."""
        return self.find("IsDeleted") is not None
