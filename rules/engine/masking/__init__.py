"""Conditions as bit masks over the values that rules can tell apart."""
