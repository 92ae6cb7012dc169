"""The fault matrix of pulls: every way to fail × every call, once and for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError
from connectors.records import RecordKind

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

CALLS = {
    "login": r"/services/oauth2/token",
    "identity": r"FROM.Organization",
    "describe": r"/sobjects/Account/describe",
    "newest": r"DESC.LIMIT.1",
    "query": r"FROM.Account.*ORDER.BY.Id$",
    "query_more": r"/query/",
}


def test_a_pull_gives_every_account_or_an_error(
    world: SalesforceWorld, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    connector = world.connect(page_size=200, read_timeout=0.3)
    world.crm.fault(kind, path=CALLS[call], times=times, **details)
    try:
        ids = [id for batch in connector.pull(RecordKind.ACCOUNTS).batches for id in batch["id"].to_pylist()]
    except ConnectorError as error:
        assert str(error)
    else:
        assert len(ids) == len(set(ids))
        assert set(ids) == world.ids()
    finally:
        connector.close()
