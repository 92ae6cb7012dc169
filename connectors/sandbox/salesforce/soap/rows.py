"""The sObjects of a SOAP call as rows of the org, and the options of an owner change."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.batch import Row
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.ownership import KINDS, NEEDS, NO_OPTIONS, Options
from connectors.sandbox.salesforce.shape.fields import NUMBERS, Field, SObject
from connectors.sandbox.salesforce.shape.values import stored
from connectors.sandbox.salesforce.soap.envelope import (
    BadEnvelope,
    Element,
    Message,
    children,
    is_nil,
    local,
    text_of,
    type_of,
)
from connectors.sandbox.salesforce.write import Writer

_TYPED = (*NUMBERS, "boolean", "date", "datetime")
_SHOWN = {"currency": "double", "percent": "double", "datetime": "dateTime"}
_ENTITY = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
    " Please reference your WSDL or the describe call for the appropriate names."
)


def rows_of(org: Org, writer: Writer, message: Message) -> list[Row]:
    """Object, id and values of each sObject; CallFailed or BadEnvelope where the whole call is refused."""
    return [_row(org, writer, element) for element in children(message.body, "sObjects")]


def _row(org: Org, writer: Writer, element: Element) -> Row:
    name = text_of(element, "type") or type_of(element) or ""
    object = org.objects.get(name.lower())
    if object is None:
        raise CallFailed(500, "INVALID_TYPE", f"sObject type '{name}' is not supported. {_ENTITY}")
    given: dict[str, Any] = {}
    emptied: list[str] = []
    for child in element:
        member = local(child)
        if member == "fieldsToNull":
            emptied.append(child.text or "")
        elif member not in ("type", "Id", "id") and not is_nil(child):
            given[member] = _value(object, member, child.text or "")
    values = writer.fields(object, {**given, **dict.fromkeys(emptied)})
    for field, value in values.items():
        _check_type(object, field, value)
    return object, text_of(element, "Id") or text_of(element, "id"), values


def _value(object: SObject, name: str, text: str) -> Any:
    """The text as it came; 1 and 0 are booleans too in XML."""
    field = object.find(name)
    if field is not None and field.type == "boolean":
        return {"1": "true", "0": "false"}.get(text, text)
    return text


def _check_type(object: SObject, field: Field, value: Any) -> None:
    """Refuses the message where a number, a date or a checkbox is none; a value out of range fails its row alone."""
    if value is None or field.type not in _TYPED:
        return
    kind = _SHOWN.get(field.type, field.type)
    try:
        fits = value != "" and stored(field, value, object.name) is not None
    except CallFailed:
        fits = False
    except RowFailed:
        return
    if not fits:
        raise BadEnvelope(f"'{value}' is not a valid value for the type xsd:{kind}")


def options_of(message: Message, version: int) -> Options:
    """The OwnerChangeOptions header; BadEnvelope where it is not one, CallFailed where options need others."""
    header = message.headers.get("OwnerChangeOptions")
    if header is None:
        return NO_OPTIONS
    executed = set()
    for option in children(header, "options"):
        kind, execute = text_of(option, "type"), (text_of(option, "execute") or "").lower()
        if kind not in KINDS or KINDS[kind] > version:
            raise BadEnvelope(f"'{kind}' is not a valid value for the type OwnerChangeOptionType")
        if execute not in ("true", "false", "1", "0"):
            raise BadEnvelope(f"'{execute}' is not a valid value for the type xsd:boolean")
        if execute in ("true", "1"):
            executed.add(kind)
    for kind in executed & NEEDS.keys():
        if NEEDS[kind] not in executed:  # the words are not documented (?)
            raise CallFailed(
                500, "INVALID_ARGUMENT", f"{kind} can be executed only together with {NEEDS[kind]}"
            )
    return Options(frozenset(executed), given=True)


def strangers(org: Org, rows: list[Row]) -> list[int]:
    """The rows that change another owner into another than the first owner change of the call does."""
    found: list[int] = []
    first: tuple[object, object] | None = None
    owner_of = org.objects["account"].find("OwnerId")
    assert owner_of is not None
    known = org.core.state.read_many("Account", [id for row in rows if (id := _id(row)) is not None])
    for number, (object, _, values) in enumerate(rows):
        before = known.get(_id(rows[number]))
        if object.name != "Account" or before is None or owner_of not in values:
            continue
        pair = (before["OwnerId"], _parsed(values[owner_of]))
        if pair[0] == pair[1]:
            continue
        first = first or pair
        if pair != first:
            found.append(number)
    return found


def _id(row: Row) -> str | None:
    return _parsed(row[1])


def _parsed(text: object) -> str | None:
    try:
        return ids.parse(text)
    except ids.BadId:
        return None
