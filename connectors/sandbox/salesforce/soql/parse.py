"""Reads the subset of SOQL that the sandbox knows; everything else is refused, nothing is guessed.

    SELECT a, b.c, (SELECT … FROM Children) | COUNT() | a x, COUNT(b) n  FROM object  [WHERE …]
    [GROUP BY a [HAVING …]] [ORDER BY …] [LIMIT n] [OFFSET n]

As in Salesforce, AND and OR do not mix without parentheses, and NOT stands first in its condition.
"""

from __future__ import annotations

from typing import cast

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.soql.tokens import Token, pointed, tokens_of, unescaped, wrong_at
from connectors.sandbox.salesforce.soql.tree import (
    Aggregate,
    Comparison,
    Condition,
    Item,
    Junction,
    Literal,
    LiteralKind,
    Negation,
    Ordering,
    Path,
    Select,
)

__all__ = ["LONGEST_QUERY", "parse", "pointed"]
LONGEST_QUERY = 100_000
LONGEST_STRING = 4_000
LARGEST_OFFSET = 2_000
FUNCTIONS = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
_OPERATORS = ("=", "!=", "<>", "<", "<=", ">", ">=")
_AFTER = ("FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "ASC", "DESC", "NULLS")
"""Words that are no alias."""


def parse(query: str) -> Select:
    """The query as a tree; CallFailed MALFORMED_QUERY where it is not understood."""
    if len(query) > LONGEST_QUERY:
        raise malformed(f"SOQL statements cannot be longer than {LONGEST_QUERY} characters.")
    return _Parser(query).whole()


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokens_of(query)
        self._next = 0

    def _unexpected(self) -> CallFailed:
        token = self._tokens[self._next]
        return wrong_at(self._query, token.at, f"unexpected token: '{token.text}'")

    def _peek(self, word: str) -> bool:
        return self._tokens[self._next].says(word)

    def _take(self) -> Token:
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

    def whole(self) -> Select:
        """The query, if nothing comes after it."""
        select = self.select()
        if self._tokens[self._next].kind != "end":
            raise self._unexpected()
        return select

    def select(self) -> Select:
        """From SELECT up to the first word that is not its own."""
        self._expect("SELECT")
        items, children, counts = self._wanted()
        self._expect("FROM")
        if self._tokens[self._next].kind != "name" or "." in self._tokens[self._next].text:
            raise self._unexpected()
        object = self._take()
        where = self._condition() if self._accept("WHERE") else None
        group = self._listed() if self._accept("GROUP", "BY") else ()
        having = self._condition() if group and self._accept("HAVING") else None
        order = self._order() if self._accept("ORDER", "BY") else ()
        limit, offset = self._whole("LIMIT"), self._whole("OFFSET") or 0
        if offset > LARGEST_OFFSET:
            raise CallFailed(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        grouped = bool(group) or any(isinstance(item.what, Aggregate) for item in items)
        if not grouped and (named := next((item for item in items if item.alias), None)) is not None:
            raise wrong_at(self._query, named.what.at, "only aggregate expressions use field aliasing")
        paths = () if grouped else tuple(cast(Path, item.what) for item in items)
        return Select(
            paths, object.text, object.at, where, order, limit, offset, counts, items if grouped else (),
            group, having, children,
        )  # fmt: skip

    def _wanted(self) -> tuple[tuple[Item, ...], tuple[Select, ...], bool]:
        """What is selected: fields and functions, queries over children, or COUNT() alone."""
        if self._peek("COUNT") and [t.text for t in self._tokens[self._next + 1 : self._next + 3]] == [
            "(",
            ")",
        ]:
            self._next += 3
            return (), (), True
        items: list[Item] = []
        children: list[Select] = []
        while True:
            if self._accept("("):
                children.append(self.select())
                self._expect(")")
            else:
                items.append(self._item())
            if not self._accept(","):
                return tuple(items), tuple(children), False

    def _item(self) -> Item:
        what = self._measured()
        token = self._tokens[self._next]
        if token.kind == "name" and "." not in token.text and token.text.upper() not in _AFTER:
            return Item(what, self._take().text)
        return Item(what)

    def _measured(self) -> Path | Aggregate:
        """A field, or a function of one."""
        token = self._tokens[self._next]
        if token.text.upper() not in FUNCTIONS or not self._tokens[self._next + 1].says("("):
            return self._path()
        self._next += 2
        inside = None if self._peek(")") and token.text.upper() == "COUNT" else self._path()
        self._expect(")")
        return Aggregate(token.text.upper(), inside, token.at)

    def _listed(self) -> tuple[Path, ...]:
        made = [self._path()]
        while self._accept(","):
            made.append(self._path())
        return tuple(made)

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
        path = self._measured()
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
        path = self._measured()
        for operator in ("NOT IN", "IN"):
            if self._accept(*operator.split()):
                if self._tokens[self._next + 1].says("SELECT"):
                    return Comparison(path, operator, (), self._inner())
                return Comparison(path, operator, self._list())
        for operator in ("INCLUDES", "EXCLUDES"):
            if self._accept(operator):
                return Comparison(path, operator, self._list())
        if self._accept("LIKE"):
            return Comparison(path, "LIKE", (self._literal(),))
        token = self._take()
        if token.kind != "symbol" or token.text not in _OPERATORS:
            self._next -= 1
            raise self._unexpected()
        return Comparison(path, "!=" if token.text == "<>" else token.text, (self._literal(),))

    def _inner(self) -> Select:
        self._expect("(")
        select = self.select()
        self._expect(")")
        return select

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
                raise wrong_at(
                    self._query, token.at, f"maximum string length of {LONGEST_STRING} characters exceeded"
                )
            return Literal("string", text, token.at)
        if token.kind in ("number", "date", "datetime", "day"):
            return Literal(cast(LiteralKind, token.kind), token.text, token.at)
        if token.says("NULL"):
            return Literal("null", "null", token.at)
        if token.says("TRUE") or token.says("FALSE"):
            return Literal("boolean", token.text.lower(), token.at)
        self._next -= 1
        if token.kind == "name":
            raise wrong_at(
                self._query,
                token.at,
                f"Bind variables only allowed in Apex code, or unexpected token: '{token.text}'",
            )
        raise self._unexpected()
