"""The command line as a whole: quick help, one-line errors, exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.errors import InputError

README = Path(__file__).parents[2] / "README.md"
COMMANDS = (
    "run",
    "console",
    "audit",
    "evidence",
    "replay",
    "record",
    "geofences",
    "topics",
    "bench",
    "diff",
    "demo",
    "warmup",
)


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys\nfrom sealtrack.cli.main import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "slow = {'numpy', 'numba', 'rich', 'shapely', 'pandas', 'pyarrow', 'kafka', 'msgspec'}\n"
        "slow |= {'sqlalchemy', 'fastapi'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 4
    assert f"sealtrack {command}" in README.read_text(encoding="utf-8")


def test_no_command_is_missing_here() -> None:
    from typer.main import get_command

    assert set(get_command(app).commands) == set(COMMANDS)  # type: ignore[attr-defined] # it is a group


def test_version() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    assert done.stdout.startswith("sealtrack 0.")


def test_an_unknown_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["reply"]).exit_code == 2


def test_an_error_is_one_line_and_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_paths: Path) -> None:
        raise InputError("fences.geojson: no such file; check the path")

    monkeypatch.setattr("sealtrack.geofence.load", fail)
    done = CliRunner().invoke(app, ["replay", "feed.csv", "--geofences", "fences.geojson", "--shipments", "s.csv"])
    assert done.exit_code == 2
    assert done.stderr == "sealtrack: fences.geojson: no such file; check the path\n"
    assert done.stdout == ""


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_paths: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sealtrack.geofence.load", fail)
    done = CliRunner().invoke(app, ["replay", "feed.csv", "--geofences", "fences.geojson", "--shipments", "s.csv"])
    assert isinstance(done.exception, ZeroDivisionError)
