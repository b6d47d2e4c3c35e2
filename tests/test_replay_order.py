"""Feeds are judged while they are read: in whatever pieces and order, as when all is read and sorted first."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealtrack import geofence
from sealtrack.columns import concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.errors import InputError
from sealtrack.io.files import read_reports, read_shipments
from sealtrack.replay import replay
from sealtrack.schema import Alert, Shipment, Sighting
from tests import feeds

Rows = list[dict[str, Any]]
SIGHTINGS = [
    Sighting(
        sighting_id=f"camera-{second}",
        time=feeds.START_MS + second * 1000 + 2000,  # when a report was received, too
        source="camera",
        shipment_id="VN1",
        lat=feeds.ROAD_LAT,
        lon=106.9,
        plate="29C-1",
    )
    for second in (2_400, 600, 1_230, 60)
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some ten reports."""
    monkeypatch.setattr("sealtrack.io.files.csv_reports.BLOCK_BYTES", 1_000)


def written(folder: Path, *lists: Rows) -> list[Path]:
    return [feeds.write_csv(folder / f"feed{number}.csv", rows) for number, rows in enumerate(lists)]


def declared(folder: Path) -> list[Shipment]:
    return read_shipments(feeds.write_shipments(folder, VN1="S1", VN2="S2"))[0]


def read_first(folder: Path, paths: list[Path], sightings: list[Sighting]) -> tuple[list[Alert], list[tuple[int, int]]]:
    """What an engine says of everything at once, and (partition, offset) of the reports in their order."""
    batches = []
    for number, path in enumerate(paths):
        for batch, _ in read_reports(path):
            batch.rows["partition"] = number
            batches.append(batch)
    both = concat([*batches, pack_sightings(sightings)])
    both = both.take(np.argsort(both.rows["received_ms"], kind="stable"))
    engine = Engine(geofence.load(feeds.write_fences(folder)))
    history, _ = engine.register(declared(folder))
    history += engine.process(both)
    reports = both.rows[both.rows["partition"] >= 0]
    return history, list(zip(reports["partition"].tolist(), reports["offset"].tolist(), strict=True))


def assert_as_read_first(folder: Path, paths: list[Path], sightings: list[Sighting]) -> list[Alert]:
    result = replay(paths, geofence.load(feeds.write_fences(folder)), declared(folder), sightings=sightings)
    history, order = read_first(folder, paths, sightings)
    assert result.history == history
    rows = result.reports.rows
    assert list(zip(rows["partition"].tolist(), rows["offset"].tolist(), strict=True)) == order
    assert not result.reports.sightings
    return result.alerts


def both_trucks() -> Rows:
    rows = feeds.drive("S1", halt_min=30) + feeds.drive("S2", halt_min=17)
    return sorted(rows, key=lambda row: row["received"])


CUTS: dict[str, Callable[[Rows], list[Rows]]] = {
    "in order": lambda rows: [rows],
    "one day after another": lambda rows: [rows[:100], rows[100:]],
    "the days exchanged": lambda rows: [rows[100:], rows[:100]],
    "gateways side by side": lambda rows: [rows[::2], rows[1::2]],
    "by truck": lambda rows: [sorted(rows, key=lambda row: str(row["seal_id"]))],
    "one late at the end": lambda rows: [rows[:40] + rows[41:] + rows[40:41]],
    "shuffled": lambda rows: [random.Random(7).sample(rows, len(rows))],
}


@pytest.mark.parametrize("seen", [[], SIGHTINGS, SIGHTINGS[:1]], ids=["alone", "with sightings", "with one"])
@pytest.mark.parametrize("order", CUTS)
def test_the_order_of_files_and_rows_is_that_of_received(tmp_path: Path, order: str, seen: list[Sighting]) -> None:
    paths = written(tmp_path, *CUTS[order](both_trucks()))
    alerts = assert_as_read_first(tmp_path, paths, seen)
    assert "unauthorised_stop" in {alert.kind for alert in alerts}
    assert ("separation" in {alert.kind for alert in alerts}) == bool(seen)


def test_sightings_before_all_reports_and_after_them(tmp_path: Path) -> None:
    [first, *_] = SIGHTINGS
    early, late = (Sighting(**{**_fields(first), "sighting_id": name, "received": at}) for name, at in _FAR)
    assert_as_read_first(tmp_path, written(tmp_path, both_trucks()), [late, first, early])


_FAR = [("early", feeds.START_MS - 60_000), ("late", feeds.START_MS + 9_000_000)]


def _fields(sighting: Sighting) -> dict[str, Any]:
    return {name: getattr(sighting, name) for name in Sighting.__slots__}


def test_a_reader_is_ahead_but_its_fault_is_told(tmp_path: Path) -> None:
    [good] = written(tmp_path, both_trucks())
    with pytest.raises(InputError, match=r"gone\.csv: no such file"):
        replay([good, tmp_path / "gone.csv"], geofence.load(feeds.write_fences(tmp_path)), declared(tmp_path))


def test_bad_rows_are_told_file_after_file(tmp_path: Path) -> None:
    rows = both_trucks()
    paths = written(tmp_path, [*rows[:50], {**rows[50], "lat": 99}], [{**rows[3], "speed": "fast"}, *rows[60:]])
    result = replay(paths, geofence.load(feeds.write_fences(tmp_path)), declared(tmp_path))
    assert [(Path(one.source).name, one.offset, one.field) for one in result.rejected] == [
        ("feed0.csv", 51, "lat"),
        ("feed1.csv", 1, "speed"),
    ]
    assert len(result.reports) == len(rows[:51]) + 1 + len(rows[60:])


def test_progress_is_never_beyond_the_whole(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    paths = written(tmp_path, both_trucks())
    replay(paths, geofence.load(feeds.write_fences(tmp_path)), [], on_progress=lambda *news: told.append(news))
    assert all(0 <= done <= total for _, done, total in told)
    for phase in ("read", "judge"):
        done = [one for name, one, _ in told if name == phase]
        assert done == sorted(done)
        assert len(done) > 3
