"""The rules as one tree, however many files they are in: `include:` and `vars:` are gone when it is read on.

All paths are relative to the folder of the first file, and inside it. Included files hold collections only;
what stands in the document once stands in the first file. Entries of included files come before those of
the file that includes them, in the order of `include:`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from rules.language.codes import Code
from rules.language.reading.problems import DocumentError, Problem, did_you_mean, listing
from rules.language.reading.variables import MARK, Substitution, variables
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar, document_bytes, parse_document
from rules.language.values.normalise import quoted

MAPPINGS = ("vars", "lists", "kinds", "synonyms", "derived", "reps", "pods", "domains")
SEQUENCES = ("rules", "exceptions", "tests")
COLLECTIONS = (*MAPPINGS, *SEQUENCES)
MOST_FILES = 200
MOST_LEVELS = 8
"""Of files that include files."""


@dataclass(frozen=True, slots=True)
class Documents:
    """One tree, and the files that it was read from: relative names, the first file first."""

    root: MapNode
    files: tuple[str, ...]
    digest: str
    """SHA-256 over the names and bytes of the files."""


def read_documents(path: Path) -> Documents:
    """The rules at the path with everything that they include; DocumentError holds every error of all files."""
    reading = _Reading(path.parent)
    root = reading.first(path)
    if reading.problems:
        raise DocumentError(reading.problems)
    return root


@dataclass(slots=True)
class _Reading:
    folder: Path
    problems: list[Problem] = field(default_factory=list)
    places: dict[Path, Scalar | None] = field(default_factory=dict)
    """Every file that was read, and where it is included."""
    files: list[str] = field(default_factory=list)
    digest: list[str] = field(default_factory=list)
    uses_variables: bool = False

    def first(self, path: Path) -> Documents:
        self.places[path.resolve()] = None
        node = self._parsed(path, path.name)
        if not isinstance(node, MapNode):
            message, advice = "the rules must be a mapping", "begin with 'version: 1'"
            raise DocumentError([node.problem(Code.BAD_VALUE, message, advice)])
        root = self._merged(node, self._included(node, 1))
        found = variables(root.get("vars"), self.problems)
        root = root.without("include", "vars")
        if self.uses_variables:
            made = Substitution(found, self.problems).apply(root)
            assert isinstance(made, MapNode)
            root = made
        digest = hashlib.sha256("\n".join(self.digest).encode()).hexdigest()
        return Documents(root, tuple(self.files), digest)

    def _parsed(self, path: Path, name: str) -> Node:
        data = document_bytes(path, name)
        self.files.append(name)
        self.digest.append(f"{name} {hashlib.sha256(data).hexdigest()}")
        self.uses_variables = self.uses_variables or MARK.encode() in data
        return parse_document(data, name)

    def _included(self, node: MapNode, level: int) -> list[MapNode]:
        """The documents that a document includes, each with its own included ones merged into it."""
        found = [self._read(word, level) for word in self._names(node)]
        return [document for document in found if document is not None]

    def _names(self, node: MapNode) -> list[Scalar]:
        include = node.get("include")
        items = include.items if isinstance(include, ListNode) else (include,) if include is not None else ()
        words = [item for item in items if isinstance(item, Scalar) and not item.is_null]
        if len(words) < len(items) and include is not None and include.plain() is not None:
            message = "'include' must be a list of file names"
            self.problems.append(include.problem(Code.INCLUDE, message))
        return words

    def _read(self, word: Scalar, level: int) -> MapNode | None:
        path = self.folder / word.text
        why, advice = self._refusal(path, word, level)
        if why:
            self.problems.append(word.problem(Code.INCLUDE, f"include {quoted(word.text)}: {why}", advice))
            return None
        self.places[path.resolve()] = word
        try:
            node = self._parsed(path, path.resolve().relative_to(self.folder.resolve()).as_posix())
        except DocumentError as error:
            self.problems += error.problems
            return None
        if not isinstance(node, MapNode):
            if node.plain() is not None:
                self.problems.append(node.problem(Code.BAD_VALUE, "an included file must be a mapping"))
            return None
        return self._merged(self._collections(node), self._included(node, level + 1))

    def _refusal(self, path: Path, word: Scalar, level: int) -> tuple[str, str]:
        """Why a file cannot be included, and what to do; empty where it can."""
        try:
            full = path.resolve()
            is_inside, is_file = full.is_relative_to(self.folder.resolve()), full.is_file()
        except (OSError, ValueError, RuntimeError) as error:
            return f"not a file name: {error}", ""
        if not is_inside:
            return "is outside the folder of the rules", "move it beside the rules"
        if full in self.places:
            before = self.places[full]
            if before is None:
                return "is where the rules begin, and would include itself", "remove the line"
            place = f"{before.origin.name}:{before.line}"
            return f"is included already, by {place}", "include each file once"
        if not is_file:
            return "there is no such file", self._beside(path)
        if level > MOST_LEVELS:
            return f"is more than {MOST_LEVELS} files deep", "include it further up"
        if len(self.places) >= MOST_FILES:
            return f"is more than the {MOST_FILES} files that rules may have", ""
        return "", ""

    def _beside(self, path: Path) -> str:
        try:
            found = sorted(p for p in path.parent.iterdir() if p.suffix in (".yaml", ".yml"))[:1000]
            return did_you_mean(str(path), [str(p) for p in found]).replace(f"{self.folder}/", "")
        except (OSError, ValueError):
            return ""

    def _collections(self, node: MapNode) -> MapNode:
        """An included document without what may not stand in it, which is reported."""
        wrong = [key for key in node.keys if key not in (*COLLECTIONS, "include", "version")]
        for name in wrong:
            advice = did_you_mean(name, COLLECTIONS)
            if not advice.startswith("did"):
                advice = f"an included file has {listing(COLLECTIONS)}; the rest stands in {self.files[0]}"
            message = f"key {quoted(name)} cannot stand in an included file"
            self.problems.append(node.keys[name].problem(Code.INCLUDE, message, advice))
        return node.without("version", *wrong)

    def _merged(self, node: MapNode, included: list[MapNode]) -> MapNode:
        """The document with the entries of the included ones before its own."""
        if not included:
            return node
        keys, values = dict(node.keys), dict(node.values)
        for name in COLLECTIONS:
            holders = [document for document in (*included, node) if name in document.values]
            found = [document.values[name] for document in holders]
            if not holders:
                continue
            keys.setdefault(name, holders[0].keys[name])
            values[name] = found[0] if len(found) == 1 else self._together(name, found)
        return MapNode(node.origin, node.line, node.column, keys, values)

    def _together(self, name: str, found: list[Node]) -> Node:
        wanted = MapNode if name in MAPPINGS else ListNode
        for node in found:
            if not isinstance(node, wanted) and node.plain() is not None:
                form = "a mapping" if name in MAPPINGS else "a list"
                self.problems.append(node.problem(Code.BAD_VALUE, f"{name!r} must be {form}"))
        place = found[-1]
        if name in SEQUENCES:
            items = tuple(item for node in found if isinstance(node, ListNode) for item in node.items)
            return ListNode(place.origin, place.line, place.column, items)
        return self._names_once(name, [node for node in found if isinstance(node, MapNode)], place)

    def _names_once(self, name: str, found: list[MapNode], place: Node) -> MapNode:
        keys: dict[str, Scalar] = {}
        values: dict[str, Node] = {}
        for node in found:
            for key, value in node.entries():
                first = keys.setdefault(key.text, key)
                values.setdefault(key.text, value)
                if first is not key:
                    message = (
                        f"{name}: {quoted(key.text)} is there already, in {first.origin.name}:{first.line}"
                    )
                    advice = "names are unique over all files"
                    self.problems.append(key.problem(Code.DUPLICATE_KEY, message, advice))
        return MapNode(place.origin, place.line, place.column, keys, values)
