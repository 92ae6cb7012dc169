"""Rules out of a list's file: one for each different target that its columns name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.language.codes import Code
from rules.language.condition import Constant, InList
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.whenform import conjunction
from rules.language.parts.lists import MOST_PROBLEMS, FileRows
from rules.language.people import Pod
from rules.language.reading.finding import place
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar
from rules.language.ruleset import Rule, ValueList
from rules.language.sections.rules import TableSection
from rules.language.values.normalise import quoted

MOST_TARGETS = 10_000
COLUMNS = ("territory", "owner", "pod")
Cells = Mapping[str, str]
"""What a row says of each of the columns; blank cells are left out."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Files whose rows say where a value goes; the lists of the rules that come out are put into `lists`."""

    files: Mapping[str, FileRows]
    lists: dict[str, ValueList]
    pods: Mapping[str, Pod]
    leaves: Leaves

    def expanded(self, node: MapNode, section: TableSection, rule: Rule) -> tuple[Rule, ...]:
        """One rule for each target, in the order of the file, with ids like `named/strategic`; none after an error."""
        at = place(node, "table")
        rows, listed = self.files.get(section.list), self.lists.get(section.list)
        if not self._fits(at, section) or listed is None:
            return ()
        if rows is None:
            message = f"list {quoted(section.list)} is written in the rules, and has no columns"
            self.leaves.report(place(at, "list"), Code.LIST_FILE, message, "put it into a CSV file")
            return ()
        found = self._targets(at, section, rule, rows)
        if len(found) > MOST_TARGETS:
            message = f"{len(found):,} targets in {quoted(listed.file)} are more than {MOST_TARGETS:,}"
            self.leaves.report(at, Code.TOO_MUCH, message)
            return ()
        territories = Counter(target.cells.get("territory") for target in found)
        return tuple(self._rule(at, rule, section, territories, target, listed) for target in found)

    def _fits(self, at: Node, section: TableSection) -> bool:
        """Whether list and field are there and of one kind."""
        name, listed = place(at, "field"), place(at, "list")
        if not isinstance(name, Scalar) or not isinstance(listed, Scalar):
            return False
        before = len(self.leaves.problems)
        if self.leaves.kind(name) is not None:
            self.leaves.in_list(name, listed)
        return len(self.leaves.problems) == before

    def _targets(self, at: Node, section: TableSection, rule: Rule, rows: FileRows) -> list[_Target]:
        columns = self._columns(at, section, rule, rows)
        if columns is None:
            return []
        reading = _Reading(section.list, columns, rows, self.leaves, rule.territory != "")
        found = reading.targets(section.field)
        self._check_pods(at, rows, found)
        return found

    def _columns(self, at: Node, section: TableSection, rule: Rule, rows: FileRows) -> dict[str, int] | None:
        """The position of each column that says something; None, and problems, where the file lacks one."""
        named = {key: name for key in COLUMNS if (name := getattr(section.columns, key)) is not None}
        before = len(self.leaves.problems)
        if not named and rule.territory:
            self.leaves.report(place(at, "columns"), Code.EMPTY_VALUES, "the table names no columns")
        elif "territory" not in named and not rule.territory:
            message = "neither 'columns' nor 'assign' says the territory"
            self.leaves.report(place(at, "columns"), Code.MISSING_KEY, message)
        for key, name in named.items():
            if name not in rows.header:
                message = f"{quoted(rows.origin.name)} has no column {quoted(name)}"
                advice = did_you_mean(name, rows.header)
                self.leaves.report(place(at, "columns", key), Code.LIST_COLUMN, message, advice)
        if len(self.leaves.problems) > before:
            return None
        return {key: rows.header.index(name) for key, name in named.items()}

    def _check_pods(self, at: Node, rows: FileRows, targets: Sequence[_Target]) -> None:
        for target in targets:
            pod = target.cells.get("pod")
            if pod is not None and pod not in self.pods:
                message = f"unknown pod {quoted(pod)}"
                advice = did_you_mean(pod, self.pods) or "declare it under 'pods:'"
                self.leaves.report(target.first, Code.UNKNOWN_POD, message, advice)
            if pod is not None and "owner" in target.cells:
                message = f"{quoted(target.first.text)} goes to an owner and to a pod"
                self.leaves.report(target.first, Code.OWNER_AND_POD, message, "keep one of them")

    def _rule(
        self,
        at: Node,
        rule: Rule,
        section: TableSection,
        territories: Mapping[str | None, int],
        target: _Target,
        listed: ValueList,
    ) -> Rule:
        """The rule of one target, whose values become a list of its own."""
        name = f"{rule.id}/{_label(target, territories)}"
        if name in self.lists:
            message = f"the table makes a list {quoted(name)}, and there is one of that name"
            self.leaves.report(at, Code.DUPLICATE_RULE, message, "rename it")
        values = tuple(sorted(target.values))
        self.lists[name] = replace(listed, name=name, values=values)
        return replace(
            rule,
            id=name,
            when=conjunction([InList(section.field, name), rule.when]),
            territory=target.cells.get("territory", rule.territory),
            owner=target.cells.get("owner", rule.owner),
            pod=target.cells.get("pod", rule.pod),
        )


@dataclass(frozen=True, slots=True)
class _Target:
    """Where rows go, the first of them, and the values of all."""

    cells: Cells
    first: Scalar
    values: list[Constant] = field(default_factory=list)


def _label(target: _Target, territories: Mapping[str | None, int]) -> str:
    """The territory where no other target has it, else everything that the target says."""
    territory = target.cells.get("territory")
    is_only = territory is not None and territories[territory] == 1
    return territory if territory is not None and is_only else "/".join(target.cells.values())


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the rows of a file."""

    listed: str
    columns: Mapping[str, int]
    rows: FileRows
    leaves: Leaves
    has_territory: bool
    """Whether the rule itself says the territory of rows that have none."""

    def targets(self, field: str) -> list[_Target]:
        found: dict[tuple[tuple[str, str], ...], _Target] = {}
        first: dict[Constant, tuple[Scalar, _Target]] = {}
        wrong = 0
        for word, read in self.rows.values:
            value = self.leaves.canonical(field, read)
            cells = self._cells(word)
            target = found.setdefault(tuple(cells.items()), _Target(cells, word))
            earlier, there = first.setdefault(value, (word, target))
            problem = self._wrong(word, cells, earlier, there is target)
            if problem is None:
                target.values.append(value)
            elif (wrong := wrong + 1) <= MOST_PROBLEMS:
                self.leaves.report(word, *problem)
        if wrong > MOST_PROBLEMS:
            message = f"list {quoted(self.listed)}: {wrong - MOST_PROBLEMS:,} more of its rows are wrong"
            self.leaves.report(Node(self.rows.origin, 1, 1), Code.LIST_TARGET, message)
        return list(found.values())

    def _cells(self, word: Scalar) -> dict[str, str]:
        row = self.rows.rows[word.line]
        said = ((key, row[index].strip()) for key, index in self.columns.items() if index < len(row))
        return {key: text for key, text in said if text}

    def _wrong(self, word: Scalar, cells: Cells, earlier: Scalar, same: bool) -> tuple[Code, str, str] | None:
        named = f"list {quoted(self.listed)}: {quoted(word.text)}"
        if earlier is not word:
            there = f"in line {earlier.line}"
            if same:
                return Code.LIST_DUPLICATE, f"{named} is there already, {there}", "keep one of them"
            return Code.LIST_TARGET, f"{named} goes elsewhere {there}", "keep one of the two rows"
        if "territory" not in cells and not self.has_territory:
            return Code.LIST_TARGET, f"{named} has no territory", "fill the cell, or take the row out"
        return None


def tables_in(rules: Node | None) -> frozenset[str]:
    """The lists that rules read as tables, before anything is checked."""
    items = rules.items if isinstance(rules, ListNode) else ()
    named = (
        place(item, "table", "list") for item in items if isinstance(item, MapNode) and "table" in item.values
    )
    return frozenset(at.text for at in named if isinstance(at, Scalar))
