"""What people look at records through."""

from __future__ import annotations

from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject

_LIST_VIEW = """
Name|string(80)|View Name|readonly fixed name
DeveloperName|string(80)|API Name|required readonly fixed
NamespacePrefix|string(15)|Namespace Prefix|fixed readonly
SobjectType|picklist(40)|Sobject Type|readonly fixed index
IsSoqlCompatible|boolean|Is SOQL Compatible|required readonly fixed
LastViewedDate|datetime|Last Viewed Date|readonly fixed
LastReferencedDate|datetime|Last Referenced Date|readonly fixed
"""

VIEWS: tuple[SObject, ...] = (
    sobject("ListView", "List Views", "00B", _LIST_VIEW, bin=False, setup=True, writable=""),
)
