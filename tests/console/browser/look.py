"""What a page must have so that everybody can use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """Missing names, headings, headers of tables, in words."""
    found: list[str] = page.evaluate(f"{_LOOK}.faults()")
    return found


def weak_contrasts(page: Page) -> dict[str, Any]:
    """Text that is hard to read (WCAG 2 AA), with its contrast."""
    found: dict[str, Any] = page.evaluate(f"{_LOOK}.contrasts()")
    return found
