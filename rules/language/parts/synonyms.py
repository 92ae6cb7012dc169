"""Several spellings of one thing, as the rules declare them: `synonyms: {industry: {Banking: [Banks]}}`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.textfiles import read_columns
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar
from rules.language.sections.values import SynonymFile
from rules.language.values.folding import fold, is_missing
from rules.language.values.normalise import quoted

Pair = tuple[Scalar, Scalar]
"""A spelling and what it stands for."""


@dataclass(frozen=True, slots=True)
class SynonymReader:
    """Reads the declared synonyms; what is wrong goes to `problems`, and `files` gets every file with its SHA-256."""

    folder: Path
    fields: Mapping[str, FieldKind]
    missing: Collection[str]
    problems: list[Problem]
    files: dict[str, str] = field(default_factory=dict)

    def read(
        self, node: Node | None, sections: Mapping[str, SynonymFile | Mapping[str, tuple[str, ...]]]
    ) -> dict[str, dict[str, str]]:
        """Per field of text: folded spelling to the folded one that it stands for, in the order of the fields."""
        found = {}
        for name, section in sections.items():
            assert isinstance(node, MapNode)
            if self._takes(node.keys[name]):
                entry = node.values[name]
                pairs = self._from_file(entry, section) if isinstance(section, SynonymFile) else _words(entry)
                found[name] = self._table(name, pairs)
        return found

    def _takes(self, name: Scalar) -> bool:
        kind = self.fields.get(name.text)
        if kind is None:
            advice = did_you_mean(name.text, self.fields)
            self._report(name, Code.UNKNOWN_FIELD, f"unknown field {quoted(name.text)}", advice)
        elif kind not in (FieldKind.TEXT, FieldKind.MULTI_SELECT):
            message = f"{name.text} is a {kind.value.replace('_', ' ')}, and only text has synonyms"
            self._report(name, Code.WRONG_KIND, message, "")
        return kind in (FieldKind.TEXT, FieldKind.MULTI_SELECT)

    def _from_file(self, node: Node, section: SynonymFile) -> Iterator[Pair]:
        assert isinstance(node, MapNode)
        at, columns = node.values["file"], section.columns
        if columns.spelling == columns.means:
            self._report(at, Code.LIST_COLUMN, "spelling and meaning are one column", "name two")
            return
        named = node.values.get("columns", at)
        wanted = {columns.spelling: named, columns.means: named}
        found = read_columns(self.folder, section.file, wanted, at, self.problems)
        if found is not None:
            self.files[section.file] = found.sha256
            yield from ((spelling, means) for spelling, means in found.rows)

    def _table(self, name: str, pairs: Iterator[Pair]) -> dict[str, str]:
        """Spelling to meaning; a spelling of two things, or a meaning that is a spelling itself, is reported."""
        table: dict[str, str] = {}
        places: dict[str, Pair] = {}
        for spelling, means in pairs:
            key, value = fold(spelling.text), fold(means.text)
            if self._is_nothing(name, spelling) or self._is_nothing(name, means) or key == value:
                continue
            first = places.setdefault(key, (spelling, means))
            if table.setdefault(key, value) != value:
                where = f"{first[0].origin.name}:{first[0].line}"
                message = f"{name}: {quoted(spelling.text)} stands for {quoted(means.text)} here and for {quoted(first[1].text)} in {where}"
                self._report(spelling, Code.SYNONYM, message, "keep one of them")
        for key, value in table.items():
            if value in table:
                message = (
                    f"{name}: {quoted(places[key][1].text)} stands for {quoted(places[value][1].text)} itself"
                )
                advice = f"let {quoted(places[key][0].text)} stand for {quoted(places[value][1].text)}"
                self._report(places[key][0], Code.SYNONYM, message, advice)
        return table

    def _is_nothing(self, name: str, word: Scalar) -> bool:
        if not is_missing(word.text, self.missing):
            return False
        self._report(word, Code.COUNTS_AS_MISSING, f"{name}: {quoted(word.text)} counts as missing", "")
        return True

    def _report(self, at: Node, code: Code, message: str, advice: str) -> None:
        self.problems.append(at.problem(code, message, advice))


def _words(node: Node) -> Iterator[Pair]:
    """The pairs of a mapping of words to their spellings."""
    for means, spellings in node.entries() if isinstance(node, MapNode) else ():
        items = spellings.items if isinstance(spellings, ListNode) else (spellings,)
        for spelling in items:
            if isinstance(spelling, Scalar):
                yield spelling, means
