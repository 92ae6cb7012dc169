"""The Tooling API, as far as creating KPI fields needs it: CustomField, created and queried."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.metadata.components import Refused
from connectors.sandbox.salesforce.metadata.fields import CustomFields
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.setup_lists import NO_ID, SetupLists
from connectors.sandbox.salesforce.soql.query import Queries


class Tooling:
    """The Tooling endpoints, without HTTP."""

    def __init__(self, org: Org, queries: Queries) -> None:
        self._org, self._queries = org, queries
        self._fields = CustomFields(org)
        self._lists = SetupLists(org)

    def create(self, request: Request, type: str, body: Any) -> dict[str, Any]:
        """Adds a custom field to an object. Nobody sees it until field-level security grants it."""
        if type.lower() != "customfield":
            raise not_found()
        if not isinstance(body, dict) or not isinstance(body.get("Metadata"), dict):
            raise CallFailed(
                400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", fields=["Metadata"]
            )
        by = self._org.core.by(request, self._org.user_id)
        try:
            id = self._fields.add(str(body.get("FullName", "")), body["Metadata"], by)
        except Refused as refusal:
            raise CallFailed(400, refusal.code, refusal.message, fields=list(refusal.fields)) from None
        return {"id": id, "success": True, "errors": [], "warnings": [], "infos": []}

    def query(self, query: str, base: str) -> dict[str, Any]:
        """A query over the Tooling objects; Metadata comes as an object, for one record at a time."""
        self._lists.refresh()
        answer = self._queries.run(query, base, page=2_000, objects=self._org.tooling)
        for record in answer["records"]:
            if "Id" in record and record["attributes"]["type"] in (
                "OwnerChangeOptionInfo",
                "EntityDefinition",
            ):
                record["Id"] = NO_ID
            if isinstance(record.get("Metadata"), str):
                if answer["totalSize"] > 1:
                    message = "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval."
                    raise CallFailed(400, "MALFORMED_QUERY", message)
                record["Metadata"] = json.loads(record["Metadata"])
        return answer
