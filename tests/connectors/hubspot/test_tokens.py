"""Tokens that stand somewhere, and tokens that OAuth gives anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.errors import AuthFailed, Garbled, Unavailable
from connectors.hubspot.wire.tokens import EARLY, Refreshed, Standing
from connectors.secret import SecretRef
from tests.connectors.hubspot.conftest import FakeClock


@dataclass
class Issuer:
    """HubSpot's OAuth endpoint: a new token each time, unless told otherwise."""

    lasts: Any = 1800
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, path: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        assert path == "/oauth/v1/token"
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)
        return 200, {"access_token": f"token-{len(self.asked)}", "expires_in": self.lasts}


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    for name in ("ID", "SECRET", "REFRESH"):
        monkeypatch.setenv(f"TEST_OAUTH_{name}", f"canary-{name.lower()}")
    return Issuer()


def refreshed(issuer: Issuer, clock: FakeClock) -> Refreshed:
    id, secret, refresh = (SecretRef(env=f"TEST_OAUTH_{name}") for name in ("ID", "SECRET", "REFRESH"))
    return Refreshed(id, secret, refresh, issuer, "/oauth/v1/token", clock)


def test_a_token_is_asked_for_once_and_used_until_shortly_before_its_end(
    issuer: Issuer, clock: FakeClock
) -> None:
    tokens = refreshed(issuer, clock)
    assert [tokens.current() for _ in range(3)] == ["token-1"] * 3
    clock.now += 1800 - EARLY - 1
    assert tokens.current() == "token-1"
    clock.now += 1
    assert tokens.current() == "token-2"
    assert issuer.asked[0] == {
        "grant_type": "refresh_token",
        "client_id": "canary-id",
        "client_secret": "canary-secret",
        "refresh_token": "canary-refresh",
    }


def test_a_refused_token_is_replaced_once_and_a_second_refusal_is_the_last(
    issuer: Issuer, clock: FakeClock
) -> None:
    tokens = refreshed(issuer, clock)
    first = tokens.current()
    assert tokens.is_replaced(first)
    assert tokens.is_replaced(first), "another thread had the old one still"
    assert len(issuer.asked) == 2
    assert not tokens.is_replaced(tokens.current())
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"},
            "install the app",
        ),
        (400, {"status": "BAD_CLIENT_SECRET", "message": "no"}, "check client_secret; it may"),
        (400, {"status": "BAD_CLIENT_ID", "message": "no"}, "check client_id$"),
        (401, {"message": "no"}, "check client_id, client_secret and refresh_token"),
    ],
)
def test_what_oauth_refuses_says_what_to_check_and_no_secret(
    issuer: Issuer, clock: FakeClock, status: int, body: dict[str, Any], said: str
) -> None:
    issuer.answers = [(status, body)]
    with pytest.raises(AuthFailed, match=said) as caught:
        refreshed(issuer, clock).current()
    assert "canary" not in str(caught.value)


def test_oauth_that_is_down_may_be_up_again_and_an_answer_without_a_token_is_none(
    issuer: Issuer, clock: FakeClock
) -> None:
    issuer.answers = [(503, {}), (429, {}), (200, {"access_token": ""}), (200, {"access_token": "x"})]
    tokens = refreshed(issuer, clock)
    for error in (Unavailable, Unavailable, Garbled, Garbled):
        with pytest.raises(error):
            tokens.current()
    assert tokens.current() == "token-5"


def test_a_standing_token_is_replaced_where_its_place_holds_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_OAUTH_TOKEN", "old")
    tokens = Standing(SecretRef(env="TEST_OAUTH_TOKEN"), Issuer())
    assert tokens.current() == "old" and not tokens.is_replaced("old")
    monkeypatch.setenv("TEST_OAUTH_TOKEN", "new")
    assert tokens.is_replaced("old")
    monkeypatch.delenv("TEST_OAUTH_TOKEN")
    assert not tokens.is_replaced("old")


def test_what_a_token_may_do_is_told_with_it_or_asked_for(
    issuer: Issuer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"access_token": "a", "expires_in": 1800, "scopes": ["oauth", "crm.objects.companies.read"]}
    issuer.answers = [(200, told)]
    assert refreshed(issuer, clock).scopes() == {"oauth", "crm.objects.companies.read"}
    monkeypatch.setenv("TEST_OAUTH_TOKEN", "mine")
    asked: list[tuple[str, dict[str, str]]] = []

    def info(path: str, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        asked.append((path, dict(body)))
        return (200, {"hubId": 1, "scopes": ["crm.objects.owners.read"]}) if len(asked) == 1 else (400, {})

    standing = Standing(SecretRef(env="TEST_OAUTH_TOKEN"), info)
    assert standing.scopes() == {"crm.objects.owners.read"}
    assert asked == [("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "mine"})]
    assert standing.scopes() is None, "a service key"
