"""Decides who should own what: pure, tables in and tables out."""
