"""`sealtrack replay` and `diff` on files, as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sealtrack.cli.main import app
from tests import feeds


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with one truck that halts for half an hour on the road, and one that does not."""
    feeds.write_fences(tmp_path)
    feeds.write_shipments(tmp_path, VN1="S1", VN2="S2")
    feeds.write_csv(tmp_path / "feed.csv", feeds.drive("S1", halt_min=30) + feeds.drive("S2"))
    return tmp_path


def replay(case: Path, *more: str, feed: str = "feed.csv") -> Result:
    fixed = ["--geofences", str(case / "fences.geojson"), "--shipments", str(case / "shipments.csv")]
    return CliRunner().invoke(app, ["replay", str(case / feed), *fixed, *more])


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_stdout_is_the_final_alerts_and_stderr_the_talk(case: Path) -> None:
    done = replay(case)
    assert done.exit_code == 0
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(alert["shipment_id"], alert["kind"], alert["status"]) for alert in alerts] == [
        ("VN1", "unauthorised_stop", "closed")
    ]
    assert alerts[0]["start"].endswith("Z")
    assert "1 of 2 shipments flagged" in done.stderr
    assert "unauthorised_stop" in done.stderr


def test_alerts_are_the_same_for_every_number_of_threads(case: Path) -> None:
    said = {replay(case, "--history", "--threads", str(threads)).stdout for threads in (1, 2, 5)}
    assert len(said) == 1
    assert "unauthorised_stop" in said.pop()
    assert replay(case, "--threads", "0").exit_code == 2


@pytest.mark.parametrize("suffix", ["ndjson", "csv", "parquet", "geojson"])
def test_out_takes_its_format_from_the_suffix(case: Path, suffix: str) -> None:
    out = case / f"alerts.{suffix}"
    done = replay(case, "--out", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.stat().st_size > 100


def test_it_says_how_to_judge_again_what_came_after_the_horizon(case: Path) -> None:
    reports = feeds.drive("S1") + feeds.drive("S2")
    for report in reports[:3]:
        report["received"] = report["time"] + 7 * 3_600_000 + 1
    feeds.write_csv(case / "feed.csv", reports)
    done = replay(case)
    assert "3 reports came after the horizon and were judged for seal events only: VN1." in done.stderr
    assert "FILE says [default] horizon_s = 28800" in done.stderr
    (case / "policy.toml").write_text("[default]\nhorizon_s = 28800\n", encoding="utf-8")
    assert "horizon" not in replay(case, "--policy", str(case / "policy.toml")).stderr


def test_sightings_are_judged_with_the_feed(case: Path) -> None:
    places = [("21.5", "106.5"), ("20.85", "106.5"), ("20.85", "")]
    said = {"source": "anpr", "seal_id": "S2", "plate": "X"}
    seen = [
        {"sighting_id": f"seen-{n}", "time": feeds.START_MS + n * 60_000, "lat": lat, "lon": lon} | said
        for n, (lat, lon) in enumerate(places, 1)
    ]
    feeds.write_csv(case / "one.csv", seen[:1])
    feeds.write_csv(case / "two.csv", [*seen[1:], seen[1] | {"sighting_id": "stray", "seal_id": "S9"}])
    done = replay(case, "--sightings", str(case / "one.csv"), "--sightings", str(case / "two.csv"))
    assert done.exit_code == 0, done.stderr
    [alert] = [one for one in map(json.loads, done.stdout.splitlines()) if one["kind"] == "separation"]
    assert (alert["shipment_id"], alert["evidence"]["sighting_id"]) == ("VN2", "seen-1")
    assert "lat without lon" in done.stderr
    assert "sightings of seal S9: 1 belong to no shipment" in done.stderr


def test_history_holds_every_version(case: Path) -> None:
    assert replay(case, "--history", "--out", str(case / "history.ndjson")).exit_code == 0
    versions = [(row["version"], row["status"]) for row in read(case / "history.ndjson")]
    assert versions[0] == (1, "open")
    assert versions[-1][1] == "closed"
    assert [version for version, _ in versions] == list(range(1, len(versions) + 1))


def test_rows_that_cannot_be_read_are_named_and_kept_and_the_others_judged(case: Path) -> None:
    rows = feeds.drive("S1", halt_min=30)
    bad = [feeds.report("S1", 5, 100, lat="north") for _ in range(25)]
    feeds.write_csv(case / "bad.csv", rows[:10] + bad + rows[10:])
    done = replay(case, "--dead-letter", str(case / "dead.ndjson"), feed="bad.csv")
    assert done.exit_code == 0
    assert "unauthorised_stop" in done.stdout
    assert done.stderr.count("bad.csv, 0:") == 20
    assert "5 more rows set aside" in done.stderr
    dead = read(case / "dead.ndjson")
    assert len(dead) == 25
    assert (dead[0]["field"], dead[0]["offset"]) == ("lat", 11)


def test_the_map_is_written(case: Path) -> None:
    assert replay(case, "--map", str(case / "map.html")).exit_code == 0
    assert "VN1" in (case / "map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--geofences", "none.geojson"), ("--shipments", "none.csv"), ("--policy", "none.toml"), ("--out", "alerts.docx")],
)
def test_what_cannot_be_used_is_one_line(case: Path, option: str, value: str) -> None:
    done = replay(case, option, str(case / value))
    assert done.exit_code == 2
    assert done.stdout == ""
    line = done.stderr.splitlines()[-1]
    assert line.startswith("sealtrack: ")
    assert value in line


def test_a_feed_that_is_not_there_is_one_line(case: Path) -> None:
    done = replay(case, feed="none.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith("sealtrack: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_is_not_there_is_one_line(case: Path) -> None:
    done = replay(case, "--map", str(case / "none" / "map.html"))
    assert done.exit_code == 2
    assert "map.html" in done.stderr.splitlines()[-1]


def test_seals_without_a_shipment_are_named(case: Path) -> None:
    feeds.write_csv(case / "feed.csv", feeds.drive("S1") + feeds.drive("S9"))
    done = replay(case)
    assert done.exit_code == 0
    assert "seal S9: 120 reports" in done.stderr


def test_a_reader_that_leaves_is_no_error(case: Path) -> None:
    fixed = ["--geofences", str(case / "fences.geojson"), "--shipments", str(case / "shipments.csv")]
    command = [sys.executable, "-m", "sealtrack", "replay", str(case / "feed.csv"), *fixed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read().decode()
    assert process.returncode == 141
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def diff(a: Path, b: Path) -> Result:
    return CliRunner().invoke(app, ["diff", str(a), str(b)])


def test_diff_of_the_same_alerts_is_empty(case: Path) -> None:
    replay(case, "--out", str(case / "final.ndjson"))
    replay(case, "--history", "--out", str(case / "history.ndjson"))
    for other in ("final.ndjson", "history.ndjson"):
        done = diff(case / "final.ndjson", case / other)
        assert (done.exit_code, done.stdout) == (0, "")


def test_diff_names_what_differs(case: Path) -> None:
    replay(case, "--out", str(case / "a.ndjson"))
    [alert] = read(case / "a.ndjson")
    other = {**alert, "alert_id": "new"}
    changed = {**alert, "severity": "info"}
    (case / "b.ndjson").write_text("".join(json.dumps(row) + "\n" for row in (changed, other)), encoding="utf-8")
    done = diff(case / "a.ndjson", case / "b.ndjson")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert any(line.startswith("only in b") and "new" in line for line in lines)
    assert any("severity" in line and "warning" in line and "info" in line for line in lines)
