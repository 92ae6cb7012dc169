"""The currency that amounts are compared in, and the rates of one day, as the rules declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.reading.finding import place
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.textfiles import read_columns
from rules.language.reading.yaml import MapNode, Node, Scalar
from rules.language.ruleset import Money
from rules.language.sections.values import MoneySection, RateFile
from rules.language.values.normalise import normalise, quoted

_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class MoneyReader:
    """Reads `money:`; what is wrong goes to `problems`, and `files` gets every file with its SHA-256."""

    folder: Path
    fields: Mapping[str, FieldKind]
    problems: list[Problem]
    files: dict[str, str] = field(default_factory=dict)

    def read(self, node: Node, section: MoneySection) -> Money:
        """The money of a rule set; rates of currencies that are wrong are left out, and reported."""
        self._check_fields(node, section)
        currency = self._currency(place(node, "currency"), section.currency) or section.currency.upper()
        if isinstance(section.rates, RateFile):
            rates = self._from_file(place(node, "rates"), section.rates, section.day)
        else:
            rates = dict(self._written(place(node, "rates"), section.rates))
        own = rates.pop(currency, 1.0)
        if own != 1.0:
            message = f"one {currency} is worth {own:g} {currency}"
            self._report(
                place(node, "rates"), Code.RATE, message, "leave the own currency out, or let it be 1"
            )
        return Money(currency, section.fields, section.currency_field, {**rates, currency: 1.0}, section.day)

    def _check_fields(self, node: Node, section: MoneySection) -> None:
        for index, name in enumerate(section.fields):
            at = place(node, "fields", index)
            if self._known(at, name) and self.fields[name] not in (FieldKind.NUMBER, FieldKind.INTEGER):
                self._report(at, Code.WRONG_KIND, f"{name} is no field of numbers", "")
        at, name = place(node, "currency_field"), section.currency_field
        if self._known(at, name) and self.fields[name] is not FieldKind.TEXT:
            self._report(at, Code.WRONG_KIND, f"{name} is no field of text, so it names no currency", "")

    def _known(self, at: Node, name: str) -> bool:
        if name not in self.fields:
            message = f"unknown field {quoted(name)}"
            self._report(at, Code.UNKNOWN_FIELD, message, did_you_mean(name, self.fields))
        return name in self.fields

    def _currency(self, at: Node, text: str) -> str | None:
        """The code of a currency, upper case; None and a problem where there is no such currency."""
        import pycountry

        code = text.strip().upper()
        if pycountry.currencies.get(alpha_3=code) is not None:
            return code
        known = [str(found.alpha_3) for found in pycountry.currencies]
        advice = did_you_mean(code, known)
        self._report(at, Code.RATE, f"{quoted(text)} is no currency of ISO 4217", advice)
        return None

    def _written(self, node: Node, rates: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        for name, rate in rates.items():
            at = node.keys.get(name, node) if isinstance(node, MapNode) else node
            code = self._currency(at, name)
            if code is not None:
                yield code, rate

    def _from_file(self, node: Node, section: RateFile, day: date) -> dict[str, float]:
        """Of each currency the last rate on or before the day."""
        at, columns = place(node, "file"), section.columns
        wanted = {name: place(node, "columns") for name in (columns.currency, columns.day, columns.rate)}
        if len(wanted) < 3:
            self._report(place(node, "columns"), Code.LIST_COLUMN, "two of the columns are one", "name three")
            return {}
        found = read_columns(self.folder, section.file, wanted, at, self.problems)
        if found is None:
            return {}
        self.files[section.file] = found.sha256
        last: dict[str, tuple[date, float]] = {}
        late: dict[str, date] = {}
        for row in found.rows:
            read = self._rate(row)
            if read is None:
                continue
            code, on, rate = read
            if on > day:
                late[code] = min(on, late.get(code, on))
            elif code in last and last[code][0] == on and last[code][1] != rate:
                self._report(row[0], Code.RATE, f"{code} has two rates on {on}", "keep one of them")
            elif code not in last or last[code][0] <= on:
                last[code] = (on, rate)
        for code, first in late.items():
            if code not in last:
                message = f"{quoted(section.file)} has no rate of {code} on or before {day}: its first is of {first}"
                self._report(at, Code.RATE, message, "add one, or choose a later day")
        return {code: rate for code, (_, rate) in sorted(last.items())}

    def _rate(self, row: tuple[Scalar, ...]) -> tuple[str, date, float] | None:
        currency, day, rate = row
        code = currency.text.strip().upper()
        if not _CODE.fullmatch(code):  # currencies that are gone stand in histories of rates
            self._report(currency, Code.RATE, f"{quoted(currency.text)} is no code of a currency", "")
        on, worth = normalise(FieldKind.DATE, day.text), normalise(FieldKind.NUMBER, rate.text)
        if not isinstance(on.value, date):
            self._report(day, Code.RATE, on.problem or "a day is missing here", "")
        if not isinstance(worth.value, float) or worth.value <= 0:
            why = worth.problem or f"{quoted(rate.text)} is no rate"
            self._report(rate, Code.RATE, why, "a rate is a number above 0")
            return None
        return (code, on.value, worth.value) if isinstance(on.value, date) else None

    def _report(self, at: Node, code: Code, message: str, advice: str) -> None:
        self.problems.append(at.problem(code, message, advice))
