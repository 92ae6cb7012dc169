"""The section `crm:` of a config whose kind is hubspot, and the standard fields of a portal."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.base import Settings
from connectors.hubspot.wire.paths import VERSIONS
from connectors.mapping import FieldMap, FieldType, MappedField
from connectors.records import RecordKind
from connectors.secret import Secret

DOMAIN = "hubapi.com"


class OAuth(BaseModel):
    """An OAuth app that was installed in the portal; its access tokens are asked for as they are needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Secret
    client_secret: Secret
    refresh_token: Secret


Fate = Literal["stay", "follow"]


class OwnerChange(BaseModel):
    """What becomes of records on a company that changes hands, as far as its old owner has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contacts: Fate = "stay"
    """Those of which it is the primary company."""
    open_deals: Fate = "stay"
    """The same, in a stage that is not closed."""
    open_tasks: Fate = "stay"
    """Those that are not completed."""

    @property
    def following(self) -> tuple[str, ...]:
        """What follows, by its name here."""
        return tuple(name for name, fate in self.model_dump().items() if fate == "follow")


class HubSpotSettings(Settings):
    """Where the portal is, who we are there, and which version of the API is spoken.

    Times are in seconds. `local` allows a loopback address, for a sandbox on this machine, and nothing else;
    without it the host is HubSpot's own and spoken to over verified TLS only.
    """

    kind: Literal["hubspot"] = "hubspot"
    portal_id: str
    token: Secret | None = None
    """A private app's access token or a service key."""
    oauth: OAuth | None = None
    """The credentials of an OAuth app; instead of `token`."""
    api_version: str = "v3"
    base_url: str = f"https://api.{DOMAIN}"
    local: bool = False
    ca_file: Path | None = None
    """Certificates (PEM) trusted besides none other, where a proxy of yours re-signs TLS."""
    connect_timeout: float = Field(default=10.0, gt=0, le=120)
    read_timeout: float = Field(default=60.0, gt=0, le=600)
    page_size: int = Field(default=100, ge=1, le=100)
    search_page_size: int = Field(default=200, ge=1, le=200)
    read: Literal["auto", "list", "search"] = "auto"
    """How objects are read: by whichever way is cheapest, or always by this one."""
    parallel: int = Field(default=12, ge=1, le=32)
    """Calls that may be under way at once while a table is read; 1 reads one page after the other, in HubSpot's order."""
    activities_through: bool = True
    """Whether an activity on no company counts with the primary companies of its contacts, else of its deals."""
    count_children: bool = True
    """Whether contacts and open tasks are counted per company and owner, for the plan to tell what is at stake: one
    call per hundred contacts a night."""
    compare_counts: bool = True
    """Whether a list is an error that is shorter than the search's count; false where that index is wrong."""
    verify_history: bool | Literal["owners"] = True
    """After a write, read the properties' history, to report an edit that came between look and write; `owners` asks
    for changes of owner alone, which spares two of five calls where KPIs are written."""
    owner_change: OwnerChange = OwnerChange()

    @property
    def expected_id(self) -> str | None:
        """The portal that the config names."""
        return self.portal_id

    def beside(self, folder: Path) -> Self:
        """The same portal, with its certificates found from the folder in which the config lies."""
        return self if self.ca_file is None else self.model_copy(update={"ca_file": folder / self.ca_file})

    @field_validator("portal_id", mode="before")
    @classmethod
    def _portal_is_a_number(cls, value: object) -> object:
        if not re.fullmatch(r"[0-9]{1,12}", str(value)):
            raise ValueError("portal_id is the number of the portal (Hub ID), such as 20858235")
        return str(value)

    @field_validator("api_version")
    @classmethod
    def _version_is_known(cls, value: str) -> str:
        if value not in VERSIONS:
            raise ValueError(f"api_version {value!r} is unknown; known: {', '.join(VERSIONS)}")
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        if (self.token is None) == (self.oauth is None):
            raise ValueError(
                "say exactly one of token: {env: NAME} and oauth: {client_id, client_secret, refresh_token}"
            )
        return self

    @model_validator(mode="after")
    def _host_is_pinned(self) -> HubSpotSettings:
        parts = urlsplit(self.base_url)
        host = parts.hostname or ""
        if parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/"):
            raise ValueError("base_url is a scheme and a host only")
        if self.local:
            if not _is_loopback(host) or parts.scheme not in ("http", "https"):
                raise ValueError(f"base_url: with local: true the host is on this machine, not {host!r}")
        elif parts.scheme != "https" or not (host == DOMAIN or host.endswith(f".{DOMAIN}")):
            raise ValueError(
                f"base_url must be https and end in {DOMAIN}; a sandbox on this machine needs local: true"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def output_name(name: str) -> str:
    """The property for one of our output fields; HubSpot's names are lower case and permanent."""
    return "territory_" + re.sub(r"[^a-z0-9_]+", "_", name.lower())


def default_fields() -> FieldMap:
    """The standard columns and the properties every portal has.

    A source may name alternatives, `a|b`: the first of them that has a value is taken, and each activity
    type uses those that it has.
    """
    return FieldMap(
        {
            RecordKind.ACCOUNTS: _ACCOUNTS,
            RecordKind.OWNERS: OWNERS,
            RecordKind.OPPORTUNITIES: _OPPORTUNITIES,
            RecordKind.ACTIVITIES: _ACTIVITIES,
        }
    )


_ACCOUNTS = (
    MappedField("id", "hs_object_id"),
    MappedField("name", "name"),
    MappedField("owner_id", "hubspot_owner_id"),
    MappedField("parent_id", "hs_parent_company_id"),
    MappedField("country", "country"),
    MappedField("state", "state"),
    MappedField("city", "city"),
    MappedField("postal_code", "zip"),
    MappedField("website", "domain"),
    MappedField("industry", "industry"),
    MappedField("employees", "numberofemployees", FieldType.INTEGER),
    MappedField("annual_revenue", "annualrevenue", FieldType.NUMBER),
    MappedField("type", "type"),
    MappedField("created_at", "createdate", FieldType.DATETIME),
    MappedField("modified_at", "hs_lastmodifieddate", FieldType.DATETIME),
)

OWNERS = (
    MappedField("id", "id"),
    MappedField("name", "firstName lastName"),
    MappedField("email", "email"),
    MappedField("active", "archived", FieldType.BOOLEAN),
    MappedField("person", "type", FieldType.BOOLEAN),
    MappedField("modified_at", "updatedAt", FieldType.DATETIME),
)
"""Owners are no objects with properties: these sources are fixed."""
TEAMS = ("team", "team_id", "teams")
"""What further columns of owners can be read from: name and id of the primary team, names of all joined by ;"""

# Probability, closed and won stand in no property here: they are the deal's stage's, and a config that maps
# one of them to a property is followed instead.
_OPPORTUNITIES = (
    MappedField("id", "hs_object_id"),
    MappedField("owner_id", "hubspot_owner_id"),
    MappedField("name", "dealname"),
    MappedField("stage", "dealstage"),
    MappedField("amount", "amount", FieldType.NUMBER),
    MappedField("currency", "deal_currency_code"),
    MappedField("close_date", "closedate", FieldType.DATE),
    MappedField("created_at", "createdate", FieldType.DATETIME),
    MappedField("modified_at", "hs_lastmodifieddate", FieldType.DATETIME),
)

_ACTIVITIES = (
    MappedField("id", "hs_object_id"),
    MappedField("owner_id", "hubspot_owner_id"),
    MappedField("direction", "hs_call_direction|hs_email_direction"),
    MappedField("status", "hs_call_status|hs_email_status|hs_meeting_outcome|hs_task_status"),
    MappedField("minutes", "hs_call_duration|hs_meeting_end_time", FieldType.NUMBER),
    MappedField(
        "occurred_at", "hs_task_completion_date|hs_meeting_start_time|hs_timestamp", FieldType.DATETIME
    ),
    MappedField("modified_at", "hs_lastmodifieddate", FieldType.DATETIME),
)
