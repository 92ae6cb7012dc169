"""The people of the account and their teams, as its settings show them."""
