"""Local CRMs over real HTTP, to build and to test against."""
