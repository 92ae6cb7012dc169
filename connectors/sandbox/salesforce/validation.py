"""Validation rules: a condition that no record may meet after a write, and what is said where one does.

A real rule is a formula; here its condition is written in SOQL. One rule a line, in the setting `validation_rules`:
Account|OwnerId|Industry = null|An account without an industry stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.soql.compile import Compiler
from connectors.sandbox.salesforce.soql.parse import parse


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `field` is where its message is shown, "" at the top of the page."""

    object: str
    field: str
    condition: str
    message: str


class Validation:
    """The rules of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._read: tuple[int, Sequence[Rule]] = (-1, ())

    def rules(self) -> Sequence[Rule]:
        """The rules as the setting has them now; ValueError where a line is none."""
        version = self._org.core.settings.version
        if self._read[0] != version:
            lines = self._org.core.settings["validation_rules"].splitlines()
            self._read = (version, [self._rule(line) for line in lines if line.strip()])
        return self._read[1]

    def check(self, object: SObject, id: str) -> None:
        """RowFailed FIELD_CUSTOM_VALIDATION_EXCEPTION where the record, as it is now, meets a condition."""
        for rule in self.rules():
            if rule.object == object.name and self._meets(rule, id):
                code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
                raise RowFailed(code, rule.message, *([rule.field] if rule.field else []))

    def _meets(self, rule: Rule, id: str) -> bool:
        query = f"SELECT Id FROM {rule.object} WHERE Id = '{id}' AND ({rule.condition})"
        now = self._org.core.clock.now()
        plan = Compiler(self._org.every, lambda object, field: True, query, now).plan(parse(query))
        sql = f"SELECT 1 FROM {plan.joins} WHERE {plan.where}"
        return bool(self._org.core.state.rows(sql, plan.parameters))

    def _rule(self, line: str) -> Rule:
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 4 or parts[0].lower() not in self._org.every:
            raise ValueError(f"validation_rules: {line!r} is not Object|Field|condition|message")
        made = Rule(self._org.every[parts[0].lower()].name, *parts[1:])
        try:
            self._meets(made, "001000000000000AAA")
        except CallFailed as failure:
            raise ValueError(f"validation_rules: {made.condition!r}: {failure.message}") from failure
        return made
