"""The result pages of a Bulk 2.0 query job, onto disk: one behind the other, or some side by side."""

from __future__ import annotations

import hashlib
import queue
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog

from connectors.errors import Garbled, Refused
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.bulk_csv import Page
from connectors.salesforce.reading.bulk_spool import Spool, StoredPage
from connectors.salesforce.reading.tables import Columns
from connectors.salesforce.wire.answers import Answer
from connectors.salesforce.wire.client import Client

log = structlog.get_logger()
# Any other value of the header, such as requests' own "gzip, deflate", is answered uncompressed (doc).
_HEADERS = {"Accept": "text/csv", "Accept-Encoding": "gzip"}
Fetched = tuple[StoredPage, list[Columns] | None]
"""A page on disk, and its rows where they are few enough to be kept in memory."""


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one complete job."""

    client: Client
    job: str
    spool: Spool
    fields: Mapping[str, Described]
    page_rows: int
    """Rows asked for a page, where we may say."""

    def links(self) -> tuple[str, ...] | None:
        """The locators of all pages; None where this version or org does not offer them."""
        found: list[str] = []
        locator: str | None = ""
        while locator is not None:
            params = {"locator": locator} if locator else {}
            try:
                answer = self.client.read("bulk_pages", f"jobs/query/{self.job}/resultPages", params=params)
            except Refused as error:
                log.info(
                    "no parallel result pages here; they are read one by one", job=self.job, error=str(error)
                )
                return None
            listed, locator = _listed(answer)
            found += listed
            if len(set(found)) < len(found):
                raise Garbled("resultPages names a page twice")
        return tuple(found)

    def one_by_one(self, known: Sequence[StoredPage]) -> Iterator[Fetched]:
        """The pages behind those that are known; the last one has nothing following."""
        locator, seen = known[-1].following if known else "", {page.locator for page in known}
        number = len(known)
        while locator or not number:
            if locator in seen:
                raise Garbled(f"the locator {locator} leads back to a page that was read")
            seen.add(locator)
            params = {"maxRecords": str(self.page_rows)} | ({"locator": locator} if locator else {})
            page, rows = self._page(self.client, number, locator, params, follows=True)
            yield page, rows
            locator, number = page.following, number + 1

    def side_by_side(self, links: Sequence[str], known: int, threads: int) -> Iterator[Fetched]:
        """The pages of these locators behind the first `known`, in order, fetched by several clients."""
        clients: queue.SimpleQueue[Client] = queue.SimpleQueue()
        twins = [self.client.twin() for _ in range(threads)]
        for twin in twins:
            clients.put(twin)

        broken: list[Exception] = []

        def fetch(number: int) -> Fetched:
            client = clients.get()
            try:
                if broken:
                    raise broken[0]
                return self._page(client, number, links[number], {"locator": links[number]}, follows=False)
            except Exception as error:
                # Else every thread would find out by itself, each with a login and all its tries.
                broken.append(error)
                raise
            finally:
                clients.put(client)

        pool = ThreadPoolExecutor(threads, thread_name_prefix="bulk-page")
        try:
            ahead: deque[Future[Fetched]] = deque()
            for number in range(known, len(links)):
                ahead.append(pool.submit(fetch, number))
                # Few enough that the rows kept in memory stay few.
                if len(ahead) >= threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            self.client.take_back(twins)

    def _page(
        self, client: Client, number: int, locator: str, params: Mapping[str, str], *, follows: bool
    ) -> Fetched:
        """One page, whole and counted; a torn, short or strange one is fetched anew as often as the policy allows."""
        self.spool.make()
        part = self.spool.folder / f".page-{number:05}.part"

        def once() -> Fetched:
            digest = hashlib.sha256()
            with part.open("wb") as file:

                def sink(block: bytes) -> None:
                    file.write(block)
                    digest.update(block)

                answer = client.download(
                    "bulk_page", f"jobs/query/{self.job}/results", params, _HEADERS, sink
                )
            compressed, promised = _is_compressed(answer), _promised(answer)
            rows = Page(part, compressed, self.fields).counted(promised)
            name = f"page-{number:05}.csv" + (".gz" if compressed else "")
            following = _following(answer) if follows else ""
            return StoredPage(name, promised, digest.hexdigest(), compressed, locator, following), rows

        page, rows = client.retry.call(once)
        part.chmod(0o600)
        part.replace(self.spool.path(page))
        return page, rows

    def stored(self, page: StoredPage) -> Page:
        """A page that is on disk."""
        return Page(self.spool.path(page), page.compressed, self.fields)


def _listed(answer: Any) -> tuple[list[str], str | None]:
    """The locators of one answer of resultPages, and the one to go on with."""
    try:
        links = [_locator(page["resultUrl"]) for page in answer["resultPages"]]
        # The guide has both spellings.
        following = answer.get("nextRecordsUrl") or answer.get("nextRecordUrl")
        return links, None if answer["done"] else _locator(following)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise Garbled("resultPages: the answer names no pages") from error


def _locator(url: str) -> str:
    return parse_qs(urlsplit(url).query, strict_parsing=True)["locator"][0]


def _is_compressed(answer: Answer) -> bool:
    type = answer.headers.get("Content-Type", "")
    if not type.lower().startswith("text/csv"):
        raise Garbled(f"a page came as {type or 'nothing named'}, not as text/csv")
    encoding = answer.headers.get("Content-Encoding", "").lower()
    if encoding not in ("", "identity", "gzip"):
        raise Garbled(f"a page came encoded as {encoding}")
    return encoding == "gzip"


def _promised(answer: Answer) -> int:
    told = answer.headers.get("Sforce-NumberOfRecords", "")
    if not told.isdigit():
        raise Garbled("a page does not say how many rows it has (Sforce-NumberOfRecords)")
    return int(told)


def _following(answer: Answer) -> str:
    """The locator of the next page; the last page says "null", and one that says nothing is not believed."""
    told = answer.headers.get("Sforce-Locator", "")
    if not told:
        raise Garbled("a page does not say whether another follows (Sforce-Locator)")
    return "" if told == "null" else told
