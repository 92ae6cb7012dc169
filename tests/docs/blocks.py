"""The fenced blocks of the documentation, and what their info strings promise.

    console run            each `$ ` command is run, one after the other, and prints what stands below it
    console run=hubspot    the same in a project of a local HubSpot (or Salesforce)
    yaml rules             loads as rules; with error=R033 it is refused with that code
    yaml config            loads as config.yaml
    python file=NAME       is stored under that name for the page's other blocks

`exit=3` is the exit code of a block's last command. A comment `<!-- run: COMMAND -->` is run where it stands and
its output not looked at. Blocks of any other kind promise only that the commands in them exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "examples").rglob("*.md")),
)
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_HIDDEN = re.compile(r"^<!-- run: (?P<command>.*) -->$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, or one hidden command (language "hidden")."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def option(self, name: str) -> str | None:
        """What `name=` says in the info string."""
        return next((w.partition("=")[2] for w in self.words if w.startswith(f"{name}=")), None)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Every block of a page, in order."""
    return tuple(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if hidden := _HIDDEN.match(line):
            yield Block(page, number, "hidden", (), hidden["command"])
        elif fence := _FENCE.match(line):
            began, language, *words = number, *(fence["info"].split() or [""])
            body = []
            while lines[number].strip() != "```":
                body.append(lines[number].removeprefix(fence["indent"]))
                number += 1
            number += 1
            yield Block(page, began, language, tuple(words), "\n".join(body) + "\n")


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def every_block() -> list[Block]:
    """The blocks of all pages."""
    return [block for page in PAGES for block in blocks(page)]
