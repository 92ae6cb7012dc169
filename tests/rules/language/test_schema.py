"""The JSON Schema takes every document that loads, and refuses the mistakes that an editor can see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar, parse_yaml, read_yaml
from rules.language.schema import json_schema
from tests.docs.blocks import ROOT, every_block
from tests.jsonschema import accepts, faults

SCHEMA = json_schema()
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*/rules.yaml"))
WHOLE = [
    b for b in every_block() if b.language == "yaml" and b.words == ("rules",) and not b.text.startswith("- ")
]


def typed(node: Node) -> Any:
    """The document as an editor's YAML 1.2 reads it: only plain words become numbers, booleans and nulls."""
    match node:
        case MapNode():
            return {key.text: typed(value) for key, value in node.entries()}
        case ListNode():
            return [typed(item) for item in node.items]
        case Scalar(quoted=False) if node.is_null:
            return None
        case Scalar(quoted=False, text=text) if re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text):
            return json.loads(text) if not re.match(r"-?0\d", text) else float(text)
        case Scalar(quoted=False, text="true" | "false" as text):
            return text == "true"
        case Scalar(text=text):
            return text
    raise AssertionError(node)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_one_of_the_schema(path: Path) -> None:
    assert list(faults(SCHEMA, typed(read_yaml(path)), SCHEMA)) == []


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_every_page_shows_what_the_schema_takes(block: Any) -> None:
    document = {"version": 1, "rules": RULES, **typed(parse_yaml(block.text, "page"))}
    assert list(faults(SCHEMA, document, SCHEMA)) == []


RULES = [{"id": "a", "level": "named", "when": {}, "assign": {"territory": "x"}}]
RULE = RULES[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"rule": []},
        {"mode": "replce"},
        {"rules": []},
        {"rules": [{**RULE, "levl": "x"}]},
        {"rules": [{**RULE, "assign": {"territory": "x", "teritory": "y"}}]},
        {"rules": [{**RULE, "assign": {"role": "AE"}}]},
        {"rules": [{**RULE, "keep": True}]},
        {"rules": [{"id": "a", "level": "named", "when": {}}]},
        {"rules": [{"id": "a", "level": "named", "assign": {"territory": "x"}}]},
        {"rules": [{**RULE, "where": "country = 'US'"}]},
        {"rules": [{**RULE, "when": {"employees": {"form": 5}}}]},
        {"rules": [{**RULE, "when": {"country": []}}]},
        {"rules": [{**RULE, "when": {"any": {"country": "US"}}}]},
        {"rules": [{**RULE, "when": {"not": {"created_at": {"within_days": "soon"}}}}]},
        {"rules": [{**RULE, "if_unknown": "skipp"}]},
        {"rules": [{**RULE, "active": {"fiscal": {"period": "week"}}}]},
        {"rules": [{**RULE, "table": {"list": "x", "columns": {}}}]},
        {"pods": {"east": {"members": []}}},
        {"pods": {"east": {"members": [{"email": "a@x.com", "capacity": 0}]}}},
        {"pods": {"east": {"members": ["a@x.com"], "by": "random"}}},
        {"reps": {"a@x.com": {"ramp": {"start": "2026-10-01", "months": [1.5]}}}},
        {"derived": {"size": {"bands": [{"name": "a"}], "of": "employees"}}},
        {"derived": {"hot": {"opportunities": "top"}}},
        {"derived": {"hot": {"opportunities": "any", "where": {"won": {"is": True}}}}},
        {"derived": {"x": {"expression": "1", "type": "money"}}},
        {"exceptions": [{"account": "A1", "owner": "k", "territory": "x", "author": "v", "reason": "r"}]},
        {"tests": [{"name": "t", "expect": {}}]},
        {"tests": [{"name": "t", "given": {}, "account": "A1", "expect": {}}]},
        {"tests": [{"name": "t", "given": {}, "expect": {"decision": "lost"}}]},
        {"workload": {"tier": {"field": "employees"}}},
        {"roles": {"AE": {"holdr": "owner_id"}}},
        {"lists": {"a": {"type": "zip"}}},
    ],
    ids=str,
)
def test_a_mistake_is_seen_in_the_editor(wrong: dict[str, Any]) -> None:
    assert accepts(SCHEMA, {"version": 1, "rules": RULES})
    assert not accepts(SCHEMA, {"version": 1, "rules": RULES, **wrong})


def test_numbers_may_be_variables_and_texts_may_look_like_numbers() -> None:
    document = {
        "version": 1,
        "rules": [{**RULE, "when": {"employees": {"from": "${big}"}, "postal_code": 2116}}],
        "reps": {"a@x.com": {"cap": "${most}"}},
        "tests": [{"name": "t", "given": {"employees": 12, "customer": True}, "expect": {"rule": "a"}}],
    }
    assert list(faults(SCHEMA, document, SCHEMA)) == []


def test_every_section_and_every_choice_that_needs_it_is_described() -> None:
    """Editors show these sentences; they are the docstrings, so that nothing is said twice."""
    definitions = SCHEMA["$defs"]
    assert [
        name for name, part in definitions.items() if name.endswith("Section") and not part.get("description")
    ] == []
    assert definitions["RepSection"]["properties"]["cap"]["description"].startswith(
        "Accounts per role beyond"
    )
    assert SCHEMA["properties"]["levels"]["description"] == "The precedence of rules, first to last."
    assert definitions["RuleSection"]["properties"]["when"] == {"$ref": "#/$defs/Condition"}
