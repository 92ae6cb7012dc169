"""Queries: SOQL parsed, compiled to the store's SQL, answered in pages."""
