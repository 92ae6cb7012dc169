"""Owners, active and archived, with their teams, as the portal lists them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.errors import FieldProblems, MissingPermission
from connectors.hubspot import plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from rules.decisions import ReasonCode
from rules.engine.pods.owners import read_owners
from tests.connectors.hubspot.conftest import PORTAL, Reply, Scripted, settings_for
from tests.connectors.hubspot.world import FIELDS, NO_WAITS, HubSpotWorld

TEAMS = (MappedField("team", "team"), MappedField("team_number", "team_id"), MappedField("teams", "teams"))


@pytest.fixture
def world() -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=4, reps=6, seed=3), fields=FIELDS) as crm:
        world = HubSpotWorld(crm)
        yield world
        world.close()


def read(connector: HubSpotConnector) -> pa.Table:
    return pa.Table.from_batches(list(connector.pull(RecordKind.OWNERS).batches))


def with_teams(world: HubSpotWorld, *fields: MappedField) -> HubSpotConnector:
    mapping = world.mapping().with_fields(RecordKind.OWNERS, fields)
    return HubSpotConnector(world.settings(), mapping, NO_WAITS)


def test_every_owner_comes_once_with_the_primary_team(world: HubSpotWorld) -> None:
    connector = with_teams(world, *TEAMS)
    assert connector.check(writing=True) == []
    found = {row["id"]: row for row in read(connector).to_pylist()}
    connector.close()
    told = {owner["id"]: owner for owner in world.crm.records("owners")}
    assert set(found) == set(told)
    assert {id: row["active"] for id, row in found.items()} == {
        id: not o["archived"] for id, o in told.items()
    }
    assert any(row["team"] for row in found.values())
    assert any(row["team"] is None for row in found.values())


def test_two_owners_of_one_email_are_both_told_and_never_guessed_between(
    world: HubSpotWorld, tmp_path: Path
) -> None:
    ana, lee, kim = world.owners()[:3]
    world.crm.edit("owners", ana, {"email": "sales@example.com"})
    world.crm.edit("owners", lee, {"email": "Sales@Example.com"})
    world.crm.edit("owners", kim, {"email": ""})
    connector = world.connect()
    table = read(connector)
    assert {r["id"]: r["email"] for r in table.to_pylist() if r["id"] in (ana, lee, kim)} == {
        ana: "sales@example.com",
        lee: "Sales@Example.com",
        kim: None,
    }
    pq.write_table(table, tmp_path / "owners.parquet")
    owners = read_owners(tmp_path / "owners.parquet", {}, date(2026, 1, 1))
    assert owners.resolve("sales@example.com").code is ReasonCode.OWNER_UNKNOWN
    assert owners.resolve(kim).code is ReasonCode.MATCHED, "an owner without an e-mail is named by id"
    # Somebody who left and came back has an archived owner of the same e-mail beside the one of today.
    world.crm.edit("owners", ana, {"archived": True})
    pq.write_table(read(connector), tmp_path / "owners.parquet")
    again = read_owners(tmp_path / "owners.parquet", {}, date(2026, 1, 1))
    assert again.all[again.resolve("sales@example.com").owner or 0].id == lee
    connector.close()


def owner(id: str, *teams: tuple[str, str, bool], **more: Any) -> dict[str, Any]:
    told = [{"id": number, "name": name, "primary": primary} for number, name, primary in teams]
    return {"id": id, "email": f"{id}@x.com", "type": "PERSON", "archived": False, "teams": told, **more}


def scripted(hubspot: Scripted, monkeypatch: pytest.MonkeyPatch, *pages: dict[str, Any]) -> HubSpotConnector:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat")
    account = Reply(body={"portalId": int(PORTAL)})
    hubspot.will(account, account, *(Reply(body=page) for page in pages))
    mapping = plugin.default_fields().with_fields(RecordKind.OWNERS, TEAMS)
    return HubSpotConnector(settings_for(hubspot.url), mapping, NO_WAITS)


def test_further_teams_are_named_after_the_primary_one(
    hubspot: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = {
        "results": [
            owner("1", ("9", "West", False), ("7", "North", True), ("8", "East", False)),
            owner("2", ("9", "West", False)),
            {"id": "3", "type": "QUEUE"},
        ]
    }
    # One who is reactivated while the pages are read is in both lists.
    archived = {"results": [owner("1", ("7", "North", True)), owner("4", userId=None)]}
    connector = scripted(hubspot, monkeypatch, active, archived)
    found = read(connector).to_pylist()
    connector.close()
    columns = ("id", "active", "person", "email", "team", "team_number", "teams")
    assert [tuple(row[c] for c in columns) for row in found] == [
        ("1", True, True, "1@x.com", "North", "7", "North;East;West"),
        ("2", True, True, "2@x.com", None, None, "West"),
        ("3", True, False, None, None, None, None),
        ("4", False, True, "4@x.com", None, None, None),
    ]


@pytest.mark.parametrize(
    "field",
    [
        MappedField("team", "team_name"),
        MappedField("email", "team"),
        MappedField("team_id", "team_id", FieldType.INTEGER),
    ],
)
def test_what_owners_do_not_have_is_named(world: HubSpotWorld, field: MappedField) -> None:
    connector = with_teams(world, field)
    [problem] = connector.check(writing=False)
    assert "owners of HubSpot have fixed fields" in problem.problem
    assert set(problem.candidates) >= {"email", "team", "team_id", "teams"}
    with pytest.raises(FieldProblems):
        read(connector)
    connector.close()


def test_without_the_scope_owners_are_an_error_and_never_none(world: HubSpotWorld) -> None:
    scopes = [s for s in world.crm.settings()["scopes"] if s != "crm.objects.owners.read"]
    world.crm.settings(scopes=scopes)
    connector = world.connect()
    with pytest.raises(MissingPermission, match=r"crm\.objects\.owners\.read"):
        read(connector)
    connector.close()
