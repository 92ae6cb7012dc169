"""An org's objects into our tables."""
