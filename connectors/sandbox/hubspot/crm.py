"""The local HubSpot as the sandbox runs it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from connectors.sandbox.core import Answer, Core
from connectors.sandbox.hubspot import errors, owners
from connectors.sandbox.hubspot.door import Door
from connectors.sandbox.hubspot.edits import edit
from connectors.sandbox.hubspot.objects.links import Links
from connectors.sandbox.hubspot.objects.records import Records
from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.routes import routes
from connectors.sandbox.hubspot.sample.csv_files import load_csv
from connectors.sandbox.hubspot.sample.sample import Sample
from connectors.sandbox.hubspot.shape.builtin import group_of
from connectors.sandbox.hubspot.shape.catalogue import Catalogue, Group
from connectors.sandbox.hubspot.shape.definitions import FIELD_TYPES, SENSITIVITIES, Option, Property
from connectors.sandbox.hubspot.shape.installed import INSTALLED
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID, Kind
from connectors.sandbox.hubspot.shape.values import Reader, shown
from connectors.sandbox.hubspot.switches import SETTINGS
from connectors.sandbox.seed import Seed

_IDENTITY = "hubspot identity"
_PORTAL = 48_215_973


class HubSpot:
    """A `Vendor`: one portal over HTTP."""

    def __init__(self, core: Core) -> None:
        core.settings.declare(SETTINGS)
        core.state.declare(owners.OWNERS)
        catalogue = Catalogue(core.state)
        records = Records(core, catalogue, Links(core.state))
        identity = core.state.recall(_IDENTITY)
        if identity is None:
            identity = {"portal_id": str(_PORTAL), "token": f"pat-na1-{uuid.uuid4()}"}
            core.state.remember(_IDENTITY, identity)
        self._identity: dict[str, str] = identity
        self._portal = Portal(
            core,
            catalogue,
            records,
            Reader(records.may_own),
            int(identity["portal_id"]),
            identity["token"],
        )
        for schema in catalogue.schemas.values():
            records.links.know(schema.kind)
        self._door = Door(self._portal)
        self.app = Starlette(
            routes=routes(self._door),
            exception_handlers={404: self._door.not_found, 405: self._door.not_found},
        )
        self.app.state.catalogue = catalogue

    def credentials(self) -> dict[str, str]:
        """portal_id and token of the private app; client_id, client_secret, refresh_token and code of the OAuth app."""
        return {**self._identity, **self._door.tokens.app}

    def answer(self, kind: str, details: Mapping[str, Any]) -> Answer:
        """A refusal in HubSpot's words; `rate_limit` takes shape "burst" (default), "search" or "daily"."""
        refused = _worded(kind, details)
        page = errors.edge_page(refused.status) if kind in ("status", "unavailable") else None
        if page is not None:
            return Answer(refused.status, page, {"content-type": "text/html", **refused.headers})
        correlation = str(uuid.uuid4())
        headers = {"x-hubspot-correlation-id": correlation, **refused.headers}
        return Answer(refused.status, {**refused.body, "correlationId": correlation}, headers)

    def expire_sessions(self) -> None:
        """The next call is told that its token has expired; a private app's token then works again.

        Every access token of OAuth ends for good.
        """
        self._door.spent_token = True
        self._door.tokens.expire()

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str) -> None:
        """What a person does in the portal; `archived` true puts a record or an owner away.

        `apps` is the OAuth app: a new `client_secret`, or `installed` false.
        """
        if object == "apps":
            self._door.tokens.change(dict(values))
            return
        edit(self._portal, object, id, values, actor)

    def seed(self, seed: Seed) -> None:
        """Fills an empty portal."""
        core = self._portal.core
        Sample(core.state, self._portal.records.links, seed, core.clock.now()).fill()

    def load_csv(self, object: str, path: Path) -> int:
        """Adds the records of a CSV file; `associatedcompanyid` links deals and activities to a company."""
        return load_csv(self._portal, object, path)

    def add_field(self, object: str, name: str, type: str) -> None:
        """Adds a custom property of one of HubSpot's types; `enumeration(a;b)` names its options.

        `sensitive string` and `highly_sensitive string` hold what most tokens may not read.

        One that an integration of HubSpot's brings along (`salesforceaccountid`) is added as that one.
        """
        if name in INSTALLED:
            self._install(self._kind(object), INSTALLED[name])
            return
        kind, (head, _, rest) = self._kind(object), type.partition("(")
        sensitivity, _, word = head.rpartition(" ")
        if word not in FIELD_TYPES or sensitivity not in ("", *SENSITIVITIES):
            raise ValueError(f"{object}.{name}: {type!r} is none of {', '.join(FIELD_TYPES)}")
        options = tuple(Option(value, value) for value in rest.rstrip(")").split(";") if value)
        field_type = FIELD_TYPES[word][0]
        property = Property(name, name, word, field_type, group_of(kind), options, ours=False)
        told = sensitivity or property.sensitivity
        self._portal.catalogue.add(kind, replace(property, made=self._portal.instant(), sensitivity=told))

    def _kind(self, object: str) -> Kind:
        kind = self._portal.catalogue.kind(object)
        if kind is None:
            raise LookupError(f"HubSpot has no object {object!r}")
        return kind

    def _install(self, kind: Kind, property: Property) -> None:
        catalogue = self._portal.catalogue
        if catalogue.find(kind, property.name) is not None:
            return
        if property.group not in catalogue.groups(kind):
            catalogue.add_group(kind, Group(property.group, "Salesforce Information"))
        catalogue.add(kind, replace(property, made=self._portal.instant()))

    def records(self, object: str) -> Sequence[Mapping[str, Any]]:
        """Every record, archived ones too: id, archived, and its properties as strings; or every owner."""
        state = self._portal.core.state
        if object == "owners":
            rows = (
                state.read("owners", id) or {} for (id,) in state.rows("SELECT id FROM owners ORDER BY id")
            )
            return [{**state.plain("owners", row), "id": str(row["id"])} for row in rows]
        kind = self._kind(object)
        properties = self._portal.catalogue.of(kind)
        ids = [id for (id,) in state.rows(f"SELECT {ID} FROM {kind.plural} ORDER BY {ID}")]
        found = state.read_many(kind.plural, ids)
        return [
            {
                "id": str(id),
                "archived": found[id][ARCHIVED_AT] is not None,
                **{name: shown(property, found[id][name]) for name, property in properties.items()},
            }
            for id in ids
        ]


def build(core: Core) -> HubSpot:
    """The portal on this core."""
    return HubSpot(core)


def _worded(kind: str, details: Mapping[str, Any]) -> errors.Refused:
    if kind == "quota":
        return errors.day_spent()
    if kind == "rate_limit":
        shapes = {"burst": errors.burst_spent, "search": errors.search_spent, "daily": errors.day_spent}
        refused = shapes[details.get("shape", "burst")]()
        if "retry_after" in details:
            refused.headers["retry-after"] = str(details["retry_after"])
        return refused
    status = int(details.get("status", 503)) if kind == "status" else 503
    known = {401: errors.unauthorized, 404: errors.nothing_here, 429: errors.burst_spent}
    return known[status]() if status in known else errors.bare(status)
