"""The corridors and zones of a geofence catalogue, read no further than the maker needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

Area = Polygon | MultiPolygon


class Corridor(NamedTuple):
    id: str
    half_width_m: float
    lonlat: NDArray[np.float64]
    """(n, 2) degrees."""


class Zone(NamedTuple):
    id: str
    role: str
    permits: frozenset[str]
    """Any of `stop`, `open`."""
    polygon: Area
    """In degrees, x = longitude."""
    forbidden: bool = False
    """Nobody may enter."""


class Catalogue(NamedTuple):
    corridors: dict[str, Corridor]
    zones: dict[str, Zone]

    def corridor(self, route_id: str) -> Corridor:
        """The corridor called `route_id`; ValueError naming those there are."""
        if route_id not in self.corridors:
            known = ", ".join(sorted(self.corridors))
            raise ValueError(f"no corridor {route_id!r} in the catalogue; there are: {known}")
        return self.corridors[route_id]

    def zone(self, zone_id: str) -> Zone:
        """The zone called `zone_id`; ValueError naming those there are."""
        if zone_id not in self.zones:
            raise ValueError(f"no zone {zone_id!r} in the catalogue; there are: {', '.join(sorted(self.zones))}")
        return self.zones[zone_id]


def read_catalogue(*places: Path) -> Catalogue:
    """All features of these GeoJSON files, and of `*.geojson` in these folders (WGS84).

    ValueError if there is no corridor in them.
    """
    corridors: dict[str, Corridor] = {}
    zones: dict[str, Zone] = {}
    for path in [file for place in places for file in (sorted(place.glob("*.geojson")) if place.is_dir() else [place])]:
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            _add(feature, corridors, zones)
    if not corridors:
        where = ", ".join(map(str, places))
        raise ValueError(f"{where}: no corridor in any *.geojson here; name the folder with the geofence catalogue")
    return Catalogue(corridors, zones)


def _add(feature: dict[str, Any], corridors: dict[str, Corridor], zones: dict[str, Zone]) -> None:
    props = feature["properties"]
    if props["kind"] == "corridor":
        lonlat = np.array(feature["geometry"]["coordinates"], np.float64)[:, :2]
        corridors[props["id"]] = Corridor(props["id"], float(props["half_width_m"]), lonlat)
        return
    area = _area(props["id"], feature["geometry"])
    forbidden = "enter" in _words(props.get("forbids"))
    zones[props["id"]] = Zone(
        props["id"], props.get("role") or "", frozenset(_words(props.get("permits"))), area, forbidden
    )


def _words(given: Any) -> list[str]:
    return given.split(";") if isinstance(given, str) else given or []


def _area(zone_id: str, geometry: dict[str, Any]) -> Area:
    area = shape(geometry)
    if not isinstance(area, Area):
        raise ValueError(f"zone {zone_id!r} is a {area.geom_type}; it must be a polygon")  # noqa: TRY004 - bad data, not a bad call
    return area
