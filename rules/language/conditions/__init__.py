"""Both spellings of conditions, structured and SQL, down to tests of one field."""
