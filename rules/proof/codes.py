"""Every code that a finding of the proofs can carry, with what it means.

Codes are stable: a suppression or a search for `P002` means the same in every version.
"""

from __future__ import annotations

import ast
import inspect
from enum import StrEnum


class ProofCode(StrEnum):
    """What was found; the docstring below each says it in one sentence for the documentation."""

    OVERLAP = "P001"
    """One account can match two rules of one level and role that lead to different places, and neither names the other in `over`."""
    SHADOWED = "P002"
    """Every account that the rule could take is taken by earlier rules together."""
    CONTRADICTION = "P003"
    """No account can meet the rule's condition."""
    GAP = "P004"
    """There are accounts that no rule of the role takes."""
    CATCH_ALL = "P005"
    """There are accounts that only the catch-all takes."""
    LISTS = "P006"
    """Two lists lead to different places at one level and share values."""
    NO_REP = "P007"
    """Nobody whom the rule names can own accounts today (from the CRM's users)."""
    TOO_FULL = "P008"
    """The rules send more accounts to the pod than its members may hold (from the last assignment)."""
    ENDS_SOON = "P009"
    """An exception ends within the next days."""
    ENDED = "P010"
    """An exception has ended and decides nothing any more."""
    PAST = "P011"
    """The rule's last day is over."""
    NEEDLESS_OVER = "P012"
    """A rule names another one in `over` that no account can match together with it, or that comes earlier."""
    UNDECIDED = "P013"
    """Whether there is such a fault could not be worked out."""
    NAMES_NOBODY = "P014"
    """An entry of a list, a condition or an exception names an account that there is not (from the last snapshot)."""
    NAMES_SEVERAL = "P015"
    """An entry names several accounts (from the last snapshot)."""


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """The rules do not say what they mean."""
    WARNING = "warning"
    """They can be meant so, but rarely are."""
    NOTE = "note"
    """Good to know."""


def meanings() -> dict[str, str]:
    """Code to its sentence, read from the docstrings above, in order."""
    body = ast.parse(inspect.getsource(ProofCode)).body[0]
    assert isinstance(body, ast.ClassDef)
    texts = [
        n.value.value for n in body.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    ]
    return {code.value: str(text) for code, text in zip(ProofCode, texts[1:], strict=True)}
