"""Draws the README's pictures in Chromium: the demo's map, and the console's pages. Run `make demo` first.

.venv/bin/python docs/screenshots.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from sealtrack import data
from sealtrack.cli import background
from sealtrack.cli.demo import SCENARIO

ROOT = Path(__file__).parents[1]
MAP = ROOT / "demo-out" / "map.html"
IMAGES = ROOT / "docs" / "images"
CHOSEN = "TQ26-0006"
"""Deviation, stop and opening in one trip."""
COLOURS = 200
PASSWORD = "pictures for the readme"  # noqa: S105 - of a console that lives for some seconds


def main() -> None:
    found = shutil.which("chromium") or sys.exit("docs/screenshots.py: install chromium")
    if not MAP.exists():
        sys.exit("docs/screenshots.py: no demo-out/map.html; run `make demo` first")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        draw_map(browser)
        try:
            draw_console(browser, Path(folder))
        finally:
            background.stop(Path(folder))
            browser.close()


def draw_map(browser: Browser) -> None:
    """The self-contained page of a replay."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{MAP.as_uri()}#{CHOSEN}")
    page.locator(".detail").wait_for()
    save(page, ROOT / "docs" / "map.png")


def draw_console(browser: Browser, folder: Path) -> None:
    """Queue and incident, in Vietnamese by day and in English by night."""
    scenario = data.path(SCENARIO)
    given = ["--feed", str(next(scenario.glob("feed.*"))), "--shipments", str(scenario / "shipments.csv")]
    console = background.start(folder, ["--store", str(folder / "console.db"), *given])
    schemes: dict[str, Literal["light", "dark"]] = {"vi": "light", "en": "dark"}
    for language, scheme in schemes.items():
        context = browser.new_context(
            base_url=console.address, viewport={"width": 1360, "height": 850}, color_scheme=scheme
        )
        page = context.new_page()
        log_in(page, console.password if language == "vi" else PASSWORD)
        if language != "vi":  # which is what a new admin has
            page.select_option("#language", language)
            page.locator(f"html[lang={language}]").wait_for()
        save(page, IMAGES / f"queue-{language}.png")
        page.locator("#list a", has_text=CHOSEN).click()
        page.locator("#story .alert").first.wait_for()
        page.locator("#story .alert > button").nth(2).click()
        page.evaluate("scrollTo(0, 0)")
        save(page, IMAGES / f"incident-{language}.png")
        context.close()


def log_in(page: Page, password: str) -> None:
    page.goto("/login")
    page.fill("[name=user]", "admin")
    page.fill("[name=password]", password)
    page.click("#login button")
    page.wait_for_url("**/password" if password != PASSWORD else "**/")
    if password != PASSWORD:
        page.fill("[name=old]", password)
        page.fill("[name=new]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.click("#password button")
    page.locator("#list tbody tr").first.wait_for()


def save(page: Page, path: Path) -> None:
    """The picture, once everything that was asked for is drawn."""
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    drawn = Image.open(BytesIO(page.screenshot())).convert("RGB")
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)  # a third of the size


if __name__ == "__main__":
    main()
