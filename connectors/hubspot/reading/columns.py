"""HubSpot's strings as typed Arrow columns, a page at a time and without an object per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import FieldProblem, FieldProblems
from connectors.hubspot.wire.answers import clean
from connectors.mapping import FieldType
from connectors.tables import ARROW_TYPES, TIMESTAMP

Record = Mapping[str, Any]
"""One result as HubSpot sends it: id, properties, archived and more."""

_EPOCH = r"^-?\d{10,}$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"


Texts = Mapping[str, pa.Array]
"""Properties of some records as text, "" and absent being null; a property not asked for is not in it."""


def texts_of(records: Sequence[Record], names: Sequence[str]) -> Texts:
    """These properties of these records, converted in one go: a loop for each property takes twice as long."""
    rows = [r.get("properties") for r in records]
    try:
        held = pa.array(rows, pa.struct([(name, pa.string()) for name in names])).flatten()
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        # Documented are strings only; a JSON number or boolean is read as the text it stands for.
        held = [pa.array([_text((row or {}).get(name)) for row in rows], pa.string()) for name in names]
    return {name: _without_blanks(array) for name, array in zip(names, held, strict=True)}


def texts(records: Sequence[Record], name: str) -> pa.Array:
    """One property of these records as text; "" and absent are null."""
    return texts_of(records, [name])[name]


def _without_blanks(array: pa.Array) -> pa.Array:
    blank = pc.equal(array, "")
    if not pc.any(blank).as_py():
        return array
    return pc.if_else(blank, pa.scalar(None, pa.string()), array)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def moment(text: str | None) -> datetime | None:
    """One moment as HubSpot writes it; None for none."""
    return _moments(pa.array([text or None], pa.string()))[0].as_py()  # type: ignore[no-any-return]


def stamps(records: Sequence[Record]) -> pa.Array:
    """When each record changed last, as the record itself says, whatever its object calls that property."""
    return _moments(pa.array([r.get("updatedAt") for r in records], pa.string()))


def typed(
    array: pa.Array, wanted: FieldType, *, table: str, name: str, source: str, ids: Sequence[str]
) -> pa.Array:
    """Text as a column of our type; FieldProblems names record, property and value of what does not parse."""
    try:
        return _PARSERS[wanted](array)
    except (pa.ArrowInvalid, ValueError):
        at = _first_misfit(array, wanted)
        said = f"of record {ids[at]} holds {clean(array[at].as_py())!r}, which is no {wanted.value}"
        raise FieldProblems([FieldProblem(table, name, source, said)]) from None


def _first_misfit(array: pa.Array, wanted: FieldType) -> int:
    """The first place whose value does not parse, found by halving."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _PARSERS[wanted](array.slice(low, middle - low))
        except (pa.ArrowInvalid, ValueError):
            high = middle
        else:
            low = middle
    return low


def _numbers(array: pa.Array) -> pa.Array:
    numbers = pc.cast(array, pa.float64())
    if pc.any(pc.invert(pc.is_finite(numbers))).as_py():
        raise ValueError("not finite")
    return numbers


def _integers(array: pa.Array) -> pa.Array:
    try:
        return pc.cast(array, pa.int64())
    except pa.ArrowInvalid:
        return pc.cast(_numbers(array), pa.int64())  # "250.0"; a fraction is refused by the cast


def _moments(array: pa.Array) -> pa.Array:
    """ISO 8601, or milliseconds since 1970 as HubSpot's older properties have them, or a bare day."""
    try:
        moments = pc.cast(array, pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid:
        moments = _mixed_moments(array)
    return pc.cast(pc.floor_temporal(moments, unit="millisecond"), TIMESTAMP)


def _mixed_moments(array: pa.Array) -> pa.Array:
    utc = pa.timestamp("us", tz="UTC")
    nothing = pa.scalar(None, pa.string())
    epoch = pc.match_substring_regex(array, _EPOCH)
    day = pc.match_substring_regex(array, _DAY)
    from_epoch = pc.cast(
        pc.cast(pc.cast(pc.if_else(epoch, array, nothing), pa.int64()), pa.timestamp("ms", tz="UTC")), utc
    )
    from_day = pc.cast(pc.cast(pc.if_else(day, array, nothing), pa.timestamp("us")), utc)
    rest = pc.if_else(pc.or_(epoch, day), nothing, array)
    return pc.coalesce(from_epoch, from_day, pc.cast(rest, utc))


def _days(array: pa.Array) -> pa.Array:
    """The UTC day, of a day or of a moment."""
    try:
        return pc.cast(array, pa.date32())
    except pa.ArrowInvalid:
        return pc.cast(pc.cast(_moments(array), pa.timestamp("ms")), pa.date32())


def _booleans(array: pa.Array) -> pa.Array:
    return pc.cast(array, pa.bool_())


_PARSERS = {
    FieldType.TEXT: lambda array: array,
    FieldType.INTEGER: _integers,
    FieldType.NUMBER: _numbers,
    FieldType.BOOLEAN: _booleans,
    FieldType.DATE: _days,
    FieldType.DATETIME: _moments,
}

assert set(_PARSERS) == set(ARROW_TYPES)
