"""The SQL spelling of a condition: a boolean expression, parsed by sqlglot, of which only what is named here is read.

Everything else is refused by name. A node's arguments are held to a list too, because a parser may say
"not" by a flag on a node (`Like(negate=True)`) and a flag that is overlooked turns a rule around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any as Anything

from rules.language.codes import Code
from rules.language.condition import ALWAYS, Condition, FieldKind, Not
from rules.language.conditions.bounds import between
from rules.language.conditions.leaves import Leaves, Pins
from rules.language.conditions.operators import ELSEWHERE, OPERATORS
from rules.language.conditions.patterns import pattern, prefix
from rules.language.conditions.sqltext import SqlText
from rules.language.conditions.sqltree import bare, chain, equality, is_mirrored, shown
from rules.language.conditions.whenform import conjunction, disjunction
from rules.language.reading.yaml import Scalar
from rules.language.values.countries import country_code

if TYPE_CHECKING:
    from sqlglot import exp

ALLOWED = "comparisons, and, or, not, in, between, is null, like 'x%', starts_with(field, 'x'), in_list(field, 'name')"


def sql(where: Scalar, leaves: Leaves) -> Condition:
    """The condition of a `where`; problems stand at the word of the expression that they are about."""
    text = SqlText(where, leaves)
    reader = ConditionReader(text)
    try:
        tree = text.parse()
        return reader.condition(tree, reader.pins(tree)) if tree is not None else ALWAYS
    except RecursionError:
        leaves.report(where, Code.SQL_NOT_ALLOWED, "nested too deeply", "use several rules")
        return ALWAYS


class Refused(Exception):
    """A part of the expression is not allowed; the problem is recorded already."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """One comparison of an AND chain, which may be one end of a range."""

    name: Scalar
    operator: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class ConditionReader:
    """Reads conditions out of one parsed text; what is wrong goes to its problems."""

    text: SqlText

    @property
    def leaves(self) -> Leaves:
        """Where fields and lists are known, and problems go."""
        return self.text.leaves

    def word(self, node: exp.Expr, text: str | None = None) -> Scalar:
        """The node's text at its place."""
        return self.text.word(node, text)

    # Refusals ---------------------------------------------------------------------------------------------

    def refuse(self, node: exp.Expr, why: str = "", suggestion: str = f"allowed are {ALLOWED}") -> Refused:
        """Reports a node, by what it says in SQL, and gives the exception that leaves its test."""
        self.leaves.report(
            self.word(node),
            Code.SQL_NOT_ALLOWED,
            why or f"{shown(node)} is not allowed in {self.text.called!r}",
            suggestion,
        )
        return Refused()

    def only(self, node: exp.Expr, *arguments: str) -> None:
        """Refuses a node that carries arguments other than these."""
        extra = [name for name, value in node.args.items() if value and name not in arguments]
        if extra:
            raise self.refuse(node)

    # Conditions -------------------------------------------------------------------------------------------

    def condition(self, node: exp.Expr, pins: Pins) -> Condition:
        from sqlglot import exp

        node = bare(node)
        if isinstance(node, exp.And):
            return conjunction(self._and(list(chain(node, exp.And)), pins))
        if isinstance(node, exp.Or):
            parts = list(chain(node, exp.Or))
            return disjunction([self.condition(part, {**pins, **self.pins(part)}) for part in parts])
        if isinstance(node, exp.Not):
            self.only(node, "this")
            return Not(self.condition(node.this, {**pins, **self.pins(node.this)}))
        try:
            bound = self._bound(node)
            return self._range([bound], pins) if bound else self._test(node, pins)
        except Refused:
            return ALWAYS

    def _and(self, parts: list[exp.Expr], pins: Pins) -> Iterator[Condition]:
        """The conditions of an AND chain; comparisons of one field become one range, where the first stands."""
        found: list[_Bound | exp.Expr] = []
        for part in parts:
            try:
                found.append(self._bound(bare(part)) or part)
            except Refused:
                continue
        ranges = _ranges([item for item in found if isinstance(item, _Bound)])
        for item in found:
            if not isinstance(item, _Bound):
                yield self.condition(item, pins)
            elif (pair := ranges.get(item.name.text)) is None:
                yield self._range([item], pins)
            elif item is pair[0]:
                yield self._range(pair, pins)

    def _range(self, bounds: list[_Bound], pins: Pins) -> Condition:
        name = bounds[0].name
        kind = self.leaves.kind(name)
        words = {b.operator: b.value for b in bounds}
        operators = [Scalar(name.origin, name.line, name.column, op) for op in words]
        if kind is None or not all(self.leaves.allows(name, kind, op) for op in operators):
            return ALWAYS
        return between(self.leaves, name, words, pins)

    def _end(self, node: exp.Expr) -> Scalar:
        """A value, or a day counted from today."""
        day = self.text.day(bare(node))
        return day if day is not None else self._value(node)

    def _bound(self, node: exp.Expr) -> _Bound | None:
        from sqlglot import exp

        operators: dict[type, str] = {exp.GTE: "from", exp.GT: "above", exp.LTE: "to", exp.LT: "below"}
        operator = operators.get(type(node))
        if operator is None:
            return None
        self.only(node, "this", "expression")
        if is_mirrored(node):
            mirrored = {"from": "to", "above": "below", "to": "from", "below": "above"}
            return _Bound(self._field(node.expression), mirrored[operator], self._end(node.this))
        return _Bound(self._field(node.this), operator, self._end(node.expression))

    def _test(self, node: exp.Expr, pins: Pins) -> Condition:
        reader = _tests().get(type(node))
        if reader is None:
            raise self.refuse(node)
        return reader(self, node, pins)

    def _checked(self, column: exp.Expr, operator: str) -> Scalar | None:
        """The field, where accounts have it and its kind has the operator."""
        name = self._field(column)
        kind = self.leaves.kind(name)
        word = Scalar(name.origin, name.line, name.column, operator)
        return name if kind is not None and self.leaves.allows(name, kind, word) else None

    def equal(self, node: exp.Expr, pins: Pins) -> Condition:
        from sqlglot import exp

        self.only(node, "this", "expression")
        left, right = node.this, node.expression
        if is_mirrored(node):
            left, right = right, left
        name, value = self._checked(left, "eq"), self._value(right)
        test = self.leaves.one_of(name, [value], pins, value) if name else ALWAYS
        return Not(test) if isinstance(node, exp.NEQ) else test

    def contained(self, node: exp.Expr, pins: Pins) -> Condition:
        self.only(node, "this", "expressions")
        name = self._checked(node.this, "in")
        values = [self._value(value) for value in node.expressions]
        return self.leaves.one_of(name, values, pins, self.word(node)) if name else ALWAYS

    def between(self, node: exp.Expr, pins: Pins) -> Condition:
        self.only(node, "this", "low", "high")
        name = self._checked(node.this, "from")
        words = {"from": self._end(node.args["low"]), "to": self._end(node.args["high"])}
        return between(self.leaves, name, words, pins) if name else ALWAYS

    def is_(self, node: exp.Expr, pins: Pins) -> Condition:
        from sqlglot import exp

        self.only(node, "this", "expression")
        if isinstance(node.expression, exp.Boolean):
            # "is true" is false, not unknown, of a missing value: another test than "= true".
            raise self.refuse(node, "IS TRUE and IS FALSE are not allowed", "compare with '= true'")
        if not isinstance(node.expression, exp.Null):
            raise self.refuse(node)
        name = self._checked(node.this, "is_missing")
        return self.leaves.missing_is(name, self.word(node, "true")) if name else ALWAYS

    def like(self, node: exp.Expr, pins: Pins) -> Condition:
        self.only(node, "this", "expression", "negate")
        name, wanted = self._field(node.this), self._value(node.expression)
        kind = self.leaves.kind(name)
        if kind is None:
            return ALWAYS
        test = self._like(name, kind, wanted, pins)
        return Not(test) if node.args.get("negate") else test

    def _like(self, name: Scalar, kind: FieldKind, wanted: Scalar, pins: Pins) -> Condition:
        """A beginning for kinds that have no other patterns, as "like '021%'" of a postal code."""
        begin = wanted.text.removesuffix("%")
        is_beginning = begin and begin != wanted.text and not set(begin) & set("%_")
        operator = "like" if "like" in OPERATORS[kind] or not is_beginning else "prefix"
        if not self.leaves.allows(name, kind, Scalar(name.origin, name.line, name.column, operator)):
            return ALWAYS
        if operator == "like":
            return pattern(self.leaves, name, operator, [wanted], wanted)
        words = [Scalar(wanted.origin, wanted.line, wanted.column, begin, True)]
        return prefix(self.leaves, name, words, pins, wanted)

    def part(self, node: exp.Expr, pins: Pins) -> Condition:
        """contains(field, 'x') and ends_with(field, 'x')."""
        from sqlglot import exp

        self.only(node, "this", "expression")
        operator = "contains" if isinstance(node, exp.Contains) else "suffix"
        name, text = self._checked(node.this, operator), self._value(node.expression)
        return pattern(self.leaves, name, operator, [text], text) if name else ALWAYS

    def unlike(self, node: exp.Expr, pins: Pins) -> Condition:
        from sqlglot import exp

        is_like = isinstance(node, exp.ILike)
        raise self.refuse(node, "", ELSEWHERE["ilike" if is_like else "regex"])

    def starts_with(self, node: exp.Expr, pins: Pins) -> Condition:
        self.only(node, "this", "expression")
        name, begin = self._checked(node.this, "prefix"), self._value(node.expression)
        return prefix(self.leaves, name, [begin], pins, begin) if name else ALWAYS

    def call(self, node: exp.Expr, pins: Pins) -> Condition:
        self.only(node, "this", "expressions")
        called, parts = node.name.lower(), node.expressions
        if called == "all_of" and len(parts) > 1:
            name, values = self._checked(parts[0], called), [self._value(value) for value in parts[1:]]
            return self.leaves.all_of(name, values, self.word(node)) if name else ALWAYS
        if called != "in_list" or len(parts) != 2:
            raise self.refuse(node)
        name, list_name = self._checked(node.expressions[0], "in_list"), self._value(node.expressions[1])
        return self.leaves.in_list(name, list_name) if name else ALWAYS

    def flag(self, node: exp.Expr, pins: Pins) -> Condition:
        name = self._field(node)
        kind = self.leaves.kind(name)
        if kind is not FieldKind.BOOLEAN:
            if kind is not None:
                raise self.refuse(node, f"{name.text} is neither true nor false", "compare it with a value")
            return ALWAYS
        return self.leaves.one_of(name, [self.text.at(0, "true")], pins, name)

    def _field(self, node: exp.Expr) -> Scalar:
        from sqlglot import exp

        node = bare(node)
        if isinstance(node, exp.Literal | exp.Boolean | exp.Null):
            raise self.refuse(node, f"a field is wanted here, not {shown(node)}", "")
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Neg | exp.Coalesce | exp.Abs):
            raise self.refuse(node, "", "compute it in a field of its own under 'derived:', and compare that")
        if not isinstance(node, exp.Column) or node.args.get("table"):
            raise self.refuse(node)
        return self.word(node, node.name)

    def _value(self, node: exp.Expr) -> Scalar:
        from sqlglot import exp

        node = bare(node)
        if isinstance(node, exp.Literal):
            return self.word(node, str(node.this))
        if isinstance(node, exp.Boolean):
            return self.word(node, "true" if node.this else "false")
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
            return self.word(node, f"-{node.this.this}")
        if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.sql() == "DATE":
            return self.word(node, str(node.this.this))
        if isinstance(node, exp.Null):
            raise self.refuse(node, "nothing equals NULL", "ask with 'is null'")
        advice = "text stands in single quotes" if isinstance(node, exp.Column) else ""
        raise self.refuse(node, f"a value is wanted here, not {shown(node)}", advice)

    # Countries --------------------------------------------------------------------------------------------

    def pins(self, node: exp.Expr) -> dict[str, str]:
        """The country fields that an AND chain fixes to one country."""
        from sqlglot import exp

        found: dict[str, str] = {}
        for part in chain(bare(node), exp.And):
            if isinstance(part, exp.Paren):
                found |= self.pins(part)
            name, value = equality(bare(part))
            if name and value and self.leaves.fields.get(name) is FieldKind.COUNTRY:
                found |= {name: code} if (code := country_code(value)) else {}
        return found


def _ranges(bounds: list[_Bound]) -> dict[str, list[_Bound]]:
    """The fields with exactly one low and one high end, which make one range."""
    by_field: dict[str, list[_Bound]] = {}
    for bound in bounds:
        by_field.setdefault(bound.name.text, []).append(bound)
    lows = ("from", "above")
    return {
        field: pair
        for field, pair in by_field.items()
        if len(pair) == 2 and (pair[0].operator in lows) != (pair[1].operator in lows)
    }


Reading = Callable[[ConditionReader, Anything, Pins], Condition]


def _tests() -> Mapping[type, Reading]:
    from sqlglot import exp

    return {
        exp.EQ: ConditionReader.equal,
        exp.NEQ: ConditionReader.equal,
        exp.In: ConditionReader.contained,
        exp.Between: ConditionReader.between,
        exp.Is: ConditionReader.is_,
        exp.Like: ConditionReader.like,
        exp.ILike: ConditionReader.unlike,
        exp.RegexpLike: ConditionReader.unlike,
        exp.RegexpFullMatch: ConditionReader.unlike,
        exp.SimilarTo: ConditionReader.unlike,
        exp.Glob: ConditionReader.unlike,
        exp.StartsWith: ConditionReader.starts_with,
        exp.Contains: ConditionReader.part,
        exp.EndsWith: ConditionReader.part,
        exp.Anonymous: ConditionReader.call,
        exp.Column: ConditionReader.flag,
    }
