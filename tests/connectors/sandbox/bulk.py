"""A plain client of Bulk API 2.0, as strict about answers as tests want it."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from typing import Any

import urllib3

from tests.connectors.sandbox.conftest import Raw

ENDED = ("JobComplete", "Failed", "Aborted")


class Bulk:
    """Jobs of one org, over plain HTTP."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def json(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.raw(method, path, body)
        assert answer.status == status, answer.data
        return answer.json() if answer.data else None

    def wait(self, kind: str, id: str) -> dict[str, Any]:
        """The job once it has ended, however often it must be asked."""
        for _ in range(2_000):
            job = dict(self.json("GET", f"/jobs/{kind}/{id}"))
            if job["state"] in ENDED:
                return job
            time.sleep(0.003)
        raise AssertionError(f"job {id} does not end: {job}")

    def query(self, soql: str, operation: str = "query", **options: str) -> dict[str, Any]:
        """A query job that has ended."""
        made = self.json("POST", "/jobs/query", {"operation": operation, "query": soql, **options})
        assert made["state"] == "UploadComplete"
        return self.wait("query", made["id"])

    def results(self, id: str, query: str = "", **headers: str) -> urllib3.BaseHTTPResponse:
        answer = self.raw("GET", f"/jobs/query/{id}/results{query}", headers=headers)
        assert answer.status == 200, answer.data
        return answer

    def open(self, operation: str, object: str = "Account", **options: str) -> str:
        """The id of an ingest job that waits for its data."""
        body = {"operation": operation, "object": object, "contentType": "CSV", **options}
        return str(self.json("POST", "/jobs/ingest", body)["id"])

    def upload(self, id: str, content: str | bytes, type: str = "text/csv") -> urllib3.BaseHTTPResponse:
        data = content.encode() if isinstance(content, str) else content
        return self.raw("PUT", f"/jobs/ingest/{id}/batches", data, {"Content-Type": type})

    def close(self, id: str, state: str = "UploadComplete") -> dict[str, Any]:
        return dict(self.json("PATCH", f"/jobs/ingest/{id}", {"state": state}))

    def load(
        self, operation: str, content: str | bytes, object: str = "Account", **options: str
    ) -> dict[str, Any]:
        """An ingest job that has ended."""
        id = self.open(operation, object, **options)
        assert self.upload(id, content).status == 201
        assert self.close(id)["state"] in ("UploadComplete", "InProgress")
        return self.wait("ingest", id)

    def rows(self, job: dict[str, Any], which: str) -> list[dict[str, str]]:
        """One of the three results of an ingest job."""
        answer = self.raw("GET", f"/jobs/ingest/{job['id']}/{which}")
        assert answer.status == 200, answer.data
        return table(answer.data)

    def errors(self, job: dict[str, Any]) -> list[str]:
        return [row["sf__Error"] for row in self.rows(job, "failedResults")]


def table(content: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """CSV as rows by column name."""
    text = io.StringIO(content.decode("utf-8"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter, strict=True))


def written(header: Sequence[str], *rows: Sequence[object]) -> str:
    """Rows as CSV with line feeds."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
