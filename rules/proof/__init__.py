"""Proofs about rules: over what they say, for every account there could be, not over today's data."""
