"""The outcomes that an account can have, and where the tables of a snapshot lie; without Arrow, to be quick.

`rules.tables` has the columns of those tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tables:
    """The Parquet files of one snapshot."""

    accounts: Path
    owners: Path
    opportunities: Path
    activities: Path
    memory: Path | None = None
    """What the last night remembered (`MEMORY`), None on the first one."""


class Decision(StrEnum):
    """The one outcome of every account and role."""

    ASSIGNED = "assigned"
    """A rule matched and gives this owner (who may be the present one)."""
    KEPT = "kept"
    """A rule matched, and its mode leaves the present owner."""
    UNASSIGNED = "unassigned"
    """No owner could be given; `reason_code` says why. The present owner is left as it is."""
    HELD = "held"
    """A hold keeps the present owner; the territory is what it would be without the hold."""
    REVIEW = "review"
    """A rule that asks for a person's eye; the present owner is left as it is."""


class ReasonCode(StrEnum):
    """Why an account has its outcome."""

    MATCHED = "matched"
    STICKY = "sticky"
    """A pod rule, and the present owner is an eligible member."""
    ONLY_UNASSIGNED = "only_unassigned"
    NO_RULE = "no_rule"
    NO_OWNER = "no_owner"
    """The rule names a territory but no owner and no pod."""
    OWNER_UNKNOWN = "owner_unknown"
    """The rule's owner is not in the CRM."""
    OWNER_INACTIVE = "owner_inactive"
    NO_ELIGIBLE_MEMBER = "no_eligible_member"
    """No member of the pod is an active person in the CRM, or all who are take nothing new: away, or not there yet."""
    UNKNOWN_FIELD = "unknown_field"
    """The rule asks for review where its condition is unknown."""
    HELD = "held"
    EXCEPTION = "exception"
    """An entry of `exceptions:` decided: it assigns, or (decision `held`) keeps the owner."""
    FAMILY = "family"
    """The account follows its ultimate parent, who is assigned, kept or held: territory and owner are the parent's."""
    FAMILY_UNDECIDED = "family_undecided"
    """The account follows its ultimate parent, whose own outcome is review or unassigned."""
    FAMILY_BROKEN = "family_broken"
    """The parents go in a circle, or further up than `family: most_levels`."""
    POD_FULL = "pod_full"
    """Every member of the pod who is there has as many accounts as the cap allows."""
