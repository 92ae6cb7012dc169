"""What the config may say of a portal, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.errors import AuthFailed
from connectors.hubspot import HubSpotSettings, plugin
from connectors.records import MAIN
from connectors.registry import find
from connectors.tables import ARROW_TYPES, SCHEMAS

SECRET = {"env": "HUBSPOT_TOKEN"}


def settings(**changes: Any) -> HubSpotSettings:
    return HubSpotSettings.model_validate({"portal_id": 123, "token": SECRET, **changes})


@pytest.mark.parametrize(
    "address",
    ["https://api.hubapi.com", "https://api.hubapi.com/", "https://api-eu1.hubapi.com", "https://hubapi.com"],
)
def test_hubspots_own_hosts_are_taken(address: str) -> None:
    assert settings(base_url=address).base_url == address


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://api.hubapi.com", False),
        ("https://api.hubapi.com.evil.example", False),
        ("https://evilhubapi.com", False),
        ("https://evil.example/api.hubapi.com", False),
        ("https://api.hubapi.com@evil.example", False),
        ("https://user:pw@api.hubapi.com", False),
        ("https://api.hubapi.com/proxy", False),
        ("https://api.hubapi.com?x=1", False),
        ("http://127.0.0.1:8080", False),
        ("https://api.hubapi.com", True),
        ("http://192.168.1.7:8080", True),
        ("http://127.0.0.1.evil.example", True),
        ("ftp://127.0.0.1", True),
        ("", False),
    ],
)
def test_the_token_goes_to_no_other_host(address: str, local: bool) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        settings(base_url=address, local=local)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:80", "https://[::1]:8443"])
def test_a_sandbox_on_this_machine_is_taken_when_said(address: str) -> None:
    assert settings(base_url=address, local=True).local


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "pat-na1-canary"},
        {"portal_id": "my portal"},
        {"api_version": "v9"},
        {"page_size": 101},
        {"search_page_size": 0},
        {"read_timeout": 0},
        {"verify_tls": False},
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_a_secret(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert next(iter(changes)) in str(caught.value)
    assert "a secret does not stand in the config" in str(caught.value) or "token" not in changes


def test_the_portal_is_what_the_config_names() -> None:
    assert settings().expected_id == "123"


def test_every_default_column_is_a_standard_one_of_the_right_type() -> None:
    mapping = plugin.default_fields()
    for kind in MAIN:
        standard = SCHEMAS[kind]
        for field in mapping.of(kind):
            assert ARROW_TYPES[field.type] == standard.field(field.name).type, field


@pytest.mark.parametrize(
    ("name", "property"),
    [("touches_30d", "territory_touches_30d"), ("Coverage Index", "territory_coverage_index")],
)
def test_output_names_are_names_that_hubspot_takes(name: str, property: str) -> None:
    assert plugin.output_name(name) == property


def test_the_connector_is_found_by_entry_point_and_connecting_makes_no_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    assert find("hubspot") is plugin
    connector = plugin.connect(settings(), plugin.default_fields())
    assert connector.calls() == {}
    with pytest.raises(AuthFailed, match="HUBSPOT_TOKEN"):
        connector.identity()
    connector.close()
