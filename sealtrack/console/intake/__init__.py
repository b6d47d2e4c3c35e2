"""Fills the store: from files, and from the topics of a live service."""
