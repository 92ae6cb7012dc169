"""Remarks on the rules as JSON and SARIF say what the text says, in a form that machines accept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rules.language.codes import Code, meanings
from rules.language.load import RulesError, load_rules
from rules.language.reading.problems import Problem
from sync.answers.linting import of_problems
from sync.report.lint_text import lint_json, lint_sarif

STRANGE = Problem("a b/ü.yaml", 3, 7, Code.WRONG_KIND, "x\x1b[31m \u202e'é'", "do\nthis", "line \x00 it")


def test_json_has_every_error_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "version: 1\nrules:\n  - {id: a, level: named, when: {contry: US}, assign: {territory: x}}\n"
    )
    with pytest.raises(RulesError) as caught:
        load_rules(path)
    [found] = lint_json(of_problems(caught.value.problems))["remarks"]
    assert (found["file"], found["line"], found["column"], found["code"]) == ("rules.yaml", 3, 34, "R012")
    assert "did you mean 'country'?" in found["sentence"]


# What the SARIF 2.1.0 schema demands of the objects that we write: required keys, and the type of every key.
SHAPES: dict[str, tuple[set[str], dict[str, Any]]] = {
    "log": ({"version", "runs"}, {"$schema": str, "version": "2.1.0", "runs": ["run"]}),
    "run": ({"tool"}, {"tool": "tool", "columnKind": "unicodeCodePoints", "results": ["result"]}),
    "tool": ({"driver"}, {"driver": "driver"}),
    "driver": ({"name"}, {"name": str, "version": str, "rules": ["rule"]}),
    "rule": ({"id"}, {"id": str, "shortDescription": "text"}),
    "text": ({"text"}, {"text": str}),
    "result": (
        {"message"},
        {"ruleId": str, "ruleIndex": int, "level": str, "message": "text", "locations": ["location"]},
    ),
    "location": (set(), {"physicalLocation": "physical"}),
    "physical": (set(), {"artifactLocation": "artifact", "region": "region"}),
    "artifact": (set(), {"uri": str}),
    "region": (set(), {"startLine": int, "startColumn": int}),
}


def accepts(shape: Any, value: Any) -> bool:
    """Whether the value has the shape, with no key that the shape does not know."""
    if isinstance(shape, type):
        return isinstance(value, shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(accepts(shape[0], item) for item in value)
    if shape not in SHAPES:
        return bool(value == shape)
    required, known = SHAPES[shape]
    return (
        isinstance(value, dict)
        and required <= value.keys() <= known.keys()
        and all(accepts(known[key], inner) for key, inner in value.items())
    )


def test_sarif_has_the_structure_of_its_schema() -> None:
    nowhere = Problem("rules.yaml", 0, 0, Code.UNREADABLE, "m")
    report = of_problems([STRANGE, nowhere])
    document = json.loads(json.dumps(lint_sarif(report, Path("sales"), meanings(), "1.2")))
    assert accepts("log", document)
    [run] = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1
        assert result["message"]["text"].isprintable()
    assert {rule["shortDescription"]["text"] for rule in rules} == {
        meanings()[code] for code in ("R001", "R014")
    }
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
    assert uris == ["sales/a%20b/%C3%BC.yaml", "sales/rules.yaml"]


def test_a_shape_refuses_what_sarif_does_not_have() -> None:
    assert not accepts("region", {"startLine": "1"})
    assert not accepts("result", {"ruleId": "R001"})
    assert not accepts("text", {"text": "x", "txt": "y"})
