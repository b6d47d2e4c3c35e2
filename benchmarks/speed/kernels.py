"""One kernel alone against the library that does the same job: corridor test, stops."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.speed.feed import national
from benchmarks.speed.row import Row, cpu_s, million
from replay.maker.feed import CATALOGUE, Spec
from replay.maker.road import Plane
from sealtrack import geofence
from sealtrack.core.fences import Fences
from sealtrack.core.locate import locate_on_route
from sealtrack.core.state import blank_trips
from sealtrack.core.stop import LEFT, left_end_ms, note_fix, settle
from sealtrack.policy import Policies


@numba.njit(nogil=True, error_model="numpy")
def _within(fences: Fences, route: int, rows: NDArray[np.void], width_m: float, out: NDArray[np.bool_]) -> None:
    hint = -1
    for i in range(len(rows)):
        distance_m, _, hint = locate_on_route(fences, route, rows[i]["lat"], rows[i]["lon"], hint)
        out[i] = distance_m <= width_m


@numba.njit(nogil=True, error_model="numpy")
def _stops(trips: NDArray[np.void], rows: NDArray[np.void], policies: NDArray[np.void], least_ms: int) -> int:
    """Stops of `least_ms` or more of trips one after another; row `k` of `trips` is the state of seal `k`."""
    found = 0
    policy = policies[0]
    for i in range(len(rows)):
        report = rows[i]
        trip = trips[report["seal"]]
        good = trip["good"]
        before = (good["ms"], good["lat"], good["lon"])
        good["ms"] = report["time_ms"]
        good["lat"] = report["lat"]
        good["lon"] = report["lon"]
        good["error_m"] = policy["fix_error_m"]
        if note_fix(trip, report, before, policy) == LEFT:
            if left_end_ms(trip, policy) - trip["anchor"]["start_ms"] >= least_ms:
                found += 1
            settle(trip)
    return found


def _by_trip(shipments: int, each: int) -> NDArray[np.void]:
    rows = national(shipments, each).reports.rows
    rows = rows[~np.isnan(rows["lat"])]
    return np.sort(rows, order=["seal", "time_ms"])


def corridor(scale: float) -> list[Row]:
    """Which fixes lie within the corridor; shapely sees the line and the fixes in metres of a plane."""
    catalogue = geofence.load(CATALOGUE)
    route = catalogue.route_ids.index(Spec(seed=0).route)
    fences = catalogue.fences
    r = fences.routes[route]
    line = fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
    lonlat = np.column_stack([line["lon"], line["lat"]])
    rows = _by_trip(round(250 * scale), 400)
    width_m = float(r["half_width_m"])
    inside = np.zeros(len(rows), np.bool_)
    _within(fences, route, rows[:10], width_m, inside)
    ours = len(rows) / cpu_s(lambda: _within(fences, route, rows, width_m, inside))
    plane = Plane.around(lonlat)
    path = shapely.LineString(plane.to_xy(lonlat))
    few = rows[: round(40_000 * scale)]
    points = shapely.points(plane.to_xy(np.column_stack([few["lon"], few["lat"]])))
    theirs = len(few) / cpu_s(lambda: shapely.dwithin(path, points, width_m))
    same = float(np.mean(shapely.dwithin(path, points, width_m) == inside[: len(few)]))
    result = f"{ours / theirs:.0f}× ({million(ours)} against {million(theirs)}; {len(line)} vertices, {same:.2%} agree)"
    figures = {"sealtrack_per_s": ours, "shapely_per_s": theirs, "agree": same, "vertices": len(line)}
    what = "corridor test alone, against shapely 2 `dwithin` vectorised on the same line"
    return [Row(what, "≥ 25×", result, ours >= 25 * theirs, figures)]


def stops(scale: float) -> list[Row]:
    """Stops of 15 min or more; the peers get what they need made ready, and only their finding is timed."""
    rows = _by_trip(round(250 * scale), 1_000)
    policies = Policies().rows()
    trips = blank_trips(int(rows["seal"].max()) + 1)
    _stops(trips.copy(), rows[:10], policies, 900_000)
    ours = len(rows) / cpu_s(lambda: _stops(trips.copy(), rows, policies, 900_000))
    figures: dict[str, Any] = {"sealtrack_per_s": ours}
    few = rows[rows["seal"] < 12]
    said = []
    ratios = []
    for name, aim, load in (("PyMEOS", 50, _pymeos), ("MovingPandas", 500, _movingpandas)):
        try:
            find = load(few)
        except ImportError as problem:
            said.append(f"{name}: not measured ({problem})")
            continue
        theirs = len(few) / cpu_s(find, 1)
        figures[f"{name}_per_s"] = theirs
        ratios.append(ours / theirs >= aim)
        said.append(f"{name} {ours / theirs:,.0f}× ({million(theirs)})")
    what = "stop rule alone, against PyMEOS `stops`, and MovingPandas"
    met = None if len(ratios) < 2 else all(ratios)
    return [Row(what, "≥ 50×, ≥ 500×", f"{million(ours)}: {'; '.join(said)}", met, figures)]


def _frames(rows: NDArray[np.void]) -> list[Any]:
    import pandas as pd  # noqa: PLC0415 - only for the peers

    plane = Plane.around(np.column_stack([rows["lon"], rows["lat"]]))
    xy = plane.to_xy(np.column_stack([rows["lon"], rows["lat"]]))
    frame = pd.DataFrame(
        {"id": rows["seal"], "t": pd.to_datetime(rows["time_ms"], unit="ms"), "x": xy[:, 0], "y": xy[:, 1]}
    )
    return [part for _, part in frame.drop_duplicates(["id", "t"]).groupby("id")]


def _pymeos(rows: NDArray[np.void]) -> Any:
    import pymeos  # noqa: PLC0415 - optional
    from pandas import Timedelta  # noqa: PLC0415

    pymeos.pymeos_initialize()
    least = Timedelta(seconds=900).to_pytimedelta()
    tracks = [
        pymeos.TGeomPointSeq(
            "["
            + ", ".join(
                f"Point({x:.2f} {y:.2f})@{t.isoformat()}+00" for x, y, t in zip(one.x, one.y, one.t, strict=True)
            )
            + "]"
        )
        for one in _frames(rows)
    ]
    return lambda: [track.stops(max_distance=300.0, min_duration=least) for track in tracks]


def _movingpandas(rows: NDArray[np.void]) -> Any:
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own optional parts
        import movingpandas  # noqa: PLC0415 - optional
    from pandas import Timedelta  # noqa: PLC0415

    least = Timedelta(seconds=900).to_pytimedelta()
    tracks = [movingpandas.Trajectory(one, "id", t="t", x="x", y="y", crs="EPSG:32648") for one in _frames(rows)]
    finders = [movingpandas.TrajectoryStopDetector(track) for track in tracks]
    return lambda: [finder.get_stop_time_ranges(max_diameter=300.0, min_duration=least) for finder in finders]
