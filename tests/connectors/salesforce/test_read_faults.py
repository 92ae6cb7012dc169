"""The fault matrix of pulls: every way to fail × every call, once and for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import ConnectorError
from connectors.records import RecordKind
from connectors.testing import ALWAYS

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

READ_CALLS = {
    "login": r"/services/oauth2/token",
    "identity": r"FROM.Organization",
    "describe": r"/sobjects/Account/describe",
    "newest": r"DESC.LIMIT.1",
    "query": r"FROM.Account.*ORDER.BY.Id$",
    "query_more": r"/query/",
}


@pytest.mark.parametrize("call", READ_CALLS)
def test_a_pull_gives_every_account_or_an_error(
    world: SalesforceWorld, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    if kind == "latency" and times == ALWAYS:
        pytest.skip("five time-outs are the same as one, only longer")
    connector = world.connect(page_size=200, read_timeout=0.3)
    world.crm.fault(kind, path=READ_CALLS[call], times=times, **details)
    try:
        ids = [id for batch in connector.pull(RecordKind.ACCOUNTS).batches for id in batch["id"].to_pylist()]
    except ConnectorError as error:
        assert str(error)
    else:
        assert len(ids) == len(set(ids))
        assert set(ids) == world.ids()
    finally:
        connector.close()
