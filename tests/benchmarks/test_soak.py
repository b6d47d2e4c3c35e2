"""A minute of the soak: its faults happen, and it sees what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import main


@pytest.mark.usefixtures("own_broker")  # the soak makes one of its own; this one tells whether one can be had
def test_a_minute_of_faults_ends_with_what_a_replay_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--keep", str(tmp_path / "soak")]
    assert main(["--minutes", "1", "--every", "5", "--seed", "3", *where]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert "Each version was read once" in said
    faults = ("worker killed", "broker killed", "worker frozen", "more", "poison", "cut", "broker frozen")
    assert sum(kind in said for kind in faults) >= 3, said
