"""Reads the subset of SOQL that the sandbox knows; everything else is refused, nothing is guessed.

    SELECT a, b.c | COUNT() | COUNT(a)  FROM object  [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]

As in Salesforce, AND and OR do not mix without parentheses, and NOT stands first in its condition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import cast

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.soql.tree import (
    Comparison,
    Condition,
    Junction,
    Literal,
    LiteralKind,
    Negation,
    Ordering,
    Path,
    Select,
)

LONGEST_QUERY = 100_000
LONGEST_STRING = 4_000
LARGEST_OFFSET = 2_000

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<day>(?:LAST|NEXT)_N_DAYS:\d+|TODAY\b|YESTERDAY\b|TOMORROW\b)
    |(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    |(?P<symbol><>|!=|<=|>=|=|<|>|\(|\)|,)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_OPERATORS = ("=", "!=", "<>", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    def says(self, word: str) -> bool:
        return self.kind in ("name", "symbol") and self.text.upper() == word


def pointed(query: str, at: int, message: str) -> str:
    """The message under the place it is about, as Salesforce prints it."""
    row = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1) + 1
    start, stop = max(0, at - 30), at + 30
    shown = query[start:stop].replace("\n", " ")
    return f"\n{shown}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def unescaped(text: str) -> str:
    """The value of a quoted string; `\\%` and `\\_` keep their backslash, which LIKE needs."""
    return re.sub(
        r"\\(.)",
        lambda m: m[0] if m[1] in "%_" else _ESCAPES.get(m[1].lower(), m[1]),
        text[1:-1],
        flags=re.DOTALL,
    )


def parse(query: str) -> Select:
    """The query as a tree; CallFailed MALFORMED_QUERY where it is not understood."""
    if len(query) > LONGEST_QUERY:
        raise malformed(f"SOQL statements cannot be longer than {LONGEST_QUERY} characters.")
    return _Parser(query).select()


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = self._read()
        self._next = 0

    def _read(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self._query):
            found = _TOKEN.match(self._query, at)
            if found is None:
                raise self._wrong(at, f"line 1:{at} no viable alternative at character '{self._query[at]}'")
            if found.lastgroup != "space":
                tokens.append(_Token(cast(str, found.lastgroup), found[0], at))
            at = found.end()
        return [*tokens, _Token("end", "<EOF>", at)]

    def _wrong(self, at: int, message: str) -> CallFailed:
        return malformed(pointed(self._query, at, message))

    def _unexpected(self) -> CallFailed:
        token = self._tokens[self._next]
        return self._wrong(token.at, f"unexpected token: '{token.text}'")

    def _peek(self, word: str) -> bool:
        return self._tokens[self._next].says(word)

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        """Takes these words if they come next, all of them."""
        if all(token.says(w) for token, w in zip(self._tokens[self._next :], words, strict=False)):
            self._next += len(words)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _path(self) -> Path:
        if self._tokens[self._next].kind != "name":
            raise self._unexpected()
        token = self._take()
        return Path(tuple(token.text.split(".")), token.at)

    def select(self) -> Select:
        self._expect("SELECT")
        paths, count = self._wanted()
        self._expect("FROM")
        if self._tokens[self._next].kind != "name" or "." in self._tokens[self._next].text:
            raise self._unexpected()
        object = self._take()
        where = self._condition() if self._accept("WHERE") else None
        order = self._order() if self._accept("ORDER", "BY") else ()
        limit = self._whole("LIMIT")
        offset = self._whole("OFFSET") or 0
        if offset > LARGEST_OFFSET:
            raise CallFailed(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if self._tokens[self._next].kind != "end":
            raise self._unexpected()
        return Select(paths, count, object.text, object.at, where, order, limit, offset)

    def _wanted(self) -> tuple[tuple[Path, ...], Path | OneOf["()"] | None]:
        if self._peek("COUNT") and self._tokens[self._next + 1].says("("):
            self._next += 2
            if self._accept(")"):
                return (), "()"
            counted = self._path()
            self._expect(")")
            return (), counted
        paths = [self._path()]
        while self._accept(","):
            paths.append(self._path())
        return tuple(paths), None

    def _whole(self, word: str) -> int | None:
        if not self._accept(word):
            return None
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            self._next -= 1
            raise self._unexpected()
        return int(token.text)

    def _order(self) -> tuple[Ordering, ...]:
        made = [self._ordering()]
        while self._accept(","):
            made.append(self._ordering())
        return tuple(made)

    def _ordering(self) -> Ordering:
        path = self._path()
        descending = not self._accept("ASC") and self._accept("DESC")
        last = False
        if self._accept("NULLS"):
            last = self._accept("LAST")
            if not last:
                self._expect("FIRST")
        return Ordering(path, descending, last)

    def _condition(self) -> Condition:
        if self._accept("NOT"):
            return Negation(self._simple())
        first = self._simple()
        for word in ("AND", "OR"):
            if self._peek(word):
                parts = [first]
                while self._accept(word):
                    parts.append(self._simple())
                return Junction("AND" if word == "AND" else "OR", tuple(parts))
        return first

    def _simple(self) -> Condition:
        if self._accept("("):
            condition = self._condition()
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Comparison:
        path = self._path()
        if self._accept("NOT", "IN"):
            return Comparison(path, "NOT IN", self._list())
        if self._accept("IN"):
            return Comparison(path, "IN", self._list())
        if self._accept("LIKE"):
            return Comparison(path, "LIKE", (self._literal(),))
        token = self._take()
        if token.kind != "symbol" or token.text not in _OPERATORS:
            self._next -= 1
            raise self._unexpected()
        return Comparison(path, "!=" if token.text == "<>" else token.text, (self._literal(),))

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._take()
        if token.kind == "string":
            text = unescaped(token.text)
            if len(text) > LONGEST_STRING:
                raise self._wrong(token.at, f"maximum string length of {LONGEST_STRING} characters exceeded")
            return Literal("string", text, token.at)
        if token.kind in ("number", "date", "datetime", "day"):
            return Literal(cast(LiteralKind, token.kind), token.text, token.at)
        if token.says("NULL"):
            return Literal("null", "null", token.at)
        if token.says("TRUE") or token.says("FALSE"):
            return Literal("boolean", token.text.lower(), token.at)
        self._next -= 1
        if token.kind == "name":
            raise self._wrong(
                token.at, f"Bind variables only allowed in Apex code, or unexpected token: '{token.text}'"
            )
        raise self._unexpected()
