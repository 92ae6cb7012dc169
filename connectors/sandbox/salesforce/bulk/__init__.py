"""Bulk API 2.0 of the org: query jobs and ingest jobs, worked on in the background, results as CSV."""
