"""The CRM's own territories: who should be in which, what of that is ours, and what would have to change."""
