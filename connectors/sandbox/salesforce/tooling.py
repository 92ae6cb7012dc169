"""The Tooling API, as far as creating KPI fields needs it: CustomField, created and queried."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.soql.query import Queries
from connectors.sandbox.tables import Stored

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")


class Tooling:
    """The Tooling endpoints, without HTTP."""

    def __init__(self, org: Org, queries: Queries) -> None:
        self._org, self._queries = org, queries

    def create(self, request: Request, type: str, body: Any) -> dict[str, Any]:
        """Adds a custom field to an object. Nobody sees it until field-level security grants it."""
        if type.lower() != "customfield":
            raise not_found()
        if not isinstance(body, dict) or not isinstance(body.get("Metadata"), dict):
            raise CallFailed(
                400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", fields=["Metadata"]
            )
        object_name, _, name = str(body.get("FullName", "")).partition(".")
        object = self._org.objects.get(object_name.lower())
        if object is None or object.setup:
            raise CallFailed(
                400, "INVALID_CROSS_REFERENCE_KEY", f"invalid entity: {object_name}", fields=["FullName"]
            )
        if not _NAME.match(name) or len(name) > 43:
            raise CallFailed(
                400, "FIELD_INTEGRITY_EXCEPTION", f"invalid field name: {name}", fields=["FullName"]
            )
        if object.find(name) is not None:
            message = f"There is already a field named {name.removesuffix('__c')} on {object.name}."
            raise CallFailed(400, "DUPLICATE_DEVELOPER_NAME", message, fields=["FullName"])
        metadata = body["Metadata"]
        _check(metadata)
        try:
            field = self._org.custom_field(object, name, metadata)
        except ValueError as error:
            raise CallFailed(400, "INVALID_FIELD", str(error)) from None
        self._org.add_field(object, field)
        row: dict[str, Stored] = {
            "DeveloperName": name.removesuffix("__c"),
            "TableEnumOrId": object.name,
            "FullName": f"{object.name}.{name}",
            "Metadata": json.dumps(metadata),
        }
        by = self._org.core.by(request, self._org.user_id)
        id = ids.make("00N", self._org.next_number("CustomField"))
        self._org.core.state.insert("CustomField", {"Id": id, **self._org.stamped(row, by, new=True)}, by)
        return {"id": id, "success": True, "errors": [], "warnings": [], "infos": []}

    def query(self, query: str, base: str) -> dict[str, Any]:
        """A query over the Tooling objects; Metadata comes as an object, for one record at a time."""
        answer = self._queries.run(query, base, page=2_000, objects=self._org.tooling)
        for record in answer["records"]:
            if isinstance(record.get("Metadata"), str):
                if answer["totalSize"] > 1:
                    message = "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval."
                    raise CallFailed(400, "MALFORMED_QUERY", message)
                record["Metadata"] = json.loads(record["Metadata"])
        return answer


def _check(metadata: dict[str, Any]) -> None:
    """What Salesforce demands of each kind of field."""
    needed = {"Text": ("length",), "LongTextArea": ("length", "visibleLines"), "Checkbox": ("defaultValue",)}
    numeric = ("precision", "scale")
    kind = str(metadata.get("type"))
    wanted = ("label", *needed.get(kind, numeric if kind in ("Number", "Currency", "Percent") else ()))
    for name in wanted:
        if metadata.get(name) is None:
            raise CallFailed(
                400,
                "FIELD_INTEGRITY_EXCEPTION",
                f"Must specify '{name}' for a CustomField of type {kind}",
                fields=[name],
            )
    if kind in ("Number", "Currency", "Percent") and not 0 < int(metadata["precision"]) <= 18:
        raise CallFailed(
            400, "NUMBER_OUTSIDE_VALID_RANGE", "Precision must be between 1 and 18", fields=["precision"]
        )
