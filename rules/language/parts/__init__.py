"""Each part of the rules out of its section, checked against the others."""
