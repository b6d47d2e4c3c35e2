"""Who else saw a truck: the tractor's own tracker, cameras, scanners, officers."""

from __future__ import annotations

import numpy as np

from replay.maker.motion import Motion
from replay.maker.road import Floats, Plane
from replay.maker.story import Edits, Spotted, Tracker
from sealtrack.schema import Shipment, Sighting

Rng = np.random.Generator
TRACKER_NOISE_M = 12.0
AWAY_KMH = 40.0
"""A tractor that leaves its trailer drives off at this speed, and stands after AWAY_M."""
AWAY_M = 12_000.0
SLOW_LINK_MS = 4_000


def sightings(shipment: Shipment, motion: Motion, plane: Plane, edits: Edits, rng: Rng) -> list[Sighting]:
    """All of one trip, by the time at which they were received."""
    seen: list[Sighting] = []
    for tracker in edits.trackers:
        seen += _tracked(shipment, motion, plane, tracker, rng)
    for number, one in enumerate(edits.spotted):
        seen.append(_spotted(shipment, motion, plane, one, number))
    return sorted(seen, key=lambda sighting: (sighting.received or 0, sighting.sighting_id))


def _tracked(shipment: Shipment, motion: Motion, plane: Plane, tracker: Tracker, rng: Rng) -> list[Sighting]:
    at_s = np.arange(30.0, motion.t_s[-1], tracker.every_s)
    xy = motion.at(at_s)[0]
    if tracker.leaves_ms is not None:
        xy = _gone(xy, at_s, (tracker.leaves_ms - shipment.depart_at) / 1e3)
    lonlat = plane.to_lonlat(xy + rng.normal(0, TRACKER_NOISE_M, xy.shape))
    true_ms = shipment.depart_at + np.round(at_s).astype(np.int64) * 1_000
    return [
        Sighting(
            sighting_id=f"{shipment.shipment_id}-T{number:04d}",
            time=int(ms) + tracker.ahead_ms,
            source="tracker",
            device_id=f"TR-{shipment.vehicle}",
            vehicle=shipment.vehicle,
            lat=round(float(lat), 6),
            lon=round(float(lon), 6),
            received=int(ms) + SLOW_LINK_MS,
        )
        for number, (ms, (lon, lat)) in enumerate(zip(true_ms, lonlat, strict=True))
    ]


def _gone(xy: Floats, at_s: Floats, leaves_s: float) -> Floats:
    """The way of a tractor that turns off at right angles from `leaves_s` on."""
    gone = np.flatnonzero(at_s >= leaves_s)
    if not len(gone):
        return xy
    first = gone[0]
    ahead = xy[first] - xy[max(first - 5, 0)]
    side = np.array([-ahead[1], ahead[0]]) / max(float(np.hypot(*ahead)), 1.0)
    off_m = np.minimum((at_s[gone] - leaves_s) * AWAY_KMH / 3.6, AWAY_M)
    out = xy.copy()
    out[gone] = xy[first] + off_m[:, None] * side
    return out


def _spotted(shipment: Shipment, motion: Motion, plane: Plane, one: Spotted, number: int) -> Sighting:
    at_s = np.array([(one.time_ms - shipment.depart_at) / 1e3])
    ((lon, lat),) = plane.to_lonlat(motion.at(at_s)[0])
    return Sighting(
        sighting_id=f"{shipment.shipment_id}-S{number:02d}",
        time=one.time_ms,
        source=one.source,
        device_id=f"{one.source.upper()}-{number + 1}",
        shipment_id=shipment.shipment_id,
        lat=None if one.zone_id else round(float(lat), 6),
        lon=None if one.zone_id else round(float(lon), 6),
        zone_id=one.zone_id,
        plate=one.plate,
        seal_id=one.seal_id,
        received=one.time_ms + SLOW_LINK_MS,
    )
