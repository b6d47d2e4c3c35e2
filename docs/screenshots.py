"""Draws docs/map.png, the demo's map in Chromium. Run `make demo` first."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAP = ROOT / "demo-out" / "map.html"
PICTURE = ROOT / "docs" / "map.png"
CHOSEN = "TQ26-0006"
"""Deviation, stop and opening in one trip."""


def main() -> None:
    browser = shutil.which("chromium") or sys.exit("docs/screenshots.py: install chromium")
    if not MAP.exists():
        sys.exit("docs/screenshots.py: no demo-out/map.html; run `make demo` first")
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,800"]
        flags += [
            f"--user-data-dir={profile}",
            "--virtual-time-budget=3000",
            f"--screenshot={PICTURE}",
        ]
        subprocess.run([browser, *flags, f"{MAP.as_uri()}#{CHOSEN}"], check=True, capture_output=True)


if __name__ == "__main__":
    main()
