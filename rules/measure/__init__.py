"""Workload, coverage, touches and balance: what a plan does to accounts, reps and territories, in numbers.

`rules.measure.night.measure` computes them, `rules.measure.definitions` says what each one is.
"""
