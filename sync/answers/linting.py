"""Everything that can be said against the rules: errors of the documents, proofs over them, and what the data shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import DONE, FAILED
from sync.today import today_of

if TYPE_CHECKING:
    from rules.language.place import Source
    from rules.language.reading.problems import Problem
    from rules.language.ruleset import RuleSet
    from rules.proof.findings import Finding
    from sync.session import Session


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of a report: an error of the documents, or something that was found about sound ones."""

    code: str
    severity: str
    """error, warning or note"""
    file: str
    line: int
    column: int
    sentence: str
    rules: tuple[str, ...] = ()
    witness: str | None = None
    """An account that shows it, as a person reads it."""
    text: str = ""
    """The remark as it stands in a terminal, over one or more lines."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """All remarks, errors first; `counted` says what was looked at."""

    remarks: tuple[Remark, ...]
    counted: str

    def count(self, severity: str) -> int:
        """Remarks of the severity."""
        return sum(remark.severity == severity for remark in self.remarks)

    def exit_code(self, *, strict: bool) -> int:
        """An error fails; a warning does where it is asked for."""
        return FAILED if self.count("error") or (strict and self.count("warning")) else DONE


def lint(session: Session, as_of: date | None = None) -> LintReport:
    """What is to say about the project on a day; DocumentError where the documents cannot be read."""
    rules = session.project.rules()
    day = as_of or today_of(session, rules)
    return LintReport(tuple(_findings(session, rules, day)), counted(rules))


def of_problems(problems: Sequence[Problem]) -> LintReport:
    """The report on documents that cannot be read."""
    remarks = tuple(
        Remark(
            p.code.value, "error", p.file, p.line, p.column, _sentence(p.message, p.suggestion), text=str(p)
        )
        for p in problems
    )
    return LintReport(remarks, "the rules were not looked at")


def _findings(session: Session, rules: RuleSet, day: date) -> Iterator[Remark]:
    from rules.proof.findings import in_order
    from rules.proof.lint import prove

    for finding in in_order((*prove(rules, day), *_of_data(session, rules, day))):
        yield remark_of(finding)


def _of_data(session: Session, rules: RuleSet, day: date) -> Iterator[Finding]:
    """Nothing where nothing was pulled yet, as on a build server: there lint starts without a database."""
    from sync.snapshot import load

    if load(session.snapshots) is not None:
        from sync.answers.lint_data import data_findings

        yield from data_findings(session, rules, day)


def remark_of(finding: Finding) -> Remark:
    """A finding of the proofs."""
    source: Source = finding.source
    return Remark(
        finding.code.value,
        finding.severity.value,
        source.file,
        source.line,
        source.column,
        _sentence(finding.sentence, finding.advice),
        finding.rules,
        str(finding.witness) if finding.witness is not None else None,
        str(finding),
    )


def counted(rules: RuleSet) -> str:
    """What there is: "300 rules in 4 levels, 2 lists, 1 pods"."""
    levels = len({rule.level for rule in rules.rules})
    return (
        f"{len(rules.rules):,} rules in {levels} levels, {len(rules.lists):,} lists, {len(rules.pods):,} pods"
    )


def _sentence(sentence: str, advice: str) -> str:
    return f"{sentence}; {advice}" if advice else sentence


def beside(path: Path, folder: Path) -> str:
    """The path as it is named from the folder, where it lies inside; else as it stands."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
