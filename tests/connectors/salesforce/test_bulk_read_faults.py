"""The fault matrix of Bulk readings: every way to fail × every call, once and for ever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import AuthFailed, ConnectorError
from connectors.records import RecordKind

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 350
PAGE = 100
CALLS = {
    "count": r"count\(\)",
    "bulk_create": r"/jobs/query$",
    "bulk_poll": r"/jobs/query/\w+$",
    "bulk_pages": r"/resultPages",
    "bulk_page": r"/results\?",
    "bulk_delete": r"/jobs/query/\w+$",
}
METHODS = {"bulk_create": "POST", "bulk_delete": "DELETE"}
SETTINGS: dict[str, Any] = {
    "bulk_read_above": 300,
    "bulk_page_rows": PAGE,
    "bulk_delete_jobs": True,
    "read_timeout": 0.3,
}


@pytest.fixture(params=[1, 3], ids=["serial", "parallel"])
def threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(autouse=True)
def _small_pages(world: SalesforceWorld) -> None:
    world.crm.settings(bulk_page_rows=PAGE)


def test_a_bulk_pull_gives_every_account_or_an_error_and_the_next_one_gives_every_account(
    world: SalesforceWorld,
    call: str,
    fault: tuple[str, dict[str, Any]],
    times: int,
    threads: int,
    tmp_path: Path,
) -> None:
    kind, details = fault
    connector = world.connect(parallel_pages=threads, **SETTINGS)
    world.crm.fault(kind, method=METHODS.get(call, "GET"), path=CALLS[call], times=times, **details)
    try:
        assert ids_of(connector, tmp_path) == sorted(world.ids())
    except ConnectorError as error:
        assert str(error)
    assert connector.calls()["login"] <= 2
    connector.close()
    world.crm.clear_faults()
    again = world.connect(parallel_pages=threads, **SETTINGS)
    assert ids_of(again, tmp_path) == sorted(world.ids())
    again.close()


@pytest.mark.parametrize("called", CALLS)
def test_a_session_that_ends_anywhere_costs_one_login_and_nothing_else(
    world: SalesforceWorld, threads: int, called: str
) -> None:
    if called == "bulk_pages" and threads == 1:
        pytest.skip("pages one by one are not listed first")
    connector = world.connect(parallel_pages=threads, **SETTINGS | {"read_timeout": 10})
    world.crm.fault("expire_session", method=METHODS.get(called, "GET"), path=CALLS[called])
    assert ids_of(connector) == sorted(world.ids())
    assert connector.calls()["login"] == 2
    connector.close()


@pytest.mark.parametrize("called", [call for call in CALLS if call != "bulk_delete"])
def test_a_session_that_is_never_accepted_ends_in_an_error_after_two_logins(
    world: SalesforceWorld, threads: int, called: str
) -> None:
    if called == "bulk_pages" and threads == 1:
        pytest.skip("pages one by one are not listed first")
    connector = world.connect(parallel_pages=threads, **SETTINGS | {"read_timeout": 10})
    body = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    world.crm.fault(
        "status", method=METHODS.get(called, "GET"), path=CALLS[called], times=None, status=401, body=body
    )
    with pytest.raises(AuthFailed, match="INVALID_SESSION_ID"):
        ids_of(connector)
    assert connector.calls()["login"] == 2
    connector.close()


def ids_of(connector: Any, spool: Path | None = None) -> list[str]:
    pull = connector.pull(RecordKind.ACCOUNTS, spool=spool)
    return sorted(id for batch in pull.batches for id in batch["id"].to_pylist())
