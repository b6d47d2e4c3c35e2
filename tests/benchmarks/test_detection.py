"""The benchmark of detection quality runs, counts what it says it counts, and can be repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.detection.__main__ import main
from benchmarks.detection.runner import QUICK, Size
from benchmarks.detection.score import score
from benchmarks.detection.table import BEGIN, END, into_readme
from benchmarks.detection.trips import Batch, Setting, judge
from benchmarks.detection.world import World, build
from replay.maker.story import Label
from sealtrack.schema import Alert, Kind

MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("fences"))


def alert(kind: Kind, trip: str, start_min: int, end_min: int) -> Alert:
    return Alert(
        alert_id=f"{kind} {trip} {start_min}",
        version=1,
        kind=kind,
        status="closed",
        severity="warning",
        shipment_id=trip,
        seal_id="S",
        start=start_min * MINUTE_MS,
        end=end_min * MINUTE_MS,
        lat=None,
        lon=None,
        evidence={},
        detected_at=(start_min + 3) * MINUTE_MS,
    )


def label(kind: Kind, trip: str, start_min: int, end_min: int, expect: str) -> Label:
    return Label(kind, trip, start_min * MINUTE_MS, end_min * MINUTE_MS, expect, "cause", "note")


def test_an_offence_is_found_by_its_own_kind_trip_and_time() -> None:
    labels = [label(Kind.unauthorised_stop, trip, 100, 130, "must") for trip in ("found", "missed", "other kind")]
    alerts = [
        alert(Kind.unauthorised_stop, "found", 102, 130),
        alert(Kind.unauthorised_stop, "missed", 20, 40),
        alert(Kind.seal_open, "other kind", 100, 130),
    ]
    result = score(labels, alerts, ["found", "missed", "other kind", "idle"], origin="here", slack_ms=0)
    stops = result.kinds[Kind.unauthorised_stop]
    assert (stops.offences, stops.found, stops.true, stops.false) == (3, 1, 1, 1)
    assert stops.delays_s == [300.0]
    assert (stops.innocent_trips, stops.innocent_false) == (1, 0)
    assert result.kinds[Kind.seal_open].false == 1
    assert len(result.faults) == 4
    assert all("here" in fault for fault in result.faults)


def test_what_tells_the_truth_counts_for_neither_side() -> None:
    labels = [label(Kind.signal_loss, "hole", 0, 30, "may"), label(Kind.signal_loss, "tunnel", 0, 30, "must_not")]
    alerts = [alert(Kind.signal_loss, trip, 5, 25) for trip in ("hole", "tunnel")]
    losses = score(labels, alerts, ["hole", "tunnel"], origin="", slack_ms=0).kinds[Kind.signal_loss]
    assert (losses.true, losses.false, losses.innocent_false) == (0, 1, 1)


def test_a_batch_can_be_made_again_from_its_origin(world: World) -> None:
    batch = Batch(Setting(interval_s=120.0), seed=3, trips=4, guilty=True)
    first, again = judge(batch, world), judge(eval(repr(batch)), world)  # noqa: S307 - ours
    assert first.alerts == again.alerts
    assert first.labels == again.labels
    assert {one.shipment_id for one in first.labels if one.expect == "must"} == {s.shipment_id for s in first.shipments}


def test_the_command_measures_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.detection.__main__.QUICK", Size(12, 6, 0, 0, 0, QUICK.recorded))
    monkeypatch.setenv("SEALTRACK_SHARED_DATA", str(tmp_path / "absent"))
    main(["--quick", "--jobs", "1", "--out", str(tmp_path / "out.json")])
    measured = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert measured["base"]["trips"] == 18
    assert measured["recorded"] == {}
    assert sum(one["offences"] for one in measured["base"]["kinds"].values()) >= 12
    assert "18 trips" in capsys.readouterr().out


def test_the_tables_go_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    into_readme("new", page)
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="put the lines"):
        into_readme("new", page)
