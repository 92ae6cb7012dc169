"""Reads the rules: the YAML and its lists, checked as a whole, every error at once."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.fields import STANDARD_FIELDS
from rules.language.parts.assignments import rules
from rules.language.parts.derivations import Entry, band_names, derived, derived_kinds
from rules.language.parts.exceptions import exceptions
from rules.language.parts.header import check_header, family_of, holders_of
from rules.language.parts.known_values import known_values
from rules.language.parts.lists import ListReader, digests
from rules.language.parts.meanings import meanings_of
from rules.language.parts.overlaps import overlaps
from rules.language.parts.ruletests import rule_tests
from rules.language.parts.staff import pods, reps
from rules.language.parts.targets import Tables, tables_in
from rules.language.parts.workloads import workload
from rules.language.reading.documents import Documents, read_documents
from rules.language.reading.problems import DocumentError, Problem, RulesError
from rules.language.reading.validation import check
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar
from rules.language.ruleset import RuleSet, ValueList, Workload
from rules.language.sections.base import Section
from rules.language.sections.derived import FORMS, form_of
from rules.language.sections.document import Document, DomainSection, Header
from rules.language.sections.lists import ListSection
from rules.language.sections.people import PodSection, RepSection
from rules.language.sections.rules import ExceptionSection, RuleSection
from rules.language.sections.tests import TestSection
from rules.language.values.folding import fold

__all__ = ["STANDARD_FIELDS", "RulesError", "load_rules"]

M = TypeVar("M", bound=BaseModel)
MOST_RULES = 20_000
_COLLECTIONS = ("lists", "derived", "reps", "pods", "rules", "exceptions", "domains", "tests")


def load_rules(path: Path, fields: Mapping[str, FieldKind] = STANDARD_FIELDS) -> RuleSet:
    """The rule set that a YAML file and its lists make; RulesError holds every error, in order of place.

    `fields` says which account fields rules may use, and their kinds: the standard ones and the config's own.
    List files are looked for beside the rules.
    """
    # Nearly everything that is made here stays: looking through it for garbage is a third of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        return _Loading(path.parent, read_documents(path), fields).load()
    finally:
        if was_on:
            gc.enable()


class _Loading:
    """One reading of a document: parts are checked one by one, so that no error hides another."""

    def __init__(self, folder: Path, documents: Documents, fields: Mapping[str, FieldKind]) -> None:
        self._folder, self._documents, self._fields = folder, documents, fields
        self._root = documents.root
        self._problems: list[Problem] = []

    def load(self) -> RuleSet:
        header = self._header()
        missing = frozenset(fold(word) for word in header.missing_values)
        reader = ListReader(self._folder, missing, self._problems, tables_in(self._root.get("rules")))
        lists, kinds = self._lists(reader)
        entries = self._derived()
        own = meanings_of(self._root, header, self._folder, self._fields, missing, self._problems)
        fields = {**own.fields, **derived_kinds(entries, own.fields, self._problems)}
        leaves = Leaves(fields, kinds, missing, self._problems, own.synonyms, lists, band_names(entries))
        check_header(self._root, header, leaves)
        found_derived = derived(entries, leaves)
        found_pods = pods(self._mapping("pods", PodSection), self._problems)
        found_reps = reps(self._mapping("reps", RepSection), self._problems)
        found, roles = rules(
            self._items("rules", RuleSection), header, Tables(reader.files, lists, found_pods, leaves), leaves
        )
        found = [*exceptions(self._items("exceptions", ExceptionSection), roles, leaves), *found]
        self._problems += overlaps(found, lists, self._root.origin)
        found_workload = self._workload(header, leaves)
        tests = rule_tests(self._items("tests", TestSection), found, found_pods, roles, leaves)
        domains = known_values(self._mapping("domains", DomainSection), found_derived, leaves)
        holders, family = holders_of(self._root, header, leaves), family_of(self._root, header, leaves)
        if self._problems:
            raise DocumentError(self._problems)
        month, day = header.as_of.fiscal_year_start.split("-")
        return RuleSet(
            rules=tuple(found),
            levels=header.levels,
            lists=lists,
            pods=found_pods,
            fields=fields,
            timezone=header.as_of.timezone,
            fiscal_year_start=(int(month), int(day)),
            missing_values=tuple(sorted(missing | {""})),
            missing_numbers=header.missing_numbers,
            workload=found_workload,
            hash=self._hash([*digests(lists), *own.digests]),
            files=(
                *self._documents.files,
                *sorted({f.file for f in lists.values() if f.file} | own.files.keys()),
            ),
            roles=tuple(roles),
            tests=tests,
            derived=found_derived,
            synonyms=own.synonyms,
            money=own.money,
            domains=domains,
            reps=found_reps,
            holders=holders,
            family=family,
        )

    def _header(self) -> Header:
        """What stands in the document once; defaults where it is wrong, so that the rest is still checked."""
        node = self._root.without(*_COLLECTIONS)
        header, problems = check(node, Header, Document)
        self._problems += problems
        if "rules" not in self._root.values:
            self._problems.append(self._root.problem(Code.MISSING_KEY, "'rules' is missing here"))
        if header is not None:
            return header
        good = [key for key in node.values if check(_only(node, key), Header)[0] is not None]
        kept, _ = check(_only(node, *good), Header)
        return kept or Header(version=1)

    def _lists(self, reader: ListReader) -> tuple[dict[str, ValueList], dict[str, FieldKind]]:
        """The lists that can be read, and the kind of every declared one (so that its uses are checked)."""
        lists, kinds = {}, {}
        for key, node, section in self._mapping("lists", ListSection):
            kinds[key.text] = section.type if section is not None else FieldKind.TEXT
            if section is not None and (found := reader.read(key.text, node, section)) is not None:
                lists[key.text] = found
        return lists, kinds

    def _derived(self) -> list[Entry]:
        """The entries of `derived:`, each read as the form that its keys show."""
        node = self._root.get("derived")
        if not isinstance(node, MapNode):
            list(self._mapping("derived", Section))
            return []
        found = []
        for key, value in node.entries():
            section = self._section(value, FORMS[form_of(value.plain())])
            if isinstance(value, MapNode):
                found.append(Entry(key, value, section))
        return found

    def _workload(self, header: Header, leaves: Leaves) -> Workload | None:
        node = self._root.get("workload")
        if header.workload is None or not isinstance(node, MapNode):
            return None
        return workload(node, header.workload, leaves)

    def _mapping(self, name: str, model: type[M]) -> Iterator[tuple[Scalar, MapNode, M | None]]:
        """The named entries of a collection; a wrong one is reported and comes as None."""
        node = self._root.get(name)
        if isinstance(node, MapNode):
            for key, value in node.entries():
                section = self._section(value, model)
                if isinstance(value, MapNode):
                    yield key, value, section
        elif node is not None and node.plain() is not None:
            self._problems.append(node.problem(Code.BAD_VALUE, f"{name!r} must be a mapping of names"))

    def _items(self, name: str, model: type[M]) -> Iterator[tuple[MapNode, M | None]]:
        """The items of a collection; a wrong one is reported and comes as None."""
        node = self._root.get(name)
        if isinstance(node, ListNode) and len(node.items) <= MOST_RULES:
            for item in node.items:
                section = self._section(item, model)
                if isinstance(item, MapNode):
                    yield item, section
        elif isinstance(node, ListNode):
            message = f"{len(node.items):,} {name} are more than {MOST_RULES:,}"
            advice = "put the values that differ into a CSV file, and use 'in_list'"
            self._problems.append(node.problem(Code.TOO_MUCH, message, advice))
        elif node is not None and (node.plain() is not None or name == "rules"):
            self._problems.append(node.problem(Code.BAD_VALUE, f"{name!r} must be a list"))
        if name == "rules" and isinstance(node, ListNode) and not node.items:
            self._problems.append(node.problem(Code.EMPTY_VALUES, "there are no rules"))

    def _section(self, node: Node, model: type[M]) -> M | None:
        section, problems = check(node, model)
        self._problems += problems
        return section

    def _hash(self, digests: list[str]) -> str:
        """SHA-256 over the documents, every file that they name and the kinds of the fields."""
        fields = [f"{name} {kind.value}" for name, kind in sorted(self._fields.items())]
        return hashlib.sha256("\n".join([self._documents.digest, *digests, *fields]).encode()).hexdigest()


def _only(node: MapNode, *names: str) -> MapNode:
    """A header with nothing but these keys, and the version that every header has."""
    bare = node.without(*(key for key in node.keys if key not in names))
    version = Scalar(node.origin, node.line, node.column, "1")
    return MapNode(node.origin, node.line, node.column, bare.keys, {**bare.values, "version": version})
