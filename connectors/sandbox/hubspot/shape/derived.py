"""What HubSpot sets by itself when a record is written."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.shape.kinds import COMPANIES, CONTACTS, DEALS, TASKS, Kind
from connectors.sandbox.hubspot.shape.pipelines import STAGES
from connectors.sandbox.tables import Stored

Values = Mapping[str, Stored]


def derived(kind: Kind, before: Values, given: Values, at: Milliseconds, id: int) -> dict[str, Stored]:
    """The properties that follow from these; `before` is empty for a new record."""
    found: dict[str, Stored] = {}
    if given.get("hubspot_owner_id") and given["hubspot_owner_id"] != before.get("hubspot_owner_id"):
        found["hubspot_owner_assigneddate"] = at
    if kind is COMPANIES and not before:
        found |= _company(given)
    elif kind is CONTACTS:
        found |= _contact(given, id, is_new=not before)
    elif kind is DEALS:
        found |= _deal(before, given)
    elif kind is TASKS and given.get("hs_task_status") == "COMPLETED":
        found["hs_task_completion_date"] = before.get("hs_task_completion_date") or at
    return found


def _company(given: Values) -> dict[str, Stored]:
    """The website follows the domain unless it is given (recorded 2022-02)."""
    if given.get("domain") and "website" not in given:
        return {"website": given["domain"]}
    return {}


def _contact(given: Values, id: int, *, is_new: bool) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    if "email" in given:
        found["hs_email_domain"] = str(given["email"] or "").rpartition("@")[2]
    if is_new:
        found |= {
            "hs_all_contact_vids": str(id),
            "hs_is_contact": "true",
            "hs_is_unworked": "true",
            "hs_pipeline": "contacts-lifecycle-pipeline",
        }
    return found


def _deal(before: Values, given: Values) -> dict[str, Stored]:
    if before and "dealstage" not in given:
        return {}
    found: dict[str, Stored] = {}
    if not before and "pipeline" not in given:
        found["pipeline"] = "default"
    entry = STAGES.get(str(given.get("dealstage") or ""))
    if entry is not None:
        _, stage = entry
        found |= {
            "hs_is_closed": str(stage.closed).lower(),
            "hs_is_closed_won": str(stage.won).lower(),
            "hs_deal_stage_probability": stage.probability,
        }
    return found
