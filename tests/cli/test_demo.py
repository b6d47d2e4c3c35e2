"""The two commands that need no files of one's own."""

import re
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.io.files import read_alerts

GUILTY = {3, 6, 8, 11, 14, 17, 20, 23}
"""By the scenario's README."""


def test_the_demo_flags_the_guilty_and_draws_the_map(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert done.stdout == ""
    offences = {"route_deviation", "unauthorised_stop", "seal_open", "seal_tamper", "signal_loss", "jamming"}
    alerts = [alert for alert in read_alerts(tmp_path / "out" / "alerts.ndjson") if alert.severity != "info"]
    assert {alert.shipment_id for alert in alerts if alert.kind in offences} == {f"TQ26-{n:04}" for n in GUILTY}
    assert all(alert.shipment_id in done.stderr for alert in alerts)
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert "TQ26-0006" in page
    assert len(page) < 5_000_000


def test_the_demos_console_runs_on_until_it_is_stopped(tmp_path: Path) -> None:
    pytest.importorskip("fastapi", reason="needs the extra: pip install 'sealtrack[console]'")
    out = str(tmp_path / "out")
    try:
        done = CliRunner().invoke(app, ["demo", "--console", "--out", out])
        assert done.exit_code == 0
        said = re.search(r"console: (http://127\.0\.0\.1:\d+/)\n  user admin, one-time password (\S+)\n", done.stderr)
        assert said
        login, given = f"{said[1]}api/v1/login", {"user": "admin", "password": said[2]}
        assert httpx2.post(login, json=given, timeout=300).status_code == 204
    finally:
        stopped = CliRunner().invoke(app, ["demo", "--stop", "--out", out])
    assert stopped.stderr == "The console is stopped.\n"
    with pytest.raises(httpx2.ConnectError):
        httpx2.post(login, json=given, timeout=300)
    assert CliRunner().invoke(app, ["demo", "--stop", "--out", out]).stderr.startswith("No console runs")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "file" / "out")])
    assert done.exit_code == 2
    assert done.stderr.startswith("sealtrack: ")


def test_after_warmup_everything_that_the_engine_calls_is_compiled() -> None:
    from sealtrack.core import advance

    if not hasattr(advance.advance, "signatures"):
        pytest.skip("plain Python: NUMBA_DISABLE_JIT is set")
    assert CliRunner().invoke(app, ["warmup"]).exit_code == 0
    entries = [item for item in vars(advance).values() if getattr(item, "targetoptions", {}).get("nogil")]
    assert entries
    assert all(entry.signatures for entry in entries)
