"""From rules and accounts to assignments, as one relational plan."""
