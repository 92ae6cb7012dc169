"""Amounts in the rule set's one currency, at the rates that the rules declare."""

from __future__ import annotations

import pyarrow as pa

from rules.engine.derived.cells import Cell, cell, finite
from rules.engine.relations import Database
from rules.engine.sql import name, text
from rules.language.ruleset import Money
from rules.language.values.folding import fold


def lay_rates(database: Database, money: Money) -> None:
    """Makes `rates` (currency, rate) with currencies as text is folded."""
    rates = {fold(currency): rate for currency, rate in money.rates.items()} | {fold(money.currency): 1.0}
    currencies = pa.array(rates, pa.string())
    database.store(
        "rates", pa.table({"currency": currencies, "rate": pa.array(rates.values(), pa.float64())})
    )


def exchanged(field: str, currency: str, money: Money) -> Cell:
    """The field's `amount` in one currency, given the cell of its own; without one it is in the rule set's.

    A currency without a rate makes the amount missing, with an issue that names it.
    """
    found = name(f"rate of {field}")
    rate = f"coalesce({found}.rate, CASE WHEN {currency} IS NULL THEN 1 END)"
    worth = f"({amount(field)} * {rate})"
    before, after = text(f"{field} is in '"), text("', for which the rules have no rate")
    issue = (
        f"CASE WHEN {amount(field)} IS NULL THEN NULL WHEN {rate} IS NULL THEN {before} || {currency} || {after} "
        f"WHEN {finite(worth)} IS NULL THEN {text(f'{field} is too much in {money.currency}')} END"
    )
    join = f"LEFT JOIN rates AS {found} ON {found}.currency = {currency}"
    return Cell(field, finite(worth), join, issue)


def amount(field: str) -> str:
    """The column of the amount in the record's own currency."""
    return cell(amount_of(field))


def amount_of(field: str) -> str:
    """The name of that cell."""
    return f"{field} (amount)"
