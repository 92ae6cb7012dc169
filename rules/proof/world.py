"""The rules of one day with everything that proofs ask of them: formula, samples, solver, and who stands before whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from rules.engine.masking.classes import tests_in
from rules.language.derived import Banded, Computed
from rules.language.ruleset import RuleSet
from rules.proof.account import Account, account_of
from rules.proof.cells import MISSING
from rules.proof.circuit import TRUE, Literal
from rules.proof.computed import inputs, worked_out
from rules.proof.encode import Encoding, hides
from rules.proof.sampling import Samples, samples_of
from rules.proof.solver import Found, Impossible, Solver, Undecided


class World:
    """`rules` are those of the day; a rule is known by its position among them. Close it after use."""

    def __init__(self, rules: RuleSet) -> None:
        """Raises AssignError where a condition uses a field or list that is not declared."""
        self.rules = rules
        self.encoding = Encoding(rules)
        self.takes = self.encoding.takes
        self._solver: Solver | None = None

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        if self._solver is not None:
            self._solver.close()

    @cached_property
    def samples(self) -> Samples:
        """Accounts that show most of what there is to show."""
        return samples_of(self.encoding)

    @property
    def solver(self) -> Solver:
        """For what the samples do not show; made when it is first asked for."""
        if self._solver is None:
            self._solver = Solver(self.encoding)
        return self._solver

    def of_role(self, role: str) -> list[int]:
        """The rules that assign a role, in the order in which they are tried."""
        return [number for number, rule in enumerate(self.rules.rules) if rule.role == role]

    def before(self, number: int) -> list[int]:
        """The earlier rules after which the rule's turn does not come.

        A hold lets territories beneath shine through, so that it hides holds only, and one of so many days none.
        """
        rule = self.rules.rules[number]
        return [
            earlier
            for earlier in range(number)
            if self.rules.rules[earlier].role == rule.role and hides(self.rules.rules[earlier], rule)
        ]

    def show(
        self, wanted: Sequence[Literal], rules: Iterable[int], *, by_samples: bool = True
    ) -> Account | Impossible | Undecided:
        """An account for which all of these hold, as plain as can be; `rules` are those that it is about.

        Samples are quicker; without them as much as can be is known of the fields that the rules test.
        """
        shown = self._fields(rules)
        seen = self.samples.possible if by_samples else 0
        for literal in wanted:
            seen &= self.samples.where(literal)
        if seen:
            return self._account(self.samples.first(seen), shown)
        answer = self.solver.ask(wanted)
        if not isinstance(answer, Found):
            return answer
        model = self.solver.improved(wanted, self._wishes(shown), answer.model)
        cells = {field: found.cells(model) for field, found in self.encoding.variables.items()}
        return self._account(cells, shown)

    def is_trivial(self, number: int) -> bool:
        """The rule takes every account."""
        return self.takes[number] == TRUE

    def _fields(self, rules: Iterable[int]) -> tuple[str, ...]:
        """The fields that the rules test, and those that these hang on."""
        found: dict[str, None] = {}
        for number in rules:
            for test in tests_in(self.rules.rules[number].when):
                found[test.field] = None
                derived = self.rules.derived.get(test.field)
                if isinstance(derived, Banded):
                    found.update(dict.fromkeys(bands.field for bands in derived.by))
                elif isinstance(derived, Computed):
                    found.update(dict.fromkeys(inputs(self.rules, derived)))
        return tuple(found)

    def _wishes(self, shown: Sequence[str]) -> list[Literal]:
        """That what is shown is known and nothing odd, and everything else missing."""
        variables = self.encoding.variables
        known = [-variables[field].missing for field in shown]
        odd = [
            -variables[field].within(cells)
            for field, found in self.encoding.fields.items()
            if (cells := sum(1 << n for n, cell in enumerate(found.cells) if not cell.natural))
        ]
        rest = [found.missing for field, found in variables.items() if field not in shown]
        return [wish for wish in [*known, *odd, *rest] if abs(wish) != TRUE]

    def _account(self, cells: dict[str, tuple[int, ...]], shown: tuple[str, ...]) -> Account:
        more = tuple(f for f, found in cells.items() if found != (MISSING,) and f not in shown)
        account = account_of(cells, self.encoding.fields, shown + more, self.rules.fields)
        if not any(isinstance(derived, Computed) for derived in self.rules.derived.values()):
            return account
        real = worked_out(account.values, self.rules)
        return replace(account, values={field: real.get(field) for field in account.values})
