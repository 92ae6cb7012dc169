"""What people read: a plan, a run, a status, as text and as a page."""
