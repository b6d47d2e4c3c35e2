"""The benchmark of recovery recovers, and says so."""

from __future__ import annotations

import pytest

from benchmarks.recovery.__main__ import as_text, main
from benchmarks.recovery.measure import Recovered, recover

pytestmark = pytest.mark.compiled


def test_a_recovery_changes_no_alert_and_its_checkpoint_is_small() -> None:
    found = recover(3, reports_each=200, again=150)
    assert (found.shipments, found.partitions, found.judged_again) == (3, 1, 150)
    assert found.checkpoint_bytes < found.snapshot_bytes
    assert found.a_shipment < 10_000


def test_sizes_and_times_stand_in_the_table() -> None:
    row = Recovered(2_000, 1_440_000, 2, 80_000_000, 18_000_000, 3.0, 1.0, 5.0, 400_000)
    assert "| 2,000 | 80.0 → 18.0 MB | 9.0 KB | 3.0 s | 1.0 s | 5.0 s (400,000 reports) | 3.0 s |" in as_text([row])


def test_the_quick_run_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick"]) == 0
    assert capsys.readouterr().out.startswith("| shipments")
