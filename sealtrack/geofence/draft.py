"""A recorded track as the draft of a corridor. A person looks at it before it becomes an approved route."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from sealtrack.errors import InputError, TransportError, UsageError
from sealtrack.geofence.read import FileFaultError, read_frames

SPACING_M = 50.0
"""Fixes nearer to the last one kept are left out: a halt would leave a knot of them."""
TOLERANCE_SHARE = 0.05
"""The drafted line stays within this share of the half width of the fixes that are kept."""


def draft_file(path: Path, *, route_id: str, half_width_m: float, name: str | None = None) -> dict[str, Any]:
    """The one line or track of a GPX, KML or other vector file as a GeoJSON feature.

    InputError if the file cannot be read or does not hold exactly one line.
    """
    try:
        geometries = [geometry for frame in read_frames(path) for geometry in frame.geometry.dropna()]
    except FileFaultError as error:
        raise InputError(str(error)) from None
    lines = [line for line in geometries if "LineString" in line.geom_type and not line.is_empty]
    if len(lines) != 1:
        raise InputError(f"{path}: has {len(lines)} lines or tracks; keep exactly one, drawn in travel direction")
    points = shapely.get_coordinates(lines[0])
    return draft(points[:, 1], points[:, 0], route_id=route_id, half_width_m=half_width_m, name=name)


def draft(
    lat: NDArray[np.float64], lon: NDArray[np.float64], *, route_id: str, half_width_m: float, name: str | None = None
) -> dict[str, Any]:
    """Fixes in travel order (degrees, NaN skipped) as a thinned corridor, a GeoJSON feature; InputError below two.

    UsageError for a half width, or an id, that no corridor can have.
    """
    if not (np.isfinite(half_width_m) and half_width_m > 0):
        raise UsageError(f"a half width of {half_width_m:g} m is none; give metres above 0")
    if not route_id.strip():
        raise UsageError("a corridor needs an id, which shipments name as their route")
    points = np.column_stack([lon, lat])
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        raise InputError("a corridor needs at least two fixes; give a longer track")
    middle = points[len(points) // 2]
    plane = f"+proj=aeqd +lat_0={middle[1]} +lon_0={middle[0]} +datum=WGS84 +units=m"
    project = Transformer.from_crs(4326, plane, always_xy=True)
    flat = _spaced(np.column_stack(project.transform(points[:, 0], points[:, 1])))
    if len(flat) < 2:
        raise InputError(f"a corridor needs at least two fixes {SPACING_M:g} m apart; give a longer track")
    line = shapely.simplify(shapely.LineString(flat), TOLERANCE_SHARE * half_width_m)
    x, y = shapely.get_coordinates(line).T
    degrees = np.column_stack(project.transform(x, y, direction="INVERSE")).round(6)
    properties = {"id": route_id, "name": name or route_id, "kind": "corridor", "half_width_m": half_width_m}
    geometry = {"type": "LineString", "coordinates": degrees.tolist()}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write_draft(feature: dict[str, Any], path: Path) -> None:
    """As a GeoJSON file; TransportError if it cannot be written."""
    try:
        path.write_text(to_text(feature), encoding="utf-8")
    except OSError as error:
        raise TransportError(f"{path}: cannot be written ({error.strerror}); check the folder") from None


def to_text(feature: dict[str, Any]) -> str:
    """The text of a GeoJSON file with this one feature."""
    return json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False) + "\n"


def _spaced(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = [flat[0]]
    for point in flat[1:]:
        if np.hypot(*(point - kept[-1])) >= SPACING_M:
            kept.append(point)
    return np.array(kept)
