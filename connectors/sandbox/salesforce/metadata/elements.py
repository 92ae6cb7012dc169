"""Between XML elements and plain definitions: members that repeat become lists, all values stay text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from connectors.sandbox.salesforce.soap.envelope import Element, is_nil, local


def definition(element: Element) -> dict[str, Any]:
    """The members of an element; empty and nil ones are left out."""
    made: dict[str, Any] = {}
    for child in element:
        name, value = local(child), definition(child) if len(child) else (child.text or "").strip()
        if is_nil(child) or value == "":
            continue
        if name not in made:
            made[name] = value
        elif isinstance(made[name], list):
            made[name].append(value)
        else:
            made[name] = [made[name], value]
    return made


def xml(members: Mapping[str, Any]) -> str:
    """The members as elements in the order of the WSDL: the full name first, then by name."""
    order = sorted(members, key=lambda name: (name != "fullName", name))
    return "".join(_element(name, members[name]) for name in order)


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    inside = xml(value) if isinstance(value, Mapping) else escape(_text(value))
    return f"<{name}>{inside}</{name}>"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
