"""The plan in the words of other engines: run there by `rules.engine.spark`, or printed as a script."""
