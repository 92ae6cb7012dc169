"""What is wrong with a document, where, and what to do: shown as a compiler would."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.language.codes import Code

WIDTH = 110
"""Characters of a source line that are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error with its place; line and column count from 1, `suggestion` and `source_line` may be empty."""

    file: str
    line: int
    column: int
    code: Code
    message: str
    suggestion: str = ""
    source_line: str = ""

    def __str__(self) -> str:
        sentence = f"{self.message}; {self.suggestion}" if self.suggestion else self.message
        head = f"{self.file}:{self.line}:{self.column}: {self.code.value} {safe(sentence)}"
        return f"{head}\n{self._excerpt()}" if self.source_line.strip() else head

    def _excerpt(self) -> str:
        """The source line with a caret under the column, cut to a window around it."""
        start = max(0, self.column - WIDTH * 2 // 3) if len(self.source_line) > WIDTH else 0
        shown = safe(self.source_line[start : start + WIDTH])
        return f"    {shown}\n    {' ' * (self.column - 1 - start)}^"


class DocumentError(Exception):
    """A document cannot be used; `problems` holds every error found in it, in order of place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        ordered = sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.code.value, p.message))
        self.problems: tuple[Problem, ...] = tuple(ordered)
        super().__init__("\n".join(str(p) for p in self.problems))


RulesError = DocumentError
"""What `load_rules` raises: the rules are a document like any other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The advice for a misspelt name: the nearest known one, else the few there are, else nothing."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    return f"known are {listing(names)}" if 0 < len(names) <= 12 else ""


def listing(names: Sequence[str], most: int = 12) -> str:
    """Names in a sentence: "a, b, c", cut after `most` with the number that is left out."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def safe(text: str) -> str:
    """The text on one line without control or bidirectional characters; one "�" or blank stands for each."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_safe_character(c) for c in text)


def _safe_character(character: str) -> str:
    if character.isspace():
        return " "
    return "�" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character
