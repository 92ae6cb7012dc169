"""Query jobs: what Bulk refuses to be asked, and how a job is worked off and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.salesforce.bulk.csvtext import DELIMITERS
from connectors.sandbox.salesforce.bulk.jobs import Job
from connectors.sandbox.salesforce.bulk.pages import Span, locator
from connectors.sandbox.salesforce.bulk.settings import PAGES_AT_ONCE, REFUSED_OBJECTS
from connectors.sandbox.salesforce.bulk.snapshot import Snapshot, Style
from connectors.sandbox.salesforce.bulk.work import Workers
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.soql.compile import Compiler, Plan
from connectors.sandbox.salesforce.soql.parse import parse
from connectors.sandbox.salesforce.soql.tree import Select

_STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_REFUSED = (
    (r"(?:,|\bSELECT)\s*\(\s*SELECT\b", "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"),
    (r"\b(?:COUNT|COUNT_DISTINCT|SUM|AVG|MIN|MAX)\s*\(|\bGROUP\s+BY\b", "Aggregate queries not supported in Bulk Query"),
    (r"\bTYPEOF\b", "TYPEOF not supported in Bulk Query"),
    (r"\bOFFSET\s+\d", "OFFSET not supported in Bulk Query"),
)  # fmt: skip
"""The first message is Salesforce's own (seen 2023, v59); the wording of the others is not recorded (?)."""


class QueryJobs:
    """The part of the query endpoints that knows what a query is."""

    def __init__(self, org: Org, workers: Workers) -> None:
        self._org, self._workers = org, workers

    def checked(self, query: str, *, every_row: bool) -> tuple[Select, Plan]:
        """The query as it will be run; CallFailed in Salesforce's words where Bulk does not take it."""
        for pattern, message in _REFUSED:
            if _found(pattern, query):
                raise CallFailed(400, "API_ERROR", message)
        select = parse(query)
        org = self._org
        seen = org.permissions.seen
        compiler = Compiler(org.objects, org.readable, query, org.core.clock.now(), every_row, seen)
        plan = compiler.plan(select)
        if self._unsupported(plan.object.name):
            message = f"Entity '{plan.object.name}' is not supported by the Bulk API."
            raise CallFailed(400, "INVALIDENTITY", message)
        if any(output.field.type in ("address", "location") for output in plan.outputs):
            raise CallFailed(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
        return select, plan

    def _unsupported(self, name: str) -> bool:
        more = self._org.core.settings["bulk_unsupported"].lower().replace(" ", "").split(",")
        return name.lower() in REFUSED_OBJECTS or name.lower() in more

    async def run(self, job: Job) -> None:
        """Works a query job off: its results are kept, a range of ids at a time."""
        settings = self._org.core.settings
        if job.fails:
            self._workers.fail(job, job.fails["message"])
            return
        try:
            select, plan = self.checked(job.query, every_row=job.operation == "queryAll")
        except CallFailed as refused:  # what could be read when the job was created may be hidden by now
            self._workers.fail(job, f"{refused.code} : {refused.message}")
            return
        style = Style(DELIMITERS[job.delimiter], settings["bulk_quoted_nulls"], settings["bulk_java_numbers"])
        taken = Snapshot(self._org.core.state, job)
        taken.begin(plan)
        job.processed = 0
        if plan.order or select.limit is not None:
            if self._times_out(plan):
                self._workers.fail(job, "InternalServerError : Retried more than fifteen times")
                return
            job.processed = taken.whole(plan, select, style)
        else:
            for rows in taken.chunks(plan, style, settings["bulk_chunk"]):
                job.processed += rows
                await self._workers.pause()
                if not self._workers.going(job):
                    return
        self._workers.finish(job)

    def _times_out(self, plan: Plan) -> bool:
        """Whether a query that may not be chunked reads more than the org manages in time."""
        most = self._org.core.settings["bulk_unchunked_rows"]
        return bool(most) and self._org.core.state.count(plan.object.name) > most

    def result_pages(self, job: Job, query: Mapping[str, str], base: str, rows: int) -> dict[str, Any]:
        """The addresses of the next five pages, and where the addresses after them are."""
        named = query.get("locator", "")
        first = self._page_number(job, named, rows) if named else 0
        pages = [Span(start, min(start + rows, job.processed)) for start in range(0, job.processed, rows)]
        pages = pages or [Span(0, 0)]
        here, address = pages[first : first + PAGES_AT_ONCE], f"{base}/jobs/query/{job.id}"
        done = first + PAGES_AT_ONCE >= len(pages)
        more = None if done else pages[first + PAGES_AT_ONCE].start
        return {
            "resultPages": [
                {"resultUrl": f"{address}/results?locator={locator(job, p.start, p.stop)}"} for p in here
            ],
            # The guide's own example spells this one in lower case.
            "nextRecordsUrl": None if more is None else f"{address}/resultpages?locator={locator(job, more)}",
            "done": done,
        }

    @staticmethod
    def _page_number(job: Job, named: str, rows: int) -> int:
        known = {locator(job, start): start // rows for start in range(0, job.processed, rows)}
        if named not in known:
            raise CallFailed(400, "INVALID_QUERY_LOCATOR", f"invalid query locator: {named}")
        return known[named]


def _found(pattern: str, query: str) -> bool:
    return re.search(pattern, _STRINGS.sub("''", query), re.IGNORECASE) is not None
