"""The switches of Bulk API 2.0, and what Salesforce fixes."""

from __future__ import annotations

from connectors.sandbox.settings import Setting

SETTINGS = (
    Setting("bulk_polls", 1, "how often a job is asked for before it says that it is done", least=0),
    Setting("bulk_seconds", 0.0, "a job is not done before this many seconds of the org's clock", least=0),
    Setting("bulk_pause", 0.0, "seconds of real time between two transactions or chunks of a job", least=0),
    Setting("bulk_chunk", 10_000, "ids a query job reads at once; larger results are of several instants", least=1),
    Setting("bulk_page_rows", 100_000, "rows of a result page where the client names no maxRecords, or more", least=1),
    Setting("bulk_result_pages", True, "resultPages is offered (from v58 on)"),
    Setting("bulk_charset", True, "text/csv says that it is UTF-8 (documented; some answers do not)"),
    Setting("bulk_quoted_nulls", True, 'a missing value is "" and not nothing between two commas (?)'),
    Setting("bulk_java_numbers", True, "numbers from ten million on are written 1.0E7"),
    Setting("bulk_unsupported", "", "objects that Bulk refuses, beside those that Salesforce always refuses"),
    Setting("bulk_unchunked_rows", 0, "a query with LIMIT or ORDER BY over more rows times out; 0: never", least=0),
    Setting("bulk_upload_bytes", 100 * 1024 * 1024, "largest upload of an ingest job", least=1, most=100 * 1024 * 1024),
    Setting("bulk_batches", 15_000, "batches of 10,000 rows in any 24 hours", least=0),
    Setting("bulk_query_jobs", 10_000, "query jobs in any 24 hours", least=0),
    Setting("bulk_shuffled", True, "results of an ingest job come in another order than the upload"),
    Setting("bulk_hard_delete", False, "the user has the permission Bulk API Hard Delete"),
    Setting("bulk_auto_assign", False, "the org's assignment rule runs on rows of Bulk, which has no header against it (?)"),
    Setting("bulk_locked_parents", "", "ids of accounts that somebody else keeps locked: their children cannot be written"),
    Setting("bulk_parallel_locks", False, "batches of one job run at once: children of one parent in two batches collide"),
    Setting("bulk_lock_tries", 3, "tries after which a lock between two batches is free again", least=0),
    Setting("bulk_lock_failures", 100, "so many locked rows fail a batch and the job; fewer fail alone", least=1),
)  # fmt: skip

BATCH_ROWS = 10_000
TRANSACTION_ROWS = 200
MOST_RETRIES = 10
"""A batch that fails so often fails the job (doc to 2025; the guide for v68 says 20)."""
DAYS_KEPT = 7
LISTED_AT_ONCE = 1_000
PAGES_AT_ONCE = 5
"""How many addresses one answer of resultPages holds (doc)."""
REFUSED_OBJECTS = frozenset(
    [
        "acceptedeventrelation",
        "casestatus",
        "contractstatus",
        "declinedeventrelation",
        "eventwhorelation",
        "fieldsecurityclassification",
        "orderstatus",
        "partnerrole",
        "recentlyviewed",
        "solutionstatus",
        "taskpriority",
        "taskstatus",
        "taskwhorelation",
        "undecidedeventrelation",
        "userrecordaccess",
    ]
)
"""Objects that Bulk does not know ("Entity 'X' is not supported by the Bulk API.", seen 2021 to 2025)."""
