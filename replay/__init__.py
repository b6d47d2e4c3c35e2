"""Scenarios and their maker. Not installed: run from the repository's root."""
