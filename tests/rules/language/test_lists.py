"""Lists come from files as people export them, and tell which of their values is wrong, twice or in two lists."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.language.codes import Code
from rules.language.load import RulesError, load_rules
from rules.language.ruleset import ValueList
from tests.rules.language.worlds import write_rules


def load_list(folder: Path, declared: str, content: bytes | None = None, name: str = "a.csv") -> ValueList:
    """The list that one declaration makes of one file."""
    path = write_rules(folder, f"version: 1\nlists:\n  x: {declared}\n" + RULES)
    if content is not None:
        (folder / "lists" / name).write_bytes(content)
    return load_rules(path).lists["x"]


RULES = "rules:\n  - {id: a, level: geography, when: {}, assign: {territory: a}}\n"


@pytest.mark.parametrize(
    "content",
    [
        b"zip\n02116\n02118\n",
        b"\xef\xbb\xbfzip\r\n02116\r\n02118\r\n",
        b"city;zip\nBoston;02116\nBoston;02118\n",
        b'city\tzip\n"Bos\tton"\t"02116"\nx\t02118-0001\n',
        b'"city, town",zip\n"a,b",2116\n"a\nb",2118\n,\n\n',
    ],
)
def test_a_csv_file_is_read_however_it_was_exported(tmp_path: Path, content: bytes) -> None:
    found = load_list(tmp_path, "{file: lists/a.csv, column: zip, type: postal_code, country: US}", content)
    assert found.values == ("US-02116", "US-02118")
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_parquet_file_is_read_too(tmp_path: Path) -> None:
    write_rules(tmp_path, "")
    pq.write_table(pa.table({"zip": ["02116", None, "2118"]}), tmp_path / "lists" / "a.parquet")
    found = load_list(tmp_path, "{file: lists/a.parquet, type: postal_code, country: US}")
    assert found.values == ("US-02116", "US-02118")


def test_a_file_of_one_column_needs_no_column_named(tmp_path: Path) -> None:
    assert load_list(tmp_path, "{file: lists/a.csv}", b"name\nB\na \n").values == ("a", "b")


def test_inline_values_are_normalised_as_their_type_says(tmp_path: Path) -> None:
    assert load_list(tmp_path, "{values: [UK, Germany], type: country}").values == ("DE", "GB")
    assert load_list(tmp_path, "{values: [MA, 'new york'], type: state, country: USA}").values == (
        "US-MA",
        "US-NY",
    )
    assert load_list(tmp_path, "{values: [US-MA, CA-ON], type: state}").values == ("CA-ON", "US-MA")
    assert load_list(tmp_path, "{values: [10, 9], type: integer}").values == (9, 10)


@pytest.mark.parametrize(
    ("declared", "content", "expected"),
    [
        ("{file: lists/b.csv}", b"x\na\n", (Code.LIST_FILE, "rules.yaml", 3, "No such file or directory; did you mean 'lists/a.csv'")),
        ("{file: ../a.csv}", b"", (Code.LIST_FILE, "rules.yaml", 3, "outside the folder")),
        ("{file: /etc/hostname}", b"", (Code.LIST_FILE, "rules.yaml", 3, "outside the folder")),
        ("{file: lists}", b"", (Code.LIST_FILE, "rules.yaml", 3, "cannot read")),
        ("{file: lists/a.csv, column: zp}", b"zip,y\n", (Code.LIST_COLUMN, "rules.yaml", 3, "did you mean 'zip'")),
        ("{file: lists/a.csv}", b"zip,y\n", (Code.LIST_COLUMN, "rules.yaml", 3, "it has zip, y")),
        ("{file: lists/a.csv}", b"", (Code.LIST_COLUMN, "rules.yaml", 3, "say which 'column'")),
        ("{file: lists/a.csv}", b"zip\n\xff\n", (Code.LIST_FILE, "rules.yaml", 3, "cannot read")),
        ("{file: lists/a.csv}", b'zip\n"x\n', (Code.LIST_FILE, "rules.yaml", 3, "cannot read")),
        ("{file: lists/a.csv}", b"zip\n\n", (Code.EMPTY_VALUES, "rules.yaml", 3, "has no values")),
        ("{file: lists/a.csv}", b"zip\nB\na\nb \n", (Code.LIST_DUPLICATE, "lists/a.csv", 4, "in line 2 (there as 'B')")),
        ("{file: lists/a.csv}", b"zip\nN/A\n", (Code.LIST_VALUE, "lists/a.csv", 2, "'N/A' counts as missing")),
        ("{file: lists/a.csv, type: country}", b"c\nDE\nGrmany\n", (Code.LIST_VALUE, "lists/a.csv", 3, "did you mean 'Germany'")),
        ("{file: lists/a.csv, type: postal_code}", b"c\n02116\n", (Code.LIST_VALUE, "lists/a.csv", 2, "say the 'country'")),
        ("{file: lists/a.csv, country: Grmany}", b"c\nx\n", (Code.WRONG_KIND, "rules.yaml", 3, "did you mean 'Germany'")),
        ("{}", b"", (Code.BAD_VALUE, "rules.yaml", 3, "needs either 'file' or 'values'")),
        ("{values: []}", b"", (Code.EMPTY_VALUES, "rules.yaml", 3, "has no values")),
        ("[a]", b"", (Code.BAD_VALUE, "rules.yaml", 3, "a mapping is wanted")),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_says_where_and_what(
    tmp_path: Path, declared: str, content: bytes, expected: tuple[Code, str, int, str]
) -> None:
    (tmp_path / "lists").mkdir()
    with pytest.raises(RulesError) as caught:
        load_list(tmp_path, declared, content)
    [problem] = caught.value.problems
    assert (problem.code, problem.file, problem.line) == expected[:3]
    assert expected[3] in str(problem)


def test_ten_wrong_values_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    content = "c\n" + "".join(f"{i}x\n" for i in range(37))
    with pytest.raises(RulesError) as caught:
        load_list(
            tmp_path,
            "{values: [DE], type: country}".replace("values: [DE]", "file: lists/a.csv"),
            content.encode(),
        )
    assert len(caught.value.problems) == 11
    assert "27 more of its 37 values are wrong" in str(caught.value)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x\nsecret\n")
    write_rules(folder, "")
    (folder / "lists" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(RulesError, match="outside the folder"):
        load_list(folder, "{file: lists/a.csv}")


TWO = """\
version: 1
lists:
  a: {values: [x, y], type: text}
  b: {values: [Y, z], type: text}
rules:
  - {id: one, level: geography, when: {city: {in_list: a}, ONE}, assign: {territory: east, role: R}}
  - {id: two, level: LEVEL, when: {city: {in_list: b}, TWO}, assign: {territory: TERRITORY}}
"""


def overlap(
    folder: Path,
    one: str = "",
    two: str = "",
    level: str = "geography",
    territory: str = "west",
    role: str = "AE",
) -> bool:
    """Whether the two lists are reported to overlap."""
    text = TWO.replace("ONE", one).replace("TWO", two).replace("LEVEL", level)
    text = text.replace("TERRITORY", territory).replace("role: R", f"role: {role}").replace(", }", "}")
    try:
        load_rules(write_rules(folder, text))
    except RulesError as error:
        [problem] = error.problems
        assert problem.code is Code.LIST_OVERLAP
        assert "share 1 value: y" in problem.message
        return True
    return False


def test_lists_of_one_level_that_take_a_value_to_two_territories_are_an_error(tmp_path: Path) -> None:
    assert overlap(tmp_path)
    assert overlap(tmp_path, "employees: {from: 1}", "employees: {below: 9}")
    assert overlap(tmp_path, "country: [US, CA]", "country: [CA, DE]")
    assert overlap(tmp_path, "country: US", "employees: 5")


def test_lists_may_share_values_where_no_account_meets_both_rules(tmp_path: Path) -> None:
    assert not overlap(tmp_path, level="segment")
    assert not overlap(tmp_path, territory="east")
    assert not overlap(tmp_path, role="CSM")
    assert not overlap(tmp_path, "employees: {below: 200}", "employees: {from: 200}")
    assert not overlap(tmp_path, "country: [US, CA]", "country: DE")
    assert not overlap(tmp_path, "name: {prefix: ab}", "name: [ba, x]")


def test_lists_inside_any_overlap_as_well(tmp_path: Path) -> None:
    text = TWO.replace("city: {in_list: b}, TWO", "any: [{city: {in_list: b}}, {name: z}]").replace(
        ", ONE", ""
    )
    text = text.replace("LEVEL", "geography").replace("TERRITORY", "west").replace("role: R", "role: AE")
    with pytest.raises(RulesError, match=r"R033 lists 'a' .* and 'b' .* share 1 value: y"):
        load_rules(write_rules(tmp_path, text))
    apart = text.replace("{city: {in_list: b}}", "{city: {in_list: b}, country: DE}")
    load_rules(
        write_rules(tmp_path, apart.replace("{city: {in_list: a}}", "{city: {in_list: a}, country: US}"))
    )


def test_lists_may_share_values_where_that_is_said_or_never_on_one_day(tmp_path: Path) -> None:
    text = TWO.replace(", ONE", "").replace(", TWO", "").replace("LEVEL", "geography")
    text = text.replace("TERRITORY", "west").replace("role: R", "role: AE")
    load_rules(write_rules(tmp_path, text.replace("{id: one,", "{id: one, over: [two],")))
    dated = text.replace("{id: one,", "{id: one, active: {until: 2026-06-30},")
    load_rules(write_rules(tmp_path, dated.replace("{id: two,", "{id: two, active: {from: 2026-07-01},")))
    with pytest.raises(RulesError, match="R033"):
        load_rules(write_rules(tmp_path, dated.replace("{id: two,", "{id: two, active: {from: 2026-06-30},")))
    load_rules(write_rules(tmp_path, text.replace("assign: {territory: east, role: AE}", "keep: true")))


def test_many_lists_with_the_same_values_are_compared_in_one_pass(tmp_path: Path) -> None:
    names = [f"l{n}" for n in range(200)]
    values = ", ".join(f"v{n}" for n in range(500))
    text = (
        "version: 1\nlists:\n"
        + "".join(f"  {name}: {{values: [{values}, {name}]}}\n" for name in names)
        + "rules:\n"
    )
    text += "".join(
        f"  - {{id: {name}, level: geography, when: {{city: {{in_list: {name}}}, employees: {n}}}, assign: {{territory: {name}}}}}\n"
        for n, name in enumerate(names)
    )
    start = time.process_time()
    load_rules(write_rules(tmp_path, text))
    assert time.process_time() - start < 3


def test_a_list_of_forty_thousand_zips_loads_in_half_a_second(tmp_path: Path) -> None:
    content = "zip,city\n" + "".join(f"{code:05},somewhere\n" for code in range(501, 40_501))
    start = time.process_time()
    found = load_list(
        tmp_path, "{file: lists/a.csv, column: zip, type: postal_code, country: US}", content.encode()
    )
    assert time.process_time() - start < 0.8
    assert len(found.values) == 40_000


def test_the_real_zip_codes_load(tmp_path: Path) -> None:
    """Every ZIP of the country, as a registry publishes them: none is refused."""
    real = Path(__file__).parents[4] / "shared" / "data" / "us_zipcodes" / "us_zipcodes.csv"
    if not real.exists():
        pytest.skip("the real ZIP codes are not here")
    found = load_list(
        tmp_path, "{file: lists/a.csv, column: zip_code, type: postal_code, country: US}", real.read_bytes()
    )
    assert len(found.values) > 40_000
