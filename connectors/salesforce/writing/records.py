"""Records beside accounts, found by the account they hang on, and written by Collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import AuthFailed, ConnectorError, QuotaSpent, Refused, Transient
from connectors.salesforce.ids import full_id
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client

QUERIED = 450
"""Accounts of one query: their ids, quoted and escaped, keep its address under Salesforce's 16,384 bytes."""
SENT = 200
"""Records of one Collections call (doc)."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Reads and writes what hangs on accounts."""

    client: Client
    reader: Reader
    headers: Mapping[str, str]

    def of(
        self, sobject: str, link: str, accounts: Sequence[str], names: Sequence[str], *conditions: str
    ) -> Iterator[dict[str, Any]]:
        """The records of these accounts, `link` naming the account by its id in 18 characters."""
        for start in range(0, len(accounts), QUERIED):
            among = any_of(link, accounts[start : start + QUERIED])
            for page in self.reader.pages(select(["Id", link, *names], sobject, among, *conditions)):
                for record in page:
                    found = {name: record.get(name) for name in ("Id", link, *names)}
                    yield found | {link: full_id(str(record[link]))}

    def send(self, kind: str, method: str, records: Sequence[Mapping[str, Any]]) -> set[str]:
        """Create (POST) or update (PATCH) these; what was said against any of them, each thing once.

        Says nothing of single records: whoever must know them reads them back, as an answer may be lost.
        """
        said: set[str] = set()
        for start in range(0, len(records), SENT):
            said |= self._call(kind, method, records[start : start + SENT])
        return said

    def _call(self, kind: str, method: str, records: Sequence[Mapping[str, Any]]) -> set[str]:
        body = {"allOrNone": False, "records": list(records)}
        try:
            answer = self.client.write(kind, method, "composite/sobjects", body, self.headers)
        except Refused as error:
            if len(records) == 1:
                return {str(error)}
            half = len(records) // 2
            return self._call(kind, method, records[:half]) | self._call(kind, method, records[half:])
        except ConnectorError as error:
            return {str(error)}
        return set(_errors(answer))


def final(error: ConnectorError) -> str:
    """The words of an error that no later try mends; raises any other one."""
    if isinstance(error, Transient | QuotaSpent | AuthFailed):
        raise error
    return str(error)


def _errors(answer: Any) -> Iterator[str]:
    for result in answer if isinstance(answer, list) else ():
        for error in result.get("errors") or () if isinstance(result, dict) else ():
            yield f"{error.get('statusCode', '')}, {error.get('message', '')}"
