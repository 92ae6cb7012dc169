"""SOQL: what is understood means what it means in Salesforce, and what is not is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox import Crm
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.soql.parse import parse
from connectors.sandbox.salesforce.soql.tree import Select


def truth(crm: Crm, object: str = "Account") -> list[dict[str, Any]]:
    return [row for row in crm.records(object) if not row.get("IsDeleted")]


def error(answer: Any) -> tuple[int, str, str]:
    [body] = answer.json()
    return answer.status, body["errorCode"], body["message"]


def test_a_parents_fields_come_nested_and_null_without_a_parent(shared_org: Crm, ask: Any) -> None:
    users = {user["Id"]: user for user in truth(shared_org, "User")}
    accounts = {a["Id"]: a for a in truth(shared_org)}
    found = ask.records("SELECT Id, Owner.Name, Parent.Owner.Email FROM Account")
    assert len(found) == len(accounts) == 450
    for record in found:
        account = accounts[record["Id"]]
        assert record["Owner"]["Name"] == users[account["OwnerId"]]["Name"]
        assert record["Owner"]["attributes"]["type"] == "User"
        if account["ParentId"] is None:
            assert record["Parent"] is None
        else:
            owner = accounts[account["ParentId"]]["OwnerId"]
            assert record["Parent"]["Owner"]["Email"] == users[owner]["Email"]
    assert any(record["Parent"] for record in found)


@pytest.mark.parametrize(
    ("where", "claim"),
    [
        ("Industry = 'banking'", lambda a: (a["Industry"] or "").lower() == "banking"),
        ("Industry != 'Banking'", lambda a: a["Industry"] != "Banking"),
        ("Industry = null", lambda a: a["Industry"] is None),
        ("Industry != null", lambda a: a["Industry"] is not None),
        ("Industry = ''", lambda a: a["Industry"] is None),
        ("NumberOfEmployees < 40", lambda a: a["NumberOfEmployees"] is not None and a["NumberOfEmployees"] < 40),
        ("(NOT NumberOfEmployees < 40)", lambda a: a["NumberOfEmployees"] is None or a["NumberOfEmployees"] >= 40),
        ("BillingCountry IN ('US', 'usa', null)", lambda a: (a["BillingCountry"] or "us").lower() in ("us", "usa")),
        ("BillingCountry NOT IN ('US', 'USA')", lambda a: (a["BillingCountry"] or "").lower() not in ("us", "usa")),
        ("Name LIKE '%AN_l%'", None),
        ("AnnualRevenue >= 1e6 AND Type != 'Partner'", lambda a: (a["AnnualRevenue"] or 0) >= 1e6 and a["Type"] != "Partner"),
        ("(Type = 'Partner' OR Rating = null) AND BillingState = 'CA'", lambda a: a["BillingState"] == "CA"),
        ("CreatedDate >= LAST_N_DAYS:365", None),
        ("Owner.IsActive = false", None),
    ],
)  # fmt: skip
def test_a_condition_finds_just_the_accounts_it_is_true_of(
    shared_org: Crm, ask: Any, where: str, claim: Any
) -> None:
    found = set(ask.ids(f"SELECT Id FROM Account WHERE {where}"))
    accounts = truth(shared_org)
    if claim is not None:
        assert found == {a["Id"] for a in accounts if claim(a)}
    negated = set(ask.ids(f"SELECT Id FROM Account WHERE (NOT ({where}))"))
    assert found
    assert found.isdisjoint(negated)
    assert len(found) + len(negated) == len(accounts)


def test_like_treats_an_escaped_wildcard_as_the_character_itself(ask: Any) -> None:
    created = ask(
        "POST", "/sobjects/Account", {"Name": "100% of_it"}, {"Sforce-Auto-Assign": "FALSE"}
    ).json()["id"]
    assert ask.ids(r"SELECT Id FROM Account WHERE Name LIKE '100\% of\_it'") == [created]
    assert ask.ids(r"SELECT Id FROM Account WHERE Name LIKE '100\%\_of%'") == []
    ask("DELETE", f"/sobjects/Account/{created}")


def test_ids_of_fifteen_characters_find_the_same_record_and_come_back_with_eighteen(ask: Any) -> None:
    [id] = ask.ids("SELECT Id FROM Account LIMIT 1")
    assert len(id) == 18
    assert ask.ids(f"SELECT Id FROM Account WHERE Id = '{id[:15]}'") == [id]
    assert ask.ids(f"SELECT Id FROM Account WHERE Id IN ('{id[:15]}')") == [id]
    wrong = id[:15] + "".join("A" if c != "A" else "B" for c in id[15:])
    assert (
        error(ask.query(f"SELECT Id FROM Account WHERE Id = '{wrong}'"))[1] == "INVALID_QUERY_FILTER_OPERATOR"
    )


def test_order_limit_and_offset_cut_the_same_sequence(shared_org: Crm, ask: Any) -> None:
    query = "SELECT Id, NumberOfEmployees FROM Account ORDER BY NumberOfEmployees DESC NULLS LAST, Id"
    whole = ask.records(query)
    sizes = [r["NumberOfEmployees"] for r in whole]
    known = [s for s in sizes if s is not None]
    assert known == sorted(known, reverse=True)
    assert sizes[len(known) :] == [None] * (len(sizes) - len(known))
    assert ask.records(f"{query} LIMIT 7 OFFSET 5") == whole[5:12]
    first = ask.records("SELECT NumberOfEmployees FROM Account ORDER BY NumberOfEmployees ASC LIMIT 1")
    assert first[0]["NumberOfEmployees"] is None


def test_counts_come_as_a_total_or_as_an_aggregate(shared_org: Crm, ask: Any) -> None:
    tasks = len(truth(shared_org, "Task"))
    assert ask.query("SELECT COUNT() FROM Task").json() == {"totalSize": tasks, "done": True, "records": []}
    [record] = ask.records("select count(Id) from Task")
    assert record == {"attributes": {"type": "AggregateResult"}, "expr0": tasks}


def test_names_are_found_in_any_case_and_come_back_as_salesforce_spells_them(ask: Any) -> None:
    [record] = ask.records("select id, OWNER.name from ACCOUNT limit 1")
    assert list(record) == ["attributes", "Id", "Owner"]
    assert record["attributes"]["type"] == "Account"


@pytest.mark.parametrize(
    ("query", "code", "part"),
    [
        ("SELECT Id FROM Acount", "INVALID_TYPE", "sObject type 'Acount' is not supported"),
        ("SELECT Foo__c FROM Account", "INVALID_FIELD", "No such column 'Foo__c' on entity 'Account'"),
        ("SELECT Owner.Foo FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'User'"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "of type int and should not be"),
        ("SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD", "of type dateTime"),
        ("SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD", "of type dateTime"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-13-01T00:00:00Z", "INVALID_FIELD", "invalid date"),
        ("SELECT Id FROM Account WHERE OwnerId LIKE '005%'", "INVALID_FIELD", "invalid operator"),
        ("SELECT Id FROM Account WHERE OwnerId = 'Kim'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: Kim"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "offset"),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM Account WHERE Name = 'x' AND NOT Name = 'y'", "MALFORMED_QUERY", "unexpected token: 'Name'"),
        ("SELECT Id FROM Account WHERE Name = \"x\"", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT Id FROM Account WHERE Name = :name", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT * FROM Account", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT Id FROM Account FOR VIEW", "MALFORMED_QUERY", "unexpected token: 'FOR'"),
        ("SELECT Id FROM Account FOR UPDATE", "MALFORMED_QUERY", "unexpected token: 'FOR'"),
        ("SELECT Id FROM Account; DROP TABLE Account", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT Id FROM Account WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM _history", "MALFORMED_QUERY", "no viable alternative"),
        ("SELECT Id FROM sqlite_master", "INVALID_TYPE", "not supported"),
        ("SELECT Id FROM Account WHERE Name = '" + "x" * 4001 + "'", "MALFORMED_QUERY", "4000 characters"),
        ("", "MALFORMED_QUERY", "empty"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_and_never_guessed(
    ask: Any, query: str, code: str, part: str
) -> None:
    status, found, message = error(ask.query(query))
    assert (status, found) == (400, code)
    assert part in message


def test_a_query_longer_than_a_hundred_thousand_characters_is_refused() -> None:
    with pytest.raises(CallFailed, match="100000"):
        parse("SELECT Id FROM Account WHERE Name = '" + "x" * 100_000 + "'")


def test_a_refusal_points_at_the_place(ask: Any) -> None:
    _, _, message = error(ask.query("select count() from XYZZY"))
    assert message.startswith(
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
    )


def test_a_plus_sign_that_was_not_encoded_is_the_space_it_became(ask: Any) -> None:
    answer = ask("GET", "/query/?q=SELECT+Id+FROM+Account+WHERE+CreatedDate+>+2020-01-01T00:00:00+00:00")
    assert error(answer)[1] == "MALFORMED_QUERY"


@given(st.text(alphabet="SELCTFROMWHAN id,()'=<>%\\.019-:_", max_size=60))
def test_any_text_is_a_query_or_a_refusal_and_nothing_else(text: str) -> None:
    try:
        assert isinstance(parse(text), Select)
    except CallFailed as refusal:
        assert refusal.status == 400


@given(st.text(max_size=40))
def test_a_quoted_value_reads_back_as_it_was_written(value: str) -> None:
    written = value.replace("\\", "\\\\").replace("'", "\\'")
    where = parse(f"SELECT Id FROM Account WHERE Name = '{written}'").where
    assert where.values[0].text == value  # type: ignore[union-attr]


def test_a_compound_address_is_its_parts_and_cannot_be_filtered(ask: Any) -> None:
    found = ask.records("SELECT BillingAddress, BillingCity, BillingPostalCode, ShippingAddress FROM Account")
    for record in found:
        if record["BillingAddress"] is not None:
            assert record["BillingAddress"]["city"] == record["BillingCity"]
            assert record["BillingAddress"]["postalCode"] == record["BillingPostalCode"]
        assert record["ShippingAddress"] is None
    assert any(record["BillingAddress"] for record in found)
    assert error(ask.query("SELECT Id FROM Account WHERE BillingAddress = 'x'"))[1] == "INVALID_FIELD"
