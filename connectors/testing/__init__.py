"""The contract every connector keeps, as a pytest suite that a stranger's plug-in passes too.

Install `territory-sync[contract]`, then subclass the suite and give it a world: your CRM, or a faithful
local stand-in for it, at the test's disposal.

    import pytest
    from connectors.testing import ConnectorContract, World

    class TestMyConnector(ConnectorContract):
        known_gaps = {"test_a_short_page_is_an_error": "the CRM tells no total"}

        @pytest.fixture
        def world(self) -> Iterator[World]:
            with my_local_crm(accounts=60) as crm:
                yield MyWorld(crm)

`World` (connectors.testing.world) says what the world must offer: create, edit and delete accounts as a
person would, break the next calls, connect. The world starts each test with enough accounts for three
pages of its smallest page size. Its connector must retry without waiting
(`RetryPolicy(sleep=lambda seconds: None)`). A failing that your CRM cannot have is left out of
`world.failings` and its tests are skipped, by name. A gap in your connector stands in `known_gaps` and is a
strict xfail: the day it is closed, the test says so.
"""

from connectors.testing.contract import ConnectorContract
from connectors.testing.world import ALWAYS, Call, Failing, World

__all__ = ["ALWAYS", "Call", "ConnectorContract", "Failing", "World"]
