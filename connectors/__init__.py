"""Talks to CRMs: the only room that knows vendors."""
