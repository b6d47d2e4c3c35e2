"""The reports of one shipment as columns, with what the map and the strips beside it need."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from sealtrack.console.desk import Desk
from sealtrack.console.geometry import along, distance_m
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.seen import seen
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, sources
from sealtrack.console.times import shown
from sealtrack.geofence import Catalogue
from sealtrack.schema import FLAG_DISTRUSTED, FLAG_INVALID, Event, Lock
from sealtrack.view.scene import routes, zones
from sealtrack.view.tracks import LONGEST_TRIP_MS
from sealtrack.view.wild import believable

GAP_MS = 600_000
"""A hole in the track longer than this is drawn as an area where the truck can have been."""
MOST_REPORTS = 50_000
_DEGREE_M = 111_195.0


def interval(connection: Connection, shipment: Any) -> tuple[int, int]:
    """First and last moment (ms) at which the seal's reports are this shipment's."""
    after = select(shipments.c.depart_ms).where(
        shipments.c.seal_id == shipment.seal_id, shipments.c.depart_ms > shipment.depart_ms
    )
    following = connection.scalar(after.order_by(shipments.c.depart_ms).limit(1))
    ends = [shipment.depart_ms + LONGEST_TRIP_MS]
    ends += [shipment.closed_ms] if shipment.closed_ms is not None else []
    ends += [following - 1] if following is not None else []
    return shipment.depart_ms, min(ends)


def track(connection: Connection, desk: Desk, shipment: Any, from_ms: int, to_ms: int) -> dict[str, Any]:
    """What the seal reported between two moments of its trip, both included."""
    desk = desk.judging(shipment)
    where = (reports.c.seal_id == shipment.seal_id, reports.c.time_ms.between(from_ms, to_ms))
    joined = select(reports, sources.c.topic).join(sources, sources.c.id == reports.c.source)
    rows = connection.execute(joined.where(*where).order_by(reports.c.time_ms, reports.c.offset).limit(MOST_REPORTS))
    found = rows.all()
    lat, lon = _column(found, "lat"), _column(found, "lon")
    flags = _flags(found, lat, lon, desk)
    trusted = (flags & (FLAG_DISTRUSTED | FLAG_INVALID) == 0) & np.isfinite(lat)
    off_m = along(desk.catalogue, shipment.route_id, lat, lon).off_m if desk.catalogue else np.full(len(found), np.nan)
    topics = list(dict.fromkeys(row.topic for row in found))
    return {
        "columns": _columns(found) | {"off_route_m": _rounded(off_m, 1), "flags": flags.tolist()},
        "topic": topics[0] if topics else None,
        "topics": topics,
        "geofences": desk.catalogue.version if desk.catalogue else None,
        "clock": shown(clock_ms(connection)),
        "from": shown(from_ms),
        "to": shown(to_ms),
        "complete": len(found) < MOST_REPORTS,
        "gaps": _gaps(found, trusted, desk),
        "sightings": seen(connection, desk, shipment.shipment_id, from_ms, to_ms),
        **around(desk.catalogue, {shipment.route_id}, {shipment.origin_zone, shipment.destination_zone}),
    }


def around(catalogue: Catalogue | None, route_ids: set[str], ends: set[str | None]) -> dict[str, Any]:
    """Corridors and zones, as the map draws them; those of these routes are marked as used."""
    if catalogue is None:
        return {"routes": [], "zones": []}
    used = {one for route_id in route_ids for one in route_id.split("|")}
    return {"routes": routes(catalogue, used), "zones": zones(catalogue, used, ends)}


def _columns(found: Any) -> dict[str, list[Any]]:
    plain = ("time_ms", "received_ms", "lat", "lon", "satellites", "card", "partition", "offset")
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in found] for name in plain}
    for name in ("speed_kmh", "heading_deg", "battery_pct", "accuracy_m"):
        columns[name] = [None if (value := getattr(row, name)) is None else round(value, 1) for row in found]
    names = [event.value for event in Event]
    columns["lock"] = [Lock(row.lock).name for row in found]
    columns["events"] = [";".join(name for bit, name in enumerate(names) if row.events >> bit & 1) for row in found]
    return columns


def _flags(found: Any, lat: NDArray[np.float64], lon: NDArray[np.float64], desk: Desk) -> NDArray[np.int64]:
    """The flags of the reports; a position that the truck cannot have been at is marked as distrusted."""
    flags = np.array([row.flags for row in found], np.int64)
    fix = np.flatnonzero(np.isfinite(lat) & (flags & FLAG_INVALID == 0))
    if len(fix):
        time_s = np.array([row.time_ms for row in found], np.float64)[fix] / 1000
        narrow = _DEGREE_M * np.cos(np.radians(lat[fix][0]))
        points = np.column_stack((time_s, lon[fix] * narrow, lat[fix] * _DEGREE_M))
        flags[fix[~believable(points, desk.policies.default)]] |= FLAG_DISTRUSTED
    return flags


def _gaps(found: Any, trusted: NDArray[np.bool_], desk: Desk) -> list[dict[str, Any]]:
    """Holes between two trusted fixes: the truck was within `reach_m`, together, of both ends."""
    fixes = [found[index] for index in np.flatnonzero(trusted)]
    gaps = []
    for before, after in pairwise(fixes):
        if after.time_ms - before.time_ms <= GAP_MS:
            continue
        apart_m = distance_m(before.lat, before.lon, after.lat, after.lon)
        reach_m = max(apart_m, (after.time_ms - before.time_ms) / 1000 * desk.policies.default.max_speed_kmh / 3.6)
        gaps.append(
            {
                "from": shown(before.time_ms),
                "to": shown(after.time_ms),
                "lat": (before.lat + after.lat) / 2,
                "lon": (before.lon + after.lon) / 2,
                "radius_m": round(reach_m / 2),
                "reach_m": round(reach_m),
                "ends": [[before.lat, before.lon], [after.lat, after.lon]],
            }
        )
    return gaps


def _column(found: Any, name: str) -> NDArray[np.float64]:
    return np.array([getattr(row, name) for row in found], np.float64)  # None becomes NaN


def _rounded(column: NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if value != value else value for value in np.round(column, digits).tolist()]  # noqa: PLR0124 - NaN
