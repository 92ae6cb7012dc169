"""The search endpoint and its index that runs behind."""
