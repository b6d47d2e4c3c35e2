"""Two trucks on the Lashio–Muse border road: a corridor drawn from one trip, all trips judged as they were received.

Vehicle 1's trips are consecutive stretches of one drive; vehicle 2 is 200 km further along. So the trip that drew the
corridor keeps to it, and each of the others leaves it exactly once, however it is recorded: reports up to nine minutes
late and out of order, several with one time, five that repeat a fix up to a day old.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sealtrack.differences import differences
from sealtrack.engine import Engine
from sealtrack.geofence.draft import draft
from sealtrack.replay import ReplayResult, final
from sealtrack.schema import Alert, Kind, Shipment
from tests.recordings.common import FIX_ERROR_M, Plane, catalogue, epoch_ms, judge, of_kind, runs

TRIPS = ["vehicle1-trip1", "vehicle1-trip2", "vehicle2-trip1"]
HALF_WIDTH_M = 1_000.0
STALE_FIX_S = 60.0


@pytest.fixture(scope="module")
def recording(shared_data: Path) -> pd.DataFrame:
    """Every event as a report, in the order of reception; `stale_s` tells how old its position was."""
    rows = pd.read_csv(shared_data / "drvr_myanmar_trucks" / "points.csv.gz")
    time, fixed, received = (epoch_ms(rows[name]) for name in ("ts", "fix_ts", "received_ts"))
    feed = rows[["seal_id", "trip", "lat", "lon", "heading"]].assign(
        time=time,
        speed=rows["speed_kmh"],
        stale_s=(time - fixed) / 1e3,
        received=np.maximum(received, time),  # five carry none
    )
    return feed.sort_values("received", kind="stable").reset_index(drop=True)


def shipments(feed: pd.DataFrame) -> list[Shipment]:
    """Each trip under the seal of its vehicle: vehicle 1's second shipment departs where the first one ends."""
    found = []
    for trip, rows in feed.groupby("trip"):
        low, high = int(rows["time"].min()), int(rows["time"].max())
        seal = rows["seal_id"].iloc[0]
        found.append(Shipment(shipment_id=str(trip), seal_id=seal, route_id="R", depart_at=low, closed_at=high))
    return found


def corridor(feed: pd.DataFrame, trip: str) -> dict[str, Any]:
    rows = fixes(feed, trip)
    return draft(rows["lat"].to_numpy(), rows["lon"].to_numpy(), route_id="R", half_width_m=HALF_WIDTH_M)


def fixes(feed: pd.DataFrame, trip: str) -> pd.DataFrame:
    """What a trip reported in order of time, each place and time once, without the stale ones."""
    rows = feed[(feed["trip"] == trip) & (feed["stale_s"] <= STALE_FIX_S)].sort_values("time", kind="stable")
    return rows.drop_duplicates(["time", "lat", "lon", "speed", "heading"]).reset_index(drop=True)


def judged(
    folder: Path, feed: pd.DataFrame, drawn_from: str, whole: pd.DataFrame | None = None, *, problems: int = 0
) -> ReplayResult:
    """Corridor and shipments are those of the `whole` recording, where `feed` is a changed one."""
    whole = feed if whole is None else whole
    feed = feed.drop(columns=["trip", "stale_s"])
    return judge(folder, feed, [corridor(whole, drawn_from)], shipments(whole), problems=problems)


def without_offsets(alerts: list[Alert]) -> list[Alert]:
    places = {"first_offset", "last_offset", "reports"}
    return [
        dataclasses.replace(a, evidence={name: value for name, value in a.evidence.items() if name not in places})
        for a in alerts
    ]


@pytest.mark.parametrize("drawn_from", TRIPS)
def test_each_other_trip_leaves_the_corridor_once_where_the_recording_does(
    recording: pd.DataFrame, tmp_path: Path, drawn_from: str
) -> None:
    result = judged(tmp_path, recording, drawn_from)
    assert {(a.shipment_id, a.kind) for a in result.alerts} == {
        (trip, Kind.route_deviation) for trip in TRIPS if trip != drawn_from
    }
    assert len(result.alerts) == 2, "no flapping"
    feature = corridor(recording, drawn_from)
    middle = fixes(recording, drawn_from).iloc[200 if drawn_from != "vehicle2-trip1" else 80]
    for alert in result.alerts:
        rows = fixes(recording, alert.shipment_id)
        offset_m = Plane.at(middle["lat"], middle["lon"]).offset_m(feature, rows["lat"], rows["lon"])
        [outside] = [run for run in runs(offset_m > HALF_WIDTH_M + FIX_ERROR_M) if run[1] - run[0] >= 2]
        first = rows.iloc[outside[0]]
        assert alert.start == first["time"]
        assert [alert.lat, alert.lon] == pytest.approx([first["lat"], first["lon"]], abs=1e-6)
        assert alert.evidence["max_offset_m"] == pytest.approx(offset_m.max(), rel=1e-3)
        back = [low for low, high in runs(offset_m <= 0.8 * HALF_WIDTH_M) if low > outside[0] and high > low]
        end = rows["time"].iloc[back[0] if back else -1]
        assert alert.end in (end, end + 1), "at the first fix back inside, else when the shipment ends"


def test_the_recording_holds_what_these_tests_are_about(recording: pd.DataFrame) -> None:
    assert recording.groupby("trip")["time"].apply(lambda times: times.duplicated().sum()).sum() > 2_000
    assert (recording["stale_s"] > STALE_FIX_S).sum() == 5
    assert recording["stale_s"].max() > 23 * 3_600
    received_out_of_order = recording.groupby("seal_id")["time"].apply(lambda times: (times.diff() < 0).sum())
    assert received_out_of_order.min() >= 2
    assert (recording["received"] - recording["time"]).max() > 500_000


@pytest.mark.parametrize("form", ["flagged invalid", "dated by the fix"])
def test_stale_fixes_raise_and_hide_nothing(recording: pd.DataFrame, tmp_path: Path, form: str) -> None:
    """A position up to a day old is either said to be so, or the whole report is dated by it."""
    stale = recording["stale_s"] > STALE_FIX_S
    told, before_departure = recording.assign(valid=~stale), 0
    if form == "dated by the fix":
        fixed = recording["time"] - (recording["stale_s"] * 1e3).astype("int64")
        told, before_departure = recording.assign(time=fixed.where(stale, recording["time"])), 2
    without = judged(tmp_path, recording[~stale], "vehicle1-trip1", recording)
    assert len(without.alerts) == 2
    found = judged(tmp_path, told, "vehicle1-trip1", recording, problems=before_departure)
    assert differences(without_offsets(without.alerts), without_offsets(found.alerts)) == []


def test_a_stale_fix_that_claims_to_be_fresh_moves_no_alert(recording: pd.DataFrame, tmp_path: Path) -> None:
    """The one a day old lies where the truck set out: within reach, so that the gate cannot know better."""
    fresh = recording[recording["stale_s"] <= STALE_FIX_S]
    claimed = judged(tmp_path, recording, "vehicle1-trip1")
    truth = judged(tmp_path, fresh, "vehicle1-trip1", recording)
    assert [(a.kind, a.start, a.end) for a in claimed.alerts] == [(a.kind, a.start, a.end) for a in truth.alerts]


def test_events_that_repeat_a_report_count_once(recording: pd.DataFrame, tmp_path: Path) -> None:
    """A temperature, a fuel level and a position in one second are three events, but one report."""
    once = recording.drop_duplicates(["trip", "time", "lat", "lon", "speed", "heading"])
    assert len(once) < 0.6 * len(recording)
    whole, thinned = judged(tmp_path, recording, "vehicle1-trip1"), judged(tmp_path, once, "vehicle1-trip1", recording)
    assert [a.evidence["reports"] for a in whole.alerts] == [a.evidence["reports"] for a in thinned.alerts]
    assert differences(without_offsets(whole.alerts), without_offsets(thinned.alerts)) == []


@pytest.mark.parametrize("drawn_from", TRIPS)
@pytest.mark.parametrize("order", ["time", "shuffled", "backwards"])
def test_the_order_of_reading_does_not_matter(
    recording: pd.DataFrame, tmp_path: Path, order: str, drawn_from: str
) -> None:
    result = judged(tmp_path, recording, drawn_from)
    rows = result.reports.rows
    places = {
        "time": np.argsort(rows["time_ms"], kind="stable"),
        "shuffled": np.random.default_rng(7).permutation(len(rows)),
        "backwards": np.arange(len(rows))[::-1],
    }
    engine = Engine(catalogue(tmp_path, [corridor(recording, drawn_from)]))
    history, _ = engine.register(shipments(recording))
    history += engine.process(dataclasses.replace(result.reports, rows=rows[places[order]]))
    assert len(result.alerts) == 2
    assert differences(result.alerts, final(history)) == []


@pytest.mark.parametrize(("drawn_from", "silent"), [("vehicle1-trip1", True), ("vehicle1-trip2", False)])
def test_a_shipment_left_open_goes_silent_except_at_the_end_of_its_route(
    recording: pd.DataFrame, tmp_path: Path, drawn_from: str, *, silent: bool
) -> None:
    """Vehicle 1 was last heard half a day before vehicle 2: time passes by what other seals send."""
    open_ended = [dataclasses.replace(one, closed_at=None) for one in shipments(recording)]
    feed = recording.drop(columns=["trip", "stale_s"])
    result = judge(tmp_path, feed, [corridor(recording, drawn_from)], open_ended)
    last_heard = recording.loc[recording["trip"] == "vehicle1-trip2", "received"].max()
    assert [(a.shipment_id, a.start, a.end, a.severity) for a in of_kind(result.alerts, Kind.signal_loss)] == [
        ("vehicle1-trip2", last_heard, None, "critical")
    ] * silent
