"""Logic as clauses: gates that are written once, however often they are asked for."""

from __future__ import annotations

from collections.abc import Iterable

Literal = int
"""A variable's number, negative for its opposite."""
TRUE: Literal = 1
FALSE: Literal = -1


class Circuit:
    """Variables, and the clauses that bind them; variable 1 is true."""

    def __init__(self) -> None:
        self.clauses: list[list[Literal]] = [[TRUE]]
        self.required: list[tuple[Literal, ...]] = []
        """The clauses that do not follow from gates."""
        self.gates: dict[Literal, tuple[Literal, ...]] = {}
        """Gate to its parts, which are older: in order each can be computed from those before it."""
        self.variables = 1
        self._known: dict[tuple[Literal, ...], Literal] = {}

    def new(self) -> Literal:
        """A free variable."""
        self.variables += 1
        return self.variables

    def require(self, *literals: Literal) -> None:
        """At least one of them holds."""
        self.clauses.append(list(literals))
        self.required.append(literals)

    def both(self, literals: Iterable[Literal]) -> Literal:
        """Holds exactly where all of them do."""
        parts = set(literals) - {TRUE}
        if FALSE in parts or any(-part in parts for part in parts):
            return FALSE
        if len(parts) <= 1:
            return parts.pop() if parts else TRUE
        key = tuple(sorted(parts))
        gate = self._known.get(key)
        if gate is None:
            gate = self._known[key] = self.new()
            self.gates[gate] = key
            self.clauses.append([gate, *(-part for part in key)])
            self.clauses.extend([-gate, part] for part in key)
        return gate

    def either(self, literals: Iterable[Literal]) -> Literal:
        """Holds exactly where one of them does."""
        return -self.both(-literal for literal in literals)
