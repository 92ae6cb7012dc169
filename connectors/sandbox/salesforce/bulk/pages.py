"""Result pages of a query job: which rows a locator stands for, and the answer that carries them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.bulk.jobs import Job
from connectors.sandbox.salesforce.errors import CallFailed


@dataclass(frozen=True, slots=True)
class Span:
    """Rows `start` up to `stop`, counted from 0."""

    start: int
    stop: int


def locator(job: Job, start: int, stop: int | None = None) -> str:
    """The opaque name of a place in a job's results; the same as long as the job exists.

    With a `stop` it names one closed set of rows, as those of resultPages do.
    """
    text = f"{start}" if stop is None else f"{start}-{stop}"
    return base64.urlsafe_b64encode(f"{_seal(job, text)}{text}".encode()).decode().rstrip("=")


def span(job: Job, query: Mapping[str, str], default: int) -> Span:
    """The rows that a request for results asks for; CallFailed where its locator was not given out by this job."""
    most = _most(query, default)
    named = query.get("locator", "")
    if not named:
        return Span(0, min(job.processed, most))
    start, stop = _opened(job, named)
    return Span(start, min(job.processed if stop is None else stop, start + most))


def _opened(job: Job, named: str) -> tuple[int, int | None]:
    try:
        text = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise _bad_locator(named) from None
    seal, place = text[:4], text[4:]
    first, _, last = place.partition("-")
    if seal != _seal(job, place) or not first.isdigit() or int(first) > job.processed:
        raise _bad_locator(named)
    return int(first), int(last) if last else None


def _seal(job: Job, text: str) -> str:
    """Four letters that nobody can guess who counts rows."""
    return hashlib.sha256(f"{job.id} {text}".encode()).hexdigest()[:4]


def _bad_locator(named: str) -> CallFailed:
    return CallFailed(400, "INVALID_QUERY_LOCATOR", f"invalid query locator: {named}")


def _most(query: Mapping[str, str], default: int) -> int:
    given = query.get("maxRecords")
    if given is None:
        return default
    if not given.isdigit() or int(given) < 1:
        raise CallFailed(400, "INVALID_FIELD", f"maxRecords must be a number above zero, not {given}")
    return min(int(given), default)


def csv_answer(core: Core, request: Request, blocks: Iterator[bytes]) -> Response:
    """The blocks as one CSV answer, streamed, and compressed where the client takes gzip."""
    type = "text/csv; charset=UTF-8" if core.settings["bulk_charset"] else "text/csv"
    made = {"Content-Type": type}
    if _takes_gzip(request):
        made["Content-Encoding"] = "gzip"
        blocks = _compressed(blocks)
    return StreamingResponse(_streamed(blocks), 200, made)


def _takes_gzip(request: Request) -> bool:
    asked = request.headers.get("accept-encoding", "").lower().split(",")
    return any(
        part.split(";")[0].strip() == "gzip" and "q=0" not in part.replace(" ", "").split(";")[1:]
        for part in asked
    )


def _compressed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


async def _streamed(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks, with room for other requests between them."""
    for block in blocks:
        yield block
        await asyncio.sleep(0)
