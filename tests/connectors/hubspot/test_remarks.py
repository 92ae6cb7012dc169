"""What doctor says of a portal, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Remark
from connectors.hubspot import plugin
from connectors.hubspot.preparing.remarks import remarks
from connectors.mapping import CustomTable
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted, settings_for

READING = [
    "crm.objects.companies.read",
    "crm.objects.owners.read",
    "crm.objects.deals.read",
    "crm.objects.contacts.read",
]


@pytest.fixture
def say(hubspot: Scripted, connect: Connect) -> Iterator[Any]:
    def told(
        scopes: list[str] | None, *, writing: bool = False, tables: Any = (), **changes: Any
    ) -> list[Remark]:
        body = {"hubId": 1, "scopes": scopes} if scopes is not None else {"message": "no such token"}
        hubspot.will(Reply(200 if scopes is not None else 400, body))
        usual = plugin.default_fields()
        mapping = type(usual)(usual.fields, tables)
        return list(
            remarks(connect(**changes), settings_for(hubspot.url, **changes), mapping, writing=writing)
        )

    yield told


def wrong(found: list[Remark]) -> list[str]:
    return [remark.message for remark in found if not remark.ok]


def test_a_token_that_may_read_all_that_is_mapped_lacks_nothing(say: Any, hubspot: Scripted) -> None:
    assert wrong(say(READING)) == []
    [seen] = hubspot.seen
    assert (seen.method, seen.path) == ("POST", "/oauth/v2/private-apps/get/access-token-info")
    assert "Authorization" not in seen.headers


@pytest.mark.parametrize("missing", READING)
def test_each_scope_that_is_missing_is_named_with_what_it_is_for(say: Any, missing: str) -> None:
    found = wrong(say([scope for scope in READING if scope != missing]))
    assert found and all("grant it to the app" in message for message in found)
    assert any(missing in message for message in found)


def test_writing_needs_a_scope_more(say: Any) -> None:
    [message] = wrong(say(READING, writing=True))
    assert message.startswith("the token lacks crm.objects.companies.write (changing owners and writing prop")
    assert wrong(say([*READING, "crm.objects.companies.write"], writing=True)) == []


def test_a_table_of_a_custom_object_needs_its_scopes(say: Any) -> None:
    table = CustomTable("contracts", "2-123", "", ())
    assert any("(table contracts)" in message for message in wrong(say(READING, tables=(table,))))


def test_a_key_whose_scopes_hubspot_does_not_tell_is_said_and_stops_nothing(say: Any) -> None:
    found = say(None)
    assert wrong(found) == []
    assert any("does not tell what this token may do" in remark.message for remark in found)


def test_a_version_whose_end_is_announced_is_told_with_its_day(say: Any) -> None:
    assert any("supported until September 2027" in r.message for r in say(READING))
    assert not any(r.what == "API version" for r in say(READING, api_version="2026-03"))


def test_what_is_to_follow_an_owner_needs_a_scope_of_its_own(say: Any) -> None:
    both = [*READING, "crm.objects.companies.write"]
    found = wrong(say(both, writing=True, owner_change={"open_deals": "follow"}))
    assert found and "crm.objects.deals.write (owner_change.open_deals: follow)" in found[0]
    assert wrong(say(both, owner_change={"open_deals": "follow"})) == [], "reading needs it not"


def test_workflows_may_stay_unread(say: Any) -> None:
    [message] = [r.message for r in say(READING) if "automation" in r.message]
    assert "(telling which workflows a plan sets off)" in message
