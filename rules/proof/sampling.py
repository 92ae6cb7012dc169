"""Many accounts at once, aimed at rules: what they show needs no solver, and most rules they show to be alive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from rules.engine.masking.classes import ORDERED
from rules.language.condition import All, Any, Condition, IsMissing, Not
from rules.proof.account import value_in
from rules.proof.cells import MISSING, FieldCells
from rules.proof.circuit import TRUE, Literal
from rules.proof.computed import holding, worked_out
from rules.proof.encode import Encoding, taking
from rules.proof.variables import ItemVariables

Aim = dict[str, int]
"""Field to the set of cells in which the account is wanted."""
Plain = tuple[FieldCells, int]
"""A field, and its cells of values that nobody would find odd."""
PER_RULE = 4
SEED = 1


@dataclass(frozen=True, slots=True)
class Samples:
    """Accounts by number; a set of accounts is an integer with bit n set for account n."""

    encoding: Encoding
    accounts: Sequence[Mapping[str, int]]
    """The cell of every field."""
    possible: int
    """The accounts that keep what holds between fields."""
    truths: dict[Literal, int]

    def where(self, literal: Literal) -> int:
        """The possible accounts for which it holds."""
        if abs(literal) not in self.truths:
            _compute(self.encoding, self.truths, (1 << len(self.accounts)) - 1)
        found = self.truths[abs(literal)]
        return self.possible & (found if literal > 0 else ~found)

    def first(self, accounts: int) -> dict[str, tuple[int, ...]]:
        """The cells of the first account of a set."""
        number = (accounts & -accounts).bit_length() - 1
        return {field: (cell,) for field, cell in self.accounts[number].items()}


def samples_of(encoding: Encoding) -> Samples:
    """A few accounts for every rule; the same ones every time."""
    random = Random(SEED)  # noqa: S311 - a choice that must repeat, not a secret
    fields = {field: (found, _plain(found)) for field, found in encoding.fields.items()}
    aims = []
    for rule in encoding.rules.rules:
        condition = taking(rule, encoding.rules)
        aims += [_aim(condition, True, fields, random) for _ in range(PER_RULE)]
    # States and postal codes come first, as they decide the country.
    order = sorted(fields, key=lambda name: encoding.fields[name].country is None)
    free = {field: _free(encoding, field) for field in order}
    accounts = [_account(aim, free, encoding, random) for aim in aims if aim is not None]
    truths = _truths(encoding, accounts)
    everything = (1 << len(accounts)) - 1
    possible = everything
    for clause in encoding.circuit.required:
        held = 0
        for literal in clause:
            held |= truths[literal] if literal > 0 else ~truths[-literal]
        possible &= held
    return Samples(encoding, accounts, possible, truths)


def _aim(condition: Condition, holds: bool, fields: Mapping[str, Plain], random: Random) -> Aim | None:
    """Cells that make the condition true (or false), None where this choice of alternatives has none."""
    match condition:
        case Not(part):
            return _aim(part, not holds, fields, random)
        case All(parts) | Any(parts):
            if isinstance(condition, All) is holds:
                return _together([_aim(part, holds, fields, random) for part in parts], fields)
            return _aim(random.choice(parts), holds, fields, random) if parts else None
        case test:
            found, plain = fields[test.field]
            cells = found.truth[test]
            if not holds:
                cells = ((1 << len(found.cells)) - 1) & ~cells
                cells &= ~0 if isinstance(test, IsMissing) else ~1
            return {test.field: cells & plain or cells} if cells else None


def _plain(found: FieldCells) -> int:
    """The cells of values that nobody would find odd."""
    return sum(1 << number for number, cell in enumerate(found.cells) if cell.natural and cell.real)


def _together(aims: Sequence[Aim | None], fields: Mapping[str, Plain]) -> Aim | None:
    both: Aim = {}
    for aim in aims:
        if aim is None:
            return None
        for field, cells in aim.items():
            is_several = fields[field][0].is_several
            both[field] = both.get(field, 0) | cells if is_several else both.get(field, -1) & cells
            if not both[field]:
                return None
    return both


def _account(aim: Aim, free: Mapping[str, int], encoding: Encoding, random: Random) -> dict[str, int]:
    """A cell for every field, in the order of `free`, which has the cells of those of which nothing is wanted."""
    account: dict[str, int] = {}
    for field, cells in free.items():
        found = encoding.fields[field]
        if field not in account:
            account[field] = _pick(aim.get(field, cells), random)
        if found.country is not None and account[field] != MISSING:
            account.setdefault(found.country, _cell_of(encoding, found, account[field]))
    if encoding.calculated:
        _work_out(account, encoding)
    return account


def _work_out(account: dict[str, int], encoding: Encoding) -> None:
    """Puts calculated fields into the cells that the others give."""
    values = {f: value_in(encoding.fields[f], (cell,)) for f, cell in account.items()}
    real = worked_out(values, encoding.rules)
    for one in encoding.calculated:
        there = holding(encoding.fields[one.name], real.get(one.name), encoding.rules.lists)
        account[one.name] = max((there & -there).bit_length() - 1, MISSING)


def _free(encoding: Encoding, field: str) -> int:
    """The cells of a field of which nothing is wanted: the missing value, so that few other rules are in the way."""
    domain = encoding.rules.domains.get(field)
    some = _plain(encoding.fields[field]) & ~(1 << MISSING)
    if encoding.calculated and encoding.fields[field].kind in ORDERED:
        return some or 1 << MISSING
    return some if domain is not None and domain.required and some else 1 << MISSING


def _cell_of(encoding: Encoding, found: FieldCells, cell: int) -> int:
    """The cell of the country that a state or postal code lies in."""
    assert found.country is not None
    wanted = found.cells[cell].country
    countries = encoding.fields[found.country].cells
    return next((number for number, one in enumerate(countries) if one.value == wanted), MISSING)


def _pick(cells: int, random: Random) -> int:
    """One of the cells."""
    if cells & (cells - 1) == 0:
        return cells.bit_length() - 1
    start = random.randrange(cells.bit_length())
    later = cells >> start
    if later:
        return start + (later & -later).bit_length() - 1
    return (cells & -cells).bit_length() - 1


def _truths(encoding: Encoding, accounts: Sequence[Mapping[str, int]]) -> dict[Literal, int]:
    """For every variable the accounts of which it is true; free ones are false."""
    everything = (1 << len(accounts)) - 1
    gates = encoding.circuit.gates
    truths = {v: 0 for v in range(1, encoding.circuit.variables + 1) if v not in gates}
    truths[TRUE] = everything
    for field, variables in encoding.variables.items():
        inside = [0] * len(encoding.fields[field].cells)
        for number, account in enumerate(accounts):
            inside[account[field]] |= 1 << number
        is_several = isinstance(variables, ItemVariables)
        later = 0
        for step, here in zip(reversed(variables.steps), reversed(inside), strict=False):
            later = here if is_several else later | here
            truths[step] = later
    _compute(encoding, truths, everything)
    return truths


def _compute(encoding: Encoding, truths: dict[Literal, int], everything: int) -> None:
    """Adds the gates that are not there yet."""
    for gate, parts in encoding.circuit.gates.items():
        if gate not in truths:
            held = everything
            for part in parts:
                held &= truths[part] if part > 0 else ~truths[-part]
            truths[gate] = held
