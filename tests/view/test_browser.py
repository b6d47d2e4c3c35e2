"""The page in a real browser: its script runs, and hostile names are shown as text."""

import html as entities
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from sealtrack.view import map_page
from tests.view import scenes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium (CI must not skip the browser test)")
    pytest.skip("no Chromium on this machine: install it to test the map in a browser")


def dom_of(browser: str, page: Path, folder: Path, fragment: str = "") -> str:
    """The document after its script has run."""
    # --no-sandbox: CI runs as root, where Chromium refuses its sandbox; the page is our own.
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    command = [browser, *flags, f"--user-data-dir={folder}", page.as_uri() + fragment]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout


DRIVER = """
const failures = [], say = (name, ok) => ok || failures.push(name);
addEventListener("error", (event) => failures.push(event.message));
const canvas = document.getElementById("map"), one = (selector) => document.querySelector(selector);
const scale = () => one("#scale span").textContent, pixels = () => canvas.toDataURL();
const frame = () => new Promise((resolve) => setTimeout(resolve, 20));
const point = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: y }));
canvas.setPointerCapture = () => {};
const steps = {
  "choosing a shipment opens it": () => { one("#shipments button").click(); return () => one(".detail"); },
  "an alert zooms in": () => { const before = scale(); one(".alert").click(); return () => scale() !== before; },
  "the wheel zooms": () => {
    const before = scale();
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: 2000, clientX: 600, clientY: 300 }));
    return () => scale() !== before;
  },
  "dragging moves the map": () => {
    const before = pixels();
    point("pointerdown", 600, 300); point("pointermove", 640, 330); point("pointerup", 640, 330);
    return () => pixels() !== before;
  },
  "a kind can be hidden": () => {
    const before = pixels();
    one("#kinds button").click();
    return () => pixels() !== before;
  },
  "the slider goes back in time": () => {
    const slider = one("#time");
    slider.value = 100; slider.dispatchEvent(new Event("input"));
    return () => /^2026-03-04 /.test(one("#moment").textContent);
  },
  "escape closes": () => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    return () => !one(".detail");
  },
};
(async () => {
  for (const [name, step] of Object.entries(steps)) {
    await frame();
    const check = step();
    await frame();
    say(name, check());
  }
  document.title = failures.length ? "FAILED: " + failures.join("; ") : `${Object.keys(steps).length} steps passed`;
})();
"""


def test_the_page_can_be_used(browser: str, tmp_path: Path) -> None:
    result, shipments = scenes.guilty_and_innocent()
    html = map_page(result, scenes.catalogue(tmp_path), shipments)
    # The page's own policy would, rightly, not run a script that was added to it.
    html = re.sub(r"<meta http-equiv[^>]*>", "", html).replace("</body>", f"<script>{{{DRIVER}}}</script></body>")
    # A browser that only dumps the document draws no frames.
    html = html.replace("</head>", "<script>requestAnimationFrame = (draw) => setTimeout(draw, 5)</script></head>")
    page = tmp_path / "map.html"
    page.write_text(html, encoding="utf-8")
    dom = dom_of(browser, page, tmp_path / "profile")
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title
    assert title[1] == "7 steps passed"


def test_the_page_draws_itself_and_shows_names_as_text(browser: str, tmp_path: Path) -> None:
    result, shipments = scenes.guilty_and_innocent()
    page = tmp_path / "map.html"
    page.write_text(map_page(result, scenes.catalogue(tmp_path), shipments), encoding="utf-8")
    dom = dom_of(browser, page, tmp_path / "profile", "#" + quote(scenes.HOSTILE))
    assert "1 of 2 shipments flagged · 400 reports" in dom
    assert "<title>sealtrack map</title>" in dom
    # Chosen by the fragment of the address, the shipment stands open with its reasons; drawn is what set the scale.
    assert f"<dd>{scenes.HOSTILE}</dd>" in entities.unescape(dom)
    assert "place unknown" in dom
    assert "<img" not in dom
    assert " km</span>" in dom or " m</span>" in dom
