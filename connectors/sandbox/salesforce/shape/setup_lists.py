"""What the Tooling API lists of an org's set-up: options of an owner change, and validation rules."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject
from connectors.sandbox.salesforce.validation import Validation
from connectors.sandbox.tables import Stored, Table

NO_ID = "000000000000000AAA"
"""What records without an id of their own show as their Id (seen 2018, v43)."""
_ENTITY = """
DurableId|string(255)|Durable ID|fixed readonly
QualifiedApiName|string(70)|Qualified API Name|fixed readonly
Label|string(150)|Label|fixed readonly
KeyPrefix|string(3)|Key Prefix|fixed readonly
"""
_OPTION = """
DurableId|string(255)|Durable ID|fixed readonly
EntityDefinitionId|string(70)|Entity Definition ID|fixed readonly to=EntityDefinition:EntityDefinition
Name|string(150)|Name|fixed readonly
Label|string(150)|Label|fixed readonly
IsEditable|boolean|Is Editable|fixed readonly required
DefaultValue|boolean|Default Value|fixed readonly required
ParentId|string(70)|Change Owner Option ID|fixed readonly
"""
_RULE = """
ValidationName|string(40)|Rule Name|fixed readonly name
Active|boolean|Active|fixed readonly required
ErrorDisplayField|string(255)|Error Location|fixed readonly
ErrorMessage|string(255)|Error Message|fixed readonly
EntityDefinitionId|string(70)|Entity Definition ID|fixed readonly to=EntityDefinition:EntityDefinition
"""
LISTS: tuple[SObject, ...] = (
    sobject("EntityDefinition", "Entity Definitions", "4ie", _ENTITY, bin=False, setup=True, writable=""),
    sobject(
        "OwnerChangeOptionInfo", "Owner Change Options", "4oc", _OPTION, bin=False, setup=True, writable=""
    ),
    sobject("ValidationRule", "Validation Rules", "03d", _RULE, bin=False, setup=True, writable=""),
)
_OPTIONS: tuple[tuple[str, str, str, bool, bool, str], ...] = (
    # which checkbox is set or fixed is as the screens do it (doc); the labels are ours (?)
    ("Account", "TransferOwnedOpenOpportunities", "Transfer open opportunities owned by the account owner", False, True, ""),
    ("Account", "TransferOthersOpenOpportunities", "Transfer open opportunities not owned by you", True, False,
     "TransferOwnedOpenOpportunities"),
    ("Account", "TransferOwnedClosedOpportunities", "Transfer account owner's closed opportunities", True, False, ""),
    ("Account", "TransferOwnedOpenCases", "Transfer account owner's open cases", True, False, ""),
    ("Account", "TransferAllOwnedCases", "Transfer account owner's closed cases", True, False, "TransferOwnedOpenCases"),
    ("Account", "TransferContacts", "Transfer contacts", False, True, ""),
    ("Account", "TransferOpenActivities", "Transfer open activities", False, True, ""),
    ("Account", "TransferNotesAndAttachments", "Transfer notes and attachments", False, True, ""),
    ("Account", "SendEmail", "Send notification email", True, False, ""),
    ("Account", "KeepAccountTeam", "Keep account team", True, False, ""),
    ("Opportunity", "KeepSalesTeam", "Keep opportunity team", True, False, ""),
    ("Opportunity", "SendEmail", "Send notification email", True, False, ""),
)  # fmt: skip
_FEATURES = {"KeepAccountTeam": "account_teams", "KeepSalesTeam": "opportunity_teams"}


class SetupLists:
    """Keeps the rows of these lists as the org is now."""

    def __init__(self, org: Org) -> None:
        self._org, self._validation = org, Validation(org)
        for object in LISTS:
            org.tooling[object.name.lower()] = object
            org.core.state.declare(Table(object.name, tuple(f.column for f in object.fields)))

    def refresh(self) -> None:
        """Writes the lists anew."""
        state, by = self._org.core.state, By(self._org.admin_id, self._org.core.clock.now())
        with state.transaction():
            for object, rows in (
                ("EntityDefinition", self._entities()),
                ("OwnerChangeOptionInfo", self._options()),
                ("ValidationRule", self._rules()),
            ):
                state.rows(f'DELETE FROM "{object}"')
                for row in rows:
                    whole = self._org.stamped(row, by, new=True)
                    state.load(object, list(whole), [tuple(whole.values())])

    def _entities(self) -> Iterator[dict[str, Stored]]:
        for object in self._org.objects.values():
            named = {"DurableId": object.name, "QualifiedApiName": object.name, "Label": object.label}
            yield {"Id": object.name, **named, "KeyPrefix": object.prefix}

    def _options(self) -> Iterator[dict[str, Stored]]:
        for object, name, label, editable, default, parent in _OPTIONS:
            feature = _FEATURES.get(name)
            if feature is None or self._org.core.settings[feature]:
                yield {
                    "Id": f"{object}.{name}", "DurableId": f"{object}.{name}", "EntityDefinitionId": object,
                    "Name": name, "Label": label, "IsEditable": int(editable), "DefaultValue": int(default),
                    "ParentId": f"{object}.{parent}" if parent else None,
                }  # fmt: skip

    def _rules(self) -> Iterator[dict[str, Stored]]:
        for number, rule in enumerate(self._validation.rules(), 1):
            yield {
                "Id": ids.make("03d", number), "ValidationName": f"Rule_{number}", "Active": 1,
                "ErrorDisplayField": rule.field or None, "ErrorMessage": rule.message,
                "EntityDefinitionId": rule.object,
            }  # fmt: skip
