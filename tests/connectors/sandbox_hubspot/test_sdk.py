"""HubSpot's own package, unmodified but for the address: every typed call that the project has use for."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import companies, contacts, objects, owners, properties
from hubspot.crm.associations.v4 import models as links

from connectors.sandbox import Crm


@pytest.fixture
def sdk(crm: Crm) -> Any:
    """The package's client on the local portal."""
    return HubSpot(access_token=crm.credentials["token"], host=crm.url, base_url=crm.url)


def ids(crm: Crm, kind: str, count: int) -> list[str]:
    return [row["id"] for row in crm.records(kind)[:count]]


def test_companies_are_listed_page_by_page(sdk: Any, crm: Crm) -> None:
    api = sdk.crm.companies.basic_api
    page = api.get_page(limit=30, properties=["name", "industry"], associations=["deals"])
    rest = api.get_page(limit=30, after=page.paging.next.after, properties=["name"])
    assert [one.id for one in page.results + rest.results] == ids(crm, "companies", 40)
    assert page.paging.next.link.startswith(crm.url)
    assert rest.paging is None
    known = {row["id"]: row["industry"] for row in crm.records("companies")}
    assert all(one.properties["industry"] == known[one.id] for one in page.results)


def test_a_company_is_created_read_updated_searched_and_archived(sdk: Any) -> None:
    api = sdk.crm.companies.basic_api
    made = api.create(
        companies.SimplePublicObjectInputForCreate(properties={"name": "Acme", "domain": "acme.test"})
    )
    assert made.properties["website"] == "acme.test"
    api.update(made.id, companies.SimplePublicObjectInput(properties={"city": "Ulm"}))
    read = api.get_by_id(made.id, properties=["city"], properties_with_history=["city"])
    assert read.properties["city"] == "Ulm"
    assert read.properties_with_history["city"][0].source_type == "INTEGRATION"
    filter = companies.Filter(property_name="domain", operator="EQ", value="acme.test")
    request = companies.PublicObjectSearchRequest(
        filter_groups=[companies.FilterGroup(filters=[filter])], properties=["city"], limit=200
    )
    result = sdk.crm.companies.search_api.do_search(request)
    assert (result.total, result.results[0].properties["city"]) == (1, "Ulm")
    api.archive(made.id)
    with pytest.raises(companies.ApiException) as refused:
        api.get_by_id(made.id)
    assert refused.value.status == 404
    assert api.get_by_id(made.id, archived=True).archived_at is not None


def test_batches_of_companies_read_update_create_and_archive(sdk: Any, crm: Crm) -> None:
    api = sdk.crm.companies.batch_api
    first, second = ids(crm, "companies", 2)
    changes = [
        companies.SimplePublicObjectBatchInput(id=id, properties={"city": "Bern"}) for id in (first, second)
    ]
    assert api.update(companies.BatchInputSimplePublicObjectBatchInput(inputs=changes)).status == "COMPLETE"
    asked = companies.BatchReadInputSimplePublicObjectId(
        inputs=[companies.SimplePublicObjectId(id=id) for id in (first, second)],
        properties=["city"],
        properties_with_history=["city"],
    )
    read = api.read(asked)
    assert {one.id: one.properties["city"] for one in read.results} == {first: "Bern", second: "Bern"}
    new = companies.SimplePublicObjectBatchInputForCreate(properties={"name": "New"}, associations=[])
    made = api.create(companies.BatchInputSimplePublicObjectBatchInputForCreate(inputs=[new]))
    gone = [companies.SimplePublicObjectId(id=made.results[0].id)]
    assert api.archive(companies.BatchInputSimplePublicObjectId(inputs=gone)) is None


def test_a_missing_company_is_an_error_row_and_no_exception(sdk: Any, crm: Crm) -> None:
    [known] = ids(crm, "companies", 1)
    changes = [
        companies.SimplePublicObjectBatchInput(id=id, properties={"city": "Bern"}) for id in (known, "12")
    ]
    answer = sdk.crm.companies.batch_api.update(
        companies.BatchInputSimplePublicObjectBatchInput(inputs=changes)
    )
    assert (answer.num_errors, answer.errors[0].context["ids"]) == (1, ["12"])
    assert [one.id for one in answer.results] == [known]


def test_contacts_are_upserted_by_their_address(sdk: Any) -> None:
    one = contacts.SimplePublicObjectBatchInputUpsert(
        id="ana@acme.test", id_property="email", properties={"firstname": "Ana"}
    )
    upsert = contacts.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[one])
    assert [r.new for r in sdk.crm.contacts.batch_api.upsert(upsert).results] == [True]
    assert [r.new for r in sdk.crm.contacts.batch_api.upsert(upsert).results] == [False]
    assert (
        sdk.crm.contacts.basic_api.get_by_id("ana@acme.test", id_property="email").properties["firstname"]
        == "Ana"
    )


@pytest.mark.parametrize("kind", ["calls", "emails", "meetings", "notes", "tasks"])
def test_activities_are_listed_searched_and_read_in_batches(sdk: Any, crm: Crm, kind: str) -> None:
    api = getattr(sdk.crm.objects, kind)
    page = api.basic_api.get_page(limit=100, properties=["hs_timestamp"], associations=["companies"])
    assert [one.id for one in page.results] == ids(crm, kind, 100)
    name = {"meetings": "meeting_event"}.get(kind, kind[:-1])
    assert page.results[0].associations["companies"].results[0].type == f"{name}_to_company"
    models = __import__(f"hubspot.crm.objects.{kind}", fromlist=["models"])
    found = api.search_api.do_search(models.PublicObjectSearchRequest(limit=5, sorts=["hs_timestamp"]))
    assert found.total == len(crm.records(kind))
    asked = [models.SimplePublicObjectId(id=page.results[0].id)]
    read = models.BatchReadInputSimplePublicObjectId(inputs=asked, properties=[], properties_with_history=[])
    assert api.batch_api.read(read).results[0].id == page.results[0].id


def test_objects_of_any_type_answer_under_their_name(sdk: Any, crm: Crm) -> None:
    page = sdk.crm.objects.basic_api.get_page("deals", limit=5)
    assert [one.id for one in page.results] == ids(crm, "deals", 5)
    found = sdk.crm.objects.search_api.do_search("0-3", objects.PublicObjectSearchRequest(limit=1))
    assert found.total == len(crm.records("deals"))


def test_deals_and_their_pipeline_fit_together(sdk: Any) -> None:
    stages = {
        stage.id: stage.metadata
        for pipeline in sdk.crm.pipelines.pipelines_api.get_all("deals").results
        for stage in sdk.crm.pipelines.pipeline_stages_api.get_all("deals", pipeline.id).results
    }
    wanted = ["dealstage", "hs_is_closed", "hs_deal_stage_probability"]
    for deal in sdk.crm.deals.basic_api.get_page(limit=100, properties=wanted).results:
        stage = stages[deal.properties["dealstage"]]
        assert deal.properties["hs_is_closed"] == stage["isClosed"]
        assert float(deal.properties["hs_deal_stage_probability"]) == float(stage["probability"])


def test_owners_active_and_archived(sdk: Any) -> None:
    api = sdk.crm.owners.owners_api
    active, archived = api.get_page(limit=500).results, api.get_page(limit=500, archived=True).results
    assert archived and not {one.id for one in active} & {one.id for one in archived}
    assert all(one.user_id is None and one.user_id_including_inactive for one in archived)
    person = next(one for one in active if one.type == "PERSON")
    assert str(person.user_id) != person.id
    assert api.get_by_id(int(person.id)).email == person.email
    assert api.get_by_id(person.user_id, id_property="userId").id == person.id
    assert api.get_page(email=person.email).results[0].id == person.id
    with pytest.raises(owners.ApiException):
        api.get_by_id(archived[0].id)


def test_properties_and_groups_are_created_and_then_written(sdk: Any, crm: Crm) -> None:
    api = sdk.crm.properties
    api.groups_api.create("companies", properties.PropertyGroupCreate(name="territory", label="Territory"))
    fields = [
        properties.PropertyCreate(
            name=f"territory_{t}", label=t, type=t, field_type=f, group_name="territory"
        )
        for t, f in (("number", "number"), ("string", "text"), ("datetime", "date"))
    ]
    api.batch_api.create("companies", properties.BatchInputPropertyCreate(inputs=fields[:2]))
    api.core_api.create("companies", fields[2])
    names = {one.name: one for one in api.core_api.get_all("companies").results}
    assert {"territory_number", "territory_string", "territory_datetime"} <= set(names)
    assert names["createdate"].modification_metadata.read_only_value
    assert api.core_api.get_by_name("companies", "industry").options[0].value == "ACCOUNTING"
    assert "territory" in {one.name for one in api.groups_api.get_all("companies").results}
    [id] = ids(crm, "companies", 1)
    values = {"territory_number": "4.5", "territory_string": "x", "territory_datetime": "1767225600000"}
    sdk.crm.companies.basic_api.update(id, companies.SimplePublicObjectInput(properties=values))
    read = sdk.crm.companies.basic_api.get_by_id(id, properties=list(values)).properties
    assert {k: read[k] for k in values} == {**values, "territory_datetime": "2026-01-01T00:00:00Z"}


def test_company_links_of_activities_come_in_batches_of_v4(sdk: Any, crm: Crm) -> None:
    asked = [links.PublicFetchAssociationsBatchRequest(id=id) for id in ids(crm, "calls", 10)]
    batch = links.BatchInputPublicFetchAssociationsBatchRequest(inputs=asked)
    answer = sdk.crm.associations.v4.batch_api.get_page("calls", "companies", batch)
    assert len(answer.results) == 10
    assert {link.association_types[0].type_id for one in answer.results for link in one.to} == {182}
    one = answer.results[0]
    page = sdk.crm.associations.v4.basic_api.get_page("calls", one._from.id, "companies")
    assert [str(link.to_object_id) for link in page.results] == [str(link.to_object_id) for link in one.to]


def test_a_wrong_token_is_an_exception_with_hubspots_words(sdk: Any) -> None:
    sdk.crm.companies.basic_api.get_page(limit=1)
    wrong = HubSpot(access_token="pat-na1-wrong", host=sdk.config["host"])
    with pytest.raises(companies.ApiException) as refused:
        wrong.crm.companies.basic_api.get_page(limit=1)
    assert refused.value.status == 401
    assert "INVALID_AUTHENTICATION" in refused.value.body
