"""Workload and KPIs of accounts, reps and territories."""
