"""What to write instead of a value that is none of its kind."""

from __future__ import annotations

from rules.language.condition import FieldKind
from rules.language.reading.problems import did_you_mean
from rules.language.values.countries import country_names
from rules.language.values.states import state_names


def advice_for(kind: FieldKind, text: str, country: str | None = None) -> str:
    """A suggestion for a message, empty where there is none; nothing is ever changed by it."""
    match kind:
        case FieldKind.COUNTRY:
            return did_you_mean(text, country_names())
        case FieldKind.STATE if country is not None:
            return did_you_mean(text, state_names(country))
        case FieldKind.STATE | FieldKind.POSTAL_CODE if country is None:
            return "say the 'country'"
        case FieldKind.INTEGER | FieldKind.NUMBER if "," in text or "_" in text:
            return f"write {text.replace(',', '').replace('_', '')}"
        case FieldKind.MULTI_SELECT:
            return "write each item by itself"
        case FieldKind.NAICS | FieldKind.SIC if text.strip().replace("-", "").isdigit():
            return f"for a group of codes use prefix: {text.strip()!r}"
        case _:
            return ""
