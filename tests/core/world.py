"""A small country for trips that go wrong: a winding road with a hairpin, a second way, and a zone of each sort."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely

from sealtrack.geofence import Catalogue, load
from tests.naive import Corridor, Fences, Zone
from tests.naive.geometry import Line, Point, distance_m

ROAD: Line = (
    (106.0, 21.0),
    (106.06, 21.013),
    (106.11, 20.991),
    (106.18, 21.017),
    (106.181, 21.047),
    (106.121, 21.049),
    (106.119, 21.081),
    (106.214, 21.083),
    (106.29, 21.037),
    (106.36, 21.061),
    (106.43, 21.043),
)
"""About 69 km, with a hairpin whose legs lie 3.5 km apart."""
BYPASS: Line = ((106.18, 21.017), (106.23, 20.993), (106.29, 21.037))
LOOP: Line = ((106.119, 21.081), (106.2145, 21.0835), (106.2135, 21.0855), (106.119, 21.0835))
"""Out and back along the road's northern leg: a corridor that meets itself."""
HALF_WIDTH_M = {"road": 800.0, "bypass": 500.0, "loop": 850.0}
LINES = {"road": ROAD, "bypass": BYPASS, "loop": LOOP}
WORKING_HOURS = frozenset(range(5 * 24))
"""Monday to Friday."""
HOURS = {"Mon-Fri 00:00-24:00 UTC": WORKING_HOURS, "Sat-Sun 00:00-24:00 UTC": frozenset(range(7 * 24)) - WORKING_HOURS}


def box(lon: float, lat: float, side: float = 0.012) -> list[Point]:
    half = side / 2
    west, east, south, north = lon - half, lon + half, lat - half, lat + half
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


AREAS: dict[str, tuple[list[Point], dict[str, Any]]] = {
    "port": (box(106.0013, 21.0007), {"permits": ["stop", "open"], "role": "port"}),
    "gate": (box(106.4287, 21.0436), {"permits": ["stop", "open"], "role": "border_gate"}),
    "rest": (box(106.11, 20.9912, 0.007), {"permits": ["stop"], "role": "rest_area"}),
    "yard": (box(106.2111, 21.0917), {"permits": ["open"], "role": "customs_yard"}),
    "weekdays": (
        box(106.3597, 21.0612, 0.008),
        {"permits": ["stop"], "role": "staging_yard", "schedule": "Mon-Fri 00:00-24:00 UTC"},
    ),
    "forbidden": (box(106.2293, 20.9925), {"forbids": ["enter"], "role": "other"}),
    "depot": (box(106.2525, 21.0598, 0.005), {"forbids": ["enter"], "role": "other"}),
    "sundays": (
        box(106.4, 21.0513, 0.016),
        {"forbids": ["enter"], "role": "other", "schedule": "Sat-Sun 00:00-24:00 UTC"},
    ),
    "village": (box(106.085, 21.002, 0.03), {"speed_limit": 50, "role": "other"}),
    "gorge": (box(106.155, 21.048, 0.02), {"role": "dead_zone"}),
    "valley": (box(106.325, 21.049, 0.05), {"role": "dead_zone"}),
    "post": (box(106.145, 21.004, 0.006), {"role": "checkpoint"}),
    "second_post": (box(106.325, 21.049, 0.004), {"role": "checkpoint"}),
    "lay_by": (box(106.03, 21.0105, 0.003), {"role": "checkpoint"}),
    "weekend_post": (
        box(106.275, 21.046, 0.005),
        {"role": "checkpoint", "schedule": "Sat-Sun 00:00-24:00 UTC"},
    ),
}


@cache
def plain() -> Fences:
    """The country as the twin sees it."""
    zones = {
        name: Zone(
            shapely.Polygon(ring),
            frozenset(said.get("permits", ())),
            hours=HOURS.get(said.get("schedule", "")),
            forbids=frozenset(said.get("forbids", ())),
            speed_limit_kmh=said.get("speed_limit"),
            role=said["role"],
        )
        for name, (ring, said) in AREAS.items()
    }
    return Fences({name: Corridor(line, HALF_WIDTH_M[name]) for name, line in LINES.items()}, zones)


def catalogue(folder: Path, **wider_m: float) -> Catalogue:
    """The country as the engine sees it: written to a file, read, checked, compiled. `wider_m`: other half widths."""
    widths_m = HALF_WIDTH_M | wider_m
    features = [
        _feature("LineString", line, id=name, kind="corridor", half_width_m=widths_m[name])
        for name, line in LINES.items()
    ]
    features += [_feature("Polygon", [ring], id=name, kind="zone", **said) for name, (ring, said) in AREAS.items()]
    path = folder / "country.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return load(path)


def _feature(geometry: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


@cache
def _milestones(name: str) -> list[float]:
    at = [0.0]
    for a, b in pairwise(LINES[name]):
        at.append(at[-1] + distance_m(a, b))
    return at


def point_on(name: str, along_m: float) -> Point:
    """The point of a line that far from its start, near enough; beyond the end, the end."""
    at = _milestones(name)
    along_m = min(max(along_m, 0.0), at[-1] - 1)
    i = next(i for i in range(len(at) - 1) if along_m < at[i + 1])
    share = (along_m - at[i]) / (at[i + 1] - at[i])
    (lon, lat), (lon2, lat2) = LINES[name][i : i + 2]
    return lon + share * (lon2 - lon), lat + share * (lat2 - lat)
