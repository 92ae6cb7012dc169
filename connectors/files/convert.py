"""Text of a file into typed columns, whole columns at a time."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.tables import TIMESTAMP

_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
_ISO_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_ZONED = _ISO_TIME + r"(Z|[+-]\d{2}(:?\d{2})?)$"
_NAIVE = _ISO_TIME + r"$"
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_WHOLE = r"^[+-]?\d{1,18}(\.0*)?$"
_SAID = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Forms:
    """How dates without a zone are meant, and which forms beside ISO 8601 are known."""

    timezone: str = "UTC"
    date_formats: tuple[str, ...] = ()


class Unreadable(ValueError):
    """A value that is not of its column's type; `row` counts from 0 within the array."""

    def __init__(self, row: int, value: str, wanted: str) -> None:
        super().__init__(f"{value!r} is no {wanted}")
        self.row = row


def convert(text: pa.Array, type: pa.DataType, forms: Forms) -> pa.Array:
    """The array in that type; empty text is null; Unreadable names the first value that does not fit."""
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    if pa.types.is_string(type):
        return text
    text = pc.utf8_trim_whitespace(text)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    typed = _typed(text, type, forms)
    lost = pc.and_(text.is_valid(), typed.is_null())
    if pc.any(lost).as_py():
        row = pc.index(lost, True).as_py()
        raise Unreadable(row, str(text[row]), _WORDS.get(str(type), str(type)))
    return typed


_WORDS = {"int64": "whole number", "double": "number", "bool": "true or false", "date32[day]": "date"}
_WORDS[str(TIMESTAMP)] = "date and time"


def _typed(text: pa.Array, type: pa.DataType, forms: Forms) -> pa.Array:
    if pa.types.is_boolean(type):
        lower = pc.utf8_lower(text)
        index = pc.index_in(lower, pa.array(list(_SAID)))
        return pa.array(list(_SAID.values())).take(index)
    if pa.types.is_integer(type):
        return pc.cast(_where(pc.replace_substring_regex(text, r"\.0*$", ""), _mask(text, _WHOLE)), type)
    if pa.types.is_floating(type):
        numbers = pc.cast(_where(text, _mask(text, _NUMBER)), type)
        return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, type))
    stamps = _stamps(text, forms)
    if pa.types.is_date(type):
        days = _cast(_where(text, _mask(text, _ISO_DATE)), type)
        return pc.coalesce(days, pc.cast(pc.local_timestamp(stamps), type, safe=False))
    return stamps.cast(type, safe=False)


def _stamps(text: pa.Array, forms: Forms) -> pa.Array:
    """UTC instants of everything that is a date with a time, or a date alone (its midnight)."""
    zone = forms.timezone
    zoned = _cast(_where(text, _mask(text, _ZONED)), pa.timestamp("us", zone))
    naive = _cast(_where(text, _mask(text, _NAIVE)), pa.timestamp("us"))
    days = _cast(_where(text, _mask(text, _ISO_DATE)), pa.date32()).cast(pa.timestamp("us"))
    local = pc.coalesce(naive, days)
    stamps = pc.coalesce(zoned, pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest"))
    rest = pc.and_(text.is_valid(), stamps.is_null())
    if forms.date_formats and pc.any(rest).as_py():
        stamps = pc.coalesce(stamps, _other_stamps(_where(text, rest), forms))
    return stamps


def _other_stamps(text: pa.Array, forms: Forms) -> pa.Array:
    import duckdb  # lazy: only for exports with dates of their own form

    zoned = [form for form in forms.date_formats if "%z" in form.lower()]
    naive = [form for form in forms.date_formats if form not in zoned]
    with duckdb.connect() as database:
        database.execute("SET TimeZone = ?", [forms.timezone])
        database.register("given", pa.table({"t": text}))
        found = [
            database.sql(
                "SELECT try_strptime(t, ?)::TIMESTAMPTZ AS t FROM given", params=[listed]
            ).to_arrow_table()
            for listed in (zoned, naive)
            if listed
        ]
    type = pa.timestamp("us", forms.timezone)
    return pc.coalesce(*(table["t"].combine_chunks().cast(type) for table in found))


def _cast(text: pa.Array, type: pa.DataType) -> pa.Array:
    """Cast where all fit; where one does not (2024-02-31), one by one, so that only it is lost."""
    try:
        return pc.cast(text, type, safe=False)
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, type)
        half = len(text) // 2
        return pa.concat_arrays([_cast(text[:half], type), _cast(text[half:], type)])


def _mask(text: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(text, pattern)


def _where(text: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, text, pa.scalar(None, pa.string()))
