"""Why one account goes where it goes."""
