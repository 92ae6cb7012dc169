"""The files that `territory init` begins an admin's folder with."""
