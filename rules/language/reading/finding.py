"""Places inside a document: the node at the end of a path, and the source that a value remembers."""

from __future__ import annotations

from rules.language.place import Source
from rules.language.reading.yaml import ListNode, MapNode, Node


def place(node: Node, *path: str | int) -> Node:
    """The node at the end of a path, or the last one there is on the way to it."""
    for part in path:
        inner: Node | None = None
        if isinstance(node, MapNode):
            inner = node.get(str(part))
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            inner = node.items[part]
        if inner is None:
            return node
        node = inner
    return node


def source_of(node: Node) -> Source:
    """File, line and column of a node."""
    return Source(node.origin.name, node.line, node.column)
