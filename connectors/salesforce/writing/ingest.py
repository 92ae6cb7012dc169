"""Fields of many accounts by Bulk 2.0 ingest: one job for thousands of rows, each row with its own outcome.

Nothing of a job is written before it is closed. So until then everything may be tried again with a new job, and
from then on only the job itself tells what became of its rows: it is asked, never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import orjson
import structlog

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, Unavailable
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from connectors.salesforce.writing.ingest_csv import LARGEST, sayable, uploads
from connectors.salesforce.writing.ingest_job import TRIES, IngestJobs, JobState
from connectors.salesforce.writing.ingest_probe import OWNER_MOVED, Probe
from connectors.salesforce.writing.ingest_results import Told
from connectors.salesforce.writing.look import Look, Ready
from connectors.salesforce.writing.results import Row
from connectors.salesforce.writing.sending import Sending
from connectors.salesforce.writing.write import BATCH, Results, Writer

log = structlog.get_logger()

ROUNDS = 3
"""Jobs that the rest of a failed job, or locked rows, are put into, before each row goes by itself."""
LOCKED = "UNABLE_TO_LOCK_ROW"
UNPROCESSED = "UNPROCESSED"
"""Our code for a row that its job did not come to."""
KIND = "ingest"
"""What a receipt of ours says that it is for."""
Keep = Callable[[Receipt], None]


@dataclass(frozen=True, slots=True)
class Ingest:
    """Carries out one batch of writes; made anew for each. `singly` sends what Bulk cannot say or could not do."""

    look: Look
    probe: Probe
    jobs: IngestJobs
    singly: Writer
    keep: Keep
    stopping: Callable[[], bool]
    largest: int = LARGEST
    sending: Sending = field(default_factory=Sending)

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order. Raises only while nothing may have been carried out.

        Rows that their job did not come to, and rows that other work had locked, go into a new and smaller job; what
        is left of them then goes by Collections, compared once more.
        """
        self.look.refuse_unwritable(writes)
        results: Results = {}
        ready: list[Ready] = []
        for write, decided in zip(writes, self.look.compared(writes), strict=True):
            if isinstance(decided, Ready):
                ready.append(decided)
            else:
                results[write.id] = decided
        # Children of one parent go together, so that few transactions of 200 wait for the same parent's lock.
        ready.sort(key=lambda row: (row.parent, row.write.id))
        bulky = [row for row in ready if sayable(self.look.fields_of(row))]
        self._by_jobs(self._tried(bulky, results) if self.probe.size else bulky, results)
        if self.stopping():
            return [_if_stopped(results.get(write.id), write.id) for write in writes]
        self._singly([row.write for row in ready], results)
        return [results[write.id] for write in writes]

    def _tried(self, rows: Sequence[Ready], results: Results) -> Sequence[Ready]:
        """The rows that may go by jobs after the first few did: none where the org gave one of these to somebody else."""
        first, rest = rows[: self.probe.size], rows[self.probe.size :]
        before = self.probe.owners([row.write.id for row in first if not row.moves])
        self._by_jobs(first, results)
        if self.stopping():
            return ()
        try:
            told = self.probe.judge(
                {id: was for id, was in before.items() if _is(results[id], Outcome.WRITTEN)}
            )
        except ConnectorError as error:
            _keep(results, rest, self.sending.failed(error, len(rest)))
            return ()
        for id, message in told.items():
            results[id] = replace(results[id], code=OWNER_MOVED, message=message)
        if any(_is(results[row.write.id], Outcome.UNKNOWN) for row in first):
            _keep(results, rest, _unknown(rest, "not sent: what became of the first rows is not known yet"))
        return rest if self.probe.may_go else ()

    def _by_jobs(self, rows: Sequence[Ready], results: Results) -> None:
        left = list(rows)
        for _ in range(ROUNDS):
            before = len(left)
            self._round(left, results)
            left = [row for row in left if _again(results[row.write.id])]
            if len(left) <= BATCH or len(left) == before or self.stopping():
                return

    def _round(self, rows: Sequence[Ready], results: Results) -> None:
        """Every row in one job, or in as many as its bytes ask for."""
        start = 0
        said = [(row.write.id, self.look.fields_of(row)) for row in rows]
        for content, count in uploads(said, self.largest):
            part = rows[start : start + count]
            start += count
            _keep(results, part, self._job(content, part))

    def _job(self, content: bytes, rows: Sequence[Ready]) -> list[Row]:
        try:
            id = self._handed_over(content)
        except OutcomeUnknown as error:
            self.sending.begun = True
            return _unknown(rows, str(error))
        except ConnectorError as error:
            return self.sending.failed(error, len(rows))
        self.sending.begun = True
        try:
            job = self.jobs.wait(id, self.stopping, len(rows))
            if job is None:
                return _unknown(rows, f"job {id} was not done when it was last asked for")
            told = self.jobs.results(job)
        except ConnectorError as error:
            return _unknown(rows, f"job {id} cannot be asked for: {error}")
        if not told.names <= {row.write.id for row in rows}:
            return _unknown(rows, f"the results of job {id} name records that were not sent")
        return [_row(row.write.id, told, job) for row in rows]

    def _handed_over(self, content: bytes) -> str:
        """The id of a job with this content, closed. OutcomeUnknown where it may be; else it never will be."""
        said: ConnectorError | None = None
        for _ in range(TRIES):
            id = self.jobs.create()
            self.keep(receipt_of(id))
            try:
                self.jobs.upload(id, content)
            except OutcomeUnknown as error:
                # Its data may be there or not, and cannot be sent twice: another job is the only certain way.
                self.jobs.abort(id)
                said = error
                continue
            except ConnectorError:
                self.jobs.abort(id)
                raise
            self._close(id)
            return id
        raise Unavailable(f"the data of {TRIES} jobs could not be uploaded: {said}") from said

    def _close(self, id: str) -> None:
        try:
            self.jobs.close(id)
        except OutcomeUnknown:
            raise
        except ConnectorError:
            self.jobs.abort(id)
            raise

    def _singly(self, writes: Sequence[Write], results: Results) -> None:
        """By Collections: what no job was asked for, and what jobs could not do where that is not too much."""
        again = [write for write in writes if write.id in results and _again(results[write.id])]
        left = [write for write in writes if write.id not in results]
        left += again if len(again) <= BATCH else []
        if not left:
            return
        self.singly.sending.begun = self.sending.begun
        for result in self.singly.write(left):
            results[result.id] = result


def receipt_of(job: str) -> Receipt:
    """What stands for a job in the ledger."""
    return Receipt(orjson.dumps({"kind": KIND, "job": job}).decode())


def is_job(receipt: Receipt) -> bool:
    """Whether a receipt stands for a job."""
    return bool(orjson.loads(receipt).get("kind") == KIND)


def settled(
    jobs: IngestJobs, receipt: Receipt, writes: Sequence[Write], stopping: Callable[[], bool]
) -> list[WriteResult] | None:
    """What the job of a receipt did to these, once it is done; None where Salesforce knows it no longer.

    A job that was never handed over is aborted, so that it does nothing. Rows that it did not come to, or found
    locked, are unknown: they may be planned again. Unavailable where it is not done in time.
    """
    id = str(orjson.loads(receipt)["job"])
    job = jobs.known(id)
    if job is not None and job.is_open:
        jobs.abort(id)
        job = jobs.known(id)
    if job is not None and not job.is_done:
        log.info("waiting for a job", job=id, state=job.state)
        job = None if job.is_open else jobs.wait(id, stopping)
        if job is None:
            raise Unavailable(
                f"job {id} is not done in Salesforce yet; run again when it is, or abort it there"
            )
    if job is None:
        return None
    try:
        told = jobs.results(job)
    except Refused as error:
        # It is over, so that the records tell as well.
        log.warning("the results of a job are not there", job=id, error=str(error))
        return None
    return [_settled(write.id, told) for write in writes]


def _settled(id: RecordId, told: Told) -> WriteResult:
    outcome, code, message = told.rows.get(id, (Outcome.UNKNOWN, "", "its job did not come to it"))
    return WriteResult(id, Outcome.UNKNOWN if code == LOCKED else outcome, code, message)


def _row(id: RecordId, told: Told, job: JobState) -> Row:
    if id in told.rows:
        return told.rows[id]
    if id not in told.unprocessed:
        return Outcome.UNKNOWN, "", f"job {job.id} tells nothing of this record"
    if job.state == "Aborted":
        return (
            Outcome.REJECTED,
            "ABORTED",
            f"job {job.id} was aborted in Salesforce before it came to this record",
        )
    return Outcome.REJECTED, UNPROCESSED, f"job {job.id} failed before it came to this record: {job.error}"


def _keep(results: Results, rows: Sequence[Ready], answered: Sequence[Row]) -> None:
    for row, (outcome, code, message) in zip(rows, answered, strict=True):
        results[row.write.id] = WriteResult(row.write.id, outcome, code, message, row.found)


def _is(result: WriteResult, outcome: Outcome) -> bool:
    return result.outcome is outcome


def _unknown(rows: Sequence[Ready], why: str) -> list[Row]:
    return [(Outcome.UNKNOWN, "", why)] * len(rows)


def _if_stopped(result: WriteResult | None, id: RecordId) -> WriteResult:
    """What could be tried again is looked at again when the run goes on."""
    if result is None or _again(result):
        return WriteResult(id, Outcome.UNKNOWN, message="not sent: stopped before")
    return result


def _again(result: WriteResult) -> bool:
    """Whether nothing was written for certain, and another try may do it."""
    return result.outcome is Outcome.REJECTED and result.code in (LOCKED, UNPROCESSED)
