"""YAML as people write it stays what they wrote, and YAML that could hurt is refused at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from rules.language.codes import Code
from rules.language.reading.document import DocumentError, MapNode, Scalar, parse_yaml, read_yaml
from rules.language.reading.yaml import MAX_BYTES, _PurePython


def refusal(text: str) -> Code:
    """The code of the only problem of a text."""
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, "rules.yaml")
    [problem] = caught.value.problems
    return problem.code


def test_libyaml_is_used_where_it_is_there() -> None:
    """The pure parser takes ten times as long: falling back in silence would be seen only as slowness."""
    from rules.language.reading.yaml import _parser

    assert (_parser() is not _PurePython) == pyyaml.__with_libyaml__


@pytest.mark.parametrize(
    "text", ["NO", "02116", "1e3", "yes", "0x10", "2026-01-31", "1_000", "12:30:00", ".5"]
)
def test_scalars_stay_the_text_that_was_written(text: str) -> None:
    assert parse_yaml(f"a: {text}", "x").plain() == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("~", None), ("null", None), ('""', ""), ("'null'", "null")]
)
def test_nothing_is_none_and_quotes_make_it_text(text: str, value: str | None) -> None:
    assert parse_yaml(f"a: {text}", "x").plain() == {"a": value}


def test_every_node_knows_its_place() -> None:
    node = parse_yaml("a: 1\nb:\n  - {c: x}\n", "x")
    assert isinstance(node, MapNode)
    inner = node.values["b"].items[0].values["c"]  # type: ignore[attr-defined]
    assert (inner.line, inner.column) == (3, 9)
    assert (node.keys["b"].line, node.keys["b"].column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\n", Code.NOT_ALLOWED),
        ("a: *x\n", Code.NOT_ALLOWED),
        ("a: !!int 1\n", Code.NOT_ALLOWED),
        ("a: !x {}\n", Code.NOT_ALLOWED),
        ("--- 1\n--- 2\n", Code.NOT_ALLOWED),
        ("? [a]\n: 1\n", Code.NOT_ALLOWED),
        ("a: 1\na: 2\n", Code.DUPLICATE_KEY),
        ("a: [1\n", Code.SYNTAX),
        ("a: \x07\n", Code.SYNTAX),
        ("a: b: c\n", Code.SYNTAX),
    ],
)
def test_what_a_document_may_not_hold_is_refused(text: str, code: Code) -> None:
    assert refusal(text) is code


def test_all_duplicate_keys_are_reported_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        parse_yaml("{a: 1, a: 2, b: {c: 1, c: 2}}", "x")
    assert [problem.column for problem in caught.value.problems] == [8, 24]


BOMB = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize("text", ["[" * 200_000, "{" * 200_000, "- " * 200_000, "a: " + "[" * 200_000, BOMB])
@pytest.mark.skipif(not pyyaml.__with_libyaml__, reason="the time is libyaml's")
def test_bombs_and_deep_nesting_are_refused_in_a_tenth_of_a_second(text: str) -> None:
    start = time.process_time()
    assert refusal(text) in (Code.TOO_MUCH, Code.NOT_ALLOWED)
    assert time.process_time() - start < 0.1


def test_nesting_is_allowed_up_to_the_limit_and_not_beyond() -> None:
    parse_yaml("[" * 64 + "]" * 64, "x")
    assert refusal("[" * 65 + "]" * 65) is Code.TOO_MUCH


def test_too_many_values_are_refused_with_the_advice_to_use_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.language.reading.yaml.MAX_NODES", 100)
    with pytest.raises(DocumentError, match="CSV files"):
        parse_yaml("a: [" + "1," * 100 + "]", "x")


def test_a_file_over_16_mb_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DocumentError, match="more than the 16 MB"):
        read_yaml(path)


def test_an_absent_file_and_one_that_is_not_utf8_say_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"cannot read rules\.yaml: No such file"):
        read_yaml(tmp_path / "rules.yaml")
    (tmp_path / "rules.yaml").write_bytes(b"a: \xff")
    with pytest.raises(DocumentError, match="byte 3 is not UTF-8"):
        read_yaml(tmp_path / "rules.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_yaml(tmp_path / "rules.yaml").plain() == {"a": "1"}


CRASHERS = """
import sys
from rules.language.reading.document import DocumentError, parse_yaml
for text in ("[" * 1_000_000, "{a: " * 300_000, "- " * 300_000, "? " * 300_000, "&a " * 100_000, "!" * 100_000,
             "a: |\\n" + " " * 1_000_000, "'" * 100_001, "%" * 100_000, "a:\\n" * 3 + "\\t" * 1000, "*" * 100_000):
    try:
        parse_yaml(text, "x")
    except DocumentError:
        pass
"""


def test_no_text_ends_the_process_with_a_signal() -> None:
    """PyYAML's composer dies of signal 11 on deep nesting; the builder stops before."""
    done = subprocess.run([sys.executable, "-c", CRASHERS], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


YAML_LIKE = st.text(alphabet="ab:,-[]{}#&*!|>'\"%@` \n\t\r0~?\\\u2028é", max_size=60)


@given(YAML_LIKE)
def test_arbitrary_text_is_a_tree_or_a_document_error(text: str) -> None:
    try:
        node = parse_yaml(text, "x")
    except DocumentError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
        assert str(error)
    else:
        node.plain()


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=5))
def test_whatever_yaml_wrote_is_read_back_as_text(data: dict[str, str]) -> None:
    text = pyyaml.safe_dump(data, default_style='"', allow_unicode=False)
    assert parse_yaml(text, "x").plain() == data


@given(YAML_LIKE)
def test_the_pure_parser_reads_the_same_tree_where_both_read_one(text: str) -> None:
    """A PyYAML without libyaml must not change what a rule says."""
    from rules.language.reading.yaml import Origin, _Builder, _events

    def tree(parser: object) -> object:
        try:
            return _Builder(Origin("x", ())).build(_events(parser)).plain()
        except (DocumentError, pyyaml.YAMLError):
            return "error"

    if not pyyaml.__with_libyaml__:
        pytest.skip("one parser only")
    from yaml.cyaml import CParser

    first, second = tree(CParser(text)), tree(_PurePython(text))
    assert first == second or "error" in (first, second)


def test_a_scalar_is_quoted_or_not() -> None:
    node = parse_yaml("'x'", "x")
    assert isinstance(node, Scalar) and node.quoted
