"""Every message that a page explains is one that the code can say."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.docs.blocks import ROOT, prose

PAGES = ("salesforce.md", "hubspot.md", "trouble.md")


@cache
def _said() -> tuple[str, ...]:
    """Every text of the source, with "…" for what is filled in."""
    found = []
    for room in ("connectors", "rules", "sync"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return tuple(found)


def _is_said(message: str) -> bool:
    """Whether each part between two `…` is in the source."""
    parts = [part for part in message.split("…") if len(part.strip(" ;:,.")) > 2]
    return all(any(part.strip() in text for text in _said()) for part in parts)


@pytest.mark.parametrize("name", PAGES)
def test_every_message_of_a_table_is_in_the_code(name: str) -> None:
    text = prose(ROOT / "docs" / name)
    cells = [
        cell
        for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
        for cell in re.findall(r"`([^`]+)`", row)
    ]
    messages = [cell for cell in cells if " " in cell and not cell.startswith(("territory ", "crm."))]
    assert len(messages) > 5
    for message in messages:
        assert _is_said(message), f"{name}: nothing says {message!r}"


@pytest.mark.parametrize("name", PAGES)
def test_every_code_of_a_table_is_known_to_a_connector_or_a_local_crm(name: str) -> None:
    rows = re.findall(r"^\| `([A-Z_]{5,})`", prose(ROOT / "docs" / name), re.MULTILINE)
    known_from_documentation = {"FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "connectors").rglob("*.py"))
    assert [code for code in rows if code not in source and code not in known_from_documentation] == []
