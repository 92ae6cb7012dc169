"""Connectors are found by entry point, ours like anybody's."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from connectors import registry
from connectors.base import Plugin
from connectors.records import MAIN


def offer(monkeypatch: pytest.MonkeyPatch, *pairs: tuple[str, str]) -> None:
    entries = EntryPoints(EntryPoint(name, value, registry.GROUP) for name, value in pairs)
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)


@pytest.mark.parametrize("kind", ["files", "hubspot", "salesforce"])
def test_the_connectors_that_come_with_us_are_found_and_name_every_standard_id(kind: str) -> None:
    plugin = registry.find(kind)
    assert plugin.kind == kind
    assert kind in registry.kinds()
    fields = plugin.default_fields()
    assert all(fields.has(table, "id") for table in MAIN)


@pytest.mark.parametrize(
    ("kind", "name"), [("salesforce", "Territory_Touches_30d__c"), ("hubspot", "territory_touches_30d")]
)
def test_output_names_are_ones_that_the_crm_can_have(kind: str, name: str) -> None:
    assert registry.find(kind).output_name("touches_30d") == name


def test_an_unknown_kind_names_what_is_installed_and_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("salesforce", "connectors.salesforce:plugin"), ("files", "connectors.files:plugin"))
    with pytest.raises(
        registry.UnknownConnector,
        match="'salesfroce'; installed: files, salesforce; did you mean 'salesforce'",
    ):
        registry.find("salesfroce")


def test_two_packages_that_offer_one_kind_are_told_apart_by_nobody_but_the_admin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer(monkeypatch, ("files", "connectors.files:plugin"), ("files", "other.files:plugin"))
    with pytest.raises(registry.UnknownConnector, match=r"connectors\.files:plugin, other\.files:plugin"):
        registry.find("files")


def test_one_package_seen_twice_on_the_path_is_no_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("files", "connectors.files:plugin"), ("files", "connectors.files:plugin"))
    assert isinstance(registry.find("files"), Plugin)


def test_an_entry_point_that_is_no_plugin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("odd", "connectors.files:FilesSettings"))
    with pytest.raises(registry.UnknownConnector, match=r"is no connectors\.base\.Plugin"):
        registry.find("odd")
