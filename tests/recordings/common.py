"""Recordings as feeds, and an oracle for distances that shares no code with the core."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from sealtrack import geofence
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.replay import ReplayResult, replay
from sealtrack.schema import Alert, Shipment

FIX_ERROR_M = 15.0
"""What the default policy takes for the uncertainty of a fix that states none."""
GEOD = Geod(ellps="WGS84")


def epoch_ms(column: pd.Series[Any]) -> NDArray[np.int64]:
    """RFC 3339 texts as ms; an empty one is NO_TIME."""
    return pd.to_datetime(column, utc=True, format="ISO8601").to_numpy("datetime64[ms]").astype(np.int64)


def catalogue(folder: Path, features: Sequence[dict[str, Any]]) -> Catalogue:
    path = folder / "fences.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return geofence.load(path)


def judge(
    folder: Path,
    feed: pd.DataFrame,
    features: Sequence[dict[str, Any]],
    shipments: Sequence[Shipment],
    policies: Policies | None = None,
    *,
    problems: int = 0,
) -> ReplayResult:
    """Replay `feed`, whose columns are those of a report. Every row is usable; `problems` lines are expected."""
    path = folder / "feed.csv"
    feed.to_csv(path, index=False)
    result = replay([path], catalogue(folder, features), shipments, policies)
    assert result.rejected == []
    assert len(result.problems) == problems, result.problems[:3]
    return result


def of_kind(alerts: Sequence[Alert], kind: str, shipment_id: str | None = None) -> list[Alert]:
    return [a for a in alerts if a.kind == kind and shipment_id in (None, a.shipment_id)]


def shipment_each(feed: pd.DataFrame, route_id: str, **more: Any) -> list[Shipment]:
    """A shipment for each seal, of the same name, from its first report to its last."""
    times = feed.groupby("seal_id")["time"].agg(["min", "max"])
    return [
        Shipment(shipment_id=seal, seal_id=seal, route_id=route_id, depart_at=int(low), closed_at=int(high), **more)
        for seal, low, high in times.itertuples()
    ]


def square(zone_id: str, lat: float, lon: float, *, half_m: float, permits: Sequence[str]) -> dict[str, Any]:
    """A zone around a place."""
    east, north = half_m / (111_320 * np.cos(np.radians(lat))), half_m / 111_000
    ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return {
        "type": "Feature",
        "properties": {"id": zone_id, "name": zone_id, "kind": "zone", "role": "customs_yard", "permits": [*permits]},
        "geometry": {"type": "Polygon", "coordinates": [[[lon + x * east, lat + y * north] for x, y in ring]]},
    }


@dataclass(frozen=True)
class Plane:
    """Metres east and north of a place, true to scale for some ten kilometres around it."""

    transformer: Transformer

    @classmethod
    def at(cls, lat: float, lon: float) -> Plane:
        text = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"
        return cls(Transformer.from_crs(4326, text, always_xy=True))

    def xy(self, lat: Any, lon: Any) -> NDArray[np.float64]:
        """(n, 2)"""
        return np.column_stack(self.transformer.transform(np.asarray(lon), np.asarray(lat)))

    def line(self, feature: dict[str, Any]) -> shapely.LineString:
        degrees = np.array(feature["geometry"]["coordinates"])
        return shapely.LineString(self.xy(degrees[:, 1], degrees[:, 0]))

    def offset_m(self, feature: dict[str, Any], lat: Any, lon: Any) -> NDArray[np.float64]:
        """Distance of each fix from the line of a corridor: nearest point in the plane, measured on the ellipsoid."""
        fixes = shapely.points(self.xy(lat, lon))
        ways = shapely.get_coordinates(shapely.shortest_line(self.line(feature), fixes)).reshape(-1, 2, 2)
        starts = self.transformer.transform(ways[:, 0, 0], ways[:, 0, 1], direction="INVERSE")
        ends = self.transformer.transform(ways[:, 1, 0], ways[:, 1, 1], direction="INVERSE")
        return np.asarray(GEOD.inv(*starts, *ends)[2])


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(beyond) - 1) for first, beyond in edges.reshape(-1, 2)]
