"""Workload, coverage, touches and balance: what a plan does to accounts, reps and territories, in numbers."""

from rules.measure.night import ACCOUNTS_FILE, REPS_FILE, TERRITORIES_FILE, measure
from rules.measure.summary import Balance, Basis, Measure, MeasureSummary, Moment
from rules.measure.window import Window

__all__ = [
    "ACCOUNTS_FILE",
    "REPS_FILE",
    "TERRITORIES_FILE",
    "Balance",
    "Basis",
    "Measure",
    "MeasureSummary",
    "Moment",
    "Window",
    "measure",
]
