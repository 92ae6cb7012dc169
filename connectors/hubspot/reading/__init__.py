"""From pages of a portal to tables."""
