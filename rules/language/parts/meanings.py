"""What the values of account fields mean, as far as the rules say: kinds, synonyms, money."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.language.condition import FieldKind
from rules.language.parts.kinds import declared_kinds
from rules.language.parts.money import MoneyReader
from rules.language.parts.synonyms import SynonymReader
from rules.language.reading.finding import place
from rules.language.reading.problems import Problem
from rules.language.reading.yaml import MapNode
from rules.language.ruleset import Money
from rules.language.sections.document import Header


@dataclass(frozen=True, slots=True)
class Meanings:
    """Kinds of all account fields, synonyms by field, the money, and the files that were read with their SHA-256."""

    fields: Mapping[str, FieldKind]
    synonyms: Mapping[str, Mapping[str, str]]
    money: Money | None
    files: Mapping[str, str]

    @property
    def digests(self) -> list[str]:
        """One line for each file, for the rule set's hash."""
        return [f"{name} {sha256}" for name, sha256 in sorted(self.files.items())]


def meanings_of(
    root: MapNode,
    header: Header,
    folder: Path,
    fields: Mapping[str, FieldKind],
    missing: Collection[str],
    problems: list[Problem],
) -> Meanings:
    """The meanings of `kinds:`, `synonyms:` and `money:`; what is wrong goes to `problems`."""
    kinds = declared_kinds(root.get("kinds"), header.kinds, fields, problems)
    words = SynonymReader(folder, kinds, missing, problems)
    synonyms = words.read(root.get("synonyms"), header.synonyms)
    rates = MoneyReader(folder, kinds, problems)
    money = None if header.money is None else rates.read(place(root, "money"), header.money)
    return Meanings(kinds, synonyms, money, {**words.files, **rates.files})
