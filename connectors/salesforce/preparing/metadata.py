"""Components of an org's metadata, read and created at once by the Metadata API over our own session."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.errors import Garbled, MissingPermission, OutcomeUnknown, Unavailable
from connectors.salesforce.preparing.xml import NAMESPACE, members, members_of
from connectors.salesforce.wire.client import Client
from connectors.salesforce.wire.soap import XSI, child, element, envelope, named, opened, text

T = TypeVar("T")
BATCH = 10
"""Components of one call (doc)."""
_NEEDS = (
    "setting up needs the permissions Modify Metadata Through Metadata API Functions and Customize Application; "
    "log in as an admin for it, or give them to our user and take them away afterwards"
)


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of metadata, in Salesforce's own words: `Account.Territory_Tier__c` is a `CustomField`."""

    type: str
    full_name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A component that was not created, and why, in Salesforce's own words."""

    full_name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """The Metadata API of one org."""

    client: Client
    version: str

    def create(self, components: Sequence[Component]) -> list[Refusal]:
        """Create these, of one type; the ones that were refused. OutcomeUnknown where no whole answer came."""
        refused: list[Refusal] = []
        for some in _batches(components):
            body = "".join(
                f'<metadata xsi:type="{component.type}">'
                f"{members({'fullName': component.full_name, **component.definition})}</metadata>"
                for component in some
            )
            results = self._call("createMetadata", body)
            if len(results) != len(some):
                raise OutcomeUnknown(f"setup: {len(some)} components were sent, {len(results)} results came")
            refused += [r for c, found in zip(some, results, strict=True) if (r := _refusal(c, found))]
        return refused

    def read(self, type: str, full_names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The definitions of those that exist, by full name."""
        found: dict[str, Mapping[str, Any]] = {}
        for some in _batches(full_names):
            names = "".join(element("fullNames", text(name)) for name in some)
            results = self.client.retry.call(
                lambda names=names: self._read("readMetadata", element("type", type) + names)  # type: ignore[misc]
            )
            for record in (r for result in results for r in named(result, "records")):
                if record.get(f"{{{XSI}}}nil") != "true" and (name := child(record, "fullName")):
                    found[name] = members_of(record)
        return found

    def _read(self, operation: str, body: str) -> list[ET.Element]:
        """As `_call`; an answer that did not come may be asked for again, as nothing is changed."""
        try:
            return self._call(operation, body)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error

    def _call(self, operation: str, body: str) -> list[ET.Element]:
        path = f"/services/Soap/m/{self.version}"

        def message(session: str) -> bytes:
            return envelope(session, "", element(operation, body), NAMESPACE)

        try:
            _, answer = opened(self.client.soap("setup", path, message), "setup")
        except MissingPermission as error:
            raise MissingPermission(f"{error}; {_NEEDS}") from error
        if answer.tag != f"{{{NAMESPACE}}}{operation}Response":
            raise Garbled(f"setup: the answer to {operation} is {answer.tag}")
        return list(named(answer, "result"))


def _batches(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _refusal(component: Component, result: ET.Element) -> Refusal | None:
    if child(result, "success") == "true":
        return None
    errors = list(named(result, "errors"))
    message = "; ".join(child(error, "message") for error in errors) or "Salesforce gave no reason"
    code = child(errors[0], "statusCode") if errors else ""
    return Refusal(child(result, "fullName") or component.full_name, code, message[:500])
