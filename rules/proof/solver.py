"""Questions about the accounts of an encoding: is there one, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.proof.account import value_in
from rules.proof.circuit import Literal
from rules.proof.computed import learn
from rules.proof.encode import Encoding

Model = Sequence[Literal]
"""Every variable in order, negative where it is false."""


@dataclass(frozen=True, slots=True)
class Found:
    """There is such an account."""

    model: Model


@dataclass(frozen=True, slots=True)
class Impossible:
    """There is none; `because` are literals of the question that together exclude it."""

    because: frozenset[Literal]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whether there is one hangs on what could not be worked out."""


Answer = Found | Impossible | Undecided


MOST_TRIES = 50
"""Accounts that are tried for one question before it is left undecided."""


class Solver:
    """A SAT solver over one encoding, which learns from question to question; close it after use."""

    def __init__(self, encoding: Encoding) -> None:
        from pysat.solvers import Glucose4  # type: ignore[import-untyped]

        self.encoding = encoding
        self._sent = 0
        self._solver = Glucose4(incr=False)
        self._send()
        self._solver.set_phases([p for v in encoding.variables.values() for p in v.preferred()])

    def close(self) -> None:
        """Gives the solver's memory back."""
        self._solver.delete()

    def ask(self, wanted: Iterable[Literal]) -> Answer:
        """An account for which all of these hold: one of a first look if there is any."""
        self._send()
        question = list(wanted)
        doubt, remembered = self.encoding.doubt, self.encoding.remembered
        for allowed in ((), (remembered,), (remembered, doubt)):
            held = [-literal for literal in (doubt, remembered) if literal not in allowed]
            found = self._real([*held, *question])
            if found is not None:
                return Undecided() if doubt in allowed else found
            because = set(self._solver.get_core() or ())
            if not because & set(held):
                return Impossible(frozenset(because))
        raise AssertionError("without assumptions of ours the core has none of them")

    def least(self, question: Sequence[Literal], fixed: Sequence[Literal] = ()) -> tuple[Literal, ...]:
        """Of a question that is impossible with `fixed`, literals none of which can be left out."""
        answer = self.ask([*fixed, *question])
        assert isinstance(answer, Impossible)
        kept = [literal for literal in question if literal in answer.because]
        for literal in list(kept):
            rest = [other for other in kept if other != literal]
            answer = self.ask([*fixed, *rest])
            if isinstance(answer, Impossible):
                kept = [other for other in rest if other in answer.because]
        return tuple(kept)

    def improved(self, question: Sequence[Literal], wishes: Sequence[Literal], model: Model) -> Model:
        """An account of the question that meets as many wishes as come along, earlier ones first."""
        self._send()
        held = [-self.encoding.doubt]
        if model[self.encoding.remembered - 1] < 0:
            held.append(-self.encoding.remembered)
        left = list(wishes)
        while True:
            if self._solver.solve(assumptions=[*held, *question, *left]):
                better: Model = self._solver.get_model()
                return better if self._is_real(better) else model
            refused = set(self._solver.get_core() or ())
            last = next((wish for wish in reversed(left) if wish in refused), None)
            if last is None:
                return model
            left.remove(last)

    def _real(self, assumptions: Sequence[Literal]) -> Found | Undecided | None:
        """An account whose calculated fields are what they are; each that is not teaches the solver something."""
        for _ in range(MOST_TRIES):
            if not self._solver.solve(assumptions=list(assumptions)):
                return None
            model: Model = self._solver.get_model()
            if self._is_real(model):
                return Found(model)
            self._send()
        return Undecided()

    def _is_real(self, model: Model) -> bool:
        encoding = self.encoding
        if not encoding.calculated or model[encoding.doubt - 1] > 0:
            return True
        cells = {field: found.cells(model) for field, found in encoding.variables.items()}
        values = {field: value_in(encoding.fields[field], found) for field, found in cells.items()}
        return learn(encoding, values, {field: found[0] for field, found in cells.items()})

    def _send(self) -> None:
        """Clauses that were made since the last question."""
        clauses = self.encoding.circuit.clauses
        if self._sent < len(clauses):
            self._solver.append_formula(clauses[self._sent :])
            self._sent = len(clauses)
