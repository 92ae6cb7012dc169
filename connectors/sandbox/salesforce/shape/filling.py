"""Fills an org with the sample data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox import seed as sample
from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.derive import fiscal, forecast
from connectors.sandbox.salesforce.shape.founding import record_type, user
from connectors.sandbox.salesforce.shape.places import CONVERTED, state_of
from connectors.sandbox.seed_company import DAY
from connectors.sandbox.tables import Stored

Ids = list[str]


def fill(org: Org, seed: sample.Seed) -> None:
    """Loads the sample companies, people, deals and activities."""
    owners = _people(org, seed)
    accounts = [ids.make("001", n) for n in range(seed.accounts)]
    now = org.core.clock.now()
    state = org.core.state
    with state.transaction():
        for object, columns in (
            ("Account", _accounts(org, seed, accounts, owners, now)),
            ("Opportunity", _opportunities(seed, accounts, owners, now)),
        ):
            for chunk in columns:
                state.load(object, list(chunk), zip(*chunk.values(), strict=True))
        _activities(org, seed, accounts, owners, now)


def _people(org: Org, seed: sample.Seed) -> Ids:
    """Users and queues; returns the id of each person by number."""
    by = By(org.admin_id, org.core.clock.now() - 400 * DAY)
    owners: Ids = []
    for person in sample.people(seed):
        if person.role in ("integration", "admin"):
            owners.append(org.user_id if person.role == "integration" else org.admin_id)
            continue
        if person.role == "queue":
            id = ids.make("00G", person.number)
            row: dict[str, Stored] = {
                "Id": id, "Name": person.name, "DeveloperName": person.name.replace(" ", "_"), "Type": "Queue",
            }  # fmt: skip
        else:
            id = ids.make("005", 100 + person.number)
            username = f"rep{person.number}@sandbox.example.com"
            row = user(
                id, person.first_name, person.last_name, username, person.email, 2, active=person.active
            )
            row["UserRoleId"] = ids.make("00E", 2 + person.number % 2)
        values = org.stamped(row, by, new=True)
        org.core.state.load(
            "Group" if person.role == "queue" else "User", list(values), [tuple(values.values())]
        )
        owners.append(id)
    return owners


def _seconds(instants: Sequence[int]) -> list[int]:
    """Salesforce keeps whole seconds."""
    return [at // 1000 * 1000 for at in instants]


def _stamps(
    created: Sequence[int], modified: Sequence[int], by: Sequence[str]
) -> dict[str, Sequence[Stored]]:
    changed = _seconds(modified)
    return {
        "CreatedDate": _seconds(created),
        "CreatedById": by,
        "LastModifiedDate": changed,
        "LastModifiedById": by,
        "SystemModstamp": changed,
        "IsDeleted": [0] * len(by),
    }


def _accounts(
    org: Org, seed: sample.Seed, accounts: Ids, owners: Ids, now: int
) -> Iterator[dict[str, Sequence[Stored]]]:
    """Accounts that nobody owns belong to the integration user: a Salesforce account always has an owner."""
    business, partner = (record_type(name) for name in ("Business_Account", "Partner_Account"))
    for c in sample.companies(seed, now):
        codes = [CONVERTED.get((country or "").strip().casefold()) for country in c["country"]]
        owner = [org.user_id if o is None else owners[o] for o in c["owner"]]
        yield {
            "Id": [accounts[n] for n in c["number"]],
            "Name": c["name"],
            "ParentId": [None if p is None else accounts[p] for p in c["parent"]],
            "OwnerId": owner,
            "BillingCountry": c["country"],
            "BillingState": c["state"],
            "BillingCountryCode": codes,
            "BillingStateCode": [state_of(*place) for place in zip(codes, c["state"], strict=True)],
            "CurrencyIsoCode": _currencies(c["number"]),
            "RecordTypeId": [partner if n % 4 == 0 else business for n in c["number"]],
            "BillingCity": c["city"],
            "BillingPostalCode": c["postal_code"],
            "BillingStreet": c["street"],
            "Website": c["website"],
            "Phone": c["phone"],
            "Industry": c["industry"],
            "NumberOfEmployees": c["employees"],
            "AnnualRevenue": c["annual_revenue"],
            "Type": c["type"],
            **_stamps(c["created"], c["modified"], owner),
        }


def _opportunities(
    seed: sample.Seed, accounts: Ids, owners: Ids, now: int
) -> Iterator[dict[str, Sequence[Stored]]]:
    new, renewal = (record_type(name) for name in ("New_Business", "Renewal"))
    for d in sample.deals(seed, now):
        owner = [owners[o] for o in d["owner"]]
        dates = _days(d["close_day"])
        years, quarters, periods = zip(*map(fiscal, dates), strict=True)
        categories, names = zip(*map(forecast, d["stage"]), strict=True)
        amounts = zip(d["amount"], d["probability"], strict=True)
        yield {
            "Id": [ids.make("006", n) for n in d["number"]],
            "AccountId": [accounts[n] for n in d["company"]],
            "OwnerId": owner,
            "Name": d["name"],
            "StageName": d["stage"],
            "Amount": d["amount"],
            "Probability": [round(p * 100) for p in d["probability"]],
            "ExpectedRevenue": [None if a is None else round(a * p, 2) for a, p in amounts],
            "CloseDate": dates,
            "FiscalYear": years,
            "FiscalQuarter": quarters,
            "Fiscal": periods,
            "ForecastCategory": categories,
            "ForecastCategoryName": names,
            "HasOpportunityLineItem": [0] * len(owner),
            "IsClosed": [int(c) for c in d["closed"]],
            "IsWon": [int(w) for w in d["won"]],
            "IsPrivate": [0] * len(owner),
            "CurrencyIsoCode": _currencies(d["company"]),
            "RecordTypeId": [renewal if n % 3 == 0 else new for n in d["number"]],
            **_stamps(d["created"], d["modified"], owner),
        }


def _currencies(companies: Sequence[int]) -> list[str]:
    """Most companies deal in dollars, one in five in euros, one in twenty in pounds."""
    return ["GBP" if n % 20 == 7 else "EUR" if n % 5 == 2 else "USD" for n in companies]


def _days(days: Sequence[int]) -> list[str]:
    """Days since 1970 as dates; each distinct day is written once."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date()
    known = {day: (epoch + timedelta(days=day)).isoformat() for day in set(days)}
    return [known[day] for day in days]


def _activities(org: Org, seed: sample.Seed, accounts: Ids, owners: Ids, now: int) -> None:
    """Meetings become events, everything else tasks."""
    for a in sample.activities(seed, now):
        meeting = [type == "meeting" for type in a["type"]]
        for object, wanted, columns in (("Event", True, _events), ("Task", False, _tasks)):
            rows = {
                name: [v for v, m in zip(values, meeting, strict=True) if m is wanted]
                for name, values in a.items()
            }
            chunk = columns(rows, accounts, owners)
            org.core.state.load(object, list(chunk), zip(*chunk.values(), strict=True))


def _shared(a: sample.Columns, prefix: str, accounts: Ids, owners: Ids) -> dict[str, Sequence[Any]]:
    owner = [owners[o] for o in a["owner"]]
    account = [accounts[n] for n in a["company"]]
    return {
        "Id": [ids.make(prefix, n) for n in a["number"]],
        "WhatId": account,
        "AccountId": account,
        "OwnerId": owner,
        "Subject": a["subject"],
        "ActivityDate": _days([at // DAY for at in a["occurred"]]),
        **_stamps(
            [min(o, m) for o, m in zip(a["occurred"], a["modified"], strict=True)], a["modified"], owner
        ),
    }


def _events(a: sample.Columns, accounts: Ids, owners: Ids) -> dict[str, Sequence[Any]]:
    start = _seconds(a["occurred"])
    return {
        **_shared(a, "00U", accounts, owners),
        "StartDateTime": start,
        "ActivityDateTime": start,
        "EndDateTime": [s + int(m) * 60_000 for s, m in zip(start, a["minutes"], strict=True)],
        "DurationInMinutes": [int(m) for m in a["minutes"]],
        "IsAllDayEvent": [0] * len(start),
        "EventSubtype": ["Event"] * len(start),
    }


def _tasks(a: sample.Columns, accounts: Ids, owners: Ids) -> dict[str, Sequence[Any]]:
    types = {
        "email": ("Email", "Email"),
        "call": ("Call", "Call"),
        "task": (None, "Task"),
        "note": ("Other", "Task"),
    }
    done = a["done"]
    return {
        **_shared(a, "00T", accounts, owners),
        "Type": [types[t][0] for t in a["type"]],
        "TaskSubtype": [types[t][1] for t in a["type"]],
        "Status": ["Completed" if d else "Not Started" for d in done],
        "Priority": ["Normal"] * len(done),
        "IsClosed": [int(d) for d in done],
        "CompletedDateTime": [
            at // 1000 * 1000 if d else None for at, d in zip(a["occurred"], done, strict=True)
        ],
        "CallDurationInSeconds": [
            None if t != "call" else int(m * 60) for t, m in zip(a["type"], a["minutes"], strict=True)
        ],
        "CallType": [
            None if t != "call" else str(d).capitalize()
            for t, d in zip(a["type"], a["direction"], strict=True)
        ],
    }
