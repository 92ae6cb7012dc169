"""Records to begin with."""
