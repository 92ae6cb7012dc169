"""The parts of one local HubSpot portal, held together for its endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from connectors.sandbox.core import Core, fault_of
from connectors.sandbox.faults import Fault
from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects.records import Records
from connectors.sandbox.hubspot.search.totals import Totals
from connectors.sandbox.hubspot.shape.catalogue import Catalogue
from connectors.sandbox.hubspot.shape.kinds import Kind
from connectors.sandbox.hubspot.shape.values import Reader, instant
from connectors.sandbox.hubspot.versions import Version
from connectors.sandbox.ledger import By


@dataclass(frozen=True, slots=True)
class Portal:
    """One account: its store, its definitions, its identity."""

    core: Core
    catalogue: Catalogue
    records: Records
    reader: Reader
    id: int
    token: str = field(repr=False)
    totals: Totals = field(default_factory=Totals)

    def instant(self) -> str:
        """Now, as HubSpot writes instants."""
        return instant(self.core.clock.now())


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the door: authorised, within limits, its body read."""

    portal: Portal
    version: Version
    request: Request
    body: Any
    size: int
    """Characters of the body."""

    @property
    def by(self) -> By:
        """Who writes: the app."""
        return self.portal.core.by(self.request, "api")

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters, the last of each name."""
        return self.request.query_params

    def path(self, name: str) -> str:
        """One part of the path."""
        return str(self.request.path_params[name])

    def kind(self, name: str = "object_type") -> Kind:
        """The object that the path names; Refused where there is none of that name."""
        kind = self.portal.catalogue.kind(self.path(name))
        if kind is None:
            raise errors.unknown_kind(self.path(name))
        return kind

    def fault(self, kind: str) -> Fault | None:
        """The fault of that kind that this request meets."""
        return fault_of(self.request, kind)

    def words(self, name: str) -> list[str]:
        """A list in the query, separated by commas or given several times."""
        given = self.request.query_params.getlist(name)
        return [word.strip() for part in given for word in part.split(",") if word.strip()]

    def flag(self, name: str) -> bool:
        """A boolean in the query; Refused where it is neither true nor false."""
        text = self.query.get(name, "false").lower()
        if text not in ("true", "false"):
            raise errors.invalid(f"Invalid value {text!r} for query parameter {name}: not a boolean")
        return text == "true"

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number in the query; Refused where it is none or out of bounds."""
        text = self.query.get(name, str(default))
        if not text.lstrip("-").isdigit():
            raise errors.invalid(f"Invalid value {text!r} for query parameter {name}: not an integer")
        if not least <= int(text) <= most:
            raise errors.invalid(f"Query parameter {name} must be between {least} and {most}, but was {text}")
        return int(text)

    def inputs(self, most: int, what: str) -> list[dict[str, Any]]:
        """The inputs of a batch; Refused where there are none, too many, or one that is no object."""
        given = self.object().get("inputs")
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise errors.malformed("Cannot deserialize value of type `java.util.ArrayList` (inputs)")
        if not given:
            raise errors.invalid("The inputs of a batch request must not be empty.")
        if len(given) > most:
            raise errors.invalid(
                f"The maximum number of inputs supported in a batch request for {what} is {most}."
                " Please reduce the number of items and try again"
            )
        return given

    def object(self) -> dict[str, Any]:
        """The body as a JSON object."""
        if not isinstance(self.body, dict):
            raise errors.malformed("Cannot deserialize value of type `java.util.LinkedHashMap`")
        return self.body
