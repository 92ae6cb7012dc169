"""The properties of a write, checked as a whole: one wrong value refuses everything that came with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.kinds import ACTIVITIES, DEALS, Kind
from connectors.sandbox.hubspot.shape.pipelines import STAGES
from connectors.sandbox.hubspot.shape.values import BadValue
from connectors.sandbox.tables import Stored

Problem = tuple[str, str, str]
Values = dict[str, Stored]


def read_values(call: Call, kind: Kind, given: Sequence[Any]) -> list[Values]:
    """The stored values of each input's `properties`; Refused with every problem of all of them."""
    problems: list[Problem] = []
    found = [_one(call, kind, properties, problems) for properties in given]
    if problems:
        raise errors.bad_values(call.portal.id, list(dict.fromkeys(problems)))
    return found


def require(kind: Kind, values: Mapping[str, Stored], required: Sequence[str] = ()) -> None:
    """Refuses a new record that lacks what its object cannot be without."""
    needed = ("hs_timestamp",) if kind in ACTIVITIES else tuple(required)
    missing = [name for name in needed if values.get(name) in (None, "")]
    if missing:
        raise errors.Refused(
            400,
            f"Error creating {kind.upper}. Some required properties were not set.",
            category="VALIDATION_ERROR",
            context={"properties": missing},
        )


def _one(call: Call, kind: Kind, properties: Any, problems: list[Problem]) -> Values:
    if not isinstance(properties, dict):
        raise errors.malformed("Cannot deserialize value of type `java.util.LinkedHashMap` (properties)")
    values: Values = {}
    for name, raw in properties.items():
        _read(call, kind, name, raw, values, problems)
    problems += _across(kind, values)
    return values


def _read(call: Call, kind: Kind, name: str, raw: Any, values: Values, problems: list[Problem]) -> None:
    if isinstance(raw, dict | list):
        raise errors.malformed("Cannot deserialize value of type `java.lang.String`")
    text = "" if raw is None else str(raw).lower() if isinstance(raw, bool) else str(raw)
    property = call.portal.catalogue.find(kind, name)
    if property is None:
        problems.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
    elif property.read_only:
        problems.append(
            (name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
        )
    else:
        try:
            values[property.name] = call.portal.reader.read(property, text)
        except BadValue as bad:
            problems.append((name, bad.code, bad.message))
        problems += _against_rules(call, kind, property.name, text)


def _against_rules(call: Call, kind: Kind, name: str, text: str) -> list[Problem]:
    """What the admin's validation rules say; they count for API writes from 2026-09 on."""
    rule = call.portal.core.settings["validation_rules"].get(f"{kind.plural}.{name}")
    if rule is None or not call.version.applies_rules or text == "" or re.fullmatch(rule, text):
        return []
    return [(name, "VALIDATION_RULE_FAILED", f"{text} does not satisfy the validation rule of {name}.")]


def _across(kind: Kind, values: Values) -> list[Problem]:
    """A deal's stage must belong to its pipeline when both are set."""
    stage, pipeline = values.get("dealstage"), values.get("pipeline")
    if kind is not DEALS or not stage or not pipeline or STAGES[str(stage)][0].id == pipeline:
        return []
    return [("dealstage", "INVALID_OPTION", f"Stage ID {stage} is not valid for pipeline {pipeline}")]
