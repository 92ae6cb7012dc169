"""Tests that stand beside the rules."""

from __future__ import annotations

from typing import Literal

from rules.language.sections.base import Name, Section


class ExpectSection(Section):
    """What a rule test expects of one role; what is left out is not looked at, null expects none."""

    role: Name | None = None
    """The rule set's first role where nothing is said."""
    decision: Literal["assigned", "kept", "held", "unassigned", "review"] | None = None
    rule: Name | None = None
    territory: Name | None = None
    owner: Name | None = None
    pod: Name | None = None
    reason: str | None = None
    """Words that the reason sentence must hold."""


class TestSection(Section):
    """An account, and what must become of it: values of its fields, or a golden account of the last snapshot."""

    __test__ = False

    name: Name
    given: dict[str, str | None] | None = None
    """Raw values by field; fields that are left out are missing."""
    account: Name | None = None
    """The CRM's id of an account whose values come from the last snapshot."""
    expect: ExpectSection
