"""One call over a real socket: what each odd answer becomes, for reads and for writes."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Quota
from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Garbled,
    Locked,
    MissingPermission,
    OutcomeUnknown,
    QuotaSpent,
    RateLimited,
    Refused,
    Unavailable,
)
from connectors.hubspot.wire.paths import METHODS, Paths, Route
from tests.connectors.hubspot.conftest import TOKEN, Connect, FakeClock, Reply, Scripted

BURST = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "TEN_SECONDLY_ROLLING",
    "correlationId": "c-burst",
}
DAILY = {**BURST, "message": "You have reached your daily limit.", "policyName": "DAILY"}
SEARCH = {
    "status": "error",
    "message": "You have reached your secondly limit.",
    "category": "RATE_LIMITS",
    "correlationId": "c-search",
}
ERROR = {"status": "error", "message": "it went wrong", "category": "SOME_CATEGORY", "correlationId": "c-1"}
OK = Reply()


def read(client: Any, route: Route = Route.OWNERS) -> Any:
    if route is Route.SEARCH:
        return client.read(route, body={"limit": 1}, object="companies")
    return client.read(route)


def send(client: Any) -> Any:
    return client.send(Route.BATCH_UPDATE, {"inputs": []}, object="companies")


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
@pytest.mark.parametrize("route", list(Route))
def test_every_call_of_every_version_has_its_path_and_both_time_limits(
    connect: Connect, hubspot: Scripted, route: Route, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(api_version=version, connect_timeout=3, read_timeout=7)
    pool = client._api.rest_client.pool_manager
    limits: list[Any] = []
    real = pool.request
    monkeypatch.setattr(pool, "request", lambda *a, **k: (limits.append(k["timeout"]), real(*a, **k))[1])
    names = {"object": "companies", "to": "contacts"}
    body = {"a": 1} if route in METHODS else None
    client.read(route, body=body, **names)
    [limit] = limits
    assert (limit.connect_timeout, limit.read_timeout) == (3, 7)
    [seen] = hubspot.seen
    assert seen.path == Paths(version).of(route, **names)
    assert version.removeprefix("v") in seen.path or "v4" in seen.path
    assert (seen.method, seen.body) == (("POST", body) if route in METHODS else ("GET", None))
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("reply", "route", "error", "wait"),
    [
        (Reply(429, BURST, {"Retry-After": "3"}), Route.OWNERS, RateLimited, 3.0),
        (Reply(429, BURST), Route.OWNERS, RateLimited, 10.0),
        (Reply(429, SEARCH, {"Retry-After": "2"}), Route.SEARCH, RateLimited, 2.0),
        (Reply(423, ERROR), Route.OWNERS, Locked, 2.0),
        (Reply(423, ERROR, {"Retry-After": "30"}), Route.OWNERS, Locked, 30.0),
        (Reply(503, ERROR, {"Retry-After": "4"}), Route.OWNERS, Unavailable, 4.0),
    ],
)
def test_a_named_wait_is_honoured_and_after_five_tries_the_error_is_told(
    connect: Connect,
    hubspot: Scripted,
    clock: FakeClock,
    reply: Reply,
    route: Route,
    error: type,
    wait: float,
) -> None:
    hubspot.will(reply)
    with pytest.raises(error):
        read(connect(), route)
    assert len(hubspot.seen) == 5
    assert [slept for slept in clock.slept if slept >= 1] == [wait] * 4


def test_a_search_that_others_crowd_out_waits_for_a_gap_longer_than_five_tries(
    connect: Connect, hubspot: Scripted, clock: FakeClock
) -> None:
    """The limit is the account's and no header tells of it: a newcomer beside a busy program is turned away often."""
    hubspot.will(*[Reply(429, SEARCH)] * 20, OK)
    assert read(connect(), Route.SEARCH).body == {"results": []}
    assert len(hubspot.seen) == 21
    assert all(0.5 <= slept <= 1.5 for slept in clock.slept[:4])


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 521, 523, 524])
def test_a_passing_failure_of_a_read_is_tried_again(connect: Connect, hubspot: Scripted, status: int) -> None:
    hubspot.will(Reply(status, ERROR), Reply(status, ERROR), OK)
    assert read(connect()).body == {"results": []}
    assert len(hubspot.seen) == 3


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 521, 523, 524])
def test_a_write_that_may_have_been_carried_out_is_unknown_and_never_sent_again(
    connect: Connect, hubspot: Scripted, status: int
) -> None:
    hubspot.will(Reply(status, ERROR), OK)
    with pytest.raises(OutcomeUnknown, match=str(status)):
        send(connect())
    assert len(hubspot.seen) == 1


@pytest.mark.parametrize("reply", [Reply(429, BURST), Reply(423, ERROR)])
def test_a_write_that_was_refused_for_now_is_sent_again(
    connect: Connect, hubspot: Scripted, reply: Reply
) -> None:
    hubspot.will(reply, OK)
    assert send(connect()).status == 200
    assert len(hubspot.seen) == 2


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, ERROR), Refused),
        (Reply(404, ERROR), Refused),
        (Reply(414, b""), Refused),
        (Reply(401, ERROR), AuthFailed),
        (Reply(403, ERROR), MissingPermission),
        (Reply(429, DAILY), QuotaSpent),
        (Reply(429, {**DAILY, "message": "no more"}), QuotaSpent),
        (Reply(301, b"", {"Location": "/elsewhere"}), Refused),
    ],
)
def test_what_trying_again_cannot_help_is_tried_once(
    connect: Connect, hubspot: Scripted, reply: Reply, error: type[ConnectorError], write: bool
) -> None:
    hubspot.will(reply, OK)
    client = connect()
    with pytest.raises(error):
        send(client) if write else read(client)
    assert len(hubspot.seen) == 1


def test_a_migration_of_hours_ends_the_run_at_once(
    connect: Connect, hubspot: Scripted, clock: FakeClock
) -> None:
    hubspot.will(Reply(477, ERROR, {"Retry-After": "86400"}))
    with pytest.raises(Unavailable, match="migrated") as caught:
        read(connect())
    assert caught.value.retry_after == 86_400
    assert len(hubspot.seen) == 1
    assert sum(clock.slept) < 10


@pytest.mark.parametrize(
    "reply",
    [
        Reply(how="drop"),
        Reply(how="torn", body={"results": ["x" * 500]}),
        Reply(how="hang"),
        Reply(body=b"<html><body>maintenance</body></html>", headers={"Content-Type": "text/html"}),
        Reply(body=b"[]"),
        Reply(body=b""),
        Reply(body=b'{"results": ['),
        Reply(500, b"\xff\xfe not utf-8"),
    ],
    ids=["drop", "torn", "hang", "html", "list", "empty", "cut", "not-utf8"],
)
def test_an_answer_that_is_none_is_asked_for_again_or_leaves_a_write_unknown(
    connect: Connect, hubspot: Scripted, reply: Reply
) -> None:
    client = connect(read_timeout=0.3)
    hubspot.will(reply, OK)
    assert read(client).body == {"results": []}
    assert len(hubspot.seen) == 2
    hubspot.will(reply, OK)
    with pytest.raises(OutcomeUnknown):
        send(client)
    assert len(hubspot.seen) == 3


def test_an_answer_that_stays_torn_or_html_is_garbled(connect: Connect, hubspot: Scripted) -> None:
    hubspot.will(Reply(how="torn", body={"results": ["x" * 500]}))
    with pytest.raises(Garbled, match="torn"):
        read(connect())
    hubspot.will(Reply(body=b"<html>"))
    with pytest.raises(Garbled, match="HTML"):
        read(connect())


def test_an_answer_that_drips_in_is_cut_off(
    connect: Connect, hubspot: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes within the read timeout, the answer never."""
    client = connect(read_timeout=0.5)
    monkeypatch.setattr("connectors.hubspot.wire.client.CHUNK", 1)
    ticks = iter(range(1_000_000))
    client.clock = lambda: next(ticks) * 0.05
    hubspot.will(Reply(how="drip", body={"results": ["x" * 500]}), OK)
    assert read(client).body == {"results": []}
    assert len(hubspot.seen) == 2


def test_a_server_that_is_not_there_was_never_sent_a_write(connect: Connect, hubspot: Scripted) -> None:
    """So it is no unknown outcome, and it is tried again."""
    client = connect(base_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        send(client)
    assert client.meter == {"batch update": 5}


def test_a_redirect_takes_the_token_nowhere(connect: Connect, hubspot: Scripted) -> None:
    hubspot.will(Reply(307, b"", {"Location": f"{hubspot.url}/stolen"}), OK)
    with pytest.raises(Refused, match="307"):
        read(connect())
    assert [seen.path for seen in hubspot.seen] == ["/crm/v3/owners"]


def test_a_rotated_token_is_taken_from_its_place_once(
    connect: Connect, hubspot: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container platform replaced the mounted file while we ran."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    monkeypatch.delenv("HUBSPOT_TOKEN")
    monkeypatch.setenv("HUBSPOT_TOKEN_FILE", str(file))
    client = connect()
    read(client)
    file.write_text("pat-new")
    hubspot.will(Reply(401, ERROR), OK)
    read(client)
    assert [s.headers["Authorization"] for s in hubspot.seen][1:] == [f"Bearer {TOKEN}", "Bearer pat-new"]
    hubspot.will(Reply(401, ERROR))
    with pytest.raises(AuthFailed):
        read(client)
    assert len(hubspot.seen) == 4


def test_errors_keep_hubspots_words_and_show_nothing_else(
    connect: Connect, hubspot: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {**ERROR, "message": "bad\x1b[31m value \u202e of x"}
    hubspot.will(Reply(400, body, {"X-Secret-Header": "hdr-canary"}))
    with pytest.raises(Refused) as caught:
        read(connect())
    text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    for part in ("bad", "SOME_CATEGORY", "c-1", "400", "list owners"):
        assert part in str(caught.value)
    for secret in (TOKEN, "hdr-canary", "\x1b", "\u202e"):
        assert secret not in text
    assert TOKEN not in caplog.text
    assert caught.value.code == "SOME_CATEGORY"


def test_a_missing_scope_is_named(connect: Connect, hubspot: Scripted) -> None:
    errors = [{"message": "m", "context": {"requiredGranularScopes": ["crm.objects.owners.read"]}}]
    hubspot.will(Reply(403, {**ERROR, "category": "MISSING_SCOPES", "errors": errors}))
    with pytest.raises(MissingPermission, match=r"grant the app the scope crm\.objects\.owners\.read"):
        read(connect())


def test_compressed_answers_are_read(connect: Connect, hubspot: Scripted) -> None:
    packed = gzip.compress(json.dumps({"results": ["ü"]}).encode())
    hubspot.will(Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    assert read(connect()).body == {"results": ["ü"]}
    assert hubspot.seen[0].headers["Accept-Encoding"] == "gzip"


def test_the_days_quota_is_what_the_headers_last_told(connect: Connect, hubspot: Scripted) -> None:
    client = connect()
    of_day = {"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "248894"}
    hubspot.will(Reply(headers=of_day), OK)
    assert client.limits.quota == Quota()
    read(client)
    read(client)
    assert client.limits.quota == Quota(250_000, 248_894), "an answer without headers changes nothing"


def test_the_clock_of_an_answer_is_hubspots(connect: Connect, hubspot: Scripted) -> None:
    hubspot.will(Reply(headers={"Date": "Thu, 17 Feb 2022 18:56:16 GMT"}))
    assert read(connect()).at == datetime(2022, 2, 17, 18, 56, 16, tzinfo=UTC)
    hubspot.will(Reply(headers={"Date": "yesterday"}))
    assert read(connect()).at is None
