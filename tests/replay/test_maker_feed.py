from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from replay.maker import DEFAULT_MIX, Catalogue, Feed, Spec, make
from replay.maker.folder import read_labels, write
from sealtrack.schema import EVENT_BIT, Report, Shipment, fields
from tests.replay.conftest import ROUTE


def some(catalogue: Catalogue, seed: int = 3, n_shipments: int = 6, **rest: float) -> Feed:
    return make(Spec(seed=seed, n_shipments=n_shipments, mix=DEFAULT_MIX, **ROUTE, **rest), catalogue)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_bytes(catalogue: Catalogue, tmp_path: Path) -> None:
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        write(some(catalogue), folder)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert some(catalogue, seed=4).reports["lat"].tolist() != some(catalogue).reports["lat"].tolist()


def test_one_more_shipment_changes_none_of_the_others(catalogue: Catalogue) -> None:
    spec = {"seed": 3, "departures_h": 0.0, **ROUTE}
    few, more = (make(Spec(episodes=(("stop",), ("jam",), ("tunnel",))[:n], **spec), catalogue) for n in (2, 3))  # type: ignore[arg-type]
    mine = np.isin(more.reports["seal_id"], few.reports["seal_id"])
    assert more.reports["lat"][mine].tolist() == pytest.approx(few.reports["lat"].tolist(), nan_ok=True)


def test_feed_reads_as_reports(catalogue: Catalogue, tmp_path: Path) -> None:
    feed = some(catalogue, lateness=0.5)
    write(feed, tmp_path)
    with gzip.open(tmp_path / "feed.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [item.name for item in fields(Report)]
    assert len(rows) == len(feed.reports["time"])
    assert {name for row in rows for name in row["events"].split(";") if name} <= set(EVENT_BIT)
    assert {row["lock"] for row in rows} <= {"locked", "unlocked", "cut"}
    assert all(len(row["lat"].partition(".")[2]) <= 6 for row in rows)
    assert [row["received"] for row in rows] == sorted(row["received"] for row in rows)


def test_shipments_and_labels_read_back(catalogue: Catalogue, tmp_path: Path) -> None:
    feed = some(catalogue)
    write(feed, tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "shipments.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == [item.name for item in fields(Shipment)]
    assert [row["shipment_id"] for row in rows] == [shipment.shipment_id for shipment in feed.shipments]
    assert read_labels(tmp_path) == feed.labels


def test_the_link_delays_repeats_and_disorders(catalogue: Catalogue) -> None:
    reports = some(catalogue, n_shipments=12).reports
    delay_s = (reports["received"] - reports["time"]) / 1000
    assert 2 < np.median(delay_s) < 5
    assert 60 < np.quantile(delay_s, 0.95) < 200
    one = reports["seal_id"] == reports["seal_id"][0]
    assert (np.diff(reports["time"][one]) < 0).any()
    assert len(np.unique(reports["seq"][one])) < one.sum()


def test_loss_leaves_holes_in_the_serial_numbers(catalogue: Catalogue) -> None:
    reports = some(catalogue, n_shipments=1, loss=0.3).reports
    seq = np.unique(reports["seq"])
    assert 0.6 < len(seq) / (seq[-1] - seq[0] + 1) < 0.8


@pytest.mark.parametrize("interval_s", [5.0, 30.0, 600.0])
def test_reports_come_at_their_interval(catalogue: Catalogue, interval_s: float) -> None:
    reports = some(catalogue, n_shipments=1, interval_s=interval_s, loss=0.0).reports
    steps_s = np.diff(np.unique(reports["time"])) / 1000
    assert np.median(steps_s) == pytest.approx(interval_s, rel=0.05)
    assert len(np.unique(steps_s)) > 2


def test_battery_declines(catalogue: Catalogue) -> None:
    reports = some(catalogue, n_shipments=1).reports
    order = np.argsort(reports["seq"], kind="stable")
    battery = reports["battery"][order]
    assert (np.diff(battery) <= 0).all()
    assert 20 < battery[-1] < battery[0] <= 100


def test_lateness_is_the_share_of_shipments_with_a_hole(catalogue: Catalogue) -> None:
    feed = make(Spec(seed=2, n_shipments=30, interval_s=120, lateness=0.5, **ROUTE), catalogue)  # type: ignore[arg-type]
    held = {label.shipment_id for label in feed.labels if label.cause == "hole"}
    assert 8 <= len(held) <= 22


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"route": "nowhere"}, "here-there"),
        ({"origin_zone": "nowhere"}, "rest-1"),
        ({"episodes": (("loitering",),)}, "detour"),
        ({"episodes": (("backwards:stop",),)}, "late, spiked, scattered, blind"),
        ({"episodes": (("wild",) * 6,)}, "fewer episodes"),
    ],
)
def test_what_a_spec_gets_wrong_is_named_with_what_there_is(
    catalogue: Catalogue, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(Spec(**({"seed": 1, **ROUTE} | wrong)), catalogue)  # type: ignore[arg-type]
