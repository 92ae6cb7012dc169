"""The JSON Schema of the rules document, for editors and for checking before a commit."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from rules.language.conditions.operators import DAYS, LISTS, OPERATORS, PATTERNS
from rules.language.sections.base import Section
from rules.language.sections.document import Document


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document; descriptions are the docstrings of the sections."""
    schema = Document.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "territory rules"
    definitions = schema["$defs"]
    for section in _sections():
        _describe(definitions.get(section.__name__, schema if section is Document else {}), section)
    definitions["Condition"] = _CONDITION
    for name, key in _CONDITIONS.items():
        definitions[name]["properties"][key] = _CONDITIONS_FORM[key]
    definitions["Value"] = _VALUE
    definitions["RuleSection"] |= _ONE_ACTION
    definitions["TestSection"] |= _ONE_ACCOUNT
    written: dict[str, Any] = _as_written(schema)
    return written


def _as_written(schema: Any) -> Any:
    """The schema of what stands in YAML: a text may look like a number, and a number may be a variable."""
    if isinstance(schema, list):
        return [_as_written(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _as_written(part) for key, part in schema.items()}
    match schema.get("type"):
        case "string" if "format" not in schema and "enum" not in schema and "const" not in schema:
            return {**inner, "type": _VALUE["type"]}
        case "number" | "integer" | "boolean" if "const" not in schema:
            about = {key: inner.pop(key) for key in _ANNOTATIONS if key in inner}
            return {**about, "anyOf": [inner, _VARIABLE]}
        case _:
            return inner


def _sections() -> Iterator[type[Section]]:
    waiting = [Section]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from found


def _describe(schema: dict[str, Any], section: type[Section]) -> None:
    """Puts the docstring under each key of a section into its schema."""
    for owner in section.__mro__:
        if not issubclass(owner, Section) or owner is Section:
            continue
        [node] = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
        assert isinstance(node, ast.ClassDef)
        for key, text in zip(node.body, node.body[1:], strict=False):
            if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and _is_text(text):
                name = section.model_fields[key.target.id].alias or key.target.id
                schema.get("properties", {}).get(name, {})["description"] = inspect.cleandoc(_text(text))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(node: ast.stmt) -> str:
    assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return str(node.value.value)


_VALUE = {"type": ["string", "number", "boolean"]}
_VARIABLE = {"type": "string", "pattern": r"^\$\{[^}]+\}$"}
_ANNOTATIONS = ("title", "description", "default")
_ONE = {"$ref": "#/$defs/Value"}
_SOME = {"anyOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1}]}
_SEVERAL = ("in", "not_in", "all_of", "prefix", *PATTERNS)
_SELF = {"$ref": "#/$defs/Condition"}


def _operator(name: str) -> dict[str, Any]:
    """What may stand at an operator."""
    if name == "is_missing":
        return {"type": "boolean"}
    if name in LISTS:
        return {"type": "string"}
    if name in DAYS:
        return {"type": "integer", "minimum": 0}
    return _SOME if name in _SEVERAL else _ONE


_CONDITION = {
    "type": "object",
    "description": "Every entry must hold: a field with a value, values or operators; or all, any, not.",
    "properties": {
        "all": {"type": "array", "items": _SELF, "minItems": 1},
        "any": {"type": "array", "items": _SELF, "minItems": 1},
        "not": _SELF,
    },
    "additionalProperties": {
        "anyOf": [
            *_SOME["anyOf"],
            {
                "type": "object",
                "properties": {name: _operator(name) for known in OPERATORS.values() for name in known},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    },
}
_CONDITIONS = {"RuleSection": "when", "ComplexitySection": "when", "OpportunitySection": "where"}
"""Sections with a condition, and its key."""
_CONDITIONS_FORM = {"when": _SELF, "where": {"anyOf": [_SELF, {"type": "string"}]}}
_TERRITORY = {"properties": {"assign": {"required": ["territory"]}}}
_ONE_ACTION = {
    "oneOf": [{"required": [key]} for key in ("assign", "keep", "follow")],
    "if": {"not": {"required": ["table"]}},
    "then": {**_TERRITORY, "anyOf": [{"required": ["when"]}, {"required": ["where"]}]},
    "not": {"required": ["when", "where"]},
}
_ONE_ACCOUNT = {"oneOf": [{"required": ["given"]}, {"required": ["account"]}]}
