"""From a connector into a snapshot: read, resume what was interrupted, merge, refuse what was cut off."""
