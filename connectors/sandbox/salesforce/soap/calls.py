"""The operations of the partner and enterprise services, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from connectors.sandbox.salesforce.app import Api
from connectors.sandbox.salesforce.batch import Row
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.ownership import NO_OPTIONS, Options
from connectors.sandbox.salesforce.shape.values import moment
from connectors.sandbox.salesforce.soap.answers import Result, response, row
from connectors.sandbox.salesforce.soap.envelope import BadEnvelope, Message, children, no_operation
from connectors.sandbox.salesforce.soap.rows import options_of, rows_of, strangers
from connectors.sandbox.salesforce.write import How

_MIXED = "When changing the owners of multiple accounts, all accounts must have the same old owner and the same new owner."


class Calls:
    """Carries out messages whose session and limits were checked."""

    def __init__(self, api: Api) -> None:
        self._api, self._org = api, api.org

    def answer(self, request: Request, message: Message, version: int) -> str:
        """The element of the answer; CallFailed is a fault of ours, BadEnvelope one of the client's message."""
        if message.operation in ("update", "create"):
            return self._save(request, message, version)
        if message.operation == "delete":
            return self._delete(request, message)
        if message.operation == "getServerTimestamp":
            now = moment(self._org.core.clock.now()).replace("+0000", "Z")
            return response("getServerTimestamp", [f"<timestamp>{now}</timestamp>"])
        raise BadEnvelope(no_operation(message.body))

    def _save(self, request: Request, message: Message, version: int) -> str:
        create = message.operation == "create"
        rows = rows_of(self._org, self._api.writer, message)
        options = NO_OPTIONS if create else options_of(message, version)
        results = self._api.batches.write(
            request,
            rows,
            self._asked(message, rows, options),
            create=create,
            all_or_none=message.says("AllOrNoneHeader", "allOrNone"),
        )
        return response(message.operation, [row(_result(result)) for result in results])

    def _asked(self, message: Message, rows: list[Row], options: Options) -> Callable[[int], How]:
        """How each row is written; with owner options all must share the old and the new owner (doc)."""
        usual = How(self._assigns(message), message.says("DuplicateRuleHeader", "allowSave"), options=options)
        strange = frozenset(strangers(self._org, rows)) if options.given else frozenset()
        treated = self._org.core.settings["mixed_owner_changes"]
        if strange and treated == "refuse":
            raise CallFailed(500, "INVALID_ARGUMENT", _MIXED)

        def asked(number: int) -> How:
            if number in strange and treated == "rows":
                raise RowFailed("INVALID_ARGUMENT", _MIXED, "OwnerId")
            return replace(usual, options=NO_OPTIONS) if number in strange else usual

        return asked

    def _assigns(self, message: Message) -> bool:
        """Whether the org's assignment rule runs: as the header says, else as the setting."""
        said = message.header("AssignmentRuleHeader", "useDefaultRule")
        if said is None:
            return bool(self._org.core.settings["soap_auto_assign"])
        return said.lower() in ("true", "1")

    def _delete(self, request: Request, message: Message) -> str:
        given = [element.text or "" for element in children(message.body, "ids")]
        all_or_none = message.says("AllOrNoneHeader", "allOrNone")
        results = self._api.batches.delete(request, given, all_or_none)
        return response("delete", [row(_result(result)) for result in results])


def _result(result: Mapping[str, Any]) -> Result:
    return Result(result.get("id"), result["success"], result["errors"])
