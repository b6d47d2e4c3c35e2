"""Text in tables that a spreadsheet would run as a formula."""

from __future__ import annotations

from typing import Any, TypeGuard

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are full-width: a spreadsheet of East Asia takes them for the plain ones."""
_OVERLOOKED = "' \u00a0\u3000\u200b\ufeff"
"""Blanks before a formula that some programs take away."""


def guarded(value: Any) -> Any:
    """The value, with an apostrophe before text that a spreadsheet would run."""
    return "'" + value if _is_formula(value) else value


def unguarded(value: Any) -> Any:
    """What `guarded` was given."""
    return value[1:] if isinstance(value, str) and value.startswith("'") and _is_formula(value) else value


def _is_formula(value: object) -> TypeGuard[str]:
    """Whether a spreadsheet would run the text, or it looks like one that was guarded against that."""
    return isinstance(value, str) and value.lstrip(_OVERLOOKED).startswith(_FORMULA_STARTS)
