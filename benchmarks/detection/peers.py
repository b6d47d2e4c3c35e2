"""Stop detection side by side: the one job that MovingPandas, trackintel and PyMEOS share with sealtrack.

All see the same trips: stands of 25-110 min at the roadside, halts of 7-12 min and traffic jams, no yards. A detection
is a stop of 15 min or more; it is true when half of it or more lies in a true stand, and that stand is found. One stand
in pieces counts as found, and each piece as true. The waits at both ends of a trip are left out. Lengths are those of
sealtrack's default policy: fixes within 150 m of a mean, hence a diameter of 300 m.

The peers are optional (`pip install 'sealtrack[bench]'`): what is not installed is named, the rest is measured.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.detection.trips import alerts_of, to_reports
from benchmarks.detection.world import World
from replay.maker import Feed, Spec, make
from replay.maker.road import Plane
from sealtrack.schema import Kind, Shipment

RADIUS_M, AT_LEAST_S = 150.0, 900.0
Span = tuple[int, int]
Spans = dict[str, list[Span]]
"""Seal to the stops found, epoch ms."""


class Case(NamedTuple):
    """Trips that every detector sees."""

    title: str
    noise_m: float
    spiked: bool
    """One fix 500 m away in the middle of each stand."""


CASES = (
    Case("10 m noise", 10.0, spiked=False),
    Case("25 m noise", 25.0, spiked=False),
    Case("50 m noise", 50.0, spiked=False),
    Case("10 m noise, one 500 m spike", 10.0, spiked=True),
)


def compare(world: World, trips: int, seed: int) -> dict[str, Any]:
    """Each case to each detector's figures; `missing` tells why a peer is not there."""
    detectors, missing = _detectors()
    _sealtrack(make(Spec(seed=seed), world.maker), world)  # so that no compiling is timed
    cases = {}
    for number, case in enumerate(CASES):
        name = "spiked:stop" if case.spiked else "stop"
        mix = {name: 0.6, "fuel_stop": 0.5, "jam": 0.3}
        feed = make(Spec(seed=seed + number, n_shipments=trips, noise_m=case.noise_m, mix=mix), world.maker)
        cases[case.title] = _case(feed, world, detectors)
    return {"cases": cases, "missing": missing}


def _case(feed: Feed, world: World, detectors: Mapping[str, Callable[[pd.DataFrame], Spans]]) -> dict[str, Any]:
    stands = _stands(feed)
    figures = {}
    started = time.perf_counter()
    found = _sealtrack(feed, world)
    spent = {"sealtrack": time.perf_counter() - started}
    figures["sealtrack"] = _figures(found, stands, feed)
    frame = _fixes(feed)
    for name, detect in detectors.items():
        started = time.perf_counter()
        found = detect(frame)
        spent[name] = time.perf_counter() - started
        figures[name] = _figures(found, stands, feed)
    for name, one in figures.items():
        one["reports_per_s"] = round(len(feed.reports["time"]) / spent[name])
    return figures


def _stands(feed: Feed) -> Spans:
    seals = {shipment.shipment_id: shipment.seal_id for shipment in feed.shipments}
    stands: Spans = {shipment.seal_id: [] for shipment in feed.shipments}
    for label in feed.labels:
        if label.kind == Kind.unauthorised_stop and label.expect == "must":
            stands[seals[label.shipment_id]].append((label.start_ms, label.end_ms))
    return stands


def _figures(found: Spans, stands: Spans, feed: Feed) -> dict[str, Any]:
    """Recall and precision over all trips, waits at the ends left out."""
    within = {shipment.seal_id: _under_way(feed, shipment) for shipment in feed.shipments}
    total = hit = true = false = 0
    for seal, spans in stands.items():
        low, high = within[seal]
        stops = [span for span in found.get(seal, []) if span[1] - span[0] >= 1e3 * AT_LEAST_S]
        stops = [span for span in stops if low < sum(span) / 2 < high]
        good = [[stop for stop in stops if _mostly_in(stop, stand)] for stand in spans]
        total += len(spans)
        hit += sum(bool(one) for one in good)
        true += sum(map(len, good))
        false += len(stops) - sum(map(len, good))
    return {
        "stands": total,
        "found": hit,
        "true": true,
        "false": false,
        "recall": hit / total if total else None,
        "precision": true / (true + false) if true + false else None,
    }


def _under_way(feed: Feed, shipment: Shipment) -> Span:
    """From the first to the last true movement."""
    rows = (feed.reports["seal_id"] == shipment.seal_id) & (feed.truth["speed"] > 1)
    moving = feed.reports["time"][rows]
    return int(moving.min()), int(moving.max())


def _mostly_in(stop: Span, stand: Span) -> bool:
    shared_ms = min(stop[1], stand[1]) - max(stop[0], stand[0])
    return 2 * shared_ms >= stop[1] - stop[0]


def _fixes(feed: Feed) -> pd.DataFrame:
    """What the peers can use: fixes in order of time, each once, in degrees and in metres of a plane."""
    frame = pd.DataFrame({name: feed.reports[name] for name in ("seal_id", "time", "lat", "lon")}).dropna()
    frame = frame.sort_values(["seal_id", "time"]).drop_duplicates(["seal_id", "time"]).reset_index(drop=True)
    lonlat = frame[["lon", "lat"]].to_numpy()
    xy = Plane.around(lonlat).to_xy(lonlat)
    stamps = pd.to_datetime(frame["time"], unit="ms")
    return frame.assign(x=xy[:, 0], y=xy[:, 1], stamp=stamps)


def _sealtrack(feed: Feed, world: World) -> Spans:
    """All that sealtrack judges, of which the stops are taken."""
    found: Spans = {shipment.seal_id: [] for shipment in feed.shipments}
    for alert in alerts_of(to_reports(feed.reports), feed.shipments, world.engine):
        if alert.kind == Kind.unauthorised_stop:
            found[alert.seal_id].append((alert.start, alert.end or int(feed.reports["time"].max())))
    return found


def _detectors() -> tuple[dict[str, Callable[[pd.DataFrame], Spans]], dict[str, str]]:
    found, missing = {}, {}
    for name, load in (("MovingPandas", _movingpandas), ("trackintel", _trackintel), ("PyMEOS", _pymeos)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # each has something to say about its own optional parts
                found[name] = load()
        except ImportError as problem:
            missing[name] = f"{problem}; pip install 'sealtrack[bench]'"
    return found, missing


def _movingpandas() -> Callable[[pd.DataFrame], Spans]:
    import movingpandas  # noqa: PLC0415 - optional

    def detect(frame: pd.DataFrame) -> Spans:
        found: Spans = {}
        for seal, rows in frame.groupby("seal_id"):
            table = pd.DataFrame({"t": rows["stamp"], "x": rows["x"], "y": rows["y"], "id": seal})
            track = movingpandas.Trajectory(table, "id", t="t", x="x", y="y", crs="EPSG:32648")
            ranges = movingpandas.TrajectoryStopDetector(track).get_stop_time_ranges(
                max_diameter=2 * RADIUS_M, min_duration=pd.Timedelta(seconds=AT_LEAST_S).to_pytimedelta()
            )
            found[str(seal)] = [(_ms(one.t_0), _ms(one.t_n)) for one in ranges]
        return found

    return detect


def _trackintel() -> Callable[[pd.DataFrame], Spans]:
    import geopandas  # noqa: PLC0415 - optional, as what it serves
    import trackintel  # noqa: PLC0415

    def detect(frame: pd.DataFrame) -> Spans:
        points = geopandas.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
        table = geopandas.GeoDataFrame(
            {"user_id": frame["seal_id"], "tracked_at": frame["stamp"].dt.tz_localize("UTC")}, geometry=points
        )
        fixes = trackintel.Positionfixes(table)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, stays = fixes.generate_staypoints(
                method="sliding", dist_threshold=RADIUS_M, time_threshold=AT_LEAST_S / 60, gap_threshold=15.0
            )
        found: Spans = {}
        for seal, start, end in zip(stays["user_id"], stays["started_at"], stays["finished_at"], strict=True):
            found.setdefault(str(seal), []).append((_ms(start), _ms(end)))
        return found

    return detect


def _pymeos() -> Callable[[pd.DataFrame], Spans]:
    import pymeos  # noqa: PLC0415 - optional

    pymeos.pymeos_initialize()

    def detect(frame: pd.DataFrame) -> Spans:
        least = pd.Timedelta(seconds=AT_LEAST_S).to_pytimedelta()
        found: Spans = {}
        for seal, rows in frame.groupby("seal_id"):
            stops = pymeos.TGeomPointSeq(_wkt(rows)).stops(max_distance=2 * RADIUS_M, min_duration=least)
            parts = stops.sequences() if stops is not None else []
            found[str(seal)] = [(_ms(one.start_timestamp()), _ms(one.end_timestamp())) for one in parts]
        return found

    return detect


def _wkt(rows: pd.DataFrame) -> str:
    columns = zip(rows["x"].to_numpy(), rows["y"].to_numpy(), rows["stamp"], strict=True)
    return "[" + ", ".join(f"Point({x:.2f} {y:.2f})@{stamp.isoformat()}+00" for x, y, stamp in columns) + "]"


def _ms(moment: Any) -> int:
    stamp = pd.Timestamp(moment)
    return int((stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp).timestamp() * 1000)
