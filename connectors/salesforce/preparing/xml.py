"""Definitions of metadata as XML, for messages and for source files alike."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from connectors.salesforce.wire.soap import XSI, element, text

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def members(definition: Mapping[str, Any]) -> str:
    """The members in the order of Salesforce's schema: the full name first, then by name; empty ones left out."""
    order = sorted(definition, key=lambda name: (name != "fullName", name))
    return "".join(_member(name, definition[name], "", "") for name in order)


def document(type: str, definition: Mapping[str, Any]) -> bytes:
    """A source file of one component: UTF-8, indented, the same bytes for the same definition."""
    order = sorted(definition, key=lambda name: (name != "fullName", name))
    body = "".join(_member(name, definition[name], "    ", "\n") for name in order)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{type} xmlns="{NAMESPACE}">\n{body}</{type}>\n'.encode()


def _member(name: str, value: Any, indent: str, end: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, (list, tuple)):
        return "".join(_member(name, one, indent, end) for one in value)
    if isinstance(value, Mapping):
        deeper = indent + "    " if indent else ""
        inside = "".join(_member(n, value[n], deeper, end) for n in sorted(value))
        return f"{indent}<{name}>{end}{inside}{indent}</{name}>{end}"
    return indent + element(name, text(value)) + end


def members_of(found: ET.Element) -> dict[str, Any]:
    """The members of an element, all as text; those that repeat as lists, empty ones left out."""
    made: dict[str, Any] = {}
    for one in found:
        name = one.tag.rpartition("}")[2]
        value = members_of(one) if len(one) else (one.text or "")
        if one.get(f"{{{XSI}}}nil") == "true" or value == "":
            continue
        if name in made:
            made[name] = [*(made[name] if isinstance(made[name], list) else [made[name]]), value]
        else:
            made[name] = value
    return made
