"""The objects of the local HubSpot portal: their names, ids and the properties every answer carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ID = "hs_object_id"
ARCHIVED_AT = "hs_sandbox_archived_at"
"""When a record was archived (ms), null while it lives; not a property, never shown as one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One object type; `plural` is its table and its usual place in a path."""

    plural: str
    singular: str
    type_id: str
    """The numeric object type id, which paths accept as well (`0-2`)."""
    created: str
    modified: str
    """The property that is stamped at every write; archiving leaves it alone."""
    defaults: tuple[str, ...]
    """What a read returns when it asks for no property by name."""
    scope: str
    """The word in `crm.objects.WORD.read`; activities live under contacts."""
    display: str
    """The property that names a record to people."""

    @property
    def upper(self) -> str:
        """The name in error messages and in the recorded paths (`COMPANY`)."""
        return self.singular.upper()

    @property
    def system(self) -> tuple[str, ...]:
        """The properties that come with every read, asked for or not."""
        return (self.created, self.modified, ID)


def _crm(plural: str, singular: str, type_id: str, defaults: str, display: str, modified: str) -> Kind:
    system = ("createdate", modified, ID)
    return Kind(
        plural, singular, type_id, "createdate", modified, (*system, *defaults.split()), plural, display
    )


def _activity(plural: str, singular: str, type_id: str, display: str) -> Kind:
    system = ("hs_createdate", "hs_lastmodifieddate", ID)
    return Kind(plural, singular, type_id, *system[:2], system, "contacts", display)


COMPANIES = _crm("companies", "company", "0-2", "domain name", "name", "hs_lastmodifieddate")
CONTACTS = _crm("contacts", "contact", "0-1", "email firstname lastname", "email", "lastmodifieddate")
DEALS = _crm(
    "deals", "deal", "0-3", "amount closedate dealname dealstage pipeline", "dealname", "hs_lastmodifieddate"
)
CALLS = _activity("calls", "call", "0-48", "hs_call_title")
EMAILS = _activity("emails", "email", "0-49", "hs_email_subject")
MEETINGS = _activity("meetings", "meeting_event", "0-47", "hs_meeting_title")
NOTES = _activity("notes", "note", "0-46", "hs_note_body")
TASKS = _activity("tasks", "task", "0-27", "hs_task_subject")

KINDS: tuple[Kind, ...] = (COMPANIES, CONTACTS, DEALS, CALLS, EMAILS, MEETINGS, NOTES, TASKS)
ACTIVITIES: tuple[Kind, ...] = (CALLS, EMAILS, MEETINGS, NOTES, TASKS)


def _names(kind: Kind) -> set[str]:
    meeting = {"meeting"} if kind is MEETINGS else set()
    return {kind.plural, kind.singular, kind.type_id} | meeting


_BY_NAME: Mapping[str, Kind] = {name: kind for kind in KINDS for name in _names(kind)}


def find_kind(name: str) -> Kind | None:
    """The object that a path or body means by `companies`, `company`, `COMPANY` or `0-2`."""
    return _BY_NAME.get(name.lower())
