"""What every kind of component can do, and how one is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connectors.sandbox.ledger import By

Definition = Mapping[str, Any]
"""A component's members by name: text, a mapping, or a list of them where a member repeats."""


class Refused(Exception):
    """One component was refused; the others of the call are not touched by it."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fields = code, message, fields


class Kind(Protocol):
    """One type of metadata."""

    @property
    def directory(self) -> str:
        """Where its file lies in a package."""
        ...

    @property
    def suffix(self) -> str | None:
        """Of its file in a package; None where it is a part of its object's file."""
        ...

    def create(self, name: str, definition: Definition, by: By) -> None:
        """Adds a component; Refused where it exists or is wrong."""

    def change(self, name: str, definition: Definition, by: By) -> None:
        """Makes a component what the definition says; Refused where there is none."""

    def remove(self, name: str, by: By) -> None:
        """Takes a component away; Refused where there is none."""

    def read(self, name: str) -> Definition | None:
        """The component, None where there is none."""

    def names(self) -> Sequence[str]:
        """The full names of all."""


def listed(definition: Definition, member: str) -> list[Any]:
    """The values of a member that may repeat."""
    found = definition.get(member, [])
    return list(found) if isinstance(found, list) else [found]


def says(definition: Definition, member: str) -> bool:
    """Whether a member is true."""
    return str(definition.get(member, "false")).lower() in ("true", "1")


def truth(value: object) -> str:
    """A flag as XML writes it."""
    return "true" if value else "false"


def demand(definition: Definition, *members: str) -> None:
    """Refused where one of these is missing."""
    for member in members:
        if not definition.get(member):
            raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{member}]", member)
