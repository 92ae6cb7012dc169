"""The operations of the Metadata API that act on components at once, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from xml.sax.saxutils import escape

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.metadata.components import Kind, Refused, truth
from connectors.sandbox.salesforce.metadata.elements import definition, xml
from connectors.sandbox.salesforce.metadata.fields import CustomFields
from connectors.sandbox.salesforce.metadata.permission_sets import PermissionSets
from connectors.sandbox.salesforce.metadata.views import ListViews, ReportTypes
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.values import moment
from connectors.sandbox.salesforce.soap.answers import response
from connectors.sandbox.salesforce.soap.envelope import (
    BadEnvelope,
    Element,
    Message,
    children,
    no_operation,
    text_of,
    type_of,
)

T = TypeVar("T")
MOST = 10
"""Components of one call (doc)."""
MOST_QUERIES = 3
"""Queries of one listMetadata (doc)."""


class Calls:
    """Carries out messages whose session was checked."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.kinds: Mapping[str, Kind] = {
            "CustomField": CustomFields(org),
            "PermissionSet": PermissionSets(org),
            "ListView": ListViews(org),
            "ReportType": ReportTypes(org),
        }

    def answer(self, message: Message, by: By) -> str:
        """The element of the answer; CallFailed and BadEnvelope are faults."""
        calls: Mapping[str, Callable[[Message, By], Sequence[str]]] = {
            "createMetadata": self._save,
            "updateMetadata": self._save,
            "upsertMetadata": self._save,
            "deleteMetadata": self._delete,
            "readMetadata": self._read,
            "listMetadata": self._list,
            "describeMetadata": self._describe,
        }
        if message.operation not in calls:
            raise BadEnvelope(no_operation(message.body))
        return response(message.operation, calls[message.operation](message, by))

    def _save(self, message: Message, by: By) -> list[str]:
        given = _few(list(children(message.body, "metadata")))
        types = {type_of(element) for element in given}
        if len(types) > 1:
            raise CallFailed(500, "INVALID_TYPE", "All records must be of the same type in one call")
        return [self._saved(message.operation, element, by) for element in given]

    def _saved(self, operation: str, element: Element, by: By) -> str:
        kind, made = self._kind(type_of(element)), definition(element)
        name = str(made.pop("fullName", ""))
        created = operation == "createMetadata" or (operation == "upsertMetadata" and kind.read(name) is None)
        act = kind.create if created else kind.change
        told = f"<created>{truth(created)}</created>" if operation == "upsertMetadata" else ""
        return told + self._result(name, lambda: act(name, made, by))

    def _delete(self, message: Message, by: By) -> list[str]:
        kind = self._kind(text_of(message.body, "type"))
        names = _few([element.text or "" for element in children(message.body, "fullNames")])
        return [self._result(name, lambda name=name: kind.remove(name, by)) for name in names]  # type: ignore[misc]

    def _result(self, name: str, act: Callable[[], None]) -> str:
        """One SaveResult: a component that is refused leaves the others of the call alone."""
        try:
            if not name:
                raise Refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [fullName]", "fullName")
            with self._org.core.state.transaction():
                act()
        except Refused as refusal:
            fields = "".join(f"<fields>{escape(field)}</fields>" for field in refusal.fields)
            errors = f"<errors>{fields}<message>{escape(refusal.message)}</message>"
            errors += f"<statusCode>{refusal.code}</statusCode></errors>"
            return f"{errors}<fullName>{escape(name)}</fullName><success>false</success>"
        return f"<fullName>{escape(name)}</fullName><success>true</success>"

    def _read(self, message: Message, by: By) -> list[str]:
        type = text_of(message.body, "type")
        kind = self._kind(type)
        names = _few([element.text or "" for element in children(message.body, "fullNames")])
        records = []
        for name in names:
            found = kind.read(name)
            nil = '<records xsi:nil="true"/>'
            records.append(nil if found is None else f'<records xsi:type="{type}">{xml(found)}</records>')
        return ["".join(records)]

    def _list(self, message: Message, by: By) -> list[str]:
        queries = list(children(message.body, "queries"))
        if len(queries) > MOST_QUERIES:
            raise CallFailed(500, "EXCEEDED_QUOTA", f"at most {MOST_QUERIES} queries in one call")
        return [
            _properties(type, self._kind(type), name, moment(by.at), by.actor)
            for type in (text_of(query, "type") or "" for query in queries)
            for name in self._kind(type).names()
        ]

    def _describe(self, message: Message, by: By) -> list[str]:
        objects = "".join(
            f"<metadataObjects><directoryName>{kind.directory}</directoryName><inFolder>false</inFolder>"
            f"<metaFile>false</metaFile><suffix>{kind.suffix or 'object'}</suffix><xmlName>{name}</xmlName>"
            "</metadataObjects>"
            for name, kind in self.kinds.items()
        )
        told = "<organizationNamespace/><partialSaveAllowed>true</partialSaveAllowed>"
        return [objects + told + "<testRequired>false</testRequired>"]

    def _kind(self, type: str | None) -> Kind:
        if type is None or type not in self.kinds:
            raise CallFailed(500, "INVALID_TYPE", f"This type of metadata is not available: {type}")
        return self.kinds[type]


def _few(given: list[T]) -> list[T]:
    if len(given) > MOST:
        message = f"record limit reached. cannot submit more than {MOST} records into this operation"
        raise CallFailed(500, "LIMIT_EXCEEDED", message)
    return given


def _properties(type: str, kind: Kind, name: str, at: str, who: str) -> str:
    file = f"{kind.directory}/{name.partition('.')[0] if kind.suffix is None else name}.{kind.suffix or 'object'}"
    return xml(
        {
            "createdById": who,
            "createdByName": "Ada Admin",
            "createdDate": at.replace("+0000", "Z"),
            "fileName": file,
            "fullName": name,
            "id": "",
            "lastModifiedById": who,
            "lastModifiedByName": "Ada Admin",
            "lastModifiedDate": at.replace("+0000", "Z"),
            "type": type,
        }
    )
