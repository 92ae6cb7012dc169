"""What an org has before anybody works in it: itself, profiles, roles, its two first users, and its catalogues."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox import seed_words
from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.derive import OPEN_STAGES, forecast
from connectors.sandbox.salesforce.shape.rights import granted_by_profile
from connectors.sandbox.tables import Stored

Rows = Iterator[tuple[str, dict[str, Stored]]]
PROFILES = ("System Administrator", "Standard User", "Minimum Access - API Only Integrations")
ROLES = (("CEO", None), ("Sales_EMEA", 1), ("Sales_Americas", 1))
RECORD_TYPES = (
    ("Account", "Business_Account", "Business Account"),
    ("Account", "Partner_Account", "Channel partner"),
    ("Account", "PersonAccount", "Person Account"),
    ("Opportunity", "New_Business", "New business"),
    ("Opportunity", "Renewal", "Renewal"),
    ("Lead", "Web_Lead", "From the web"),
)
_CURRENCIES = (
    ("USD", 1.0, 2, True),
    ("EUR", 0.92, 2, False),
    ("GBP", 0.79, 2, False),
    ("JPY", 151.25, 0, False),
)
_DATED = (
    ("USD", "0001-01-01", "9999-12-31", 1.0),
    ("EUR", "0001-01-01", "2025-01-01", 0.9),
    ("EUR", "2025-01-01", "2025-07-01", 0.95),
    ("EUR", "2025-07-01", "9999-12-31", 0.92),
    ("GBP", "2024-01-01", "2025-01-01", 0.8),
    ("GBP", "2025-01-01", None, 0.79),
    ("JPY", "0001-01-01", "9999-12-31", 151.25),
)  # fmt: skip
"""Currency, from, before, units for one of the corporate currency; how the last one ends is not documented (?)."""


def found(org: Org, username: str) -> None:
    """The org's own records, where they are missing."""
    state = org.core.state
    if state.count("Organization"):
        return
    by = By(org.admin_id, org.core.clock.now())
    for rows in (_people(org, username), _record_types(), _stages(), _currencies()):
        for object, row in rows:
            values = org.stamped(row, by, new=True)
            state.load(object, list(values), [tuple(values.values())])


def _people(org: Org, username: str) -> Rows:
    yield "Organization", {
        "Id": org.id, "Name": "Sandbox Org", "Country": "US", "TimeZoneSidKey": "America/New_York",
        "LanguageLocaleKey": "en_US", "FiscalYearStartMonth": "1", "OrganizationType": "Enterprise Edition",
        "InstanceName": "SU0", "IsSandbox": 0,
    }  # fmt: skip
    for number, name in enumerate(PROFILES, 1):
        yield "Profile", {"Id": ids.make("00e", number), "Name": name, "UserType": "Standard"}
    for number, (name, above) in enumerate(ROLES, 1):
        parent = above and ids.make("00E", above)
        label = name.replace("_", " ")
        yield (
            "UserRole",
            {"Id": ids.make("00E", number), "Name": label, "DeveloperName": name, "ParentRoleId": parent},
        )
    email = "integration@example.com"
    yield "User", user(org.user_id, "Integration", "User", username, email, 3, active=True)
    name = "admin@sandbox.example.com"
    yield "User", user(org.admin_id, "Ada", "Admin", name, "admin@example.com", 1, active=True)
    yield from granted_by_profile(org.profile_set_id, ids.make("00e", 3), org.user_id)


def user(
    id: str, first: str, last: str, username: str, email: str, profile: int, *, active: bool
) -> dict[str, Stored]:
    """A standard user."""
    return {
        "Id": id,
        "Username": username,
        "FirstName": first or None,
        "LastName": last,
        "Name": f"{first} {last}".strip(),
        "Email": email,
        "Alias": (first[:1] + last).lower()[:8],
        "IsActive": int(active),
        "TimeZoneSidKey": "America/New_York",
        "ProfileId": ids.make("00e", profile),
        "UserType": "Standard",
    }


def record_type(name: str) -> str:
    """The id of the record type of this developer name."""
    return ids.make("012", 1 + [known for _, known, _ in RECORD_TYPES].index(name))


def _record_types() -> Rows:
    for object, name, label in RECORD_TYPES:
        row: dict[str, Stored] = {"Name": label, "DeveloperName": name, "SobjectType": object, "IsActive": 1}
        yield "RecordType", {"Id": record_type(name), **row, "IsPersonType": int(name == "PersonAccount")}


def _stages() -> Rows:
    """The stages in use, in their order, and one that nobody may choose any more; labels are not the names."""
    known = {name: (share * 100, closed, won) for name, share, closed, won, _ in seed_words.STAGES}
    known |= {name: (percent, False, False) for name, percent in OPEN_STAGES.items()}
    ordered = sorted(
        known.items(), key=lambda item: (item[1][1], item[1][0] if not item[1][1] else -item[1][0])
    )
    stages = [*ordered, ("Verbal Commitment", (80.0, False, False))]
    for number, (name, (percent, closed, won)) in enumerate(stages, 1):
        category, category_name = forecast(name)
        yield "OpportunityStage", {
            "Id": ids.make("01J", number), "ApiName": name, "MasterLabel": STAGE_LABELS.get(name, name),
            "IsActive": int(name != "Verbal Commitment"), "SortOrder": number, "IsClosed": int(closed),
            "IsWon": int(won), "DefaultProbability": percent, "ForecastCategory": category,
            "ForecastCategoryName": category_name,
        }  # fmt: skip


STAGE_LABELS = {"Id. Decision Makers": "Identify decision makers", "Proposal/Price Quote": "Proposal sent"}


def _currencies() -> Rows:
    for number, (code, rate, places, corporate) in enumerate(_CURRENCIES, 1):
        yield "CurrencyType", {
            "Id": ids.make("01L", number), "IsoCode": code, "ConversionRate": rate, "DecimalPlaces": places,
            "IsActive": int(code != "JPY"), "IsCorporate": int(corporate),
        }  # fmt: skip
    for number, (code, start, following, rate) in enumerate(_DATED, 1):
        yield "DatedConversionRate", {
            "Id": ids.make("04w", number), "IsoCode": code, "StartDate": start, "NextStartDate": following,
            "ConversionRate": rate,
        }  # fmt: skip
