"""What a command writes replaces nothing that it reads, and is asked for before the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sealtrack.cli import report
from sealtrack.cli.main import app
from sealtrack.errors import UsageError
from tests import feeds


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with a feed of a truck that halts, and what it needs."""
    feeds.write_fences(tmp_path)
    feeds.write_shipments(tmp_path, VN1="S1")
    feeds.write_csv(tmp_path / "feed.csv", feeds.drive("S1", halt_min=30))
    (tmp_path / "policy.toml").write_text("[default]\n")
    return tmp_path


def arguments(case: Path, *more: str) -> list[str]:
    named = ["--geofences", str(case / "fences.geojson"), "--shipments", str(case / "shipments.csv")]
    return ["replay", str(case / "feed.csv"), *named, "--policy", str(case / "policy.toml"), *more]


def replay(case: Path, *more: str) -> Result:
    return CliRunner().invoke(app, arguments(case, *more))


def refused(done: Result) -> str:
    """Its one line."""
    [line] = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (2, "")
    return line


@pytest.mark.parametrize("option", ["--out", "--map", "--dead-letter"])
@pytest.mark.parametrize("name", ["feed.csv", "shipments.csv", "fences.geojson", "policy.toml"])
def test_no_input_is_written_over(case: Path, option: str, name: str) -> None:
    before = (case / name).read_bytes()
    assert refused(replay(case, option, str(case / name))).endswith("this file is read; name another one")
    assert (case / name).read_bytes() == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_an_input_by_another_name_is_one(case: Path, link: object) -> None:
    link(case / "feed.csv", case / "alerts.csv")  # type: ignore[operator]
    assert "this file is read" in refused(replay(case, "--out", str(case / "alerts.csv")))


def test_a_file_of_a_folder_that_is_read_is_an_input(case: Path) -> None:
    named = ["--geofences", str(case), "--out", str(case / "fences.geojson")]
    assert "this file is read" in refused(replay(case, *named))


def test_two_outputs_are_two_files(case: Path) -> None:
    both = ["--out", str(case / "a.csv"), "--map", str(case / "." / "a.csv")]
    assert "this file is written by --out" in refused(replay(case, *both))
    nowhere = ["--map", os.devnull, "--dead-letter", os.devnull]
    assert replay(case, *nowhere).exit_code == 0


@pytest.mark.parametrize(
    ("out", "said"),
    [("alerts.txt", "suffix .txt is not known"), ("a.csv.gz", "uncompressed"), ("absent/a.csv", "no such folder")],
)
def test_where_nothing_can_be_written_is_said_before_anything_is_read(case: Path, out: str, said: str) -> None:
    (case / "feed.csv").write_text("what would be told next")
    assert said in refused(replay(case, "--out", str(case / out)))


def test_a_name_too_long_for_a_file_is_one_line(case: Path) -> None:
    long = "x" * 300 + ".csv"
    assert "too long" in refused(replay(case, "--out", str(case / long)))
    assert "too long" in refused(replay(case, str(case / long)))


@pytest.mark.parametrize("command", [["compile", "fences.geojson"], ["draft", "track.geojson", "--id", "R9"]])
def test_geofences_are_not_written_over(case: Path, command: list[str]) -> None:
    (case / "track.geojson").write_bytes((case / "fences.geojson").read_bytes())
    verb, name, *more = command
    done = CliRunner().invoke(app, ["geofences", verb, str(case / name), *more, "--out", str(case / name)])
    assert "this file is read" in refused(done)
    assert (case / name).read_bytes() == (case / "fences.geojson").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is full")
def test_a_full_disk_behind_stdout_is_one_line(case: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sealtrack", *arguments(case)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    said = done.stderr.decode()
    assert "stdout: cannot be written (No space left on device)" in said
    assert "Traceback" not in said
    assert done.returncode == 2


def test_without_a_stdout_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as closed:
        closed.setattr("sys.stdout", None)
        with pytest.raises(UsageError, match="name a file with --out"):
            report.alerts([], None)


def test_a_name_adds_no_line_and_no_colour(case: Path) -> None:
    rows = feeds.drive("S1")
    feeds.write_csv(case / "feed.csv", [*rows, rows[0] | {"seal_id": "S9\nsealtrack: all is well\x1b[31m\u202e"}])
    done = replay(case)
    assert done.exit_code == 0
    assert r"seal S9\nsealtrack: all is well\x1b[31m\u202e: 1 report" in done.stderr
    assert "\x1b" not in done.stderr
