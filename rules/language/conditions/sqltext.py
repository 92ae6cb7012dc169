"""The text of an SQL expression, parsed by sqlglot, whose words keep their place in the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.language.codes import Code
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.sqltree import days, is_today
from rules.language.reading.yaml import Scalar

if TYPE_CHECKING:
    from sqlglot import exp

MAX_LENGTH = 10_000
"""Characters of an expression; longer ones want a list."""
MAX_NESTING = 32
"""Parentheses and NOTs inside each other."""


@dataclass(frozen=True, slots=True)
class SqlText:
    """One expression; what is wrong with it goes to the problems of `leaves`."""

    where: Scalar
    leaves: Leaves
    called: str = "where"
    """The key that it stands under."""

    def parse(self) -> exp.Expr | None:
        """The expression, None and a problem where it is none or too long."""
        text = self.where.text
        if self.where.is_null or not text.strip():
            self._fail(Code.CONDITION, f"{self.called!r} is empty", "write an SQL expression")
        elif len(text) > MAX_LENGTH:
            self._fail(
                Code.SQL_NOT_ALLOWED, f"{len(text):,} characters are more than {MAX_LENGTH:,}", "use a list"
            )
        elif _nesting(text) > MAX_NESTING:
            self._fail(Code.SQL_NOT_ALLOWED, f"nested deeper than {MAX_NESTING} levels", "use several rules")
        else:
            return self._parse(text)
        return None

    def _parse(self, text: str) -> exp.Expr | None:
        import sqlglot
        from sqlglot.errors import SqlglotError

        try:
            if _has_comment(text):
                what = f"a comment is not allowed in {self.called!r}: it may hide what stands after it"
                self._fail(Code.SQL_NOT_ALLOWED, what, "write it as a YAML comment, or as 'description'")
                return None
            statements = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
        except SqlglotError as error:
            found = getattr(error, "errors", None) or [{}]
            place = self._end_of(found[0].get("line"), found[0].get("col"))
            what = str(found[0].get("description") or str(error).partition("\n")[0]).rstrip(". ")
            what = "something is missing" if what.startswith("Required keyword") else what
            self.leaves.report(place, Code.SQL_SYNTAX, f"not an SQL expression: {what}")
            return None
        if len(statements) != 1:
            self._fail(Code.SQL_SYNTAX, f"{self.called!r} must be one expression")
            return None
        return statements[0]

    def _fail(self, code: Code, message: str, suggestion: str = "") -> None:
        self.leaves.report(self.where, code, message, suggestion)

    def _end_of(self, line: int | None, column: int | None) -> Scalar:
        """The place that the parser names; it counts columns to the end of a word."""
        if not line or line != 1 or not column:
            return self.where
        return self.at(max(column - 1, 0), "")

    def at(self, offset: int, text: str) -> Scalar:
        """A word of the expression at its place in the document, where the expression stands there as it is."""
        where = self.where
        shift = where.column - 1 + (1 if where.quoted else 0)
        source = where.origin.line(where.line)
        exact = source[shift:].startswith(where.text)
        column = shift + offset + 1 if exact else where.column
        return Scalar(where.origin, where.line, column, text, True)

    def word(self, node: exp.Expr, text: str | None = None) -> Scalar:
        """The node's text at its place; for a node without a place, that of the first word inside it."""
        starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
        shown = text if text is not None else node.name
        return self.at(min(starts), shown) if starts else self.at(0, shown)

    def day(self, node: exp.Expr) -> Scalar | None:
        """ "today", "today - 180" or "current_date + interval '3 days'" as a bound; None for anything else."""
        from sqlglot import exp

        if is_today(node):
            return self.word(node, "today")
        if not isinstance(node, exp.Add | exp.Sub) or not is_today(node.this):
            return None
        number = days(node.expression)
        sign = "-" if isinstance(node, exp.Sub) else "+"
        return None if number is None else self.word(node, f"today {sign} {number}")


def _has_comment(text: str) -> bool:
    """Whether SQL leaves some of it out; of a folded YAML text, which is one line, "--" would take all the rest."""
    import sqlglot

    marked = "--" in text or "/*" in text
    return marked and any(token.comments for token in sqlglot.tokenize(text, dialect="duckdb"))


def _nesting(text: str) -> int:
    """How deep parentheses, brackets and runs of NOT or signs go, counted without regard to quotes: at most too high."""
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth = max(0, depth - 1)
    words = text.lower().replace("-", " - ").replace("~", " - ").replace("+", " - ").split()
    run = longest = 0
    for word in words:
        run = run + 1 if word in ("not", "-", "case", "select") else 0
        longest = max(longest, run)
    return deepest + longest
