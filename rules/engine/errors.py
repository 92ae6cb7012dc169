"""What can stop an assignment; a single bad value never does, it is a data issue of its account."""

from __future__ import annotations


class AssignError(Exception):
    """The rules cannot be applied to these tables; the message says which file and column, and what to do."""
