"""A portal with more properties than an address or a search body can name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.mapping import MappedField
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.test_pull import call
from tests.connectors.hubspot.test_side_by_side import connect, rows
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld


@pytest.mark.slow
def test_a_thousand_properties_are_read_by_batch_and_side_by_side() -> None:
    """Neither an address nor a search body holds their names."""
    names = [f"custom_property_with_quite_a_long_name_{number:04}" for number in range(1_000)]
    with running("hubspot", seed=Seed(accounts=60, reps=2, seed=3), fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000)
        world = HubSpotWorld(crm)
        for start in range(0, 1_000, 100):
            _make_properties(world, names[start : start + 100])
        ids = sorted(world.ids())
        marked = (ids[0], ids[30], ids[-1])
        for id in marked:
            crm.edit("companies", id, {names[999]: f"the last of {id}"})
        fields = [MappedField(name, name) for name in names]
        for way in ("list", "search"):
            connector = connect(world, fields=fields, page_size=4, parallel=4, read=way)
            found = {row["id"]: row[names[999]] for row in rows(connector.pull(RecordKind.ACCOUNTS))}
            assert found == {id: f"the last of {id}" if id in marked else None for id in ids}
            assert connector.calls()["batch read"] >= 15
            connector.close()
        world.close()


def _make_properties(world: HubSpotWorld, names: Sequence[str]) -> None:
    made = [
        {"name": n, "label": n, "type": "string", "fieldType": "text", "groupName": "companyinformation"}
        for n in names
    ]
    call(world.crm, world, "/crm/v3/properties/companies/batch/create", {"inputs": made})
