"""The page in a real browser: its script runs, and hostile names are shown as text."""

import html as entities
import os
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
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    command = [browser, *flags, f"--user-data-dir={folder}", page.as_uri() + fragment]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


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
