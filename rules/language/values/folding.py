"""How text is folded before it is compared, and what counts as missing."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

DEFAULT_MISSING = ("", "N/A", "-", "unknown", "[[unknown]]")
"""What CRMs and their users write for "nothing", where the rules declare no `missing_values`."""


def fold(text: str) -> str:
    """NFKC, trimmed, runs of white space as one blank, case-folded; folding again changes nothing."""
    if text.isascii():
        return " ".join(text.split()).lower()
    # Case-folding can undo NFKC (U+0345, U+03D3), so it is done between two rounds, as Unicode's NFKC_Casefold does.
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


def place_key(text: str) -> str:
    """A spelling of a place as it is looked up: folded, without accents and punctuation, "&" as "and"."""
    bare = fold(text)
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFD", bare)
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    bare = bare.replace("&", " and ").replace(".", "").replace("'", "").replace("’", "")
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    if words[:1] == ["the"] and len(words) > 1:
        words = words[1:]
    return " ".join("st" if word == "saint" else word for word in words)


def is_missing(value: object, missing: Collection[str]) -> bool:
    """Null, blank, not a number, or text that folds to one of `missing` (folded already)."""
    if value is None or value != value:
        return True
    return isinstance(value, str) and ((folded := fold(value)) == "" or folded in missing)
