"""Two CRMs in one plan: accounts matched, decided once, written on each side by one writer per field."""
