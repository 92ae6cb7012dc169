"""What a plan takes of an org, and what Salesforce does beside it: told before anybody approves."""

from __future__ import annotations

from connectors.base import Forecast, Load
from connectors.salesforce.config import SalesforceSettings

BATCH = 200


def forecast(settings: SalesforceSettings, load: Load) -> Forecast:
    """Calls by sObject Collections, re-read and verification included."""
    batches = -(-(load.records + sum(load.owner_groups)) // BATCH)
    return Forecast({"look": batches, "write": batches, "verify": batches} if batches else {})
