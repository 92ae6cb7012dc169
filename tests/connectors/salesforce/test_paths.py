"""Fields of parents by their path, codes of places, persons, labels: what a column means in this org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import FieldProblems
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import RecordId, RecordKind
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.read import _parents
from tests.connectors.salesforce.test_beside_tables import WAYS, truth
from tests.connectors.salesforce.test_tables import made, rows

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 450
PATHS = (
    MappedField("parent_industry", "Parent.Industry"),
    MappedField("grandparent_name", "parent.PARENT.Name"),
    MappedField("kind", "RecordType.DeveloperName"),
    MappedField("role", "Owner.UserRole.Name"),
    MappedField("owner_active", "Owner.IsActive", FieldType.BOOLEAN),
    MappedField("parent_employees", "Parent.NumberOfEmployees", FieldType.INTEGER),
    MappedField("parent_owner", "Parent.OwnerId"),
)


@pytest.fixture(autouse=True)
def features(world: SalesforceWorld) -> Any:
    world.crm.settings(record_types=True)
    yield
    world.crm.settings(
        record_types=False, person_accounts=False, state_country_picklists=False, hidden_fields="",
    )  # fmt: skip


def expected(world: SalesforceWorld) -> dict[str, tuple[Any, ...]]:
    accounts = {a["Id"]: a for a in truth(world, "Account")}
    users = {u["Id"]: u for u in truth(world, "User")}
    roles = {r["Id"]: r["Name"] for r in truth(world, "UserRole")}
    types = {t["Id"]: t["DeveloperName"] for t in truth(world, "RecordType")}
    none: dict[str, Any] = {}
    told = {}
    for id, account in accounts.items():
        parent = accounts.get(account["ParentId"], none)
        owner = users[account["OwnerId"]]
        told[id] = (
            parent.get("Industry"), accounts.get(parent.get("ParentId", ""), none).get("Name"),
            types.get(account["RecordTypeId"]), roles.get(owner["UserRoleId"]), owner["IsActive"],
            parent.get("NumberOfEmployees"), parent.get("OwnerId"),
        )  # fmt: skip
    return told


@pytest.mark.parametrize("way", WAYS)
def test_fields_of_parents_come_by_rest_and_by_bulk(world: SalesforceWorld, way: str) -> None:
    connector = world.connect(fields=PATHS, **WAYS[way])
    assert connector.check(writing=True) == []
    found = rows(connector, RecordKind.ACCOUNTS)
    connector.close()
    names = [field.name for field in PATHS]
    assert {id: tuple(row[name] for name in names) for id, row in found.items()} == expected(world)
    for name in names:
        assert any(row[name] is not None for row in found.values()), name


@pytest.mark.parametrize("way", WAYS)
def test_an_account_whose_parent_or_owners_role_changed_is_a_changed_account(
    world: SalesforceWorld, way: str
) -> None:
    accounts = {a["Id"]: a for a in truth(world, "Account")}
    parent = next(a["ParentId"] for a in accounts.values() if a["ParentId"])
    world.crm.advance(86_400)
    world.create({"name": "Newer than record types and roles"})
    connector = world.connect(fields=PATHS, **WAYS[way])
    pull = connector.pull(RecordKind.ACCOUNTS)
    for _ in pull.batches:
        pass
    world.crm.advance(86_400)
    world.crm.edit("Account", parent, {"Industry": "Education"})
    role = truth(world, "UserRole")[1]
    world.crm.edit("UserRole", role["Id"], {"Name": f"Sales {way}"})
    changed = rows(connector, RecordKind.ACCOUNTS, pull.watermark)
    connector.close()
    users = {u["Id"]: u["UserRoleId"] for u in truth(world, "User")}
    under = {id for id, a in accounts.items() if a["ParentId"] == parent}
    led = {id for id, a in accounts.items() if users[a["OwnerId"]] == role["Id"]}
    assert under | led <= set(changed)
    assert {changed[id]["parent_industry"] for id in under} == {"Education"}
    assert {changed[id]["role"] for id in led} == {f"Sales {way}"}
    assert set(changed) != set(accounts), "the others are not read again"


def test_a_lookup_gives_fields_of_parents_too(world: SalesforceWorld) -> None:
    connector = world.connect(fields=PATHS)
    ids = [RecordId(id) for id in list(expected(world))[:405]]
    found = connector.lookup(ids, ["name", "parent_industry", "role"])
    connector.close()
    assert {r["id"]: (r["parent_industry"], r["role"]) for r in found.to_pylist()} == {
        id: (told[0], told[3]) for id, told in expected(world).items() if id in ids
    }


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Parent.Industri", "Account has no field 'Industri'"),
        ("Mother.Industry", "Account has no relationship 'Mother'"),
        ("Parent.Owner.Phone2", "User has no field 'Phone2'"),
        ("Parent.Parent.Parent.Parent.Parent.Parent.Name", "follows 6 relationships"),
    ],
)
def test_a_path_that_leads_nowhere_is_named_by_the_step_that_fails(
    world: SalesforceWorld, source: str, said: str
) -> None:
    connector = world.connect(fields=[MappedField("wrong", source)])
    [problem] = connector.check(writing=False)
    assert (problem.name, problem.source) == ("wrong", source)
    assert said in str(problem)
    with pytest.raises(FieldProblems):
        connector.pull(RecordKind.ACCOUNTS)
    connector.close()


def test_a_hidden_field_of_a_parent_is_a_problem_and_nothing_is_written_through_a_path(
    world: SalesforceWorld,
) -> None:
    world.crm.settings(hidden_fields="User.Title")
    hidden = MappedField("title", "Owner.Title")
    output = MappedField("up", "Parent.Description", role=FieldRole.OUTPUT)
    connector = world.connect(fields=[hidden, output])
    assert {p.name for p in connector.check(writing=True)} == {"title", "up"}
    connector.close()


@pytest.mark.parametrize("way", WAYS)
def test_places_are_codes_where_the_org_has_them_and_old_texts_where_a_record_has_none(
    world: SalesforceWorld, way: str
) -> None:
    connector = world.connect(**WAYS[way])
    before = connector.pull(RecordKind.ACCOUNTS)
    assert sum(batch.num_rows for batch in before.batches) == len(truth(world, "Account"))
    world.crm.settings(state_country_picklists=True)
    connector.close()
    connector = world.connect(**WAYS[way])
    after = connector.pull(RecordKind.ACCOUNTS, before.watermark)
    assert after.complete, "what was read as names does not go together with codes"
    found = {row["id"]: row for batch in after.batches for row in batch.to_pylist()}
    assert {id: (row["country"], row["state"]) for id, row in found.items()} == {
        a["Id"]: (a["BillingCountryCode"] or a["BillingCountry"], a["BillingStateCode"] or a["BillingState"])
        for a in truth(world, "Account")
    }
    assert {"US", "DE"} <= {row["country"] for row in found.values()}
    assert not connector.pull(RecordKind.ACCOUNTS, after.watermark).complete
    [one] = connector.lookup([RecordId(next(iter(found)))], ["country"]).to_pylist()
    assert one["country"] == found[one["id"]]["country"]
    connector.close()


@pytest.mark.parametrize("way", WAYS)
def test_persons_are_accounts_unless_the_config_leaves_them_out(world: SalesforceWorld, way: str) -> None:
    world.crm.settings(person_accounts=True)
    person = made(world, "Account", LastName="Doe", FirstName="Jane", PersonEmail="jane@example.com")
    told = [
        MappedField("is_person", "IsPersonAccount", FieldType.BOOLEAN),
        MappedField("mail", "PersonEmail"),
    ]
    connector = world.connect(fields=told, **WAYS[way])
    found = rows(connector, RecordKind.ACCOUNTS)
    connector.close()
    assert (found[person]["name"], found[person]["is_person"], found[person]["mail"]) == (
        "Jane Doe", True, "jane@example.com",
    )  # fmt: skip
    assert {row["is_person"] for id, row in found.items() if id != person and not row["mail"]} == {False}
    connector = world.connect(person_accounts="exclude", **WAYS[way])
    without = rows(connector, RecordKind.ACCOUNTS)
    connector.close()
    assert set(without) == {a["Id"] for a in truth(world, "Account") if not a["IsPersonAccount"]}
    assert person not in without


def test_persons_left_out_of_an_org_that_has_none_is_no_error(world: SalesforceWorld) -> None:
    connector = world.connect(person_accounts="exclude")
    assert set(rows(connector, RecordKind.ACCOUNTS)) == {a["Id"] for a in truth(world, "Account")}
    connector.close()


def test_values_are_those_of_the_api_and_labels_are_told_apart(world: SalesforceWorld) -> None:
    connector = world.connect()
    labels = connector._fields.labels("Opportunity", "stagename")
    stages = {row["stage"] for row in rows(connector, RecordKind.OPPORTUNITIES).values()}
    assert connector._fields.labels("Account", "Name") == {}
    assert connector._fields.labels("Account", "Nothing__c") == {}
    connector.close()
    assert labels["Proposal/Price Quote"] == "Proposal sent"
    assert "Proposal/Price Quote" in stages
    assert "Proposal sent" not in stages


def test_a_compound_address_is_refused_with_what_to_map_instead(world: SalesforceWorld) -> None:
    connector = world.connect(fields=[MappedField("place", "BillingAddress")])
    [problem] = connector.check(writing=False)
    connector.close()
    assert "map its parts" in str(problem)


def test_every_record_that_a_path_passes_is_asked_for_its_stamp() -> None:
    paths = {
        "a": Described("Parent.Parent.Name", "string", False, 0),
        "b": Described("Name", "string", True, 0),
    }
    assert _parents(paths) == ["Parent", "Parent.Parent"]
