"""The territory models that an org begins with: one active, one planned, one archived."""

from __future__ import annotations

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.tables import Stored

_MODELS = {"FY25": "Archived", "FY26": "Active", "FY27": "Planning"}
_TERRITORIES = (
    ("Worldwide", None), ("Americas", "Worldwide"), ("EMEA", "Worldwide"), ("US_East", "Americas"),
    ("US_West", "Americas"), ("US_East_Boston", "US_East"), ("US_West_Seattle", "US_West"), ("DACH", "EMEA"),
    ("Strategic", "Worldwide"),
)  # fmt: skip
"""Name and parent, the same in every model."""


def seed_territories(org: Org) -> None:
    """A few rows, whether the org has territory management or not: they show once it is switched on."""
    by = By(org.admin_id, org.core.clock.now())
    kind = ids.make("0M5", 1)
    _add(
        org,
        "Territory2Type",
        {"Id": kind, "DeveloperName": "Geography", "MasterLabel": "Geography", "Priority": 1},
        by,
    )
    number = 0
    for at, (model, state) in enumerate(_MODELS.items(), 1):
        model_id = ids.make("0MA", at)
        named: dict[str, Stored] = {"Id": model_id, "Name": model, "DeveloperName": model, "State": state}
        _add(org, "Territory2Model", named, by)
        made: dict[str | None, str] = {}
        for name, parent in _TERRITORIES:
            number += 1
            made[name] = ids.make("0MI", number)
            _add(org, "Territory2", {
                "Id": made[name], "Name": name.replace("_", " "), "DeveloperName": name,
                "Territory2TypeId": kind, "Territory2ModelId": model_id, "ParentTerritory2Id": made.get(parent),
                "AccountAccessLevel": "Edit", "OpportunityAccessLevel": "Read", "CaseAccessLevel": "Read",
                "ContactAccessLevel": "Read",
            }, by)  # fmt: skip


def _add(org: Org, object: str, row: dict[str, Stored], by: By) -> None:
    columns = org.core.state.table(object).names
    values = {name: value for name, value in org.stamped(row, by, new=True).items() if name in columns}
    org.core.state.load(object, list(values), [tuple(values.values())])
