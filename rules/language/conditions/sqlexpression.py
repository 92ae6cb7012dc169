"""The SQL spelling of derived fields: arithmetic over fields, held to kinds.

Parts are numbers (doubles), dates, booleans or text. What is not named here is refused; conditions inside a
`case` are those of a `where` (`rules.language.conditions.sqlform`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from typing import Any as Anything

from rules.language.codes import Code
from rules.language.condition import Any, Condition, Constant, FieldKind, Not
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.sqlform import ConditionReader, Refused
from rules.language.conditions.sqltext import SqlText
from rules.language.conditions.sqltree import bare, days, is_today, shown
from rules.language.expression import (
    Arithmetic,
    Branch,
    Call,
    Case,
    Column,
    Expression,
    Function,
    Literal,
    Operator,
    Today,
)
from rules.language.reading.yaml import Scalar
from rules.language.values.folding import fold
from rules.language.values.normalise import normalise, quoted

if TYPE_CHECKING:
    from sqlglot import exp

Typed = tuple[Expression, FieldKind]
"""An expression and what it gives: a number, date, boolean or text."""

NUMBER, DATE, BOOLEAN, TEXT = FieldKind.NUMBER, FieldKind.DATE, FieldKind.BOOLEAN, FieldKind.TEXT
_FIELDS = {kind: kind for kind in (NUMBER, DATE, BOOLEAN, TEXT)} | {FieldKind.INTEGER: NUMBER}
ALLOWED = (
    "allowed are numbers, + - * /, fields, today, coalesce, least, greatest, abs, floor, ceil, "
    "and case when <condition> then .. else .. end"
)


def expression(written: Scalar, leaves: Leaves, called: str = "expression") -> Typed | None:
    """The expression and its kind, None where it is wrong: problems stand at the word that they are about.

    `leaves` knows the fields that it may use; `called` is the key that it stands under. A condition as a value
    is unknown, and so missing, where the condition is.
    """
    text = SqlText(written, leaves, called)
    before = len(leaves.problems)
    try:
        tree = text.parse()
        found = _Reader(text, ConditionReader(text)).value(tree) if tree is not None else None
    except Refused:
        return None
    except RecursionError:
        leaves.report(written, Code.SQL_NOT_ALLOWED, "nested too deeply", "use several derived fields")
        return None
    return found if len(leaves.problems) == before else None


@dataclass(frozen=True, slots=True)
class _Reader:
    text: SqlText
    conditions: ConditionReader

    def refuse(self, node: exp.Expr, why: str = "", suggestion: str = ALLOWED) -> Refused:
        """Reports a node and gives the exception that leaves the expression."""
        return self.conditions.refuse(node, why, suggestion)

    def value(self, node: exp.Expr) -> Typed:
        """The node as an expression of a kind."""
        node = bare(node)
        if is_today(node):
            return Today(), DATE
        reader = _readers().get(type(node))
        if reader is None:
            raise self.refuse(node)
        return reader(self, node)

    def literal(self, node: exp.Expr) -> Typed:
        """A number, or text, folded as text is before it is compared."""
        if node.is_string:
            return Literal(fold(str(node.this))), TEXT
        number = float(str(node.this))
        if not math.isfinite(number):
            raise self.refuse(node, f"{quoted(node.this)} is not a number that can be computed with", "")
        return Literal(number), NUMBER

    def day(self, node: exp.Expr) -> Typed:
        """date '2026-01-31'."""
        word = node.this
        if node.args["to"].sql() != "DATE" or not getattr(word, "is_string", False):
            raise self.refuse(node)
        found = normalise(DATE, str(word.this)).value
        if not isinstance(found, date):
            raise self.refuse(node, f"{quoted(word.this)} is not a date like 2026-01-31", "")
        return Literal(found), DATE

    def interval(self, node: exp.Expr) -> Typed:
        """A number of days."""
        number = days(node)
        if number is None:
            raise self.refuse(node, f"{shown(node)} is not a number of days", "write interval '3 days', or 3")
        return Literal(float(number)), NUMBER

    def field(self, node: exp.Expr) -> Typed:
        """A field of accounts that can be computed with."""
        if node.args.get("table"):
            raise self.refuse(node)
        name = self.text.word(node, node.name)
        kind = self.text.leaves.kind(name)
        if kind is None:
            raise Refused
        if kind not in _FIELDS:
            message = f"{name.text} is a {kind.value.replace('_', ' ')}, which nothing can be computed from"
            raise self.refuse(node, message, f"ask for it: case when {name.text} = .. then .. end")
        return Column(name.text), _FIELDS[kind]

    def negative(self, node: exp.Expr) -> Typed:
        """Minus a number."""
        part = self._number(node.this)
        if isinstance(part, Literal) and isinstance(part.value, float):
            return Literal(-part.value), NUMBER
        return Arithmetic(Operator.MINUS, Literal(0.0), part), NUMBER

    def arithmetic(self, node: exp.Expr) -> Typed:
        """Numbers; a date minus a date; a date and a number of days."""
        operator = _operators()[type(node)]
        left, right = self.value(node.this), self.value(node.expression)
        kinds = (left[1], right[1])
        made = Arithmetic(operator, left[0], right[0])
        if kinds == (NUMBER, NUMBER):
            return made, NUMBER
        if kinds == (DATE, DATE) and operator is Operator.MINUS:
            return made, NUMBER
        if kinds == (DATE, NUMBER) and operator in (Operator.PLUS, Operator.MINUS):
            return made, DATE
        if kinds == (NUMBER, DATE) and operator is Operator.PLUS:
            return Arithmetic(operator, right[0], left[0]), DATE
        message = f"{shown(node)}: a {kinds[0].value} {operator.value} a {kinds[1].value} is nothing"
        raise self.refuse(node, message, "a date minus a date is days; a date and a number of days is a date")

    def call(self, node: exp.Expr) -> Typed:
        """coalesce, least and greatest, of parts of one kind; least and greatest are missing where a part is."""
        self.conditions.only(node, "this", "expressions", "ignore_nulls", "is_nvl", "is_null")
        function = _functions()[type(node)]
        found = [self.value(part) for part in (node.this, *node.expressions)]
        kind = self._one_kind(node, [kind for _, kind in found])
        if function is not Function.COALESCE and kind not in (NUMBER, DATE):
            raise self.refuse(node, f"{function.value} is of numbers or dates, not of {kind.value}", "")
        return Call(function, tuple(part for part, _ in found)), kind

    def rounding(self, node: exp.Expr) -> Typed:
        """abs, floor and ceil of one number."""
        self.conditions.only(node, "this")
        return Call(_functions()[type(node)], (self._number(node.this),)), NUMBER

    def case(self, node: exp.Expr) -> Typed:
        """case when .. then .. else .. end, its values of one kind."""
        if node.this is not None:
            raise self.refuse(node, "", "write case when <condition> then ..")
        whens = [self._condition(branch.this) for branch in node.args["ifs"]]
        thens = [self._branch(branch.args["true"]) for branch in node.args["ifs"]]
        default = node.args.get("default")
        otherwise = None if default is None else self._branch(default)
        known = [found[1] for found in (*thens, otherwise) if found is not None]
        if not known:
            raise self.refuse(node, f"{shown(node)} is never anything", "")
        kind = self._one_kind(node, known)
        made = [found[0] if found else _nothing(kind) for found in thens]
        branches = tuple(Branch(when, then) for when, then in zip(whens, made, strict=True))
        return Case(branches, None if otherwise is None else otherwise[0]), kind

    def condition(self, node: exp.Expr) -> Typed:
        """A condition as a value: true, false, or missing where it is unknown."""
        found = self._condition(node)
        branches = (Branch(found, Literal(True)), Branch(Not(found), Literal(False)))
        return Case(branches, None), BOOLEAN

    def truth(self, node: exp.Expr) -> Typed:
        """true or false."""
        return Literal(bool(node.this)), BOOLEAN

    def _condition(self, node: exp.Expr) -> Condition:
        return self.conditions.condition(node, self.conditions.pins(node))

    def _branch(self, node: exp.Expr) -> Typed | None:
        """What a case gives in a branch; None for null."""
        from sqlglot import exp

        return None if isinstance(bare(node), exp.Null) else self.value(node)

    def _number(self, node: exp.Expr) -> Expression:
        found, kind = self.value(node)
        if kind is not NUMBER:
            raise self.refuse(node, f"a number is wanted here, and {shown(node)} is a {kind.value}", "")
        return found

    def _one_kind(self, node: exp.Expr, kinds: Sequence[FieldKind]) -> FieldKind:
        if len(set(kinds)) > 1:
            names = " and ".join(dict.fromkeys(kind.value for kind in kinds))
            raise self.refuse(node, f"{shown(node)}: {names} do not go together", "use values of one kind")
        return kinds[0]


def _nothing(kind: FieldKind) -> Expression:
    """A missing value: a case that nothing meets."""
    values: dict[FieldKind, Constant] = {NUMBER: 0.0, DATE: date(1970, 1, 1), BOOLEAN: False}
    return Case((Branch(Any(()), Literal(values.get(kind, ""))),), None)


def _operators() -> Mapping[type, Operator]:
    from sqlglot import exp

    return {
        exp.Add: Operator.PLUS,
        exp.Sub: Operator.MINUS,
        exp.Mul: Operator.TIMES,
        exp.Div: Operator.DIVIDED_BY,
    }


def _functions() -> Mapping[type, Function]:
    from sqlglot import exp

    return {
        exp.Coalesce: Function.COALESCE,
        exp.Least: Function.LEAST,
        exp.Greatest: Function.GREATEST,
        exp.Abs: Function.ABS,
        exp.Floor: Function.FLOOR,
        exp.Ceil: Function.CEIL,
    }


Reading = Callable[[_Reader, Anything], Typed]


def _readers() -> Mapping[type, Reading]:
    from sqlglot import exp

    conditions = (exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Is)
    texts = (exp.Between, exp.Like, exp.StartsWith, exp.EndsWith, exp.Contains, exp.Anonymous)
    return {
        exp.Literal: _Reader.literal,
        exp.Cast: _Reader.day,
        exp.Interval: _Reader.interval,
        exp.Column: _Reader.field,
        exp.Neg: _Reader.negative,
        exp.Case: _Reader.case,
        exp.Boolean: _Reader.truth,
        **dict.fromkeys(_operators(), _Reader.arithmetic),
        **dict.fromkeys((exp.Coalesce, exp.Least, exp.Greatest), _Reader.call),
        **dict.fromkeys((exp.Abs, exp.Floor, exp.Ceil), _Reader.rounding),
        **dict.fromkeys((*conditions, *texts), _Reader.condition),
    }
