"""The API's paths, in one table keyed by version: v3 (with v4 for associations) and the dated ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """Where one version keeps its endpoints, and where it behaves unlike the others."""

    name: str
    objects: str
    associations: str
    object_associations: str
    owners: str
    properties: str
    pipelines: str
    account: str
    tells_rows_apart: bool = True
    """Whether a batch with missing records answers 207 with a row each; 2026-09 documents none."""
    applies_rules: bool = False
    """Whether the validation rules that admins set count for API writes: from 2026-09."""
    numbers_in_links: bool = False
    """Whether `toObjectId` is a JSON number, as v4 sends it."""

    def area(self, name: str) -> str:
        """Where the endpoints of one part of the CRM begin."""
        return f"/crm/v3/{name}" if self.name == "v3" else f"/crm/{name}/{self.name}"


def _dated(name: str, *, tells_rows_apart: bool, applies_rules: bool) -> Version:
    return Version(
        name,
        objects=f"/crm/objects/{name}",
        associations=f"/crm/associations/{name}",
        object_associations=f"/crm/objects/{name}",
        owners=f"/crm/owners/{name}",
        properties=f"/crm/properties/{name}",
        pipelines=f"/crm/pipelines/{name}",
        account=f"/account-info/{name}/details",
        tells_rows_apart=tells_rows_apart,
        applies_rules=applies_rules,
    )


V3 = Version(
    "v3",
    objects="/crm/v3/objects",
    associations="/crm/v4/associations",
    object_associations="/crm/v4/objects",
    owners="/crm/v3/owners",
    properties="/crm/v3/properties",
    pipelines="/crm/v3/pipelines",
    account="/account-info/v3/details",
    numbers_in_links=True,
)
VERSIONS: Mapping[str, Version] = {
    version.name: version
    for version in (
        V3,
        _dated("2026-03", tells_rows_apart=True, applies_rules=False),
        _dated("2026-09", tells_rows_apart=False, applies_rules=True),
    )
}
