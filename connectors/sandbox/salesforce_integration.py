"""HubSpot's own Salesforce integration, simulated: it stands beside two local CRMs and carries fields across.

    integration = SalesforceIntegration.install(hubspot, salesforce)
    integration.run()      # one round, at once and always the same; nothing happens in between

Companies and accounts are linked by `salesforceaccountid`; at the installation also by website, where one alone
has it. A linked pair shares the fields that are mapped, of which the owner is always one and always two-way: the
newest value wins (doc 2026-03). What was there before the installation is not carried (doc). Only changes count:
a value written anew is none. Not simulated: creating records on the other side, deletions, contacts, deals.

In HubSpot its changes have the source SALESFORCE; in Salesforce they are those of a user of its own. The CRMs
tell their own time: whoever moves one clock moves the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from connectors.sandbox.remote import Crm, SandboxRefused

Rule = Literal["two_way", "prefer_salesforce", "always_salesforce"]
Side = Literal["hubspot", "salesforce"]
ACTOR = "salesforce"
"""Who the integration is in the local HubSpot's change history."""
_Rows = Mapping[str, Mapping[str, Any]]
ACCOUNT_ID, LAST_SYNC = "salesforceaccountid", "salesforcelastsynctime"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One property of companies and the field of accounts that it is kept equal to."""

    property: str
    field: str
    rule: Rule = "two_way"


OWNER = Mapped("hubspot_owner_id", "OwnerId")


@dataclass(frozen=True, slots=True)
class Carried:
    """One value that was carried to a side; `value` is what was written there, `old` what stood there."""

    to: Side
    company: str
    account: str
    property: str
    value: Any
    old: Any


@dataclass(frozen=True, slots=True)
class Stuck:
    """One value that could not be carried: a sync error, with its reason."""

    to: Side
    company: str
    account: str
    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    carried: tuple[Carried, ...]
    stuck: tuple[Stuck, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    at: str
    value: Any


@dataclass(slots=True)
class SalesforceIntegration:
    """One installation between a local HubSpot and a local Salesforce."""

    hubspot: Crm
    salesforce: Crm
    user_id: str
    """The integration's own user in Salesforce."""
    mapped: tuple[Mapped, ...]
    _links: dict[str, str] = field(default_factory=dict)
    _seen: dict[Side, int] = field(default_factory=dict)

    @classmethod
    def install(cls, hubspot: Crm, salesforce: Crm, mapped: Sequence[Mapped] = ()) -> SalesforceIntegration:
        """Adds what the integration needs on both sides and links what belongs together; carries nothing."""
        for name in (ACCOUNT_ID, LAST_SYNC):
            hubspot.add_field("companies", name, "")
        made = cls(hubspot, salesforce, _user(salesforce), (OWNER, *mapped))
        made._link_known()
        made._seen = made._last()
        return made

    @property
    def links(self) -> Mapping[str, str]:
        """Account id by company id."""
        return dict(self._links)

    def link(self, company: str, account: str) -> None:
        """Links a company to an account, as "Sync" on its card does."""
        now = self.hubspot.now()
        self.hubspot.edit("companies", company, {ACCOUNT_ID: account, LAST_SYNC: now}, ACTOR)
        self._links[company] = account

    def run(self) -> Round:
        """Carries every change since the last round; the newest of both sides wins."""
        sides: dict[Side, dict[tuple[str, str], _Change]] = {
            "hubspot": self._changes("hubspot"),
            "salesforce": self._changes("salesforce"),
        }
        if not any(sides.values()):
            return Round((), ())
        owners, held = _Owners.of(self.hubspot, self.salesforce), self._held()
        carried: list[Carried] = []
        stuck: list[Stuck] = []
        for company, account in sorted(self._links.items(), key=lambda link: int(link[0])):
            for mapped in self.mapped:
                here = sides["hubspot"].get((company, mapped.property))
                there = sides["salesforce"].get((account, mapped.field))
                to = _direction(mapped, here, there)
                change = there if to == "hubspot" else here
                if to is None or change is None:
                    continue
                pair = _Pair(company, account, mapped)
                found = self._carry(pair, to, change.value, held[to], owners)
                if isinstance(found, Carried):
                    carried.append(found)
                elif found is not None:
                    stuck.append(found)
        self._seen = self._last()
        return Round(tuple(carried), tuple(stuck))

    def _held(self) -> dict[Side, _Rows]:
        """What both sides hold at the begin of a round, by id."""
        return {
            "hubspot": {row["id"]: row for row in self.hubspot.records("companies")},
            "salesforce": {row["Id"]: row for row in self.salesforce.records("Account")},
        }

    def _carry(
        self, pair: _Pair, to: Side, value: Any, rows: _Rows, owners: _Owners
    ) -> Carried | Stuck | None:
        """Writes the value on that side; None where it is there already."""
        company, account, mapped = pair.company, pair.account, pair.mapped
        if mapped.property == OWNER.property:
            translated = owners.on(to, value)
            if translated is None and value:
                reason = f"no owner on that side has the e-mail address of {value}"
                return Stuck(to, company, account, mapped.property, reason)
            value = translated
        id, name = (company, mapped.property) if to == "hubspot" else (account, mapped.field)
        old = rows.get(id, {}).get(name)
        if mapped.rule == "prefer_salesforce" and to == "salesforce" and old not in (None, ""):
            return None
        if _same(old, value):
            return None
        try:
            self._write(pair, to, value)
        except SandboxRefused as refused:
            return Stuck(to, company, account, mapped.property, str(refused))
        return Carried(to, company, account, mapped.property, value, old)

    def _write(self, pair: _Pair, to: Side, value: Any) -> None:
        if to == "hubspot":
            text = str(value).lower() if isinstance(value, bool) else value
            values = {pair.mapped.property: text, LAST_SYNC: self.hubspot.now()}
            self.hubspot.edit("companies", pair.company, values, ACTOR)
        else:
            is_whole = isinstance(value, float) and value.is_integer()
            values = {pair.mapped.field: int(value) if is_whole else value}
            self.salesforce.edit("Account", pair.account, values, self.user_id)

    def _changes(self, side: Side) -> dict[tuple[str, str], _Change]:
        """By id and field: the last change since the last round, which ended with the integration's own."""
        crm, object = self._of(side)
        fields = {m.property if side == "hubspot" else m.field for m in self.mapped}
        found: dict[tuple[str, str], _Change] = {}
        for row in crm.history(object):
            if row["seq"] <= self._seen[side] or row["field"] not in fields:
                continue
            if row["old"] != row["new"]:
                found[row["id"], row["field"]] = _Change(row["at"], row["new"])
        return found

    def _last(self) -> dict[Side, int]:
        sides: tuple[Side, ...] = ("hubspot", "salesforce")
        return {side: max((row["seq"] for row in self._of(side)[0].history()), default=0) for side in sides}

    def _of(self, side: Side) -> tuple[Crm, str]:
        return (self.hubspot, "companies") if side == "hubspot" else (self.salesforce, "Account")

    def _link_known(self) -> None:
        companies = [row for row in self.hubspot.records("companies") if not row["archived"]]
        accounts = [row for row in self.salesforce.records("Account") if not row["IsDeleted"]]
        by_host = _alone((_host(row.get("Website")), row["Id"]) for row in accounts)
        by_domain = _alone((_host(row.get("domain")), row["id"]) for row in companies)
        for row in companies:
            if row.get(ACCOUNT_ID):
                self._links[row["id"]] = row[ACCOUNT_ID]
        for domain, company in by_domain.items():
            if company not in self._links and domain in by_host:
                self.link(company, by_host[domain])


@dataclass(frozen=True, slots=True)
class _Pair:
    company: str
    account: str
    mapped: Mapped


@dataclass(frozen=True, slots=True)
class _Owners:
    """Who is who on both sides, by e-mail address; people who left are no owners."""

    to_hubspot: Mapping[str, str]
    to_salesforce: Mapping[str, str]

    @classmethod
    def of(cls, hubspot: Crm, salesforce: Crm) -> _Owners:
        """The active people of both."""
        here = {o["email"].lower(): o["id"] for o in hubspot.records("owners") if not o["archived"]}
        there = {u["Email"].lower(): u["Id"] for u in salesforce.records("User") if u["IsActive"]}
        return cls(
            {id: here[email] for email, id in there.items() if email in here},
            {id: there[email] for email, id in here.items() if email in there},
        )

    def on(self, side: Side, owner: Any) -> str | None:
        """The same person on that side; None for nobody, and for somebody who is not there."""
        return (self.to_hubspot if side == "hubspot" else self.to_salesforce).get(str(owner))


def _direction(mapped: Mapped, here: _Change | None, there: _Change | None) -> Side | None:
    """Where the value goes; Salesforce wins where both changed in the same instant (?)."""
    if there is not None and (here is None or mapped.rule != "two_way" or there.at >= here.at):
        return "hubspot"
    if here is None or mapped.rule == "always_salesforce":
        return None
    return "salesforce"


def _user(salesforce: Crm) -> str:
    """The integration's user in Salesforce, made where there is none."""
    users = salesforce.records("User")
    for user in users:
        if user["Username"] == "hubspot.integration@sandbox.example.com":
            return str(user["Id"])
    like = {name: users[0][name] for name in ("TimeZoneSidKey", "ProfileId")}
    named = {
        "Username": "hubspot.integration@sandbox.example.com",
        "LastName": "HubSpot Integration",
        "Email": "hubspot.integration@example.com",
        "Alias": "hubspot",
        "IsActive": True,
    }
    salesforce.edit("User", "new", {**like, **named})
    return _user(salesforce)


def _host(site: str | None) -> str:
    if not site:
        return ""
    host = urlsplit(site if "//" in site else f"//{site}").hostname or ""
    return host.removeprefix("www.")


def _alone(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The ids by name where the name is that of one record alone."""
    held = [(name, id) for name, id in pairs if name]
    counts = Counter(name for name, _ in held)
    return {name: id for name, id in held if counts[name] == 1}


def _same(held: Any, value: Any) -> bool:
    """Whether both are the same value, HubSpot's texts and Salesforce's numbers alike."""
    if held in (None, "") or value in (None, ""):
        return held in (None, "") and value in (None, "")
    try:
        return float(held) == float(value)
    except (TypeError, ValueError):
        return str(held) == str(value)
