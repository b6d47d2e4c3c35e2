"""The stop rule against 697 fixes that a person labelled stop or trip, walking and driving around one village.

Half of it is on foot: at a median of 1.3 m/s a minute of walking is 75 m, and the village is 1.4 km across. A detector
of trucks' stops cannot tell walking about within its radius from standing: those are its false positives. Measured
(share of fixes in alerts that are labelled stop; share of fixes of long enough labelled stops that are in an alert):

    radius    limit 60 s    limit 300 s
    150 m     0.60  1.00    0.60  1.00
     75 m     0.61  1.00    0.76  1.00
     30 m     0.76  0.98    0.95  0.85

No labelled stop as long as the limit goes without an alert. What 30 m misses are fixes of stops during which the
person walked about in a building or a yard: the detector sees two shorter stops with a walk between them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sealtrack.policy import Policies, Policy
from sealtrack.schema import Kind
from tests.recordings.common import epoch_ms, judge, of_kind, runs, shipment_each
from tests.recordings.stops import end_of

SHIFT_MS = 9_000 * 86_400_000
"""The recording is dated 2000, which for a seal is a clock that was never set."""


@pytest.fixture(scope="module")
def labelled(shared_data: Path) -> pd.DataFrame:
    rows = pd.read_csv(shared_data / "stop_labels" / "points.csv")
    return rows.assign(time=epoch_ms(rows["ts"]) + SHIFT_MS)


@pytest.mark.parametrize(
    ("limit_s", "radius_m", "precision", "recall"),
    [(60, 150, 0.55, 0.99), (60, 30, 0.70, 0.93), (300, 150, 0.55, 0.99), (300, 75, 0.70, 0.97), (300, 30, 0.90, 0.8)],
)
def test_labelled_stops_are_found(
    labelled: pd.DataFrame, tmp_path: Path, limit_s: int, radius_m: int, precision: float, recall: float
) -> None:
    lat, lon = labelled["lat"].mean(), labelled["lon"].mean()
    road = {
        "type": "Feature",
        "properties": {"id": "R", "name": "R", "kind": "corridor", "half_width_m": 20_000},
        "geometry": {"type": "LineString", "coordinates": [[lon + 0.1 * step, lat] for step in range(-5, 6)]},
    }
    feed = labelled[["seal_id", "time", "lat", "lon"]]
    policies = Policies(Policy(stop_warning_s=limit_s, stop_radius_m=radius_m))
    result = judge(tmp_path, feed, [road], shipment_each(feed, "R"), policies)
    alerts = of_kind(result.alerts, Kind.unauthorised_stop)
    assert {alert.kind for alert in result.alerts} <= {Kind.unauthorised_stop, Kind.signal_loss}

    time, is_stop = labelled["time"].to_numpy(), (labelled["label"] == "stop").to_numpy()
    stops = [(time[first], time[last]) for first, last in runs(is_stop) if time[last] - time[first] >= limit_s * 1e3]
    alerted, wanted = np.zeros(len(time), bool), np.zeros(len(time), bool)
    for alert in alerts:
        alerted |= (time >= alert.start) & (time <= end_of(alert))
    for low, high in stops:
        wanted |= (time >= low) & (time <= high)
        assert any(alert.start < high and end_of(alert) > low for alert in alerts)
    assert (alerted & is_stop).sum() / alerted.sum() >= precision
    assert (alerted & wanted).sum() / wanted.sum() >= recall
    for one, other in pairwise(alerts):
        assert other.start >= time[time <= end_of(one)][-1], "two stops share no more than the way between two fixes"
