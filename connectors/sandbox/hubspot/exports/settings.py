"""The switches of exports."""

from __future__ import annotations

from connectors.sandbox.settings import Setting

SETTINGS = (
    Setting("exports_limit", 30, "exports of the account in any 24 hours (doc)", least=0),
    Setting("export_seconds", 2.0, "seconds that every export takes at least", least=0),
    Setting("export_rows_per_second", 5_000, "rows that an export writes in a second", least=1),
    Setting("export_link_seconds", 300, "how long a download link works (doc)", least=1),
    Setting("export_part_rows", 1_000_000, "rows of one file; beyond it several in a zip (doc)", least=1),
    Setting("export_zip_bytes", 2_000_000, "a file that is larger comes zipped (?)", least=0),
    Setting(
        "export_instants",
        "minutes",
        "how datetimes are written (?): minutes in the portal's time zone, iso, or milliseconds",
        choices=("minutes", "iso", "milliseconds"),
    ),
    Setting("lists", {}, "lists by id, to be exported: {'12': {'object': 'companies', 'ids': ['…']}}"),
)
