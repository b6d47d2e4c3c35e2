"""A real Chromium in front of a console that is really served. A request to any other host fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright

from sealtrack.console.store import Store
from sealtrack.settings import Console
from tests.console.browser.serving import Served, serving

PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; where it is not installed the test is skipped, in CI it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium (CI must not skip the browser tests)")
        pytest.skip("no Chromium on this machine: install it to test the console in a browser")
    with sync_playwright() as playwright:
        # No sandbox: CI runs as root, where Chromium refuses it; the pages are our own.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def served(store: Store) -> Iterator[Served]:
    """The demo's console on a port of its own."""
    with serving(store, Console()) as console:
        yield console


@pytest.fixture
def open_page(chromium: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """Make a page in a browser of its own, without cookies; options are those of a Playwright context.

    The machine's own zone is another than the console's: what is shown must not depend on it.
    """
    contexts: list[BrowserContext] = []
    asked: list[str] = []
    errors: list[str] = []
    own = urlsplit(served.address).netloc

    def guard(route: Route, request: Request) -> None:
        if urlsplit(request.url).netloc == own:
            route.continue_()
        else:
            asked.append(request.url)
            route.abort()

    def make(**options: Any) -> Page:
        usual: dict[str, Any] = {"timezone_id": "America/Lima", "viewport": {"width": 1440, "height": 900}}
        context = chromium.new_context(base_url=served.address, **{**usual, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.route(lambda url: not url.startswith(("data:", "blob:")), guard)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert asked == [], "a page asked another host"
    assert errors == [], "a script failed"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """One page, nobody logged in."""
    return open_page()
