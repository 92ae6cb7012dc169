"""Rule files for tests: written from text into a folder, and conditions built from either spelling."""

from __future__ import annotations

from pathlib import Path

from rules.language.condition import Condition, FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.sqlexpression import expression
from rules.language.conditions.sqlform import sql
from rules.language.conditions.whenform import structured
from rules.language.expression import Expression
from rules.language.fields import STANDARD_FIELDS
from rules.language.reading.problems import Problem
from rules.language.reading.yaml import Origin, Scalar, parse_yaml

FIELDS = {
    **STANDARD_FIELDS,
    "customer": FieldKind.BOOLEAN,
    "segments": FieldKind.MULTI_SELECT,
    "naics": FieldKind.NAICS,
    "sic": FieldKind.SIC,
}
LISTS = {"zips": FieldKind.POSTAL_CODE, "names": FieldKind.TEXT}

HEADER = """\
version: 1
rules:
"""


def write_rules(folder: Path, text: str, **lists: str) -> Path:
    """The path of a rules.yaml with this text, beside lists/NAME.csv for each list."""
    (folder / "lists").mkdir(exist_ok=True)
    for name, content in lists.items():
        (folder / "lists" / f"{name}.csv").write_text(content, encoding="utf-8")
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def rule(id_: str, when: str = "{}", *, level: str = "geography", assign: str = "territory: west") -> str:
    """One rule in YAML flow style, to stand under HEADER."""
    return f"  - {{id: {id_}, level: {level}, when: {when}, assign: {{{assign}}}}}\n"


def where(text: str) -> tuple[Condition, list[Problem]]:
    """The condition of an SQL expression, and what is wrong with it."""
    leaves = _leaves()
    origin = Origin("rules.yaml", (f'where: "{text}"',))
    return sql(Scalar(origin, 1, 8, text, quoted=True), leaves), leaves.problems


def when(text: str) -> tuple[Condition, list[Problem]]:
    """The condition of a YAML mapping, and what is wrong with it."""
    leaves = _leaves()
    return structured(parse_yaml(text, "rules.yaml"), leaves), leaves.problems


def _leaves() -> Leaves:
    return Leaves(FIELDS, LISTS, frozenset({"", "n/a"}))


def computed(text: str) -> tuple[tuple[Expression, FieldKind] | None, list[Problem]]:
    """The expression of a derived field with its kind, and what is wrong with it."""
    leaves = _leaves()
    origin = Origin("rules.yaml", (f'expression: "{text}"',))
    return expression(Scalar(origin, 1, 13, text, quoted=True), leaves), leaves.problems
