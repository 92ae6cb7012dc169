"""A night against both local CRMs, with rules for the sample companies."""
