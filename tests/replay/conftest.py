"""A small road of its own, so that these tests say nothing about the catalogue."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point, mapping

from replay.maker import Catalogue, read_catalogue
from replay.maker.road import Road, build_road

WAYPOINTS = [(106.77, 20.85), (106.33, 20.94), (106.08, 20.92), (106.076, 21.19), (106.27, 21.4), (106.5, 21.57)]
ZONES: list[tuple[str, str, float, float, float, list[str]]] = [
    ("port", "port", 106.77, 20.85, 700, ["stop", "open"]),
    ("gate", "border_gate", 106.5, 21.57, 500, ["stop", "open"]),
    ("rest-1", "rest_area", 106.2, 20.933, 200, ["stop"]),
    ("rest-2", "rest_area", 106.17, 21.29, 200, ["stop"]),
]
ROUTE = {"route": "here-there", "origin_zone": "port", "destination_zone": "gate"}


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("geofences")
    corridor = {"id": "here-there", "kind": "corridor", "half_width_m": 1500}
    features = [_feature(corridor, {"type": "LineString", "coordinates": WAYPOINTS})]
    for zone_id, role, lon, lat, radius_m, permits in ZONES:
        circle = Point(lon, lat).buffer(radius_m / 104_000)
        features.append(_feature({"id": zone_id, "kind": "zone", "role": role, "permits": permits}, mapping(circle)))
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "here.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return read_catalogue(folder)


@pytest.fixture(scope="session")
def road(catalogue: Catalogue) -> Road:
    return build_road(catalogue, "here-there", "port", "gate", np.random.default_rng(1))


def _feature(properties: dict[str, Any], geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
