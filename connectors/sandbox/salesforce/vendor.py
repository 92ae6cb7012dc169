"""The org as the core sees it: how it is filled, steered and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from connectors.sandbox import csvload
from connectors.sandbox.core import Answer, Core
from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.app import Api
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.limits import Usage
from connectors.sandbox.salesforce.oauth import Login, Sessions
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.packages import PACKAGES
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.shape.filling import fill
from connectors.sandbox.salesforce.shape.founding import found
from connectors.sandbox.salesforce.shape.surroundings import surround
from connectors.sandbox.salesforce.soap.answers import XML, fault
from connectors.sandbox.salesforce.soap.envelope import flavour_of
from connectors.sandbox.salesforce.write import PERSON
from connectors.sandbox.seed import Seed
from connectors.sandbox.tables import Stored

_SHOWN = ("org_id", "username", "client_id", "client_secret", "private_key", "session_id")


class Salesforce:
    """A `Vendor`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._org = Org(core)
        self._sessions = Sessions(core, self._org.id)
        self._login = Login(self._org, self._sessions)
        found(self._org, self._login.app["username"])
        self._api = Api(self._org, self._sessions, self._login)
        self.app: Starlette = self._api.app(PACKAGES)

    @property
    def usage(self) -> Usage:
        """The org's count of calls."""
        return self._api.usage

    def credentials(self) -> dict[str, str]:
        """Org id, connected app and a session id."""
        return {name: self._login.app[name] for name in _SHOWN}

    def answer(self, kind: str, details: Mapping[str, Any]) -> Answer:
        """The body and status that Salesforce gives for each kind of refusal."""
        status, code, message = {
            "rate_limit": (
                (503, "SERVER_UNAVAILABLE", "Too many requests; try again later")
                if details.get("shape") == "503"
                else (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
                if details.get("shape") == "concurrent"
                else (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests")
            ),
            "unavailable": (503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable"),
            "quota": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            "status": (int(details.get("status", 500)), "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        }[kind]
        flavour = flavour_of(str(details.get("path", "")))
        if flavour is not None:
            status = status if status == 503 or kind == "status" else 500
            return Answer(status, fault(flavour, code, message), {"content-type": XML})
        headers = {"Sforce-Limit-Info": self.usage.header}
        if "retry_after" in details:
            headers["Retry-After"] = str(details["retry_after"])
        return Answer(status, [{"message": message, "errorCode": code}], headers)

    def expire_sessions(self) -> None:
        """Ends every session."""
        self._sessions.end_all()

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str) -> None:
        """A person's edit; `{"IsDeleted": true}` deletes, and false brings back from the recycle bin.

        The id "new" creates a record; `{"IsErased": true}` deletes one for good, past the recycle bin.
        """
        known = self._object(object)
        by = By(actor, self._core.clock.now())
        state = self._core.state
        try:
            if id == "new":
                self._api.writer.create(known, self._api.writer.fields(known, values), by, PERSON)
                return
            full = ids.parse(id)
            if values.get("IsErased"):
                state.remove(known.name, full, by)
                return
            if values.get("IsDeleted") and (known.find("IsDeleted") is None or known.feature):
                self._api.writer.delete(known, full, by, PERSON)
                return
            if "IsDeleted" in values:
                if state.read(known.name, full) is None:
                    raise LookupError(f"{known.name} holds no record {full!r}")
                flag: dict[str, Stored] = {"IsDeleted": int(bool(values["IsDeleted"]))}
                state.update(known.name, full, flag, by, stamps=self._org.stamped({}, by))
                return
            fields: dict[Field, Any] = {}
            for name, value in values.items():
                field = known.find(name)
                if field is None:
                    raise LookupError(f"{known.name} has no field {name!r}")
                fields[field] = value
            self._api.writer.update(known, full, fields, by, PERSON)
        except (CallFailed, RowFailed) as failure:
            raise ValueError(f"{known.name} {id}: {failure}") from failure

    def seed(self, seed: Seed) -> None:
        """Fills the org with sample data."""
        fill(self._org, seed)
        surround(self._org, seed)

    def load_csv(self, object: str, path: Path) -> int:
        """Adds records; what a file leaves out of id, owner and stamps is filled in."""
        known = self._object(object)
        table = self._core.state.table(known.name)
        now = self._core.clock.now() // 1000 * 1000
        by = By(self._org.admin_id, now)
        wanted = list(table.names)
        defaults: dict[str, Stored] = {f.name: 0 for f in known.fields if f.type == "boolean"}
        if known.find("OwnerId"):
            defaults["OwnerId"] = self._org.user_id
        defaults = self._org.stamped(defaults, by, new=True)

        def complete(row: dict[str, Stored]) -> tuple[Stored, ...]:
            whole = {**defaults, **{name: value for name, value in row.items() if value is not None}}
            for field in known.fields:
                if field.type in ("id", "reference") and isinstance(whole.get(field.name), str):
                    whole[field.name] = ids.parse(whole[field.name])
            whole.setdefault("Id", ids.make(known.prefix, self._org.next_number(known.name)))
            return tuple(whole.get(name) for name in wanted)

        return self._core.state.load(known.name, wanted, map(complete, csvload.rows(table, path)))

    def add_field(self, object: str, name: str, type: str) -> None:
        """Adds a custom field of a Tooling type that the user may read and write.

        Text, Number, Checkbox, …; `Lookup(Account)` leads to another object, `Picklist(a;b)` and
        `MultiselectPicklist(a;b::Label)` have values. A custom object (…__c) that is not there yet is made first.
        """
        if object.endswith("__c") and object.lower() not in self._org.objects:
            self._org.add_object(object, object.removesuffix("__c").replace("_", " "))
        known = self._object(object)
        kind, _, inside = type.rstrip(")").partition("(")
        sizes = {"Text": {"length": 255}, "LongTextArea": {"length": 32_768}}
        metadata = {"type": kind, "label": name, "precision": 18, "scale": 4, **sizes.get(kind, {})}
        if kind in ("Lookup", "MasterDetail"):
            metadata["referenceTo"] = self._object(inside).name
        elif inside:
            given = [value.partition("::") for value in inside.split(";")]
            values = [{"valueName": value, "label": label or value} for value, _, label in given]
            metadata["valueSet"] = {"valueSetDefinition": {"value": values}}
        field = self._org.custom_field(known, name, metadata)
        self._org.add_field(known, replace(field, indexed=field.type == "reference"))
        self._org.grant(known.name, name)

    def records(self, object: str) -> Sequence[Mapping[str, Any]]:
        """Every record with every field, deleted ones too."""
        known = self._object(object)
        table = self._core.state.table(known.name)
        columns = ", ".join(f'"{name}"' for name in table.names)
        rows = self._core.state.stream(f'SELECT {columns} FROM "{known.name}"')
        return [self._core.state.plain(known.name, dict(zip(table.names, row, strict=True))) for row in rows]

    def _object(self, name: str) -> SObject:
        found = self._org.every.get(name.lower()) or self._org.tooling.get(name.lower())
        if found is None:
            raise LookupError(f"the org has no object {name!r}; it has {', '.join(sorted(self._org.every))}")
        return found
