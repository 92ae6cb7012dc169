"""The words of a SOQL query, each with the place where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from connectors.sandbox.salesforce.errors import CallFailed, malformed

_SPANS = "WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{{4}}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{{4}}-\d\d-\d\d)
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<day>(?:(?:LAST|NEXT)_N_(?:DAY|{_SPANS})S|N_(?:DAY|{_SPANS})S_AGO):\d+
        |(?:(?:LAST|THIS|NEXT)_(?:{_SPANS})|(?:LAST|NEXT)_90_DAYS|TODAY|YESTERDAY|TOMORROW)\b)
    |(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    |(?P<symbol><>|!=|<=|>=|=|<|>|\(|\)|,)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word; `kind` is string, datetime, date, number, day, name, symbol, or end."""

    kind: str
    text: str
    at: int

    def says(self, word: str) -> bool:
        """Whether it is this word, in any case."""
        return self.kind in ("name", "symbol") and self.text.upper() == word


def tokens_of(query: str) -> list[Token]:
    """The words up to one of kind `end`; CallFailed MALFORMED_QUERY at a character that begins none."""
    tokens, at = [], 0
    while at < len(query):
        found = _TOKEN.match(query, at)
        if found is None:
            wrong = f"line 1:{at} no viable alternative at character '{query[at]}'"
            raise wrong_at(query, at, wrong)
        if found.lastgroup != "space":
            tokens.append(Token(cast(str, found.lastgroup), found[0], at))
        at = found.end()
    return [*tokens, Token("end", "<EOF>", at)]


def wrong_at(query: str, at: int, message: str) -> CallFailed:
    """MALFORMED_QUERY with the place in the query."""
    return malformed(pointed(query, at, message))


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
