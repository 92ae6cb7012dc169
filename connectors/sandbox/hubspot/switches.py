"""The portal's settings; limits are those of a Professional account."""

from __future__ import annotations

from connectors.sandbox.settings import Setting

SCOPES = [
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
]

SETTINGS = (
    Setting("burst_limit", 190, "calls of one app in any ten seconds", least=0),
    Setting("oauth_burst_limit", 110, "calls of an OAuth app in any ten seconds (doc)", least=0),
    Setting("search_limit", 5, "searches of the account in any second", least=0),
    Setting("associations_limit", 150, "association calls in any ten seconds", least=0),
    Setting("daily_limit", 625_000, "calls of the account in a day", least=0),
    Setting("search_lag", 15.0, "seconds for which search still sees what was before a write", least=0),
    Setting(
        "list_cursor",
        "id",
        "what the cursor of a list is (?): the last id, the number behind it, or a word that says nothing (doc)",
        choices=("id", "next_id", "opaque"),
    ),
    Setting("list_page", 100, "most records in a page of a list", least=1, most=100),
    Setting("history_page", 50, "most records in a page or batch with property history", least=1, most=50),
    Setting("search_page", 200, "most records in a page of a search", least=1, most=200),
    Setting("batch_size", 100, "most inputs of a batch", least=1, most=100),
    Setting("url_length", 8_192, "most bytes of path and query; beyond it 414", least=64, most=65_536),
    Setting("scopes", list(SCOPES), "what the app was granted"),
    Setting(
        "daily_headers_on_search", True, "whether search tells the calls left of the day (recorded 2022-02)"
    ),
    Setting(
        "validation_rules", {}, "admin rules {'companies.name': regular expression}; 2026-09 applies them"
    ),
)
