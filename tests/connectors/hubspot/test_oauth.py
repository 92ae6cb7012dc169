"""An OAuth app against the local portal: its tokens come, end and are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.errors import AuthFailed
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.wire.paths import VERSIONS
from connectors.records import Outcome, RecordKind, Write
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

NAMES = ("client_id", "client_secret", "refresh_token")


@pytest.fixture(params=VERSIONS)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=150), fields=FIELDS) as crm:
        made = HubSpotWorld(crm, request.param)
        for name in NAMES:
            monkeypatch.setenv(f"TEST_APP_{name.upper()}", crm.credentials[name])
        yield made
        made.close()


def app(world: HubSpotWorld) -> HubSpotConnector:
    return world.connect(token=None, oauth={name: {"env": f"TEST_APP_{name.upper()}"} for name in NAMES})


def test_an_app_reads_and_writes_and_what_it_may_is_known(world: HubSpotWorld) -> None:
    connector = app(world)
    assert connector.identity().id == world.portal_id
    rows = sum(batch.num_rows for batch in connector.pull(RecordKind.ACCOUNTS).batches)
    assert rows == len(world.ids())
    id = min(world.ids())
    assert connector.write([Write(id, {"score": 3.0}, {"score": None})])[0].outcome is Outcome.WRITTEN
    assert not any("does not tell" in remark.message for remark in connector.remarks(writing=True))
    assert connector.calls()["token"] == 1
    connector.close()


def test_a_token_that_ended_in_the_middle_costs_one_more_and_no_row(world: HubSpotWorld) -> None:
    connector = app(world)
    connector.identity()
    world.advance(1900)  # HubSpot's clock, not ours
    rows = sum(batch.num_rows for batch in connector.pull(RecordKind.ACCOUNTS).batches)
    assert rows == len(world.ids())
    assert connector.calls()["token"] == 2
    connector.close()


def test_an_app_that_was_taken_out_of_the_portal_is_told_so_after_two_tokens_at_most(
    world: HubSpotWorld,
) -> None:
    connector = app(world)
    connector.identity()
    secrets = [world.crm.credentials[name] for name in NAMES]
    world.crm.edit("apps", "oauth", {"installed": False})
    with pytest.raises(AuthFailed, match=r"BAD_REFRESH_TOKEN.*install the app anew") as caught:
        list(connector.pull(RecordKind.ACCOUNTS).batches)
    assert not any(secret in str(caught.value) for secret in secrets)
    assert connector.calls()["token"] <= 3
    connector.close()


def test_a_secret_that_was_rotated_is_named(world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_APP_CLIENT_SECRET", "old-one")
    connector = app(world)
    with pytest.raises(AuthFailed, match="check client_secret; it may have been rotated") as caught:
        connector.identity()
    assert "old-one" not in str(caught.value)
    connector.close()
