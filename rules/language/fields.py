"""The account fields that rules may use, and which country a state or postal code belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from rules.language.condition import FieldKind

STANDARD_FIELDS: Mapping[str, FieldKind] = {
    "id": FieldKind.ID,
    "name": FieldKind.TEXT,
    "owner_id": FieldKind.ID,
    "parent_id": FieldKind.ID,
    "country": FieldKind.COUNTRY,
    "state": FieldKind.STATE,
    "city": FieldKind.TEXT,
    "postal_code": FieldKind.POSTAL_CODE,
    "website": FieldKind.DOMAIN,
    "industry": FieldKind.TEXT,
    "employees": FieldKind.INTEGER,
    "annual_revenue": FieldKind.NUMBER,
    "currency": FieldKind.TEXT,
    "type": FieldKind.TEXT,
    "created_at": FieldKind.DATE,
}
"""The columns that every CRM's accounts have; those of the config's own are added by the caller.

`modified_at` is left out on purpose: our own writes change it, so rules on it would move accounts for ever.
"""


def country_field(field: str, fields: Mapping[str, FieldKind]) -> str | None:
    """The country field that a state or postal-code field is read under, None where there is none.

    "shipping_state" and "shipping_postal_code" go with "shipping_country" where that is a field, and
    everything else with "country": two addresses are never mixed while both are there.
    """
    for ending in ("postal_code", "postcode", "zip", "state", "province"):
        if field.endswith(ending):
            own = field.removesuffix(ending) + "country"
            if fields.get(own) is FieldKind.COUNTRY:
                return own
    return "country" if fields.get("country") is FieldKind.COUNTRY else None
