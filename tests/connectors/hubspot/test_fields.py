"""Whether the mapping fits a portal, and what setup creates in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.errors import FieldProblem
from connectors.hubspot import plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import Outcome, RecordKind, Value, Write
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.world import FIELDS, NO_WAITS, HubSpotWorld


@pytest.fixture(params=["v3", "2026-03"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=8, reps=3, seed=2), fields=FIELDS) as crm:
        crm.settings(search_lag=0)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


def problem(world: HubSpotWorld, field: MappedField, kind: RecordKind = RecordKind.ACCOUNTS) -> FieldProblem:
    mapping = world.mapping().with_fields(kind, [field])
    connector = HubSpotConnector(world.settings(), mapping, NO_WAITS)
    [found] = connector.check(writing=True)
    connector.close()
    return found


@pytest.mark.parametrize(
    ("field", "kind", "said", "candidate"),
    [
        (
            MappedField("x", "numberofemployee"),
            "accounts",
            "does not exist in companies",
            "numberofemployees",
        ),
        (MappedField("x", "Industry"), "accounts", "does not exist", "industry"),
        (MappedField("x", "industry", FieldType.NUMBER), "accounts", "type enumeration", None),
        (MappedField("x", "is_public", FieldType.INTEGER), "accounts", "type bool", None),
        (MappedField("x", "createdate", FieldType.NUMBER), "accounts", "type datetime", None),
        (MappedField("x", "hs_object_id", role=FieldRole.OUTPUT), "accounts", "not writable", None),
        (MappedField("direction", "hs_call_dirction"), "activities", "calls or emails", "hs_call_direction"),
        (MappedField("email", "mail"), "owners", "fixed fields", "email"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_with_what_would(
    world: HubSpotWorld, field: MappedField, kind: str, said: str, candidate: str | None
) -> None:
    found = problem(world, field, RecordKind(kind))
    assert (found.kind, found.name, found.source) == (kind, field.name, field.source)
    assert said in found.problem
    assert candidate is None or candidate in found.candidates


OUTPUTS: list[tuple[MappedField, Value]] = [
    (MappedField("a", "territory_a", FieldType.TEXT, FieldRole.OUTPUT, "A text", "What a is"), "us.east"),
    (MappedField("b", "territory_b", FieldType.INTEGER, FieldRole.OUTPUT, "B"), 12),
    (MappedField("c", "territory_c", FieldType.NUMBER, FieldRole.OUTPUT, "C"), 0.1 + 0.2),
    (MappedField("d", "territory_d", FieldType.BOOLEAN, FieldRole.OUTPUT, "D"), False),
]


def test_setup_creates_each_type_so_that_it_can_be_written_and_read(world: HubSpotWorld) -> None:
    """The group first, then the properties, with label and description; a second time there is nothing."""
    import datetime as dt

    outputs = [
        *OUTPUTS,
        (MappedField("e", "territory_e", FieldType.DATE, FieldRole.OUTPUT, "E"), dt.date(2026, 2, 28)),
        (
            MappedField("f", "territory_f", FieldType.DATETIME, FieldRole.OUTPUT, "F"),
            dt.datetime(2026, 2, 28, 23, 59, 59, 125_000, tzinfo=dt.UTC),
        ),
    ]
    fields = [field for field, _ in outputs]
    connector = world.connect(fields=fields)
    steps = connector.setup_steps(fields)
    assert steps[0].description == ("create the property group territory_sync ('Territory') of companies")
    assert len(steps) == 7
    connector.setup(steps)
    connector.setup(steps)
    assert connector.setup_steps(fields) == []
    assert connector.check(writing=True) == []
    id = min(world.ids())
    values = {field.name: value for field, value in outputs}
    write = Write(id, values, dict.fromkeys(values))
    [result] = connector.write([write])
    assert (result.outcome, result.code) == (Outcome.WRITTEN, ""), result
    assert connector.lookup([id], list(values)).drop(["id"]).to_pylist() == [values]
    assert connector.write([write])[0].outcome is Outcome.UNCHANGED
    [back] = connector.write([Write(id, dict.fromkeys(values), values)])
    assert back.outcome is Outcome.WRITTEN
    assert connector.lookup([id], list(values)).drop(["id"]).to_pylist() == [dict.fromkeys(values)]
    connector.close()


def test_setup_goes_on_where_it_was_interrupted(world: HubSpotWorld) -> None:
    """The group and one property are there already."""
    fields = [field for field, _ in OUTPUTS]
    connector = world.connect(fields=fields)
    connector.setup(connector.setup_steps(fields[:1]))
    steps = connector.setup_steps(fields)
    assert [list(s.payload) for s in steps] == [["property"]] * 3
    connector.setup(steps)
    assert connector.setup_steps(fields) == []
    connector.close()


def test_the_names_of_our_outputs_are_taken_by_the_portal(world: HubSpotWorld) -> None:
    name = plugin.output_name("touches_30d")
    field = MappedField("touches_30d", name, FieldType.INTEGER, FieldRole.OUTPUT)
    connector = world.connect(fields=[field])
    connector.setup(connector.setup_steps([field]))
    assert connector.check(writing=True) == []
    connector.close()


def test_a_property_that_is_to_hold_a_user_takes_owners_and_nobody_else(world: HubSpotWorld) -> None:
    field = MappedField("se", "territory_se", role=FieldRole.OUTPUT, label="SE", holds_user=True)
    connector = world.connect(fields=[field])
    steps = connector.setup_steps([field])
    assert steps[-1].description == "create the company property territory_se ('SE', HubSpot user)"
    connector.setup(steps)
    assert connector.check(writing=True) == []
    id, owner = min(world.ids()), world.owners()[0]
    assert connector.write([Write(id, {"se": owner}, {"se": None})])[0].outcome is Outcome.WRITTEN
    assert connector.lookup([id], ["se"])["se"].to_pylist() == [owner]
    [refused] = connector.write([Write(id, {"se": "999999999"}, {"se": owner})])
    assert (refused.outcome, refused.code) == (Outcome.REJECTED, "INVALID_OWNER_ID")
    connector.close()


def test_people_read_that_an_edit_of_ours_does_not_last(world: HubSpotWorld) -> None:
    field = OUTPUTS[0][0]
    connector = world.connect(fields=[field])
    [_, step] = connector.setup_steps([field])
    definition = step.payload["property"]
    assert isinstance(definition, dict)
    said = "What a is. Written by territory-sync every night: an edit here is overwritten."
    assert definition["description"] == said
    connector.close()
