"""Rows that cannot be locked: a shared parent, a crowded owner, and somebody who keeps a parent locked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.conftest import Raw
from tests.connectors.sandbox.soap import Soap

LOCKED = "UNABLE_TO_LOCK_ROW"


def code(result: dict[str, Any]) -> str:
    return str(result["errors"][0]["statusCode"]) if result["errors"] else ""


def family(org: Crm) -> tuple[str, str, str, str]:
    """A parent, two children of it, and an account of no family."""
    parent, one, two, alone = (str(a["Id"]) for a in org.records("Account")[:4])
    for id, above in ((parent, None), (one, parent), (two, parent), (alone, None)):
        org.edit("Account", id, {"ParentId": above})
    return parent, one, two, alone


def at_once(org: Crm, *calls: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Several Collections calls that are on their way at the same time, the first a little ahead."""
    org.settings(write_seconds=0.4)
    found: dict[int, list[str]] = {}

    def send(number: int) -> None:
        raw = Raw(org)
        found[number] = [code(r) for r in raw.batch(*calls[number])]
        raw.pool.clear()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(len(calls))]
    threads[0].start()
    threading.Event().wait(0.15)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[n] for n in range(len(calls))]


def test_children_of_one_parent_collide_in_calls_at_once_and_others_do_not(org: Crm) -> None:
    _, one, two, alone = family(org)
    first, second = at_once(
        org, [{"id": one, "Site": "a"}], [{"id": two, "Site": "b"}, {"id": alone, "Site": "c"}]
    )
    assert (first, second) == ([""], [LOCKED, ""])


def test_one_after_the_other_they_pass(org: Crm, raw: Any) -> None:
    _, one, two, _ = family(org)
    org.settings(write_seconds=0.05)
    assert [code(raw.batch({"id": id, "Site": "a"})[0]) for id in (one, two, one)] == ["", "", ""]
    assert Soap(org).update({"Id": two, "Site": "b"}).texts("success") == ["true"]


def test_a_new_parent_is_locked_like_the_old_one(org: Crm) -> None:
    parent, one, _, alone = family(org)
    first, second = at_once(org, [{"id": one, "Site": "a"}], [{"id": alone, "ParentId": parent}])
    assert (first, second) == ([""], [LOCKED])


def test_an_owner_of_too_many_records_is_locked_by_every_change() -> None:
    with running("salesforce", seed=Seed(accounts=60, reps=3, activities_per_account=0)) as org:
        rows = [a for a in org.records("Account") if a["ParentId"] is None]
        owner, _ = Counter(a["OwnerId"] for a in rows).most_common(1)[0]
        one, two, *_ = [{"id": a["Id"], "Site": "a"} for a in rows if a["OwnerId"] == owner]
        assert at_once(org, [one], [two]) == [[""], [""]]
        org.settings(skewed_rows=5)
        assert at_once(org, [one], [two]) == [[""], [LOCKED]]


def test_a_parent_that_somebody_keeps_locked_stops_collections_and_soap_alike(org: Crm, raw: Any) -> None:
    parent, one, _, alone = family(org)
    org.settings(bulk_locked_parents=parent)
    assert [code(r) for r in raw.batch({"id": one, "Site": "a"}, {"id": alone, "Site": "a"})] == [LOCKED, ""]
    assert Soap(org).update({"Id": one, "Site": "a"}).texts("statusCode") == [LOCKED]
    created = raw("POST", "/composite/sobjects", {"records": [
        {"attributes": {"type": "Contact"}, "LastName": "Kim", "AccountId": parent}]})  # fmt: skip
    assert code(created.json()[0]) == LOCKED


@pytest.mark.parametrize(
    ("details", "struck"),
    [({"parents": 0}, [True, True, True, False]), ({"ids": 1}, [False, True, False, False]),
     ({"every": 2}, [False, True, False, True])],
)  # fmt: skip
def test_a_fault_locks_by_parent_by_id_or_every_so_many(
    org: Crm, raw: Any, details: dict[str, int], struck: list[bool]
) -> None:
    members = family(org)
    named: dict[str, Any] = {
        kind: value if kind == "every" else [members[value]] for kind, value in details.items()
    }
    org.fault("row_lock", **named)
    rows = raw.batch(*({"id": id, "Site": "a"} for id in members))
    assert [code(r) == LOCKED for r in rows] == struck
    refused = next(r for r in rows if r["errors"])
    assert refused["errors"][0]["message"].startswith("unable to obtain exclusive access to this record")


def test_locks_are_given_back_when_a_call_fails_whole(org: Crm, raw: Any) -> None:
    _, one, _, _ = family(org)
    org.settings(write_seconds=0.05)
    bad = [{"attributes": {"type": "Account"}, "id": one, "NumberOfEmployees": "many"}]
    assert raw("PATCH", "/composite/sobjects", {"records": bad}).status == 400
    assert code(raw.batch({"id": one, "Site": "a"})[0]) == ""


def test_setup_objects_and_accounts_do_not_share_a_soap_call(org: Crm) -> None:
    soap, user = Soap(org), org.records("User")[0]["Id"]
    rows = soap.row({"Id": family(org)[1], "Site": "a"}) + soap.row({"Id": user, "Title": "x"}, "User")
    assert soap.call(f"<u:update>{rows}</u:update>").text("faultcode") == "sf:MIXED_DML_OPERATION"
