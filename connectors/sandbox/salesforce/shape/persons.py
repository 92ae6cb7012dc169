"""Person accounts: an account and a contact that are one person, and go on being one."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.derive import person_name
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.tables import Stored

_SHARED = {"LastName": "LastName", "FirstName": "FirstName", "PersonEmail": "Email", "OwnerId": "OwnerId",
    "CurrencyIsoCode": "CurrencyIsoCode"}  # fmt: skip
"""Field of the account → field of its contact."""


def named(object: SObject, row: Mapping[str, Stored]) -> dict[str, Stored]:
    """The name of a new account that is a person, which nobody gives it."""
    if object.name != "Account" or not row.get("LastName"):
        return {}
    return {"Name": person_name(row), "IsPersonAccount": 1}


def joined(org: Org, account: str, row: Mapping[str, Stored], by: By) -> None:
    """Makes the contact of a new person account; other accounts have none of their own."""
    if not row.get("IsPersonAccount"):
        return
    contact = ids.make("003", org.next_number("Contact"))
    values = _of_contact(row) | {
        "Id": contact,
        "AccountId": account,
        "IsPersonAccount": 1,
        "Name": row["Name"],
    }
    org.core.state.insert("Contact", org.stamped(values, by, new=True), by)
    org.core.state.update("Account", account, {"PersonContactId": contact}, by)


def followed(org: Org, before: Mapping[str, Stored], changed: Mapping[str, Stored], by: By) -> None:
    """Brings the contact of a person account after it, its owner too."""
    contact = before.get("PersonContactId")
    values = _of_contact(changed)
    if contact is None or not values:
        return
    if {"LastName", "FirstName"} & values.keys():
        values["Name"] = person_name({**before, **changed})
    org.core.state.update("Contact", contact, values, by, stamps=org.stamped({}, by))


def _of_contact(row: Mapping[str, Stored]) -> dict[str, Stored]:
    return {theirs: row[ours] for ours, theirs in _SHARED.items() if ours in row}
