"""The section `crm:` of a config that talks to Salesforce."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.base import Settings
from connectors.salesforce.ids import full_id, is_id
from connectors.secret import Secret

_DOMAINS = (".salesforce.com", ".force.com")
_NEEDS = {
    "jwt": ("username", "client_id", "private_key"),
    "client_credentials": ("client_id", "client_secret"),
    "session": ("session_id",),
}


class Login(BaseModel):
    """How to log in: `jwt` (a certificate's key), `client_credentials`, or a `session` id given from outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["jwt", "client_credentials", "session"]
    username: str | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    private_key: Secret | None = None
    """PEM."""
    session_id: Secret | None = None

    @model_validator(mode="after")
    def _complete(self) -> Login:
        missing = [name for name in _NEEDS[self.method] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"login by {self.method} also needs {', '.join(missing)}")
        return self


class Transfer(BaseModel):
    """What else of an account moves to its new owner, as far as the old owner has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open_opportunities: bool = False
    open_activities: bool = False
    cases: bool = False
    """Open ones."""
    contacts: bool = False


class OwnerChange(BaseModel):
    """What happens to an account's team, shares and children when its owner changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_account_team: bool = True
    """Since Winter '21 an owner change by API deletes the team unless the SOAP header says otherwise (doc)."""
    keep_opportunity_teams: bool = True
    """Of opportunities that are transferred."""
    transfer: Transfer = Transfer()
    one_by_one: bool = False
    """Move contacts and open activities by updates of their own rather than by Salesforce's header, whose
    documentation does not say that it moves only those of the old owner (?)."""
    send_email: bool = False
    """Tell the new owner, by Salesforce's own mail."""
    restore: bool = False
    """Put team members and manual shares back where the way that is taken cannot keep them."""
    way: Literal["auto", "soap", "collections", "bulk"] = "auto"
    """auto: SOAP where the org has account teams or something is transferred, else Collections."""
    may_lose_teams_and_shares: bool = False
    """Demanded by `way: bulk`, and by `way: collections` in an org with teams: losing them is wanted."""
    find_overwritten: bool = True
    """Ask the account history after each batch whether a person changed an owner while it was being written."""

    @property
    def moves_children(self) -> bool:
        """Whether anything beside the account changes hands."""
        return any(self.transfer.model_dump().values())

    @model_validator(mode="after")
    def _possible(self) -> OwnerChange:
        if self.way == "bulk" and not self.may_lose_teams_and_shares:
            raise ValueError(
                "way: bulk deletes account teams and manual shares; say may_lose_teams_and_shares: true, "
                "or take way: soap, which keeps the teams"
            )
        if self.way == "bulk" and (self.moves_children or self.restore):
            raise ValueError("way: bulk neither transfers nor restores anything; take way: soap or auto")
        if self.way in ("bulk", "collections") and self.send_email:
            raise ValueError(f"way: {self.way} sends no mail; take way: soap, or send_email: false")
        return self


class SalesforceSettings(Settings):
    """One org. Only Salesforce's own hosts over TLS are accepted, or this machine itself with `local: true`."""

    kind: Literal["salesforce"] = "salesforce"
    org_id: str
    """The org that may be read and written, 15 or 18 characters; any other one is refused."""
    instance_url: str
    """The org's My Domain, https://acme.my.salesforce.com."""
    login: Login
    test_org: bool = False
    """A sandbox of Salesforce's own: the login assertion is then addressed to test.salesforce.com."""
    api_version: str = Field(default="62.0", pattern=r"^\d{2,3}\.0$")
    local: bool = False
    """A CRM on this machine, over plain HTTP."""
    page_size: int | None = Field(default=None, ge=200, le=2000)
    """Rows asked for per page; None is Salesforce's own choice."""
    connect_timeout: float = Field(default=10.0, gt=0, le=120)
    read_timeout: float = Field(default=120.0, gt=0, le=600)
    """Seconds."""
    ca_bundle: Path | None = None
    """Certificates of an own authority, in PEM, for a proxy that ends TLS."""
    duplicate_rule_allow_save: bool = False
    """Save although a duplicate rule warns."""
    owner_change: OwnerChange = OwnerChange()
    bulk_read_above: int = Field(default=20_000, ge=0)
    """Rows above which a table is read by a Bulk 2.0 job rather than by REST pages."""
    bulk_page_rows: int = Field(default=100_000, ge=1, le=250_000)
    """Rows asked for per page of a Bulk 2.0 query; each page is a call, and what a lost connection costs."""
    parallel_pages: int = Field(default=3, ge=1, le=8)
    """Pages of a Bulk 2.0 query that are downloaded at once, where the API version offers it; 1 is one by one."""
    bulk_deadline: float = Field(default=7_200.0, gt=0, le=604_800)
    """Seconds that a pull waits for a Bulk 2.0 query; the next pull goes on with the same job."""
    bulk_delete_jobs: bool = False
    """Delete a Bulk 2.0 query once it is read, for one call more; Salesforce drops it by itself after 7 days."""
    bulk_write_above: int = Field(default=5_000, ge=0)
    """Waiting writes above which fields (not owners) are written by Bulk 2.0 jobs rather than by Collections."""
    bulk_write_wait: float = Field(default=3600, gt=0, le=604_800)
    """Seconds for which a job that writes is waited for; then the run stops, and the same command asks for it again."""
    reconcile_days: float = Field(default=1.0, ge=0, le=3650)
    """Days after which a pull of changes also reads every id, and so finds what was deleted for good or merged."""
    person_accounts: Literal["include", "exclude"] = "include"
    """Whether accounts that are persons are pulled, in an org that has such; map IsPersonAccount to tell them apart."""
    bulk_write_probe: int = Field(default=200, ge=0, le=2000)
    """Accounts of the first job of a run, whose owners are looked at before and after: whether assignment rules run on
    rows of Bulk is not documented (?). 0 trusts that they do not."""
    strict: bool = False
    """Write owners one record a request, each only if its ETag is unmoved (If-Match): slow, and nothing is overwritten."""
    strict_by_composite: bool = False
    """With `strict`: 25 records a request. Whether an org heeds If-Match there is not documented (?); try it first."""
    not_people: tuple[str, ...] = ()
    """Usernames of further users that are no persons, beside Salesforce's own kinds and the one we log in as."""
    login_user_is_person: bool = False
    """Whether the user we log in as also sells."""

    @property
    def expected_id(self) -> str:
        """The org's id in 18 characters."""
        return self.org_id

    def beside(self, folder: Path) -> Self:
        """The same org, with its certificates found from the folder in which the config lies."""
        return (
            self if self.ca_bundle is None else self.model_copy(update={"ca_bundle": folder / self.ca_bundle})
        )

    @field_validator("org_id")
    @classmethod
    def _whole_id(cls, value: str) -> str:
        if not is_id(value) or not value.startswith("00D"):
            raise ValueError(f"{value!r} is no org id; find it under Setup, Company Information (00D…)")
        return full_id(value)

    @field_validator("api_version")
    @classmethod
    def _knows_teams(cls, value: str) -> str:
        if float(value) < 45:
            raise ValueError(f"API version {value} cannot keep account teams; take 45.0 or later")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> SalesforceSettings:
        if self.strict_by_composite and not self.strict:
            raise ValueError("strict_by_composite: true says how strict: true is done; set both, or neither")
        if self.strict and (self.owner_change.way in ("soap", "bulk") or self.owner_change.send_email):
            raise ValueError(
                "strict: true writes owners one record a request by REST, which goes neither by SOAP or Bulk "
                "nor sends mail; take strict: false, or owner_change.way: auto and send_email: false"
            )
        return self

    @model_validator(mode="after")
    def _own_host(self) -> SalesforceSettings:
        self.refuse_foreign(self.instance_url)
        return self

    def refuse_foreign(self, url: str) -> None:
        """ValueError where an address is neither Salesforce's nor, with `local`, this machine's."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.username or parts.password:
            raise ValueError("an address holds no credentials")
        if self.local:
            if parts.scheme != "http" or host not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError(
                    f"local: true goes only with http://127.0.0.1:PORT, not with {host or url!r}"
                )
        elif parts.scheme != "https" or not host.endswith(_DOMAINS) or parts.port not in (None, 443):
            raise ValueError(f"{host or url!r} is no https:// address of salesforce.com or force.com")
