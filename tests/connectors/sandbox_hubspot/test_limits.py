"""The limits to the millisecond, by a clock that stands still unless it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from connectors.sandbox.clock import Clock
from connectors.sandbox.core import Core
from connectors.sandbox.hubspot import build
from connectors.sandbox.hubspot.crm import HubSpot
from connectors.sandbox.state import State
from connectors.sandbox.wire import captured
from tests.connectors.sandbox_hubspot.client import Client, Reply, client_of

NOON = 1_795_539_600.0
"""2026-11-24 12:00 in New York."""
LIST, SEARCH = "/crm/v3/objects/companies", "/crm/v3/objects/companies/search"


@dataclass
class Frozen:
    """A portal without a server, on a clock of its own."""

    core: Core
    portal: HubSpot
    seconds: list[float] = field(default_factory=lambda: [NOON])

    def call(self, path: str, token: str, body: Any = None) -> Reply:
        """One request; a body makes it a POST."""
        form = isinstance(body, str)
        raw = b"" if body is None else body.encode() if form else orjson.dumps(body)
        type = b"application/x-www-form-urlencoded" if form else b"application/json"
        scope: dict[str, Any] = {
            "type": "http", "method": "GET" if body is None else "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "http_version": "1.1",
            "headers": [(b"authorization", f"Bearer {token}".encode()), (b"content-type", type)],
            "state": {"request_id": self.core.next_request_id(), "faults": []},
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        answer = asyncio.run(captured(self.portal.app, scope, receive))
        return Reply(answer.status, orjson.loads(answer.body), dict(answer.headers))

    def oauth(self) -> str:
        """An access token of the OAuth app."""
        given = self.portal.credentials()
        names = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token", **{name: given[name] for name in names}}
        return str(self.call("/oauth/v1/token", "", urlencode(form)).body["access_token"])

    @property
    def private(self) -> str:
        """The private app's token."""
        return self.portal.credentials()["token"]


@pytest.fixture
def frozen() -> Iterator[Frozen]:
    seconds = [NOON]
    state = State()
    core = Core(state, Clock(lambda: seconds[0]))
    portal = build(core)
    state.index()
    yield Frozen(core, portal, seconds)
    state.close()


def accepted(replies: list[Reply]) -> int:
    """How many were let through; the others must be 429."""
    assert {reply.status for reply in replies} <= {200, 429}
    return sum(reply.status == 200 for reply in replies)


def test_each_app_has_a_burst_of_its_own_and_no_more(frozen: Frozen) -> None:
    private, oauth = frozen.private, frozen.oauth()
    assert accepted([frozen.call(LIST, private) for _ in range(195)]) == 190
    replies = [frozen.call(LIST, oauth) for _ in range(115)]
    assert accepted(replies) == 110
    assert "oauth" in replies[-1].body["groupName"]
    assert "private" in frozen.call(LIST, private).body["groupName"]


def test_a_call_leaves_the_window_ten_seconds_after_it_came(frozen: Frozen) -> None:
    token = frozen.private
    frozen.core.settings.change({"burst_limit": 3})
    for at in (0.0, 0.004, 9.0):
        frozen.seconds[0] = NOON + at
        assert frozen.call(LIST, token).status == 200
    found = {}
    for at in (9.999, 10.0, 10.003, 10.004):
        frozen.seconds[0] = NOON + at
        found[at] = frozen.call(LIST, token).status
    assert found == {9.999: 429, 10.0: 200, 10.003: 429, 10.004: 200}


def test_what_is_left_is_told_with_every_answer_to_the_call(frozen: Frozen) -> None:
    token = frozen.private
    frozen.core.settings.change({"burst_limit": 5})
    left = []
    for at in (0, 1, 2, 3, 4, 5, 10, 11):
        frozen.seconds[0] = NOON + at
        reply = frozen.call(LIST, token)
        told = {name.removeprefix("x-hubspot-ratelimit-"): value for name, value in reply.headers.items()}
        assert (told["max"], told["interval-milliseconds"]) == ("5", "10000")
        left.append((reply.status, int(told["remaining"])))
    assert left == [(200, 4), (200, 3), (200, 2), (200, 1), (200, 0), (429, 0), (200, 0), (200, 0)]


def test_searches_of_all_apps_share_one_second(frozen: Frozen) -> None:
    tokens = [frozen.private, frozen.oauth()]
    replies = [frozen.call(SEARCH, tokens[n % 2], {}) for n in range(8)]
    assert [reply.status for reply in replies] == [200] * 5 + [429] * 3
    frozen.seconds[0] = NOON + 0.999
    assert frozen.call(SEARCH, tokens[0], {}).status == 429
    frozen.seconds[0] = NOON + 1.0
    assert accepted([frozen.call(SEARCH, tokens[n % 2], {}) for n in range(8)]) == 5
    assert frozen.call(LIST, tokens[0]).headers["x-hubspot-ratelimit-remaining"] == "189"


def test_the_day_is_the_accounts_and_ends_at_its_midnight(frozen: Frozen) -> None:
    private, oauth = frozen.private, frozen.oauth()
    frozen.core.settings.change({"daily_limit": 3})
    frozen.call(SEARCH, private, {})
    told = frozen.call(LIST, private).headers
    assert (told["x-hubspot-ratelimit-daily"], told["x-hubspot-ratelimit-daily-remaining"]) == ("3", "1")
    assert frozen.call(LIST, private).status == 200
    refused = frozen.call(LIST, private)
    assert (refused.status, refused.body["policyName"]) == (429, "DAILY")
    of_oauth = frozen.call(LIST, oauth)
    assert of_oauth.status == 200
    assert "x-hubspot-ratelimit-daily" not in of_oauth.headers
    assert of_oauth.headers["x-hubspot-ratelimit-max"] == "110"
    frozen.seconds[0] = NOON + 12 * 3600 - 0.001
    assert frozen.call(LIST, private).status == 429
    frozen.seconds[0] = NOON + 12 * 3600
    assert frozen.call(LIST, private).status == 200


def test_associations_have_a_window_beside_the_burst(frozen: Frozen) -> None:
    token = frozen.private
    frozen.core.settings.change({"associations_limit": 2})
    path, body = "/crm/v4/associations/companies/deals/batch/read", {"inputs": [{"id": "1"}]}
    assert [frozen.call(path, token, body).status for _ in range(3)] == [207, 207, 429]
    assert frozen.call(LIST, token).status == 200
    assert frozen.call(path, frozen.oauth(), body).status == 207


def test_clients_side_by_side_get_one_burst_together(empty: Client) -> None:
    """Sixteen connections of two clients ask at once, within the ten seconds; not one call too many passes."""
    empty.crm.settings(burst_limit=60)
    clients = [client_of(empty.crm) for _ in range(2)]
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda n: clients[n % 2]("GET", LIST), range(120)))
    for client in clients:
        client.pool.clear()
    assert accepted(replies) == 60
    left = sorted(
        int(reply.headers["x-hubspot-ratelimit-remaining"]) for reply in replies if reply.status == 200
    )
    assert left == list(range(60))
