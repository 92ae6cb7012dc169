"""A read-only console on this machine: what ran, what waits, and every plan as its page."""
