"""Prints `docs/rules.md`, a page an alert kind for analysts: `python -m sealtrack.rule_docs > docs/rules.md`.

Numbers come from the tables that the rules run on; only the words stand here.
"""

from sealtrack.rule_docs.page import evidence_names, page

__all__ = ["evidence_names", "page"]
