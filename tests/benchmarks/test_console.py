"""The measurement of the console runs, and asks for what the console answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.console import __main__ as console
from benchmarks.console import frames
from benchmarks.console.queue import PAGES


def test_the_quick_run_prints_a_row_for_each_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "measure", lambda *_: [frames.Frames("laptop", "1440 × 900", 60.0, 5.0)])
    assert console.main(["--quick"]) == 0
    said = capsys.readouterr().out
    assert all(f"| {name} |" in said for name in PAGES)
    [live] = [line for line in said.splitlines() if line.startswith("| live map's document |")]
    assert live.split("|")[2].strip() == "100"
    assert "| laptop | 1440 × 900 | 5.0 ms | 60 a second |" in said


def test_its_tables_have_a_place_in_the_readme() -> None:
    page = (Path(console.HERE) / "README.md").read_text(encoding="utf-8")
    assert page.index(console.BEGIN) < page.index("| live map, dragged |") < page.index(console.END)
