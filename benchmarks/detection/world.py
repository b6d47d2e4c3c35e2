"""The catalogue the benchmark drives in: that of the repository, with forbidden zones beside the road."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.maker import Catalogue as MakerCatalogue
from replay.maker import read_catalogue
from replay.maker.feed import CATALOGUE, Spec
from replay.maker.road import CLEAR_M, Plane
from sealtrack import geofence
from sealtrack.geofence import Catalogue

RADIUS_M = 300.0
AWAY_M = 520.0
"""From the corridor's line to the zone's middle: who keeps to the road passes the edge at 200 m."""
SHARES = (0.15, 0.3, 0.45, 0.6, 0.75, 0.88)
"""Where along the road, if no other zone is near."""


class World(NamedTuple):
    """One catalogue, as the maker and as the engine read it."""

    maker: MakerCatalogue
    engine: Catalogue


def build(folder: Path, route_id: str = Spec(seed=0).route) -> World:
    """Write the catalogue into `folder` and read it. WGS84 GeoJSON, as everywhere."""
    plain = read_catalogue(CATALOGUE)
    features = [_forbidden(number, ring) for number, ring in enumerate(_rings(plain, route_id))]
    for path in CATALOGUE.glob("*.geojson"):
        (folder / path.name).write_bytes(path.read_bytes())
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "forbidden.geojson").write_text(text, encoding="utf-8")
    return World(read_catalogue(folder), geofence.load(folder))


def _rings(catalogue: MakerCatalogue, route_id: str) -> list[NDArray[np.float64]]:
    lonlat = catalogue.corridor(route_id).lonlat
    plane = Plane.around(lonlat)
    line = shapely.LineString(plane.to_xy(lonlat))
    zones = [shapely.transform(zone.polygon, plane.to_xy) for zone in catalogue.zones.values() if zone.permits]
    rings = []
    for share in SHARES:
        middle = _beside(line, share * line.length)
        if middle is not None and all(zone.distance(middle) > CLEAR_M + RADIUS_M for zone in zones):
            rings.append(plane.to_lonlat(shapely.get_coordinates(middle.buffer(RADIUS_M).exterior)))
    return rings


def _beside(line: shapely.LineString, at_m: float) -> shapely.Point | None:
    """The first place from `at_m` on that is AWAY_M from the whole line; None if there is none within 10 km."""
    for along_m in np.arange(at_m, at_m + 10_000, 250):
        here, ahead = line.interpolate(along_m), line.interpolate(along_m + 50)
        turn = math.atan2(ahead.y - here.y, ahead.x - here.x) + math.pi / 2
        middle = shapely.Point(here.x + AWAY_M * math.cos(turn), here.y + AWAY_M * math.sin(turn))
        if line.distance(middle) > AWAY_M - 20:
            return middle
    return None


def _forbidden(number: int, ring: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {
            "id": f"forbidden-{number}",
            "name": f"Forbidden {number}",
            "kind": "zone",
            "forbids": ["enter"],
        },
        "geometry": {"type": "Polygon", "coordinates": [np.round(ring, 6).tolist()]},
    }
