"""Small geofence files for tests: a road, a yard, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROAD = [[105.80, 21.00], [105.85, 21.02], [105.90, 21.05]]
YARD = [[105.795, 20.995], [105.805, 20.995], [105.805, 21.005], [105.795, 21.005], [105.795, 20.995]]


def feature(geometry_type: str, shape: Any, /, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature; a property of None is left out, no geometry type is no geometry."""
    said = {name: value for name, value in properties.items() if value is not None}
    geometry = {"type": geometry_type, "coordinates": shape} if geometry_type else None
    return {"type": "Feature", "properties": said, "geometry": geometry}


def road(shape: Any = ROAD, **changes: Any) -> dict[str, Any]:
    return feature("LineString", shape, **{"id": "road", "kind": "corridor", "half_width_m": 1500, **changes})


def yard(ring: Any = YARD, **changes: Any) -> dict[str, Any]:
    return feature("Polygon", [ring], **{"id": "yard", "kind": "zone", "permits": ["stop", "open"], **changes})


def moved(shape: Any, lon: float = 0.0, lat: float = 0.0) -> Any:
    return [[x + lon, y + lat] for x, y in shape]


def square(lon: float, lat: float, side: float) -> Any:
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return [[lon + x, lat + y] for x, y in corners]


def write(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path
