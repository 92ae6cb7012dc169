"""Changes into an org, each compared first and each with its outcome."""
