"""The geometry of a geofence: is it whole, of the right type, and plausible on the earth?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.model import Feature

GEOD = Geod(ellps="WGS84")
PRECISION_DEG = 1e-7
"""Coordinates are rounded to this (1 cm), so that a detour through another CRS or format leaves them equal."""

JOIN_M = 50.0
"""Parts of a line whose ends are nearer than this are taken to meet."""
MAX_JUMP_M = 30_000.0
"""No road runs straight for longer: a waypoint is missing."""
ODD_JUMP_M = 5_000.0
ODD_JUMP_RATIO = 20.0
"""A step longer than ODD_JUMP_M and this many times the line's median step looks like a hole."""
MAX_PERMIT_KM2 = 100.0
"""A zone that permits stops on a larger area silences the rules for whole districts."""

_TYPES = {"corridor": ("LineString", "MultiLineString"), "zone": ("Polygon", "MultiPolygon")}


class _Bad(Exception):  # noqa: N818 - ends the examination of one shape, never leaves this module
    pass


class Shape(NamedTuple):
    """The usable geometry (None if there is none) and what is wrong with it."""

    geometry: LineString | Polygon | MultiPolygon | None
    faults: list[Fault]


def check_shape(feature: Feature, kind: str | None) -> Shape:
    """The feature's geometry as one LineString or valid polygons, rounded; `kind` None = unknown, any type will do."""
    try:
        geometry = _sound(feature.geometry, kind)
        warned = list(_warnings(geometry, feature))
    except _Bad as bad:
        message, remedy = bad.args
        return Shape(None, [Fault(feature.file, feature.label, "geometry", message, remedy)])
    return Shape(geometry, [Fault(feature.file, feature.label, "geometry", *text, Level.warning) for text in warned])


def _sound(geometry: BaseGeometry | None, kind: str | None) -> LineString | Polygon | MultiPolygon:
    if geometry is None or geometry.is_empty:
        raise _Bad("is missing, empty or broken (an unclosed ring, a line of one point)", "draw it again")
    if kind is not None and geometry.geom_type not in _TYPES[kind]:
        raise _Bad(f"is a {geometry.geom_type}", f"a {kind} needs a {_TYPES[kind][0]}")
    _check_coordinates(shapely.get_coordinates(geometry))
    if isinstance(geometry, LineString | MultiLineString):
        return _line(geometry)
    if isinstance(geometry, Polygon | MultiPolygon):
        return _area(geometry)
    raise _Bad(f"is a {geometry.geom_type}", "use a LineString (corridor) or a Polygon (zone)")


def _check_coordinates(points: NDArray[np.float64]) -> None:
    lon, lat = points[:, 0], points[:, 1]
    if not np.isfinite(points).all():
        raise _Bad("has a coordinate that is not a number", "remove that vertex, or check the file's CRS")
    wild = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    if not wild.any():
        return
    first = points[wild.argmax()]
    if np.all((np.abs(lat[wild]) <= 180) & (np.abs(lon[wild]) <= 90)):
        raise _Bad(
            f"has latitude {first[1]:g}: latitude and longitude are swapped",
            f"write longitude first, [{first[1]:g}, {first[0]:g}]",
        )
    where = f"({first[0]:g}, {first[1]:g})"
    raise _Bad(f"has a coordinate outside the earth {where}", "write degrees, or name the file's CRS")


def _line(geometry: LineString | MultiLineString) -> LineString:
    points = np.round(_joined(geometry), 7) + 0.0  # -0.0 and 0.0 are one place
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
    if len(points) < 2:
        raise _Bad("has no length", "draw a line of at least two different points")
    if np.abs(np.diff(points[:, 0])).max() > 180:
        raise _Bad("crosses the 180th meridian", "split the route there into two corridors")
    steps_m = _steps_m(points)
    if steps_m.sum() < 1:  # such as along the pole, where all meridians meet
        raise _Bad("has no length", "draw a line of at least two different points")
    if steps_m.max() > MAX_JUMP_M:
        raise _Bad(_hole(points, steps_m), "add the waypoints in between")
    return LineString(points)


def _joined(geometry: LineString | MultiLineString) -> NDArray[np.float64]:
    """The parts of a line in their order, as one; consecutive ends must meet."""
    parts = [shapely.get_coordinates(part) for part in shapely.get_parts(geometry) if not part.is_empty]
    for number, (one, two) in enumerate(pairwise(parts), start=1):
        gap_m = _steps_m(np.array([one[-1], two[0]]))[0]
        if gap_m > JOIN_M:
            where = f"between part {number}, ending at {_place(one[-1])}, and part {number + 1}"
            remedy = "draw the missing piece, or put the parts in travel order and direction"
            raise _Bad(f"has a gap of {gap_m:,.0f} m {where}", remedy)
    return np.concatenate(parts)


def _area(geometry: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    if not geometry.is_valid:
        reason = explain_validity(geometry).replace("[", " at lon lat ").replace("]", "")
        raise _Bad(f"has an invalid ring: {reason}", "move that vertex, or run `Fix geometries` in QGIS")
    rounded = shapely.transform(geometry, lambda points: np.round(points, 7) + 0.0)
    if not rounded.is_valid or rounded.area == 0:
        raise _Bad("has no area or a part thinner than 1 cm", "draw it again, larger")
    if np.ptp(shapely.get_coordinates(rounded)[:, 0]) > 180:
        raise _Bad("crosses the 180th meridian", "split it there into two zones")
    # One form for one shape: where a ring starts, which way it turns, and whether one part is wrapped as many depend on
    # the program that wrote the file.
    polygons = shapely.get_parts(rounded.normalize())
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _warnings(geometry: LineString | Polygon | MultiPolygon, feature: Feature) -> Iterator[tuple[str, str]]:
    if isinstance(geometry, LineString):
        points = shapely.get_coordinates(geometry)
        steps_m = _steps_m(points)
        if steps_m.max() > max(ODD_JUMP_M, ODD_JUMP_RATIO * float(np.median(steps_m))):
            yield _hole(points, steps_m), "add the waypoints in between if the road bends there"
    elif "permits" in feature.properties:
        area_km2 = abs(GEOD.geometry_area_perimeter(geometry)[0]) / 1e6
        if area_km2 > MAX_PERMIT_KM2:
            yield f"permits stops or openings on {area_km2:,.0f} km²", "draw the yard itself"


def _steps_m(points: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = points[:, 0], points[:, 1]
    return np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])


def _hole(points: NDArray[np.float64], steps_m: NDArray[np.float64]) -> str:
    where = int(steps_m.argmax())
    ends = f"from {_place(points[where])} to {_place(points[where + 1])}"
    return f"has a gap: {steps_m[where] / 1000:.1f} km without a vertex {ends}"


def _place(point: NDArray[np.float64]) -> str:
    return f"{point[1]:.4f},{point[0]:.4f}"
