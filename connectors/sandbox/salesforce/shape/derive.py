"""Fields that Salesforce works out itself from others of the record."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox import seed_words
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.places import placed
from connectors.sandbox.tables import Stored

_STAGES = {name: (probability * 100, closed, won) for name, probability, closed, won, _ in seed_words.STAGES}
OPEN_STAGES = {
    "Needs Analysis": 20.0,
    "Value Proposition": 50.0,
    "Id. Decision Makers": 60.0,
    "Perception Analysis": 70.0,
}


_FORECASTS = {"Closed Won": ("Closed", "Closed"), "Closed Lost": ("Omitted", "Omitted")}


def forecast(stage: str) -> tuple[str, str]:
    """The forecast category of a stage, and its name."""
    return _FORECASTS.get(stage, ("Pipeline", "Pipeline"))


def fiscal(close_date: str) -> tuple[int, int, str]:
    """Year, quarter and period of a close date, in an org whose fiscal year is the calendar year."""
    year, quarter = int(close_date[:4]), (int(close_date[5:7]) + 2) // 3
    return year, quarter, f"{year} {quarter}"


def derived(
    object: str, changed: Mapping[str, Stored], whole: Mapping[str, Stored], org: Org
) -> dict[str, Stored]:
    """The values that follow from a write; `whole` is the record after it."""
    if object == "Opportunity":
        return _opportunity(changed, whole)
    if object in ("Task", "Event"):
        return _activity(object, changed, whole, org)
    if object == "Account":
        return _account(changed, whole, org)
    if object in ("User", "Contact", "Lead") and {"FirstName", "LastName"} & changed.keys():
        return {"Name": person_name(whole)}
    return {}


def _account(changed: Mapping[str, Stored], whole: Mapping[str, Stored], org: Org) -> dict[str, Stored]:
    made: dict[str, Stored] = {}
    if org.core.settings["state_country_picklists"]:
        made |= placed(changed, whole, "Billing") | placed(changed, whole, "Shipping")
    if whole.get("LastName") and {"FirstName", "LastName"} & changed.keys():
        made |= {"Name": person_name(whole), "IsPersonAccount": 1}
    return made


def person_name(row: Mapping[str, Stored]) -> str:
    """A person's name as Salesforce puts it together."""
    return " ".join(str(row[part]) for part in ("FirstName", "LastName") if row.get(part))


def _opportunity(changed: Mapping[str, Stored], whole: Mapping[str, Stored]) -> dict[str, Stored]:
    made: dict[str, Stored] = {}
    if "StageName" in changed:
        stage = str(whole["StageName"])
        probability, closed, won = _STAGES.get(stage, (OPEN_STAGES.get(stage, 10.0), False, False))
        made |= {"IsClosed": int(closed), "IsWon": int(won)}
        made["ForecastCategory"], made["ForecastCategoryName"] = forecast(stage)
        if "Probability" not in changed:
            made["Probability"] = probability
    if "CloseDate" in changed:
        made["FiscalYear"], made["FiscalQuarter"], made["Fiscal"] = fiscal(str(whole["CloseDate"]))
    amount, share = whole.get("Amount"), made.get("Probability", whole.get("Probability"))
    if isinstance(amount, (int, float)) and isinstance(share, (int, float)):
        made["ExpectedRevenue"] = round(amount * share / 100, 2)
    return made


def _activity(
    object: str, changed: Mapping[str, Stored], whole: Mapping[str, Stored], org: Org
) -> dict[str, Stored]:
    made: dict[str, Stored] = {}
    what = whole.get("WhatId")
    if "WhatId" in changed:
        opportunity = org.core.state.read("Opportunity", what) if str(what).startswith("006") else None
        made["AccountId"] = (
            opportunity["AccountId"] if opportunity else what if str(what).startswith("001") else None
        )
    if object == "Task" and "Status" in changed:
        done = whole["Status"] == "Completed"
        made |= {
            "IsClosed": int(done),
            "CompletedDateTime": org.core.clock.now() // 1000 * 1000 if done else None,
        }
    return made
