"""Offences composed into recordings: the truck, its receiver and its link are real, the offence is not.

A detour moves a stretch of the recorded fixes sideways; a stop repeats one fix for a while, with the noise of a
receiver with a memory, and delays the rest; an opening adds the seal's events. What the recording as it is raises (a
real halt, a street that the corridor does not know) counts for neither side.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from benchmarks.detection.score import score
from benchmarks.detection.trips import alerts_of, to_reports
from replay.maker.reports import Columns
from replay.maker.road import Plane
from replay.maker.story import Label
from sealtrack import geofence
from sealtrack.geofence.draft import draft
from sealtrack.schema import Alert, Kind, Shipment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator

MINUTE_MS = 60_000
DETOUR_S = 75.0
"""Shortest stretch outside that is called a detour."""
NOISE_M, MEMORY_S = 8.0, 60.0
LOOPS = 4
SLACK_MS = 60_000
"""The tracks are short: an alert further from the offence is another."""
STALE_MS = 60_000
"""A position this much older than its report is none."""


class Track(NamedTuple):
    """One recorded trip in order of time, in the plane; `events` by index of the report."""

    name: str
    time: Ints
    received: Ints
    xy: Floats
    events: dict[int, str]
    labels: list[Label]
    later: tuple[int, int]
    """What was recorded from the first moment on happens later by the second, ms."""


class Recording(NamedTuple):
    """Tracks and the corridors they were given."""

    title: str
    plane: Plane
    tracks: list[Track]
    corridors: dict[str, shapely.LineString]
    routes: dict[str, str]
    """Track to its shipment's `route_id`."""
    half_width_m: float
    copies: int
    """How often each track is composed anew, for each offence."""


def recordings_folder() -> Path:
    """SEALTRACK_SHARED_DATA, else shared/data beside the checkout; need not exist."""
    named = os.environ.get("SEALTRACK_SHARED_DATA")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data"


def measure(folder: Path, workspace: Path, seed: int, *, share: float = 1.0) -> dict[str, Any]:
    """Figures by recording, for `share` of the tracks; empty where the folder is absent."""
    if not folder.is_dir():
        return {}
    return {one.title: _measure(one, workspace, seed, share) for one in (_chicago(folder), _lashio(folder))}


def _measure(recording: Recording, workspace: Path, seed: int, share: float) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    tracks = recording.tracks[: max(3, round(len(recording.tracks) * share))]
    catalogue = _catalogue(recording, workspace)
    plain = _judge(recording, tracks, catalogue)
    composed = []
    for number in range(round(recording.copies * max(share, 1 / recording.copies))):
        for track in tracks:
            compose = OFFENCES[int(rng.integers(len(OFFENCES)))]
            made = compose(recording, track._replace(name=f"{track.name}#{number}"), rng)
            composed += [made] if made else []
    alerts = _judge(recording, composed, catalogue)
    labels = [label for track in composed for label in track.labels]
    labels += [label for track in composed for label in _recorded(track, plain)]
    names = [track.name for track in composed]
    result = score(labels, alerts, names, origin=f"{recording.title} seed={seed}", slack_ms=SLACK_MS)
    untouched = [label for track in tracks if (label := _leaves(recording, track))]
    result.add(score(untouched, plain, [track.name for track in tracks], origin=recording.title, slack_ms=0))
    counts = {"tracks": len(tracks), "composed": len(composed), "alerts_in_the_recording": len(plain)}
    return counts | {"kinds": result.figures(), "faults": result.faults}


def _leaves(recording: Recording, track: Track) -> Label | None:
    """A track that itself is outside for three fixes: an alert of it tells the truth."""
    out = _offset_m(recording, track, track.xy) > recording.half_width_m
    if not (out[:-2] & out[1:-1] & out[2:]).any():
        return None
    span = int(track.time[0]), int(track.time[-1])
    return Label(Kind.route_deviation, track.name, *span, "may", "recorded", "drives where the corridor is not")


def _recorded(track: Track, plain: Sequence[Alert]) -> list[Label]:
    """What the recording raises without an offence, at the time to which the offence has moved it."""
    original = track.name.split("#")[0]

    def moved(ms: int) -> int:
        return ms + track.later[1] if ms >= track.later[0] else ms

    return [
        Label(alert.kind, track.name, moved(alert.start), moved(alert.end or alert.start), "may", "recorded", "")
        for alert in plain
        if alert.shipment_id == original
    ]


def _judge(recording: Recording, tracks: Sequence[Track], catalogue: geofence.Catalogue) -> list[Alert]:
    shipments = [
        Shipment(
            shipment_id=track.name,
            seal_id=track.name,
            route_id=recording.routes[track.name.split("#")[0]],
            depart_at=int(track.time[0]),
            closed_at=int(track.time[-1]),
        )
        for track in tracks
    ]
    parts = [_columns(recording, track) for track in tracks]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["received"], kind="stable")
    return alerts_of(to_reports({name: column[order] for name, column in columns.items()}), shipments, catalogue)


def _columns(recording: Recording, track: Track) -> Columns:
    lonlat = recording.plane.to_lonlat(track.xy)
    count = len(track.time)
    events, lock = np.full(count, "", object), np.full(count, "locked", object)
    for index, event in sorted(track.events.items()):
        events[index] = event
        lock[index:] = "unlocked" if event == "unlock" else "locked"
    return {
        "seal_id": np.full(count, track.name, object),
        "time": track.time,
        "received": track.received,
        "lat": lonlat[:, 1],
        "lon": lonlat[:, 0],
        "events": events,
        "lock": lock,
        "card": np.full(count, "", object),
        "valid": np.ones(count, np.bool_),
        "buffered": np.zeros(count, np.bool_),
    }


def _offset_m(recording: Recording, track: Track, xy: Floats) -> Floats:
    points = shapely.points(xy)
    names = recording.routes[track.name.split("#")[0]].split("|")
    return np.asarray(np.min([shapely.distance(recording.corridors[name], points) for name in names], axis=0))


def _detour(recording: Recording, track: Track, rng: Rng) -> Track | None:
    """A stretch moved sideways by 200 m to 3 km more than the corridor is wide, with a ramp at both ends."""
    for _ in range(20):
        first = int(rng.integers(5, max(6, len(track.time) // 2)))
        last = int(rng.integers(first + 20, max(first + 21, len(track.time) - 5)))
        if last >= len(track.time):
            continue
        spent_s = (track.time[last] - track.time[first]) / 1e3
        off_m = min(recording.half_width_m + float(rng.uniform(200, 3_000)), spent_s * 0.3 * 10)
        chord = track.xy[last] - track.xy[first]
        side = np.array([-chord[1], chord[0]]) / max(np.hypot(*chord), 1.0) * rng.choice([-1.0, 1.0])
        share = (track.time[first : last + 1] - track.time[first]) / 1e3 / max(spent_s, 1)
        ramp = np.clip(np.minimum(share, 1 - share) / 0.3, 0, 1)
        xy = track.xy.copy()
        xy[first : last + 1] += off_m * (ramp * ramp * (3 - 2 * ramp))[:, None] * side
        span = _outside(recording, track, xy, (first, last))
        if span and span[1] - span[0] >= DETOUR_S * 1e3:
            label = Label(Kind.route_deviation, track.name, *span, "must", "detour", f"moved sideways by {off_m:.0f} m")
            # where the corridor comes near the moved stretch again, it may be outside more than once
            moved = label._replace(start_ms=int(track.time[first]), end_ms=int(track.time[last]), expect="may")
            return track._replace(xy=xy, labels=[label, moved])
    return None


def _outside(recording: Recording, track: Track, xy: Floats, part: tuple[int, int]) -> tuple[int, int] | None:
    """The longest time outside every corridor within this part of the track, if it gets 100 m away from them."""
    first, last = part
    off_m = _offset_m(recording, track, xy[first : last + 1]) - recording.half_width_m
    edges = np.flatnonzero(np.diff(np.concatenate([[False], off_m > 0, [False]]).astype(np.int8)))
    runs = [(int(low), int(beyond)) for low, beyond in edges.reshape(-1, 2) if off_m[low:beyond].max() > 100]
    if not runs:
        return None
    low, beyond = max(runs, key=lambda run: track.time[first + run[1] - 1] - track.time[first + run[0]])
    return int(track.time[first + low]), int(track.time[first + beyond - 1])


def _stop(recording: Recording, track: Track, rng: Rng) -> Track | None:  # noqa: ARG001 - one signature for all
    """Stands for 20-60 min at one of its own fixes, reporting as often as before."""
    at = int(rng.integers(5, len(track.time) - 5))
    usual_ms = int(np.median(np.diff(track.time)[np.diff(track.time) > 0]))
    every_ms = max(usual_ms, 1_000)
    count = int(rng.uniform(20, 60) * MINUTE_MS / every_ms)
    stay_ms = count * every_ms
    standing = track.time[at] + every_ms * np.arange(1, count + 1)
    keep = np.exp(-every_ms / 1e3 / MEMORY_S)
    drift = np.zeros((count, 2))
    for i in range(1, count):
        drift[i] = keep * drift[i - 1] + rng.normal(0, NOISE_M * np.sqrt(1 - keep**2), 2)
    after = np.arange(len(track.time)) > at
    label = Label(
        Kind.unauthorised_stop, track.name, int(track.time[at]), int(track.time[at]) + stay_ms, "must", "stop", "stands"
    )
    return track._replace(
        time=np.concatenate([track.time[: at + 1], standing, track.time[after] + stay_ms]),
        received=np.concatenate([track.received[: at + 1], standing + 3_000, track.received[after] + stay_ms]),
        xy=np.vstack([track.xy[: at + 1], track.xy[at] + drift, track.xy[after]]),
        labels=[label],
        later=(int(track.time[at]) + 1, stay_ms),
    )


def _opening(recording: Recording, track: Track, rng: Rng) -> Track | None:  # noqa: ARG001
    """Unlocked at one report, locked at a later one."""
    first = int(rng.integers(5, len(track.time) - 12))
    last = first + int(rng.integers(1, 6))
    span = int(track.time[first]), int(track.time[last])
    label = Label(Kind.seal_open, track.name, *span, "must", "opening", "opened under way")
    return track._replace(events={first: "unlock", last: "lock"}, labels=[label])


OFFENCES: tuple[Callable[[Recording, Track, Rng], Track | None], ...] = (_detour, _stop, _opening)


def _catalogue(recording: Recording, workspace: Path) -> geofence.Catalogue:
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name, "kind": "corridor", "half_width_m": recording.half_width_m},
            "geometry": {
                "type": "LineString",
                "coordinates": recording.plane.to_lonlat(shapely.get_coordinates(line)).tolist(),
            },
        }
        for name, line in recording.corridors.items()
    ]
    path = workspace / f"{recording.title.split()[0]}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return geofence.load(path)


def _track(name: str, time: Ints, received: Ints, xy: Floats) -> Track:
    return Track(name, time, received, xy, {}, [], (0, 0))


def _drawn(plane: Plane, xy: Floats, half_width_m: float) -> shapely.LineString:
    """A corridor as `sealtrack geofences learn` draws it from one trip."""
    lonlat = plane.to_lonlat(xy)
    feature = draft(lonlat[:, 1], lonlat[:, 0], route_id="R", half_width_m=half_width_m)
    return shapely.LineString(plane.to_xy(np.array(feature["geometry"]["coordinates"])))


def _chicago(folder: Path) -> Recording:
    """A shuttle's tracks of some eight minutes, a fix every 3 s; the corridors are four of its own loops."""
    rows = pd.read_csv(folder / "chicago_shuttle" / "points.csv.gz").sort_values(["seal_id", "ts"], kind="stable")
    plane = Plane.around(rows[["lon", "lat"]].to_numpy())
    tracks = []
    for name, part in rows.groupby("seal_id"):
        time = _ms(part["ts"])
        if len(part) >= 60:
            tracks.append(_track(str(name), time, time, plane.to_xy(part[["lon", "lat"]].to_numpy())))
    lines = _loops(tracks)
    corridors = {
        f"loop{number}": _drawn(plane, shapely.get_coordinates(line), 250) for number, line in enumerate(lines)
    }
    routes = {track.name: "|".join(corridors) for track in tracks}
    return Recording("chicago shuttle", plane, tracks, corridors, routes, 250.0, 1)


def _loops(tracks: Sequence[Track]) -> list[shapely.LineString]:
    """The tracks that together pass within 100 m of most fixes of all, chosen one after the other."""
    sample = np.asarray(shapely.points(np.vstack([track.xy for track in tracks])[::80]))
    lines = [shapely.simplify(shapely.LineString(track.xy), 5.0) for track in tracks]
    shapely.prepare(lines)
    covers = [shapely.dwithin(line, sample, 100.0) for line in lines]
    bare = np.ones(len(sample), np.bool_)
    chosen = []
    for _ in range(LOOPS):
        best = max(range(len(lines)), key=lambda i: int((covers[i] & bare).sum()))
        chosen.append(shapely.LineString(tracks[best].xy))
        bare &= ~covers[best]
    return chosen


def _lashio(folder: Path) -> Recording:
    """Two trucks on the border road from Lashio to Muse; each trip's corridor is drawn from itself."""
    rows = pd.read_csv(folder / "drvr_myanmar_trucks" / "points.csv.gz")
    rows = rows.assign(time=_ms(rows["ts"]), fixed=_ms(rows["fix_ts"]), heard=_ms(rows["received_ts"]))
    rows = rows[rows["time"] - rows["fixed"] <= STALE_MS].sort_values("time", kind="stable")
    plane = Plane.around(rows[["lon", "lat"]].to_numpy())
    tracks = []
    for name, part in rows.drop_duplicates(["trip", "time"]).groupby("trip"):
        time = part["time"].to_numpy()
        received = np.maximum(part["heard"].to_numpy(), time)  # some carry none
        tracks.append(_track(str(name), time, received, plane.to_xy(part[["lon", "lat"]].to_numpy())))
    corridors = {f"R-{track.name}": _drawn(plane, track.xy, 1_000) for track in tracks}
    routes = {track.name: f"R-{track.name}" for track in tracks}
    return Recording("lashio trucks", plane, tracks, corridors, routes, 1_000.0, 60)


def _ms(column: pd.Series[Any]) -> Ints:
    return pd.to_datetime(column, utc=True, format="ISO8601").to_numpy("datetime64[ms]").astype(np.int64)
