"""Rules in several files, and values that are named once, are read as if they stood in one file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.codes import Code
from rules.language.reading.documents import Documents, read_documents
from rules.language.reading.problems import DocumentError, Problem
from rules.language.reading.variables import Substitution, variables
from rules.language.reading.yaml import MapNode, Node, Scalar, parse_yaml, read_yaml


def read(folder: Path, **files: str) -> Documents:
    """The documents of a folder with these files: a "__" in a name is a folder, and `rules` is where they begin."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_documents(folder / "rules.yaml")


def problems(folder: Path, **files: str) -> tuple[Problem, ...]:
    with pytest.raises(DocumentError) as caught:
        read(folder, **files)
    return caught.value.problems


def test_included_entries_come_before_those_of_the_file_that_includes_them(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        rules="version: 1\ninclude: [a/emea.yaml, us.yaml]\nrules: [r]\nlists: {l: {values: [x]}}",
        a__emea="include: a/uk.yaml\nrules: [e]\npods: {p: {}}",
        a__uk="version: 1\nrules: [u, v]\nlists: {k: {values: [y]}}",
        us="exceptions: [x]\ntests: []",
    )
    assert found.root.plain() == {
        "version": "1",
        "rules": ["u", "v", "e", "r"],
        "lists": {"k": {"values": ["y"]}, "l": {"values": ["x"]}},
        "pods": {"p": {}},
        "exceptions": ["x"],
        "tests": [],
    }
    assert found.files == ("rules.yaml", "a/emea.yaml", "a/uk.yaml", "us.yaml")


def test_a_place_in_an_included_file_has_its_name(tmp_path: Path) -> None:
    found = read(tmp_path, rules="include: [a/b.yaml]\nrules: []", a__b="\nrules:\n  - {id: x}")
    rules = found.root.get("rules")
    assert rules is not None
    [item] = getattr(rules, "items", ())
    assert str(item.problem(Code.BAD_VALUE, "m")).startswith("a/b.yaml:3:5: ")


def test_the_digest_follows_the_bytes_and_names_of_every_file(tmp_path: Path) -> None:
    first = read(tmp_path, rules="include: [a.yaml]", a="rules: []").digest
    assert read(tmp_path, rules="include: [a.yaml]", a="rules: []").digest == first
    assert read(tmp_path, rules="include: [a.yaml]", a="rules:  []").digest != first
    assert read(tmp_path, rules="include: [b.yaml]", b="rules: []").digest != first


@pytest.mark.parametrize(
    ("files", "code", "place", "words"),
    [
        ({"rules": "include: [emae.yaml]", "emea": ""}, Code.INCLUDE, "rules.yaml:1:11", "did you mean 'emea.yaml'"),
        ({"rules": "include: [../x.yaml]"}, Code.INCLUDE, "rules.yaml:1:11", "outside the folder"),
        ({"rules": "include: [/etc/hostname]"}, Code.INCLUDE, "rules.yaml:1:11", "outside the folder"),
        ({"rules": "include: [rules.yaml]"}, Code.INCLUDE, "rules.yaml:1:11", "would include itself"),
        ({"rules": "include: [a.yaml, a.yaml]", "a": ""}, Code.INCLUDE, "rules.yaml:1:19", "included already, by rules.yaml:1"),
        ({"rules": "include: a.yaml", "a": "include: b.yaml", "b": "include: a.yaml"}, Code.INCLUDE, "b.yaml:1:10", "included already, by rules.yaml:1"),
        ({"rules": "include: {a: b}"}, Code.INCLUDE, "rules.yaml:1:10", "must be a list of file names"),
        ({"rules": "include: [a.yaml]", "a": "levels: [x]"}, Code.INCLUDE, "a.yaml:1:1", "the rest stands in rules.yaml"),
        ({"rules": "include: [a.yaml]", "a": "ruls: []"}, Code.INCLUDE, "a.yaml:1:1", "did you mean 'rules'"),
        ({"rules": "include: [a.yaml]", "a": "[]"}, Code.BAD_VALUE, "a.yaml:1:1", "must be a mapping"),
        ({"rules": "include: [a.yaml]\nrules: []", "a": "rules: {}"}, Code.BAD_VALUE, "a.yaml:1:8", "must be a list"),
        ({"rules": "include: [a.yaml]\nlists: {x: 1}", "a": "lists: {x: 2}"}, Code.DUPLICATE_KEY, "rules.yaml:2:9", "is there already, in a.yaml:1"),
        ({"rules": "include: [a.yaml]", "a": "rules: ["}, Code.SYNTAX, "a.yaml:2:1", "not YAML"),
        ({"rules": "include: [\"a\\0b\"]"}, Code.INCLUDE, "rules.yaml:1:11", "not a file name"),
        ({"rules": "[]"}, Code.BAD_VALUE, "rules.yaml:1:1", "the rules must be a mapping"),
        ({"rules": "x: ${big}"}, Code.VARIABLE, "rules.yaml:1:4", "declare it under 'vars:'"),
        ({"rules": "vars: {big: 1}\nx: ${bug}"}, Code.VARIABLE, "rules.yaml:2:4", "did you mean 'big'"),
        ({"rules": "x: 'a ${b'"}, Code.VARIABLE, "rules.yaml:1:4", "is not closed"),
        ({"rules": "vars: {l: [a]}\nx: 'a ${l}'"}, Code.VARIABLE, "rules.yaml:2:4", "is a list"),
        ({"rules": "vars: {l: {a: b}}"}, Code.BAD_VALUE, "rules.yaml:1:11", "a value or a list of values"),
        ({"rules": "vars: {l: [[a]]}"}, Code.BAD_VALUE, "rules.yaml:1:12", "a value or a list of values"),
        ({"rules": "vars: {a: 1, b: '${a}'}"}, Code.VARIABLE, "rules.yaml:1:17", "uses a variable"),
        ({"rules": "vars: {'1 a': 1}"}, Code.BAD_VALUE, "rules.yaml:1:8", "cannot be a variable's name"),
        ({"rules": "vars: [a]"}, Code.BAD_VALUE, "rules.yaml:1:7", "must be a mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_together_says_where_and_why(
    tmp_path: Path, files: dict[str, str], code: Code, place: str, words: str
) -> None:
    [problem] = problems(tmp_path, **files)
    assert problem.code is code
    assert str(problem).startswith(place + ": ")
    assert words in str(problem)


def test_errors_of_several_files_are_told_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, rules="include: [a.yaml, b.yaml, c.yaml]", a="x: [", b="- y: *z")
    assert [problem.file for problem in found] == ["a.yaml", "b.yaml", "rules.yaml"]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("rules: []")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "outside the folder" in problems(folder, rules="include: [a.yaml]")[0].message


def test_a_long_chain_of_files_is_refused(tmp_path: Path) -> None:
    chain = {f"f{i}": f"include: [f{i + 1}.yaml]" for i in range(12)}
    [problem] = problems(tmp_path, rules="include: [f0.yaml]", **chain)
    assert "more than 8 files deep" in problem.message


def test_a_variable_is_its_value_wherever_a_value_may_stand(tmp_path: Path) -> None:
    text = """\
vars: {big: 1000, east: [NY, "NJ"], who: kim}
a: ${big}
b: ["${east}", PA, "${big}"]
c: ${east}
d: "employees >= ${big} and x = '${who}@example.com'"
e: {${big}: $${big} $5 {x}}
"""
    root = read(
        tmp_path, rules=text.replace("{${big}:", '{"${big}":').replace("$${big} $5 {x}", '"$${big} $5 {x}"')
    )
    assert root.root.plain() == {
        "a": "1000",
        "b": ["NY", "NJ", "PA", "1000"],
        "c": ["NY", "NJ"],
        "d": "employees >= 1000 and x = 'kim@example.com'",
        "e": {"${big}": "${big} $5 {x}"},
    }


def test_a_variable_without_quotes_inside_brackets_is_told_how_to_be_written(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, rules="vars: {x: 1}\na: [${x}, 2]")
    assert problem.suggestion == "inside [ ] and { } a variable stands in quotes: '${name}'"


def test_variables_of_included_files_are_known_everywhere(tmp_path: Path) -> None:
    found = read(tmp_path, rules="include: [a.yaml]\nrules: ['${x}']", a="vars: {x: 1}\nrules: ['${x}']")
    assert found.root.plain() == {"rules": ["1", "1"]}


def test_an_unquoted_null_in_a_variable_is_refused_and_a_quoted_one_is_text(tmp_path: Path) -> None:
    assert read(tmp_path, rules="vars: {x: 'null'}\na: ${x}").root.plain() == {"a": "null"}
    assert "must be a value" in problems(tmp_path, rules="vars: {x: }")[0].message


@given(st.text(alphabet="${}ab \\", max_size=20))
def test_any_text_with_marks_is_replaced_once_or_a_problem(text: str) -> None:
    node = mapping_of(text)
    found: list[Problem] = []
    made = Substitution(variables(parse_yaml("{a: x, b: '}'}", "v"), found), found).apply(node)
    if "${" not in text:
        assert made.plain() == node.plain()
    elif not found:
        plain = made.plain()
        assert isinstance(plain, dict) and isinstance(plain["k"], str)


def mapping_of(text: str) -> Node:
    """A mapping of one key to the text."""
    node = parse_yaml("{k: x}", "r")
    assert isinstance(node, MapNode)
    value = Scalar(node.origin, 1, 5, text, True)
    return MapNode(node.origin, 1, 1, node.keys, {"k": value})


def test_a_list_of_sixty_thousand_values_is_refused_at_once_with_the_advice_to_use_a_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("lists:\n  zips:\n    values: [" + ", ".join(f'"{i:05}"' for i in range(60_000)) + "]\n")
    start = time.process_time()
    with pytest.raises(DocumentError) as caught:
        read_yaml(path)
    assert time.process_time() - start < 1.5
    [problem] = caught.value.problems
    assert (problem.code, problem.line, problem.column) == (Code.TOO_MUCH, 3, 13)
    assert problem.message == "a list of more than 50,000 values"
    assert "CSV files" in problem.suggestion


def test_a_mapping_of_sixty_thousand_keys_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("".join(f"k{i}: 1\n" for i in range(60_000)))
    with pytest.raises(DocumentError, match="a mapping of more than 50,000 values"):
        read_yaml(path)
