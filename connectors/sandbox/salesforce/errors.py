"""Salesforce's errors: of a whole call, and of one row inside a 200."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class CallFailed(Exception):
    """The call is answered with this status and `[{"message", "errorCode"}]`."""

    def __init__(self, status: int, code: str, message: str, *, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields

    def body(self) -> list[dict[str, Any]]:
        """The body of the answer."""
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return [body if self.fields is None else {**body, "fields": list(self.fields)}]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one record was refused."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def item(self) -> dict[str, Any]:
        """As Collections list it."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


class RowFailed(Exception):
    """One record was refused; the others of the call are not touched by it."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.error = RowError(code, message, fields)

    def as_call(self) -> CallFailed:
        """The same for a call that is about this record alone."""
        status = 404 if self.error.code in ("ENTITY_IS_DELETED", "NOT_FOUND") else 400
        return CallFailed(status, self.error.code, self.error.message, fields=self.error.fields)


def not_found(message: str = "The requested resource does not exist") -> CallFailed:
    """What a path or id that leads nowhere is answered with."""
    return CallFailed(404, "NOT_FOUND", message)


def malformed(message: str) -> CallFailed:
    """A query that cannot be read."""
    return CallFailed(400, "MALFORMED_QUERY", message)


def no_such_column(name: str, object: str) -> CallFailed:
    """A field in a JSON body that does not exist, or is hidden from the user."""
    return CallFailed(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {object}")


def unparsable(type: str, token: str, value: object) -> CallFailed:
    """A JSON value of the wrong type; the whole call fails, other records included."""
    return CallFailed(
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {type} from {token} value {value} or request may be missing a required"
        " field at [line:1, column:1]",
    )
