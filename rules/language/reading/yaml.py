"""YAML as a tree of nodes that know their place; scalars stay text, whatever they look like.

Built from parser events, because the usual route is wrong for rules that people write: `NO` becomes False,
`02116` a number, the last of two equal keys wins, and deep nesting ends the process with a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rules.language.codes import Code
from rules.language.reading.problems import DocumentError, Problem

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 600_000
MAX_ITEMS = 50_000
"""Of one list or mapping; the document is refused as soon as one has more."""
_LONG_LISTS = "put long lists of values into CSV files and name them under 'lists:'"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Plain = dict[str, Any] | list[Any] | str | None
"""A node without its place: what pydantic is given."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The document that a node stands in: its name in messages, and its lines."""

    name: str
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """The source line, counted from 1; empty past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value in a document; line and column count from 1."""

    origin: Origin
    line: int
    column: int

    def plain(self) -> Plain:
        """The value without places: dicts, lists, text, and None for an unquoted null or nothing."""
        raise NotImplementedError

    def problem(self, code: Code, message: str, suggestion: str = "") -> Problem:
        """An error at this place."""
        source = self.origin.line(self.line)
        return Problem(self.origin.name, self.line, self.column, code, message, suggestion, source)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar(Node):
    """Text; `quoted` tells "" from nothing and "null" from null."""

    text: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Nothing stands here, or an unquoted null."""
        return not self.quoted and self.text in _NULLS

    def plain(self) -> str | None:
        return None if self.is_null else self.text


@dataclass(frozen=True, slots=True, eq=False)
class ListNode(Node):
    """A sequence."""

    items: tuple[Node, ...]

    def plain(self) -> list[Any]:
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True, eq=False)
class MapNode(Node):
    """A mapping in the order of the document; its keys are text and distinct."""

    keys: dict[str, Scalar]
    values: dict[str, Node]

    def plain(self) -> dict[str, Any]:
        return {key: value.plain() for key, value in self.values.items()}

    def get(self, key: str) -> Node | None:
        """The value of a key, None where it is absent."""
        return self.values.get(key)

    def entries(self) -> Iterator[tuple[Scalar, Node]]:
        """Keys and values in the order of the document."""
        return ((key, self.values[name]) for name, key in self.keys.items())

    def without(self, *names: str) -> MapNode:
        """The same place with fewer keys."""
        kept = {name: key for name, key in self.keys.items() if name not in names}
        return MapNode(self.origin, self.line, self.column, kept, {name: self.values[name] for name in kept})


def read_yaml(path: Path, name: str | None = None) -> Node:
    """The document at a path; DocumentError says why it is none. `name` stands for it in messages."""
    shown = name or path.name
    return parse_document(document_bytes(path, shown), shown)


def document_bytes(path: Path, name: str) -> bytes:
    """What is in a file that may be a document; DocumentError where it cannot be read or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError([_whole(name, _too_large(path.stat().st_size), _LONG_LISTS)])
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError([_whole(name, f"cannot read {name}: {reason}")]) from error


def parse_document(data: bytes, name: str) -> Node:
    """The document that a file's bytes are."""
    try:
        return parse_yaml(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise DocumentError(
            [_whole(name, f"byte {error.start:,} is not UTF-8", "save the file as UTF-8")]
        ) from error


def parse_yaml(text: str, name: str) -> Node:
    """The document that a text is; an empty one is a null."""
    if len(text) > MAX_BYTES:
        raise DocumentError([_whole(name, _too_large(len(text)), _LONG_LISTS)])
    origin = Origin(name, tuple(text.splitlines()))
    try:
        return _Builder(origin).build(_events(_parser()(text)))
    except yaml.MarkedYAMLError as error:
        raise DocumentError([_syntax(origin, error)]) from error
    except yaml.reader.ReaderError as error:
        raise DocumentError([_unprintable(origin, text, error)]) from error


class _PurePython(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """The parser for a PyYAML built without libyaml."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _parser() -> Callable[[str], Any]:
    """libyaml's parser, some ten times as fast, where PyYAML was built with it."""
    if yaml.__with_libyaml__:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]

        return CParser
    return _PurePython


def _events(parser: Any) -> Iterator[yaml.Event]:
    while (event := parser.get_event()) is not None:
        yield event
        if isinstance(event, yaml.StreamEndEvent):
            return


def _too_large(size: int) -> str:
    return f"{size / 1024**2:,.1f} MB is more than the {MAX_BYTES // 1024**2} MB that a document may have"


def _whole(name: str, message: str, suggestion: str = "") -> Problem:
    return Problem(name, 1, 1, Code.UNREADABLE, message, suggestion)


def _syntax(origin: Origin, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    message = " ".join(str(part) for part in (error.context, error.problem) if part)
    is_variable = "${" in origin.line(line)[: column + 1]
    advice = "inside [ ] and { } a variable stands in quotes: '${name}'" if is_variable else ""
    return Node(origin, line, column).problem(Code.SYNTAX, f"not YAML: {message}", advice)


def _unprintable(origin: Origin, text: str, error: yaml.reader.ReaderError) -> Problem:
    found = next((i for i, c in enumerate(text) if yaml.reader.Reader.NON_PRINTABLE.match(c)), 0)
    line = text.count("\n", 0, found) + 1
    column = found - (text.rfind("\n", 0, found) + 1) + 1
    message = f"not YAML: {error.reason}: U+{ord(text[found]):04X}" if text else f"not YAML: {error.reason}"
    return Node(origin, line, column).problem(Code.SYNTAX, message)


@dataclass(slots=True)
class _Open:
    """A sequence or mapping whose end has not come; `key` waits for its value."""

    line: int
    column: int
    items: list[Node] | None
    keys: dict[str, Scalar]
    values: dict[str, Node]
    key: Scalar | None = None


def _too_long(top: _Open, origin: Origin) -> Problem:
    what = "mapping" if top.items is None else "list"
    message = f"a {what} of more than {MAX_ITEMS:,} values"
    return Node(origin, top.line, top.column).problem(Code.TOO_MUCH, message, _LONG_LISTS)


class _Builder:
    """Turns events into nodes, and stops at the first thing that a document may not hold.

    Only duplicate keys let it go on: they are collected, so that all of them are reported at once.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self._count = 0
        self._problems: list[Problem] = []

    def build(self, events: Iterator[yaml.Event]) -> Node:
        for event in events:
            self._take(event)
        if self._problems:
            raise DocumentError(self._problems)
        return self._root or Scalar(self._origin, 1, 1, "")

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_extras(event, event.tag)
            self._place(Scalar(self._origin, *_position(event), event.value, bool(event.style)))
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._refuse_extras(event, event.tag)
            self._open(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._place(self._close())
        elif isinstance(event, yaml.AliasEvent):
            self._stop(
                event, Code.NOT_ALLOWED, f"alias '*{event.anchor}' is not allowed", "write the value out"
            )
        elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            self._stop(event, Code.NOT_ALLOWED, "a second document is not allowed", "use one file for each")

    def _refuse_extras(self, event: Any, tag: str | None) -> None:
        if event.anchor is not None:
            self._stop(
                event, Code.NOT_ALLOWED, f"anchor '&{event.anchor}' is not allowed", "write the value out"
            )
        if tag is not None:
            self._stop(event, Code.NOT_ALLOWED, f"tag {tag!r} is not allowed", "write the plain value")

    def _open(self, event: yaml.Event) -> None:
        if len(self._stack) >= MAX_DEPTH:
            self._stop(event, Code.TOO_MUCH, f"nested deeper than {MAX_DEPTH} levels")
        if self._stack and self._stack[-1].items is None and self._stack[-1].key is None:
            self._stop(event, Code.NOT_ALLOWED, "a key must be text")
        items: list[Node] | None = [] if isinstance(event, yaml.SequenceStartEvent) else None
        self._stack.append(_Open(*_position(event), items, {}, {}))

    def _close(self) -> Node:
        top = self._stack.pop()
        if top.items is not None:
            return ListNode(self._origin, top.line, top.column, tuple(top.items))
        return MapNode(self._origin, top.line, top.column, top.keys, top.values)

    def _place(self, node: Node) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            problem = node.problem(Code.TOO_MUCH, f"more than {MAX_NODES:,} values", _LONG_LISTS)
            raise DocumentError([problem])
        if not self._stack:
            self._root = node
        elif (items := self._stack[-1].items) is not None:
            items.append(node)
            if len(items) > MAX_ITEMS:
                raise DocumentError([_too_long(self._stack[-1], self._origin)])
        else:
            self._place_in_mapping(self._stack[-1], node)

    def _place_in_mapping(self, mapping: _Open, node: Node) -> None:
        if mapping.key is not None:
            mapping.values.setdefault(mapping.key.text, node)
            mapping.key = None
            return
        assert isinstance(node, Scalar)
        mapping.key = node
        if len(mapping.keys) > MAX_ITEMS:
            raise DocumentError([_too_long(mapping, self._origin)])
        first = mapping.keys.setdefault(node.text, node)
        if first is not node:
            message = f"key {node.text!r} stands here twice, first in line {first.line}"
            self._problems.append(node.problem(Code.DUPLICATE_KEY, message, "keep one of them"))

    def _stop(self, event: yaml.Event, code: Code, message: str, suggestion: str = "") -> None:
        raise DocumentError([Node(self._origin, *_position(event)).problem(code, message, suggestion)])


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None
    return mark.line + 1, mark.column + 1
