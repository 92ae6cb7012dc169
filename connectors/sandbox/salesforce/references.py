"""References of one sub-request to the answer of another: @{refAccount.id}, @{refList.records[0].Id}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"@\{([A-Za-z][A-Za-z0-9_]*)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class NoValue(Exception):
    """A reference leads nowhere; the message is Salesforce's."""


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """The value with every reference replaced; a text that is nothing but one takes the value as it is."""
    if isinstance(value, dict):
        return {name: filled(part, known) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, known) for part in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _looked_up(whole, known)
    return _REFERENCE.sub(lambda match: str(_looked_up(match, known)), value)


def _looked_up(match: re.Match[str], known: Mapping[str, Any]) -> Any:
    name, path = match.group(1), match.group(2)
    here = known.get(name)
    for field, index in _STEP.findall(path):
        if field and isinstance(here, dict):
            here = here.get(field)
        elif index and isinstance(here, list) and int(index) < len(here):
            here = here[int(index)]
        else:
            here = None
    if here is None:
        asked = f"{name}{path}"
        raise NoValue(f"Invalid reference specified. No value for {asked} found in {name}")
    return here
