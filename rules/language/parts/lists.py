"""Lists of values, written in the rules or kept in a CSV or Parquet file beside them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rules.language.advice import advice_for
from rules.language.codes import Code
from rules.language.condition import Constant, FieldKind
from rules.language.place import Source
from rules.language.reading.problems import Problem, did_you_mean, listing
from rules.language.reading.textfiles import csv_rows, file_bytes, parquet_rows
from rules.language.reading.yaml import ListNode, MapNode, Node, Origin, Scalar
from rules.language.ruleset import ValueList
from rules.language.sections.lists import ListSection
from rules.language.values.countries import country_code, country_names
from rules.language.values.normalise import constant, own_country, quoted

MOST_PROBLEMS = 10
"""Wrong values of one list that are reported one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class FileRows:
    """A list's file with all its columns; rows by line, values as the list's type has them."""

    origin: Origin
    header: list[str]
    rows: dict[int, list[str]]
    values: list[tuple[Scalar, Constant]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the declared lists; what is wrong goes to `problems`.

    `tables` are lists whose rows say where each value goes: `files` gets those rows, and values that stand
    there twice are for the reader of the rows to report (`rules.language.parts.targets`).
    """

    folder: Path
    missing: Collection[str]
    problems: list[Problem] = field(default_factory=list)
    tables: Collection[str] = ()
    files: dict[str, FileRows] = field(default_factory=dict)

    def read(self, name: str, node: MapNode, section: ListSection) -> ValueList | None:
        """The list, its values normalised, distinct and sorted; None where it cannot be read at all."""
        country = self._country(name, node, section)
        if (section.file is None) == (section.values is None):
            message = f"list {quoted(name)} needs either 'file' or 'values'"
            self.problems.append(node.problem(Code.BAD_VALUE, message))
            return None
        if section.file is not None:
            data = file_bytes(self.folder, section.file, _at(node, "file"), self.problems)
            words = None if data is None else self._words(name, node, section, data)
        else:
            data, words = None, _inline(node)
        if words is None:
            return None
        values = self._values(name, words, section.type, country, node)
        digest = hashlib.sha256(data if data is not None else repr(values).encode()).hexdigest()
        source = Source(node.origin.name, node.line, node.column)
        return ValueList(name, section.type, values, section.file, digest, source)

    def _country(self, name: str, node: MapNode, section: ListSection) -> str | None:
        if section.country is None:
            return None
        code = country_code(section.country)
        if code is None:
            message = f"list {quoted(name)}: {quoted(section.country)} is not a country"
            advice = did_you_mean(section.country, country_names())
            self.problems.append(_at(node, "country").problem(Code.WRONG_KIND, message, advice))
        return code

    def _words(self, name: str, node: MapNode, section: ListSection, data: bytes) -> list[Scalar] | None:
        file = section.file or ""
        try:
            rows = parquet_rows(data) if file.endswith(".parquet") else csv_rows(data)
            _, header = next(rows, (0, []))
            index = self._index(name, node, section, [cell.strip() for cell in header])
            origin = Origin(
                file, () if file.endswith(".parquet") else tuple(data.decode("utf-8-sig").splitlines())
            )
            cells = list(rows) if index is not None else []
            if name in self.tables:
                self.files[name] = FileRows(origin, [cell.strip() for cell in header], dict(cells))
            words = [
                Scalar(origin, line, 1, row[index or 0], True)
                for line, row in cells
                if (index or 0) < len(row)
            ]
        except (UnicodeDecodeError, csv.Error, OSError, ValueError) as error:
            message = f"cannot read list file {quoted(file)}: {error}"
            self.problems.append(_at(node, "file").problem(Code.LIST_FILE, message))
            return None
        return words if index is not None else None

    def _index(self, name: str, node: MapNode, section: ListSection, names: list[str]) -> int | None:
        """The position of the list's column; a file of one column needs none named."""
        column = section.column if section.column is not None else names[0] if len(names) == 1 else None
        if column is not None and column in names:
            return names.index(column)
        self._report_column(name, node, section.file or "", column, names)
        return None

    def _report_column(
        self, name: str, node: MapNode, file: str, column: str | None, names: list[str]
    ) -> None:
        if column is None:
            message = f"list {quoted(name)}: say which 'column' of {quoted(file)}"
            self.problems.append(
                node.problem(Code.LIST_COLUMN, message, f"it has {listing(names)}" if names else "")
            )
        else:
            message = f"list {quoted(name)}: {quoted(file)} has no column {quoted(column)}"
            self.problems.append(
                _at(node, "column").problem(Code.LIST_COLUMN, message, did_you_mean(column, names))
            )

    def _values(
        self, name: str, words: Sequence[Scalar], kind: FieldKind, country: str | None, node: MapNode
    ) -> tuple[Constant, ...]:
        first: dict[Constant, Scalar] = {}
        wrong: list[tuple[Scalar, str | None]] = []
        rows = self.files.get(name)
        for word in words:
            if not word.text.strip():
                continue  # an empty cell is no value; other words for "nothing" are a mistake in a list
            found = constant(kind, word.text, country or _named_country(kind, word.text), self.missing)
            if found.value is None:
                wrong.append((word, found.problem or f"{quoted(word.text)} counts as missing"))
            elif rows is not None:
                first[found.value] = word
                rows.values.append((word, found.value))
            elif first.setdefault(found.value, word) is not word:
                wrong.append((word, None))
        if not first and not wrong:
            self.problems.append(node.problem(Code.EMPTY_VALUES, f"list {quoted(name)} has no values"))
        self._report_values(name, wrong, kind, country, first)
        if len(wrong) > MOST_PROBLEMS:
            rest = f"list {quoted(name)}: {len(wrong) - MOST_PROBLEMS:,} more of its {len(words):,} values are wrong"
            self.problems.append(node.problem(Code.LIST_VALUE, rest))
        return tuple(sorted(first))

    def _report_values(
        self,
        name: str,
        wrong: Sequence[tuple[Scalar, str | None]],
        kind: FieldKind,
        country: str | None,
        first: Mapping[Constant, Scalar],
    ) -> None:
        """Reports the first wrong values; one without a problem of its own is a repetition."""
        for word, problem in wrong[:MOST_PROBLEMS]:
            if problem is None:
                value = constant(kind, word.text, country or _named_country(kind, word.text)).value
                assert value is not None
                self.problems.append(_duplicate(name, word, first[value]))
            else:
                advice = advice_for(kind, word.text, country)
                self.problems.append(word.problem(Code.LIST_VALUE, f"list {quoted(name)}: {problem}", advice))


def _duplicate(name: str, word: Scalar, earlier: Scalar) -> Problem:
    same = "" if word.text == earlier.text else f" (there as {quoted(earlier.text)})"
    message = f"list {quoted(name)}: {quoted(word.text)} is there already, in line {earlier.line}{same}"
    return word.problem(Code.LIST_DUPLICATE, message, "keep one of them")


def _named_country(kind: FieldKind, text: str) -> str | None:
    return own_country(text) if kind in (FieldKind.STATE, FieldKind.POSTAL_CODE) else None


def _at(node: MapNode, key: str) -> Node:
    return node.values.get(key, node)


def _inline(node: MapNode) -> list[Scalar]:
    values = node.get("values")
    return [item for item in values.items if isinstance(item, Scalar)] if isinstance(values, ListNode) else []


def digests(lists: Mapping[str, ValueList]) -> list[str]:
    """One line for each list, for the rule set's hash."""
    return [f"{name} {found.sha256}" for name, found in sorted(lists.items())]
