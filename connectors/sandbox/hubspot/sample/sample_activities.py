"""The activities of the sample, one object per type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.sandbox.seed import Columns

_PLURALS = {"call": "calls", "email": "emails", "meeting": "meetings", "note": "notes", "task": "tasks"}
OwnerId = Callable[[int | None], str | None]


def activity_columns(chunk: Columns, owner_id: OwnerId) -> Iterator[tuple[str, Columns, Columns]]:
    """Per type in the chunk: the object, its columns but for the id, and the neutral rows they came from."""
    for type, plural in _PLURALS.items():
        places = [place for place, found in enumerate(chunk["type"]) if found == type]
        if not places:
            continue
        part = {name: [values[place] for place in places] for name, values in chunk.items()}
        columns = {
            "hs_timestamp": part["occurred"],
            "hubspot_owner_id": [owner_id(person) for person in part["owner"]],
            "hs_createdate": [
                min(at, modified) for at, modified in zip(part["occurred"], part["modified"], strict=True)
            ],
            "hs_lastmodifieddate": part["modified"],
            **_OWN[type](part),
        }
        yield plural, columns, part


def _call(part: Columns) -> Columns:
    return {
        "hs_call_title": part["subject"],
        "hs_call_direction": [direction.upper() for direction in part["direction"]],
        # Milliseconds; a call that nobody answered lasted none.
        "hs_call_duration": [minutes * 60_000 for minutes in part["minutes"]],
        "hs_call_status": ["COMPLETED" if done else "QUEUED" for done in part["done"]],
    }


def _email(part: Columns) -> Columns:
    return {
        "hs_email_subject": part["subject"],
        "hs_email_direction": [
            "INCOMING_EMAIL" if way == "inbound" else "EMAIL" for way in part["direction"]
        ],
        "hs_email_status": ["SENT"] * len(part["subject"]),
    }


def _meeting(part: Columns) -> Columns:
    ends = [at + int(minutes * 60_000) for at, minutes in zip(part["occurred"], part["minutes"], strict=True)]
    return {
        "hs_meeting_title": part["subject"],
        "hs_meeting_start_time": part["occurred"],
        "hs_meeting_end_time": ends,
        # Every seventh meeting was never given an outcome.
        "hs_meeting_outcome": [
            None if number % 7 == 3 else "COMPLETED" if done else "SCHEDULED"
            for number, done in zip(part["number"], part["done"], strict=True)
        ],
    }


def _note(part: Columns) -> Columns:
    return {"hs_note_body": part["subject"]}


def _task(part: Columns) -> Columns:
    return {
        "hs_task_subject": part["subject"],
        "hs_task_status": ["COMPLETED" if done else "NOT_STARTED" for done in part["done"]],
        "hs_task_type": ["TODO"] * len(part["subject"]),
        "hs_task_priority": ["NONE"] * len(part["subject"]),
        "hs_task_completion_date": [
            at if done else None for at, done in zip(part["modified"], part["done"], strict=True)
        ],
    }


_OWN: Mapping[str, Callable[[Columns], dict[str, list[Any]]]] = {
    "call": _call,
    "email": _email,
    "meeting": _meeting,
    "note": _note,
    "task": _task,
}
