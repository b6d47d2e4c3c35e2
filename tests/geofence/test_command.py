"""`sealtrack geofences`: faults on stdout, talk on stderr, and an exit code that a script can trust."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sealtrack import geofence
from sealtrack.cli import main
from sealtrack.cli.geofences import app
from sealtrack.geofence.properties import ROLES
from tests.geofence.builders import road, write, yard
from tests.geofence.test_draft import gpx


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_check_of_what_is_right_prints_a_summary_and_exits_0(tmp_path: Path) -> None:
    result = run("check", write(tmp_path / "fences.geojson", road(), yard()))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("1 corridor (12 km), 1 zone, content ")
    assert result.stderr.endswith("no faults\n")


def test_check_names_faults_one_a_line_and_exits_1(tmp_path: Path) -> None:
    path = write(tmp_path / "fences.geojson", road(half_width_m=0), yard(role="prot"))
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}, feature road, half_width_m: is 0; write 20 to 20000 m",
        f"{path}, feature yard, role: is 'prot', which no rule knows; known are {', '.join(ROLES)} (warning)",
    ]
    assert result.stderr == "not usable: 1 fault, 1 warning\n"


def test_a_warning_alone_exits_0(tmp_path: Path) -> None:
    result = run("check", write(tmp_path / "fences.geojson", yard(role="prot")))
    assert result.exit_code == 0
    assert result.stderr.endswith("no faults, 1 warning\n")


def test_check_of_an_unreadable_file_exits_2(tmp_path: Path) -> None:
    result = run("check", tmp_path / "absent.geojson", write(tmp_path / "fences.geojson", road(half_width_m=0)))
    assert result.exit_code == 2
    assert "absent.geojson: no such file" in result.stdout
    assert "half_width_m: is 0" in result.stdout


def test_compile_writes_a_file_that_opens_and_checks(tmp_path: Path) -> None:
    source, out = write(tmp_path / "fences.geojson", road(), yard()), tmp_path / "out.fences"
    assert run("compile", source, "--out", out).exit_code == 0
    assert geofence.load(out).sha256 == geofence.load(source).sha256
    assert run("check", out).exit_code == 0


def test_compile_of_what_has_faults_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out.fences"
    assert run("compile", write(tmp_path / "fences.geojson", road(half_width_m=0)), "--out", out).exit_code == 1
    assert not out.exists()


@pytest.mark.parametrize("option", ["--half-width=-5", "--half-width=0", "--half-width=nan", "--id= "])
def test_a_draft_that_no_corridor_can_be_is_one_line(tmp_path: Path, option: str) -> None:
    path = tmp_path / "track.geojson"
    line = {"type": "LineString", "coordinates": [[106.0, 21.0], [106.5, 21.0]]}
    path.write_text(json.dumps(line), encoding="utf-8")
    done = CliRunner().invoke(main.app, ["geofences", "draft", str(path), "--id", "R1", option])
    [said] = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (2, "")
    assert said.startswith("sealtrack: a ")


def test_draft_gives_a_file_that_passes_the_check(tmp_path: Path) -> None:
    track, out = gpx(tmp_path / "track.gpx"), tmp_path / "route.geojson"
    words = ("draft", track, "--id", "new-route", "--half-width", "1200")
    assert run(*words, "--out", out).exit_code == 0
    (feature,) = json.loads(out.read_text())["features"]
    assert feature["properties"]["half_width_m"] == 1200
    assert run("check", out).exit_code == 0
    assert run(*words).stdout == out.read_text()
