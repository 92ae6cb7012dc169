"""Accounts written only if their ETag is unmoved: nobody's edit can be lost between our look and our write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Refused
from connectors.records import Outcome
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.look import Look, Ready
from connectors.salesforce.writing.results import Row

SUBREQUESTS = 25
"""Records of one Composite call (doc)."""
_UNMOVED = 412
"""The status that says that an ETag is no longer the record's."""
_CONFLICT: Row = (Outcome.CONFLICT, "", "edited between our look and our write; the account was left alone")


class OneByOne:
    """Two calls a record: its ETag, then the write that demands it (doc: If-Match on a single account)."""

    most = 1

    def __init__(self, client: Client, look: Look, headers: Mapping[str, str]) -> None:
        self._client, self._look, self._headers = client, look, headers

    def send(self, rows: Sequence[Ready]) -> list[Row]:
        """One record."""
        [row] = rows
        path = f"sobjects/Account/{row.write.id}"
        answer = self._client.fetch("etag", path, params={"fields": ",".join(self._look.names_of(row))})
        tag = answer.headers.get("ETag")
        if not tag:
            return [_without_tag()]
        if not self._look.holds(row, answer.json()):
            return [_CONFLICT]
        try:
            headers = {**self._headers, "If-Match": tag}
            self._client.write("strict", "PATCH", path, self._look.fields_of(row), headers)
        except Refused as error:
            if error.status == _UNMOVED:
                return [_CONFLICT]
            raise
        return [(Outcome.WRITTEN, "", "")]


class ByComposite:
    """Two calls for 25 records, each a sub-request with a header of its own.

    That an org heeds If-Match there is not documented (?): `strict_by_composite` says that it was tried.
    """

    most = SUBREQUESTS

    def __init__(self, client: Client, look: Look, headers: Mapping[str, str]) -> None:
        self._client, self._look, self._headers = client, look, headers
        self._base = f"/services/data/v{client.api_version}/sobjects/Account/"

    def send(self, rows: Sequence[Ready]) -> list[Row]:
        """Up to 25 records."""
        given = [self._sub(row, "GET", f"?fields={','.join(self._look.names_of(row))}") for row in rows]
        looked = self._client.read("etag", "composite", json={"allOrNone": False, "compositeRequest": given})
        answers = _by_id(looked)
        decided: dict[str, Row] = {}
        going = []
        for row in rows:
            sub = answers.get(row.write.id, {})
            tag = {str(k).lower(): v for k, v in (sub.get("httpHeaders") or {}).items()}.get("etag")
            if sub.get("httpStatusCode") != 200:
                decided[row.write.id] = _said(sub)
            elif not tag:
                decided[row.write.id] = _without_tag()
            elif not self._look.holds(row, sub.get("body") or {}):
                decided[row.write.id] = _CONFLICT
            else:
                body = {
                    "body": self._look.fields_of(row),
                    "httpHeaders": {**self._headers, "If-Match": str(tag)},
                }
                going.append(self._sub(row, "PATCH") | body)
        if going:
            body = {"allOrNone": False, "compositeRequest": going}
            written = _by_id(self._client.write("strict", "POST", "composite", body, self._headers))
            decided |= {id: _said(written.get(id, {})) for id in (sub["referenceId"][1:] for sub in going)}
        return [decided[row.write.id] for row in rows]

    def _sub(self, row: Ready, method: str, query: str = "") -> dict[str, Any]:
        url = f"{self._base}{row.write.id}{query}"
        return {"method": method, "url": url, "referenceId": f"r{row.write.id}"}


def _by_id(answer: Any) -> dict[str, Mapping[str, Any]]:
    subs = answer.get("compositeResponse") if isinstance(answer, dict) else None
    return {str(sub.get("referenceId"))[1:]: sub for sub in subs or () if isinstance(sub, dict)}


def _said(sub: Mapping[str, Any]) -> Row:
    """What a sub-response says of its record; unknown where there is none, or the server failed."""
    status = sub.get("httpStatusCode")
    if not isinstance(status, int):
        return Outcome.UNKNOWN, "", "the answer does not tell of this record"
    if status < 300:
        return Outcome.WRITTEN, "", ""
    if status == _UNMOVED:
        return _CONFLICT
    body = sub.get("body")
    first = body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else {}
    code, message = str(first.get("errorCode", "")), str(first.get("message", ""))
    if status >= 500 or status == 401:
        return Outcome.UNKNOWN, code, message
    return Outcome.REJECTED, code or str(status), message


def _without_tag() -> Row:
    said = "Salesforce names no ETag for this account, so that strict: true cannot be kept; it was left alone"
    return Outcome.REJECTED, "NO_ETAG", said
