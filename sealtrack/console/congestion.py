"""Queues near gates and in yards: who stands there now, and how long trucks have stayed in the last day."""

from __future__ import annotations

from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.geometry import is_inside, outline
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.scope import own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, seals
from sealtrack.console.times import shown
from sealtrack.geofence import Catalogue

ROLES = ("border_gate", "customs_yard", "staging_yard", "port")
DAY_MS = 86_400_000
LEFT_MS = 1_800_000
"""Away for so long, a truck has left; less is a hole in the reports."""
_SLOW_KMH = 5.0
_MOST_SEALS = 300
_NOW_MS = 900_000


def congestion(connection: Connection, desk: Desk, user: User) -> dict[str, Any]:
    """For each gate and yard: trucks in it now, those that stand, and how long trucks of the last day stayed."""
    clock = clock_ms(connection)
    if desk.catalogue is None:
        return {"clock": shown(clock), "items": []}
    own = select(shipments.c.seal_id).where(own_shipments(user))
    near = connection.execute(
        select(seals.c.seal_id)
        .where(seals.c.heard_ms > clock - DAY_MS, seals.c.seal_id.in_(own))
        .order_by(seals.c.heard_ms.desc())
        .limit(_MOST_SEALS)
    )
    fixes = _fixes(connection, [row.seal_id for row in near], clock)
    items = [_zone(desk.catalogue, number, fixes, clock) for number in _gates(desk.catalogue)]
    return {
        "clock": shown(clock),
        "seals_looked_at": len(fixes),
        "items": sorted((item for item in items if item["visits"]), key=lambda item: (-item["queue"], -item["visits"])),
    }


def _gates(catalogue: Catalogue) -> list[int]:
    return [number for number, role in enumerate(catalogue.zone_roles) if role in ROLES]


def _fixes(connection: Connection, names: list[str], clock: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in names}
    columns = (reports.c.seal_id, reports.c.time_ms, reports.c.lat, reports.c.lon, reports.c.speed_kmh)
    where = (reports.c.seal_id.in_(names), reports.c.time_ms.between(clock - DAY_MS, clock), reports.c.lat.is_not(None))
    for row in connection.execute(select(*columns).where(*where).order_by(reports.c.time_ms)):
        found[row.seal_id].append(row)
    return found


def _zone(catalogue: Catalogue, number: int, fixes: dict[str, list[Any]], clock: int) -> dict[str, Any]:
    lat, lon = outline(catalogue, catalogue.zone_ids[number])
    known_lat, known_lon = [one for one in lat if one is not None], [one for one in lon if one is not None]
    south, north, west, east = min(known_lat), max(known_lat), min(known_lon), max(known_lon)
    stays, inside, standing = [], 0, 0
    for rows in fixes.values():
        here = [
            row
            for row in rows
            if south <= row.lat <= north and west <= row.lon <= east and is_inside(row.lat, row.lon, lat, lon)
        ]
        stays += _stays(here)
        if here and here[-1] is rows[-1] and clock - here[-1].time_ms < _NOW_MS:
            inside += 1
            standing += (here[-1].speed_kmh or 0) < _SLOW_KMH
    return {
        "zone_id": catalogue.zone_ids[number],
        "name": catalogue.zone_names[number] or catalogue.zone_ids[number],
        "role": catalogue.zone_roles[number],
        "lat": (south + north) / 2,
        "lon": (west + east) / 2,
        "inside": inside,
        "queue": standing,
        "visits": len(stays),
        "dwell_median_s": round(median(stays)) if stays else None,
        "dwell_longest_s": round(max(stays)) if stays else None,
    }


def _stays(rows: list[Any]) -> list[float]:
    """Seconds of each visit of one truck, from its fixes inside."""
    stays: list[float] = []
    first = last = None
    for row in rows:
        if first is None or last is None or row.time_ms - last > LEFT_MS:
            if first is not None and last is not None:
                stays.append((last - first) / 1000)
            first = row.time_ms
        last = row.time_ms
    if first is not None and last is not None:
        stays.append((last - first) / 1000)
    return stays
