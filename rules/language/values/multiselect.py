"""Fields that hold several texts at once, as both CRMs store them: "SMB;Public sector"."""

from __future__ import annotations

from collections.abc import Collection

from rules.language.values.folding import fold

SEPARATOR = ";"


def items(text: str, missing: Collection[str] = frozenset()) -> tuple[str, ...]:
    """The items, folded, distinct and sorted; those that count as missing (folded already) are left out.

    Empty where none is left: the field is missing then.
    """
    found = {fold(part) for part in text.split(SEPARATOR)}
    return tuple(sorted(found - {""} - set(missing)))


def joined(text: str, missing: Collection[str] = frozenset()) -> str | None:
    """The items as one text, None where there is none; `items` takes it apart again."""
    return SEPARATOR.join(items(text, missing)) or None
