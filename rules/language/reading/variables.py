"""Variables: values that a document names once and uses as `${name}`.

Values only: no keys, no environment, no variable inside a variable, nothing computed. `$${` is a literal `${`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rules.language.codes import Code
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar
from rules.language.values.normalise import quoted

MARK = "${"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_USE = re.compile(r"\$\$\{|\$\{([^{}$]*)\}|\$\{")
"""A literal "${", a use, or a use that is not closed."""


def variables(node: Node | None, problems: list[Problem]) -> dict[str, Scalar | ListNode]:
    """The declared variables: one value or a list of values each; what is wrong goes to `problems`."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    if not isinstance(node, MapNode):
        problems.append(node.problem(Code.BAD_VALUE, "'vars' must be a mapping of names to values"))
        return {}
    found = {}
    for key, value in node.entries():
        problem = _declared_wrong(key, value)
        if problem is not None:
            problems.append(problem)
        elif isinstance(value, Scalar | ListNode):
            found[key.text] = value
    return found


def _declared_wrong(key: Scalar, value: Node) -> Problem | None:
    if not _NAME.fullmatch(key.text):
        message = f"{quoted(key.text)} cannot be a variable's name"
        return key.problem(Code.BAD_VALUE, message, "use letters, digits, '_' and '-'")
    words = value.items if isinstance(value, ListNode) else (value,)
    for word in words:
        if not isinstance(word, Scalar) or word.is_null:
            return word.problem(
                Code.BAD_VALUE, f"variable {quoted(key.text)} must be a value or a list of values"
            )
        if MARK in word.text:
            advice = "write the value out; '$${' stands for '${' where a variable is used"
            return word.problem(Code.VARIABLE, f"variable {quoted(key.text)} uses a variable", advice)
    return None


@dataclass(frozen=True, slots=True)
class Substitution:
    """Puts values in place of their names; what is wrong goes to `problems`."""

    values: Mapping[str, Scalar | ListNode]
    problems: list[Problem]

    def apply(self, node: Node) -> Node:
        """The node with variables replaced; places stay those of the use. Depth is bounded by the YAML reader."""
        if isinstance(node, MapNode):
            return replace(node, values={key: self.apply(value) for key, value in node.values.items()})
        if isinstance(node, ListNode):
            return replace(node, items=tuple(self._items(node)))
        return self._scalar(node) if isinstance(node, Scalar) and MARK in node.text else node

    def _items(self, node: ListNode) -> Iterator[Node]:
        """The items; a variable that is a list puts its values among them."""
        for item in node.items:
            made = self.apply(item)
            if isinstance(item, Scalar) and isinstance(made, ListNode):
                yield from made.items
            else:
                yield made

    def _scalar(self, node: Scalar) -> Node:
        whole = _USE.fullmatch(node.text)
        if whole is not None and whole[1] is not None:
            found = self._value(node, whole[1])
            return node if found is None else _moved(found, node)
        return replace(node, text=_USE.sub(self._within(node), node.text))

    def _within(self, node: Scalar) -> Callable[[re.Match[str]], str]:
        def text_of(use: re.Match[str]) -> str:
            if use[0] == "$" + MARK:
                return MARK
            if use[1] is None:
                self._report(
                    node, "'${' is not closed", "write ${name}, or $${ for the characters themselves"
                )
                return use[0]
            found = self._value(node, use[1])
            if isinstance(found, ListNode):
                advice = "a list can only be a whole value, or an item of a list"
                self._report(node, f"variable {quoted(use[1])} is a list, and stands inside a text", advice)
            return found.text if isinstance(found, Scalar) else use[0]

        return text_of

    def _value(self, node: Scalar, name: str) -> Scalar | ListNode | None:
        found = self.values.get(name)
        if found is None:
            advice = did_you_mean(name, self.values) or "declare it under 'vars:'"
            self._report(node, f"unknown variable {quoted(name)}", advice)
        return found

    def _report(self, node: Scalar, message: str, advice: str) -> None:
        self.problems.append(node.problem(Code.VARIABLE, message, advice))


def _moved(value: Scalar | ListNode, use: Scalar) -> Node:
    """The value at the place where it is used."""
    if isinstance(value, Scalar):
        return Scalar(use.origin, use.line, use.column, value.text, value.quoted)
    words = (item for item in value.items if isinstance(item, Scalar))
    items = tuple(Scalar(use.origin, use.line, use.column, word.text, word.quoted) for word in words)
    return ListNode(use.origin, use.line, use.column, items)
