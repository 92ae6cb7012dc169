"""From what a client sends to what is stored, and back to the strings that HubSpot answers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.pipelines import PIPELINES, STAGES
from connectors.sandbox.tables import Stored

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the zone is written by hand
_LONGEST = 65_536
_DAY_MS: Milliseconds = 86_400_000


class BadValue(Exception):
    """A value that does not fit its property; `code` is HubSpot's word for it."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code, self.message = code, message


def instant(at: Milliseconds) -> str:
    """An instant as HubSpot writes it: a whole second has no `.000` (recorded 2022-02)."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return f"{moment.isoformat(timespec='milliseconds' if at % 1000 else 'seconds')}Z"


def read_instant(text: str) -> Milliseconds | None:
    """Milliseconds of an epoch number, an ISO instant with its zone, or a day (midnight UTC); else None."""
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if _DAY.match(text):
        text += "T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return round(moment.timestamp() * 1000)


def number_text(value: float) -> str:
    """A number as a string: whole ones without a fraction."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return repr(value)


def shown(property: Property, stored: Stored) -> str | None:
    """The stored value as the string that HubSpot answers; null stays null."""
    if stored is None or isinstance(stored, str):
        return stored
    if property.type == "datetime":
        return instant(int(stored))
    return number_text(stored)


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns what a client sends into what is stored; `may_own` says whose id may own a record."""

    may_own: Callable[[str], bool]

    def read(self, property: Property, text: str) -> Stored:
        """The stored value; BadValue where the text does not fit, be it by a blank at its end. "" clears."""
        if text == "":
            return "" if property.column.type == "text" else None
        return _READERS[property.type](self, property, text)

    def _string(self, property: Property, text: str) -> Stored:
        if len(text) > _LONGEST:
            raise BadValue(
                "PROPERTY_VALUE_TOO_LONG",
                f"The value of {property.name} is longer than {_LONGEST} characters.",
            )
        return text

    def _number(self, property: Property, text: str) -> Stored:
        if not _NUMBER.match(text) or not math.isfinite(float(text)):
            raise BadValue("INVALID_INTEGER", f"{text} was not a valid number.")
        return float(text)

    def _date(self, property: Property, text: str) -> Stored:
        if _DAY.match(text) and read_instant(text) is not None:
            return text
        at = read_instant(text)
        if at is None:
            raise BadValue("INVALID_LONG", f"{text} was not a valid long.")
        if at % _DAY_MS:
            moment = datetime.fromtimestamp(at / 1000, UTC)
            raise BadValue("INVALID_DATE", f"{text} is at {moment:%-H:%-M:%-S} UTC, not midnight!")
        return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d}"

    def _datetime(self, property: Property, text: str) -> Stored:
        at = read_instant(text)
        if at is None:
            raise BadValue("INVALID_LONG", f"{text} was not a valid long.")
        return at

    def _bool(self, property: Property, text: str) -> Stored:
        if text not in ("true", "false"):
            raise _not_allowed(text, ["true", "false"])
        return text

    def _enumeration(self, property: Property, text: str) -> Stored:
        if property.external == "OWNER":
            return self._owner(text)
        if property.external == "FREE":
            return ";".join(part.strip() for part in text.split(";") if part.strip())
        allowed = _choices(property)
        several = property.field_type == "checkbox"
        for part in text.split(";") if several else [text]:
            if part not in allowed and not (several and part == ""):
                raise _not_allowed(part, allowed)
        return text

    def _owner(self, text: str) -> Stored:
        if not self.may_own(text):
            raise BadValue("INVALID_OWNER_ID", f"Owner with id {text} does not exist or is not active.")
        return text


_READERS: Mapping[str, Callable[[Reader, Property, str], Stored]] = {
    "string": Reader._string,
    "number": Reader._number,
    "date": Reader._date,
    "datetime": Reader._datetime,
    "bool": Reader._bool,
    "enumeration": Reader._enumeration,
}


def _choices(property: Property) -> list[str]:
    if property.external == "PIPELINE":
        return [pipeline.id for pipeline in PIPELINES] + ["contacts-lifecycle-pipeline"]
    if property.external == "STAGE":
        return list(STAGES)
    return [option.value for option in property.options]


def _not_allowed(text: str, allowed: list[str]) -> BadValue:
    return BadValue("INVALID_OPTION", f"{text} was not one of the allowed options: [{', '.join(allowed)}]")
