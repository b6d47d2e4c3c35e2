"""Frames of the live map in a real Chromium while it is dragged about: how many come, and what one costs."""

from __future__ import annotations

import shutil
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

FRAMES = 120
ROUNDS = 3
SIZES = {"laptop": (1440, 900), "wall screen": (3840, 2160)}

_DRAG = """frames => new Promise((done) => {
  const map = document.getElementById("map"), box = map.getBoundingClientRect(), began = performance.now();
  const x = (n) => box.left + box.width / 2 + 120 * Math.sin(n / 9);
  const y = (n) => box.top + box.height / 2 + 80 * Math.cos(n / 7);
  const at = (n) => ({ clientX: x(n), clientY: y(n), pointerId: 1, bubbles: true, buttons: 1 });
  map.setPointerCapture = () => {};
  map.dispatchEvent(new PointerEvent("pointerdown", at(0)));
  let n = 0;
  const step = () => {
    if (n++ === frames) {
      map.dispatchEvent(new PointerEvent("pointerup", at(n)));
      return done(performance.now() - began);
    }
    map.dispatchEvent(new PointerEvent("pointermove", at(n)));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


class Frames(NamedTuple):
    """One size of screen."""

    screen: str
    pixels: str
    frames_per_s: float
    """By the clock, the best of ROUNDS."""
    script_ms: float
    """Processor time of the page's main thread a frame, the best of ROUNDS; 16.7 ms are sixty frames a second."""


def measure(address: str, user: str, password: str) -> list[Frames]:
    """The live map of the console at this address."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        rows = []
        for name, (width, height) in SIZES.items():
            context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
            context.set_default_timeout(120_000)
            page = context.new_page()
            page.request.post("/api/v1/login", data={"user": user, "password": password})
            page.goto("/live")
            page.locator("body[data-ready]").wait_for()
            rows.append(_frames(page, name, f"{width} × {height}"))
            context.close()
        browser.close()
    return rows


def _frames(page: Page, name: str, pixels: str) -> Frames:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    best_ms, least_s = float("inf"), float("inf")
    for _ in range(ROUNDS):
        page.click("#fit")  # all seals in sight again
        before = _busy_s(session)
        best_ms = min(best_ms, page.evaluate(_DRAG, FRAMES))
        least_s = min(least_s, _busy_s(session) - before)
    return Frames(name, pixels, round(FRAMES / best_ms * 1000, 1), round(least_s / FRAMES * 1000, 2))


def _busy_s(session: Any) -> float:
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(told["TaskDuration"])
