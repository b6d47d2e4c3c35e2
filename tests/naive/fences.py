"""A plain description of geofences, and the questions the law asks of it (section 3, Place)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sealtrack.schema import Shipment
from tests.naive.geometry import Line, Point, on_line, outside_m, polygon_to_line_m

HOUR_MS = 3_600_000


class Corridor(NamedTuple):
    line: Line
    """(lon, lat) degrees."""
    half_width_m: float
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None


class Zone(NamedTuple):
    polygon: Any
    """shapely Polygon or MultiPolygon in (lon, lat) degrees."""
    permits: frozenset[str] = frozenset()
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    hours: frozenset[int] | None = None
    """Hours of the week, from Monday 00:00 UTC, in which it counts; None = always."""
    forbids: frozenset[str] = frozenset()
    speed_limit_kmh: float | None = None
    role: str = "other"


class Fences(NamedTuple):
    corridors: dict[str, Corridor]
    zones: dict[str, Zone]


class Place(NamedTuple):
    """Where an accepted fix lies on the approved corridor it is nearest to."""

    route_id: str
    offset_m: float
    route_m: float
    excess_m: float


def in_force(fence: Corridor | Zone, t: int) -> bool:
    if fence.valid_from_ms is not None and t < fence.valid_from_ms:
        return False
    if fence.valid_to_ms is not None and t >= fence.valid_to_ms:
        return False
    if isinstance(fence, Zone) and fence.hours is not None:
        return (t // HOUR_MS + 72) % 168 in fence.hours  # 1970-01-01 was a Thursday
    return True


def approved(fences: Fences, shipment: Shipment, t: int) -> dict[str, Corridor]:
    """The shipment's corridors that are valid at t."""
    # reading: "(valid at t)" stands once, after excess; it is taken to hold for the truck's place, not for what touches
    # or ends a route
    return {name: corridor for name, corridor in declared(fences, shipment).items() if in_force(corridor, t)}


def declared(fences: Fences, shipment: Shipment) -> dict[str, Corridor]:
    """The shipment's corridors, valid or not."""
    return {name: fences.corridors[name] for name in shipment.route_id.split("|") if name in fences.corridors}


def place(fences: Fences, shipment: Shipment, point: Point, t: int) -> Place | None:
    """The corridor with the least excess; None where no approved corridor is valid."""
    found = []
    for name, corridor in approved(fences, shipment, t).items():
        spot = on_line(point, corridor.line)
        found.append(Place(name, spot.distance_m, spot.along_m, spot.distance_m - corridor.half_width_m))
    return min(found, key=lambda p: p.excess_m) if found else None


def inside(fences: Fences, zone_id: str, point: Point, t: int, margin_m: float = 0.0) -> bool:
    """Whether the point is in that zone, or within `margin_m` of its edge, while the zone is in force."""
    zone = fences.zones.get(zone_id)
    return zone is not None and in_force(zone, t) and outside_m(point, zone.polygon) <= margin_m


def named_zones(shipment: Shipment) -> set[str]:
    return {zone for zone in (shipment.origin_zone, shipment.destination_zone) if zone}


def in_approved_zone(fences: Fences, shipment: Shipment, point: Point, t: int) -> bool:
    corridors = declared(fences, shipment).values()
    names = named_zones(shipment) | {
        name
        for name, zone in fences.zones.items()
        if zone.permits & {"stop", "open"}
        and any(polygon_to_line_m(zone.polygon, c.line) <= c.half_width_m for c in corridors)
    }
    return any(inside(fences, name, point, t) for name in names)


def in_zone_permitting(fences: Fences, what: str, point: Point, t: int, margin_m: float = 0.0) -> bool:
    """Any zone of the catalogue that permits `what`."""
    return any(inside(fences, name, point, t, margin_m) for name, z in fences.zones.items() if what in z.permits)


def may_open_at(fences: Fences, shipment: Shipment, point: Point, t: int, e: float) -> bool:
    """Section 6: whether the place is one where this shipment's seal may be opened."""
    named = named_zones(shipment)
    if not named:
        return in_zone_permitting(fences, "open", point, t, e)
    may = [name for name in named if name in fences.zones and "open" in fences.zones[name].permits]
    return any(inside(fences, name, point, t, e) for name in may)
