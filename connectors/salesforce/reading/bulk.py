"""A Bulk 2.0 query from job to rows, which goes on where an earlier one was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import structlog

from connectors.errors import Garbled, Refused
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.arrow_ids import fingerprints
from connectors.salesforce.reading.bulk_job import JobFailed, JobGone, Jobs
from connectors.salesforce.reading.bulk_pages import Fetched, Results
from connectors.salesforce.reading.bulk_spool import Manifest, Question, Spool, fits
from connectors.salesforce.reading.tables import Columns
from connectors.salesforce.wire.client import Client

log = structlog.get_logger()


_SIDE_BY_SIDE_FROM = 58
"""The API version from which on resultPages is there (doc)."""


class _Wrong(Garbled):
    """The answer as a whole cannot be right: what there is of it is worth nothing."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """How jobs are read; see the settings of the same names."""

    page_rows: int = 100_000
    parallel_pages: int = 3
    deadline: float = 7_200.0
    delete_jobs: bool = False
    now: Callable[[], datetime] = _now


@dataclass(frozen=True, slots=True)
class Bulk:
    """Bulk readings of one org."""

    client: Client
    settings: BulkSettings

    def begin(self, question: Question, spool: Spool, newest: str | None, counted: int | None) -> Manifest:
        """A new job, remembered before anything is read of it."""
        job = self._jobs.create(question.query, question.operation)
        began = self.settings.now().isoformat()
        manifest = Manifest(question, began, newest, counted, job)
        spool.save(manifest)
        return manifest

    def found(self, spool: Spool, question_of: Callable[[str | None], Question]) -> Manifest | None:
        """What an earlier pull left behind and this one may go on with; anything else is thrown away.

        `question_of` makes today's question from the newest stamp that was seen before the job was made.
        """
        manifest = spool.load()
        if manifest is None:
            return None
        if fits(manifest, question_of(manifest.newest), self.settings.now()):
            log.info(
                "a bulk reading goes on", job=manifest.job, pages=len(manifest.pages),
                rows=sum(page.rows for page in manifest.pages),
            )  # fmt: skip
            return manifest
        log.info("a spool is of another question, org or day and is thrown away", job=manifest.job)
        if manifest.question.org == question_of(manifest.newest).org and manifest.rows is None:
            self._jobs.abandon(manifest.job, done=False)
        spool.clear()
        return None

    def columns(self, manifest: Manifest, spool: Spool, fields: Mapping[str, Described]) -> Iterator[Columns]:
        """Every row of the answer, once; a ConnectorError otherwise, and the spool stays for the next try.

        Where the answer itself cannot be right, or its job has failed or is gone, the spool is cleared.
        """
        try:
            manifest = self._complete(manifest, spool)
            yield from self._rows(manifest, spool, fields)
        except (JobFailed, _Wrong):
            spool.clear()
            raise
        except JobGone as gone:
            spool.clear()
            raise Refused(f"{gone}; the same pull run again asks anew", status=404) from gone

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self.client, self.settings.deadline)

    def _complete(self, manifest: Manifest, spool: Spool) -> Manifest:
        """The same, with its job complete; a job that was deleted meanwhile is made anew, once."""
        if manifest.is_whole:
            return manifest
        try:
            rows = self._jobs.rows(manifest.job)
        except JobGone:
            log.warning("a Bulk query job is gone and is made anew", job=manifest.job)
            spool.clear()
            manifest = self.begin(manifest.question, spool, manifest.newest, manifest.counted)
            rows = self._jobs.rows(manifest.job)
        manifest = replace(manifest, rows=rows)
        spool.save(manifest)
        return manifest

    def _rows(self, manifest: Manifest, spool: Spool, fields: Mapping[str, Described]) -> Iterator[Columns]:
        assert manifest.rows is not None, "the job is complete"
        results = Results(self.client, manifest.job, spool, fields, self.settings.page_rows)
        count = _Count(manifest.job, manifest.rows)
        for page in manifest.pages:
            yield from count.passing(results.stored(page))
        if not manifest.is_whole:
            manifest = self._linked(manifest, results, spool)
            for page, held in self._missing(manifest, results):
                manifest = replace(manifest, pages=(*manifest.pages, page))
                spool.save(manifest)
                yield from count.passing(results.stored(page) if held is None else held)
            if self.settings.delete_jobs:
                self._jobs.abandon(manifest.job, done=True)
        count.check()

    def _linked(self, manifest: Manifest, results: Results, spool: Spool) -> Manifest:
        """The same, with the locators of all pages where there are several and they may be fetched side by side."""
        several = manifest.rows is not None and manifest.rows > self.settings.page_rows
        offered = float(manifest.question.api_version) >= _SIDE_BY_SIDE_FROM
        if manifest.pages or manifest.links is not None or self.settings.parallel_pages < 2:
            return manifest
        if not (several and offered):
            return manifest
        manifest = replace(manifest, links=results.links())
        spool.save(manifest)
        return manifest

    def _missing(self, manifest: Manifest, results: Results) -> Iterator[Fetched]:
        """The pages that are not on disk yet, in order."""
        try:
            if manifest.links is None:
                yield from results.one_by_one(manifest.pages)
            else:
                known, threads = len(manifest.pages), max(1, self.settings.parallel_pages)
                yield from results.side_by_side(manifest.links, known, threads)
        except Refused as error:
            if error.code == "INVALID_QUERY_LOCATOR":
                raise _Wrong(f"{error}; the same pull run again asks anew") from error
            raise


class _Count:
    """Holds the rows that pass against what the job said, and every id against all others (8 bytes each)."""

    def __init__(self, job: str, promised: int) -> None:
        self._job, self._promised = job, promised
        self._ids: list[npt.NDArray[np.uint64]] = []

    def passing(self, pages: Iterable[Columns]) -> Iterator[Columns]:
        """The same rows, counted."""
        for columns in pages:
            self._ids.append(fingerprints(columns.ids))
            yield columns

    def check(self) -> None:
        """An error where rows are missing or came twice."""
        ids = np.concatenate([np.empty(0, np.uint64), *self._ids])
        if len(ids) != self._promised:
            raise _Wrong(
                f"Bulk query job {self._job} read {self._promised} rows and its pages have {len(ids)}"
            )
        ids.sort()
        if twice := int(np.count_nonzero(ids[1:] == ids[:-1])):
            raise _Wrong(f"Bulk query job {self._job}: {twice} of {len(ids)} rows came twice")
