"""All that doctor says of an org, read-only."""

from __future__ import annotations

from connectors.base import Remark
from connectors.mapping import FieldMap
from connectors.records import RecordKind
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing.asking import Asking
from connectors.salesforce.preparing.needs import Needs
from connectors.salesforce.preparing.org_remarks import OrgRemarks
from connectors.salesforce.preparing.right_remarks import RightRemarks
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.wire.client import Client


def remarks(
    client: Client, settings: SalesforceSettings, mapping: FieldMap, *, writing: bool
) -> list[Remark]:
    """Missing permissions first, then how the org is set up; about a dozen calls."""
    shape, asking = Shape(client), Asking(client)
    outputs = mapping.outputs()
    user = str(client.user_id or client.userinfo()["user_id"])
    needs = Needs(client, shape, mapping).of(outputs)
    territories = mapping.has(RecordKind.TERRITORIES, "model")
    rights = RightRemarks(asking, shape, settings, user, territories)
    return [
        *rights.all(needs, writing=writing),
        *OrgRemarks(asking, shape, settings).all(outputs, writing=writing),
    ]
