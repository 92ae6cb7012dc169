"""What an org can have or not have: each a setting, without which its objects and fields do not exist."""

from __future__ import annotations

from connectors.sandbox.settings import Setting

SETTINGS = (
    Setting("multi_currency", False, "several currencies: CurrencyType, and CurrencyIsoCode on every object with money"),
    Setting("dated_rates", False, "advanced currency management: DatedConversionRate; goes with multi_currency"),
    Setting("person_accounts", False, "accounts can be persons: IsPersonAccount, PersonEmail, FirstName, LastName"),
    Setting("state_country_picklists", False, "states and countries are picklists: BillingStateCode, BillingCountryCode"),
    Setting("account_teams", True, "account teams are enabled: AccountTeamMember"),
    Setting("opportunity_teams", True, "opportunity teams are enabled: OpportunityTeamMember"),
    Setting("owner_history", False, "the history of an account's owner is tracked: AccountHistory"),
    Setting("record_types", False, "accounts, opportunities and leads have record types: RecordTypeId"),
    Setting("territory_management", False, "Enterprise Territory Management: Territory2 and what belongs to it"),
)  # fmt: skip
