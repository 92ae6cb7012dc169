"""The scope that a table of the config's own needs is told by its object's name, or not at all."""

from __future__ import annotations

import pytest

from connectors.hubspot.preparing.table_scopes import reading


@pytest.mark.parametrize(
    ("object_type", "scopes"),
    [
        ("contacts", ("crm.objects.contacts.read",)),
        ("0-1", ("crm.objects.contacts.read",)),
        ("Companies", ("crm.objects.companies.read",)),
        ("0-3", ("crm.objects.deals.read",)),
        ("meetings", ("crm.objects.contacts.read",)),
        ("0-27", ("crm.objects.contacts.read",)),
        ("tickets", ("crm.objects.tickets.read", "tickets")),
        ("products", ("crm.objects.products.read", "e-commerce")),
        ("2-3465404", ("crm.objects.custom.read",)),
        ("p20858235_subscription", ("crm.objects.custom.read",)),
        ("p_subscription", ("crm.objects.custom.read",)),
        ("subscription", ()),
        ("partners", ()),
    ],
)
def test_one_of_these_scopes_is_enough(object_type: str, scopes: tuple[str, ...]) -> None:
    assert reading(object_type) == scopes
