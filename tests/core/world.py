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
HALF_WIDTH_M = {"road": 800.0, "bypass": 500.0}
LINES = {"road": ROAD, "bypass": BYPASS}
WORKING_HOURS = frozenset(range(5 * 24))
"""Monday to Friday."""


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
}


@cache
def plain() -> Fences:
    """The country as the twin sees it."""
    zones = {
        name: Zone(
            shapely.Polygon(ring),
            frozenset(said.get("permits", ())),
            hours=WORKING_HOURS if "schedule" in said else None,
        )
        for name, (ring, said) in AREAS.items()
    }
    return Fences({name: Corridor(line, HALF_WIDTH_M[name]) for name, line in LINES.items()}, zones)


def catalogue(folder: Path) -> Catalogue:
    """The country as the engine sees it: written to a file, read, checked and compiled."""
    features = [
        _feature("LineString", line, id=name, kind="corridor", half_width_m=HALF_WIDTH_M[name])
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
