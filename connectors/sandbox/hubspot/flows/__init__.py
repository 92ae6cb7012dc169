"""Workflows: what an admin built to happen by itself, as far as a reader can see it."""
