"""The answer to a Collections call, row by row, never taken for another row's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.records import Outcome
from connectors.salesforce.ids import full_id

Row = tuple[Outcome, str, str]
"""Outcome, Salesforce's code, its message."""


def rows_of(answer: Any, ids: Sequence[str]) -> list[Row]:
    """One row per id, in the order of the ids.

    Salesforce answers in the order of the request, but only a written row carries its id. Where those ids
    stand in another order than ours, written rows are matched by id, and errors only as far as they can
    belong to no other record. An answer that does not add up makes every row unknown.
    """
    if not isinstance(answer, list) or len(answer) != len(ids) or not all(map(_is_result, answer)):
        return _unknown(ids, "the answer has not one result per record")
    said = [full_id(str(result["id"])) if result.get("id") else None for result in answer]
    if all(told is None or told == id for told, id in zip(said, ids, strict=True)):
        return [_row(result) for result in answer]
    return _rematched(answer, said, ids)


def rows_in_order(answer: Any, count: int) -> list[Row]:
    """One row per new record, in the order of the answer: new ids tell nothing of whose they are."""
    if not isinstance(answer, list) or len(answer) != count or not all(map(_is_result, answer)):
        return _unknown([""] * count, "the answer has not one result per record")
    return [_row(result) for result in answer]


def _rematched(
    answer: Sequence[Mapping[str, Any]], said: Sequence[str | None], ids: Sequence[str]
) -> list[Row]:
    named = [told for told in said if told is not None]
    if len(set(named)) != len(named) or not set(named) <= set(ids):
        return _unknown(ids, "the answer names records that were not sent, or one twice")
    by_id = {told: _row(result) for told, result in zip(said, answer, strict=True) if told is not None}
    errors = sorted({_row(result) for told, result in zip(said, answer, strict=True) if told is None})
    if any(outcome is not Outcome.REJECTED for outcome, _, _ in errors):
        return _unknown(ids, "the answer is in another order and a written row has no id")
    codes = " or ".join(dict.fromkeys(code for _, code, _ in errors))
    refused = (Outcome.REJECTED, codes, "; or ".join(message for _, _, message in errors))
    return [by_id.get(id, refused) for id in ids]


def _is_result(result: Any) -> bool:
    return isinstance(result, dict) and isinstance(result.get("success"), bool)


def _row(result: Mapping[str, Any]) -> Row:
    if result["success"]:
        return Outcome.WRITTEN, "", ""
    errors = [error for error in result.get("errors") or [] if isinstance(error, dict)]
    code = str(errors[0].get("statusCode", "")) if errors else "UNKNOWN_EXCEPTION"
    fields = ", ".join(str(name) for error in errors for name in error.get("fields") or [])
    message = "; ".join(str(error.get("message", "")) for error in errors)
    return Outcome.REJECTED, code, f"{message} ({fields})" if fields else message


def _unknown(ids: Sequence[str], why: str) -> list[Row]:
    return [(Outcome.UNKNOWN, "", why)] * len(ids)
