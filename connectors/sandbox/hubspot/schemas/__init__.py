"""The schemas API: custom objects are defined, read, changed and put away."""
