"""The rows of a list's file say where each value goes: one rule for each different target."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.language.codes import Code
from rules.language.condition import All, In, InList
from rules.language.load import RulesError, load_rules
from rules.language.reading.problems import Problem
from rules.language.ruleset import RuleSet
from tests.rules.language.worlds import write_rules

HEAD = """\
version: 1
lists: {named: {file: lists/named.csv, column: id, type: id}}
pods: {east: {members: [ana@example.com]}}
rules:
"""
RULE = "  - {{id: named, level: named, table: {{list: {list}, field: {field}, columns: {{{columns}}}}}, assign: {{{assign}}}}}\n"
FILE = (
    "id,territory,owner\nA,strategic,kim@example.com\nB,global,lee@example.com\nC,strategic,kim@example.com\n"
)


def loaded(
    folder: Path,
    file: str = FILE,
    *,
    columns: str = "territory: territory, owner: owner",
    assign: str = "role: AE",
    name: str = "named",
    field: str = "id",
    more: str = "",
) -> RuleSet:
    """A rule set with one table, over this file."""
    table = RULE.format(list=name, field=field, columns=columns, assign=assign)
    return load_rules(write_rules(folder, HEAD + table + more, named=file))


def refused(folder: Path, file: str = FILE, **more: str) -> tuple[Problem, ...]:
    """What is wrong with it."""
    with pytest.raises(RulesError) as caught:
        loaded(folder, file, **more)
    return caught.value.problems


def test_each_target_is_a_rule_with_its_own_list(tmp_path: Path) -> None:
    rules = loaded(tmp_path)
    assert [(r.id, r.territory, r.owner) for r in rules.rules] == [
        ("named/strategic", "strategic", "kim@example.com"),
        ("named/global", "global", "lee@example.com"),
    ]
    assert rules.rules[0].when == InList("id", "named/strategic")
    assert rules.lists["named/strategic"].values == ("A", "C")
    assert rules.lists["named"].values == ("A", "B", "C")
    assert rules.files == ("rules.yaml", "lists/named.csv")


def test_a_territory_of_two_owners_names_both_in_the_ids(tmp_path: Path) -> None:
    rules = loaded(tmp_path, FILE.replace("C,strategic,kim", "C,strategic,ana"))
    assert [r.id for r in rules.rules] == [
        "named/strategic/kim@example.com", "named/global", "named/strategic/ana@example.com"]  # fmt: skip


def test_the_rule_says_what_the_file_does_not(tmp_path: Path) -> None:
    rules = loaded(tmp_path, columns="pod: p", assign="territory: x", file="id,p\nA,east\nB,\n")
    assert [(r.territory, r.pod) for r in rules.rules] == [("x", "east"), ("x", None)]


def test_a_table_may_have_a_condition_and_be_won_over(tmp_path: Path) -> None:
    text = HEAD + (
        "  - {id: big, level: named, over: [named], when: {employees: {from: 9}}, assign: {territory: big}}\n"
        "  - {id: named, level: named, when: {country: US}, table: {list: named, field: id,"
        " columns: {territory: territory}}, assign: {role: AE}}\n"
    )
    rules = load_rules(write_rules(tmp_path, text, named=FILE))
    assert rules.rules[0].over == ("named/strategic", "named/global")
    assert rules.rules[1].when == All((InList("id", "named/strategic"), In("country", ("US",))))


def test_a_parquet_file_does_as_well(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    table = pa.table({"id": ["A", "B"], "t": ["x", "y"]})
    pq.write_table(table, tmp_path / "lists" / "named.parquet")
    text = HEAD.replace(".csv", ".parquet") + RULE.format(
        list="named", field="id", columns="territory: t", assign="role: AE"
    )
    assert [r.id for r in load_rules(write_rules(tmp_path, text)).rules] == ["named/x", "named/y"]


def test_a_value_with_two_targets_is_an_error_with_both_lines(tmp_path: Path) -> None:
    [problem] = refused(tmp_path, FILE + "A,global,lee@example.com\n")
    assert (problem.file, problem.line, problem.code) == ("lists/named.csv", 5, Code.LIST_TARGET)
    assert problem.message == "list 'named': 'A' goes elsewhere in line 2"


def test_a_value_that_stands_twice_with_one_target_is_a_repetition(tmp_path: Path) -> None:
    [problem] = refused(tmp_path, FILE + "A,strategic,kim@example.com\n")
    assert (problem.line, problem.code) == (5, Code.LIST_DUPLICATE)


def test_many_wrong_rows_are_counted(tmp_path: Path) -> None:
    problems = refused(tmp_path, FILE + "A,global,lee@example.com\n" * 30)
    assert len(problems) == 11
    assert "20 more of its rows are wrong" in problems[0].message


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        ({"columns": "territory: teritory"}, Code.LIST_COLUMN, 5),
        ({"columns": "owner: owner"}, Code.MISSING_KEY, 5),
        ({"columns": ""}, Code.MISSING_KEY, 5),
        ({"columns": "", "assign": "territory: x"}, Code.EMPTY_VALUES, 5),
        ({"columns": "teritory: territory"}, Code.UNKNOWN_KEY, 5),
        ({"columns": "territory: territory, pod: owner"}, Code.UNKNOWN_POD, 2),
        ({"columns": "territory: territory, owner: owner, pod: p", "file": "id,territory,owner,p\nA,x,k,east\n"},
         Code.OWNER_AND_POD, 2),
        ({"file": "id,territory,owner\nA,,kim@example.com\n"}, Code.LIST_TARGET, 2),
        ({"file": "id,territory,owner\nA\n"}, Code.LIST_TARGET, 2),
        ({"name": "nmed"}, Code.UNKNOWN_LIST, 5),
        ({"field": "ids"}, Code.UNKNOWN_FIELD, 5),
        ({"field": "name"}, Code.LIST_KIND, 5),
    ],
)  # fmt: skip
def test_a_table_that_leads_nowhere_is_refused(
    tmp_path: Path, more: dict[str, str], code: Code, line: int
) -> None:
    problems = refused(tmp_path, **more)
    assert (problems[0].code, problems[0].line) == (code, line)
    assert {problem.code for problem in problems} <= {code, Code.EMPTY_VALUES}


def test_a_list_written_in_the_rules_has_no_columns(tmp_path: Path) -> None:
    text = HEAD.replace("file: lists/named.csv, column: id", "values: [A]")
    text += RULE.format(list="named", field="id", columns="territory: t", assign="role: AE")
    with pytest.raises(RulesError, match="R030 list 'named' is written in the rules"):
        load_rules(write_rules(tmp_path, text))


def test_a_table_of_a_rule_that_keeps_is_refused(tmp_path: Path) -> None:
    more = "  - {id: x, level: legal, table: {list: named, field: id, columns: {territory: t}}, keep: true}\n"
    [problem] = refused(tmp_path, more=more)
    assert (problem.code, problem.line) == (Code.ACTION, 6)


def test_forty_thousand_zips_in_three_hundred_territories_load_in_about_a_second(tmp_path: Path) -> None:
    """Half a second on an idle machine; the limit is processor time, and leaves room for a busy one."""
    rows = "".join(f"{10_000 + i},t{i % 300},r{i % 300}@example.com\n" for i in range(40_000))
    text = HEAD.replace("type: id", "type: postal_code, country: US").replace("column: id", "column: zip")
    text += RULE.format(
        list="named", field="postal_code", columns="territory: territory, owner: owner", assign="role: AE"
    )
    path = write_rules(tmp_path, text, named=f"zip,territory,owner\n{rows}")
    began = time.process_time()
    rules = load_rules(path)
    assert time.process_time() - began < 2.5
    assert len(rules.rules) == 300 and len(rules.lists["named/t7"].values) == 134
