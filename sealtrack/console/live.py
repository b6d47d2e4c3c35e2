"""All shipments on their way, as they are now: where, how old that is, how soon at their destination, what stands
against them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.geometry import along
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.scope import own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import seals
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.times import shown
from sealtrack.console.track import around
from sealtrack.geofence import Catalogue
from sealtrack.view.tracks import LONGEST_TRIP_MS

COLUMNS = ("seal_id", "shipment_id", "lat", "lon", "time_ms", "age_s", "state", "score", "eta_ms", "arrive_by_ms")
STALE_MS = 600_000
"""A position older than this is no news of where the truck is."""
_MOVING_KMH = 5.0
_USUAL_KMH = 45.0
_SLOWEST_KMH, _FASTEST_KMH = 20.0, 80.0


def live(connection: Connection, desk: Desk, user: User) -> dict[str, Any]:
    """A row a seal, in the order of `columns`; `clock` is how far the data have come."""
    clock = clock_ms(connection)
    rows = _active(connection, user, clock)
    arrivals = _arrivals(desk, rows)
    under_way = select(shipments.c.shipment_id).where(*_under_way(clock))
    worst = select(incidents.c.shipment_id, func.max(incidents.c.score)).where(
        incidents.c.queued, incidents.c.shipment_id.in_(under_way)
    )
    scores = {row[0]: row[1] for row in connection.execute(worst.group_by(incidents.c.shipment_id))}
    return {
        "clock": shown(clock),
        "columns": COLUMNS,
        "seals": [
            _seal(row, clock, scores.get(row.shipment_id, 0), eta) for row, eta in zip(rows, arrivals, strict=True)
        ],
    }


def places(desk: Desk) -> dict[str, Any]:
    """Corridors and zones of the map, and the tiles and layers that the settings name."""
    return around(desk.catalogue, set(desk.catalogue.route_ids) if desk.catalogue else set(), set())


def _active(connection: Connection, user: User, clock: int) -> list[Row[Any]]:
    """The shipment that each seal is on, if it is under way."""
    newer = shipments.alias()
    latest = (
        select(func.max(newer.c.depart_ms))
        .where(newer.c.seal_id == shipments.c.seal_id, newer.c.depart_ms <= clock)
        .scalar_subquery()
    )
    query = (
        select(
            shipments, seals.c.time_ms, seals.c.heard_ms, seals.c.fix_ms, seals.c.lat, seals.c.lon, seals.c.speed_kmh
        )
        .join(seals, seals.c.seal_id == shipments.c.seal_id, isouter=True)
        .where(*_under_way(clock), own_shipments(user), shipments.c.depart_ms == latest)
        .order_by(shipments.c.shipment_id)
    )
    return list(connection.execute(query))


def _under_way(clock: int) -> tuple[ColumnElement[bool], ...]:
    departed = (shipments.c.depart_ms <= clock, shipments.c.depart_ms > clock - LONGEST_TRIP_MS)
    return *departed, or_(shipments.c.closed_ms.is_(None), shipments.c.closed_ms > clock)


def _seal(row: Any, clock: int, score: int, eta_ms: int | None) -> tuple[Any, ...]:
    heard = row.time_ms is not None and row.time_ms >= row.depart_ms
    placed = heard and row.fix_ms is not None and row.fix_ms >= row.depart_ms
    lat, lon = (round(row.lat, 5), round(row.lon, 5)) if placed else (None, None)
    time_ms = row.fix_ms if placed else None
    age_s = (clock - time_ms) // 1000 if time_ms is not None else None
    return (
        row.seal_id,
        row.shipment_id,
        lat,
        lon,
        time_ms,
        age_s,
        _state(row, clock, heard=heard, placed=placed),
        score,
        eta_ms,
        row.arrive_by_ms,
    )


def _state(row: Any, clock: int, *, heard: bool, placed: bool) -> str:
    """`unheard`, `silent` (nothing received), `stale` (reports, but no new fix), `moving` or `standing`."""
    if not heard:
        return "unheard"
    if clock - row.heard_ms > STALE_MS:
        return "silent"
    if not placed or clock - row.fix_ms > STALE_MS:
        return "stale"
    return "moving" if (row.speed_kmh or 0) > _MOVING_KMH else "standing"


def _arrivals(desk: Desk, rows: list[Row[Any]]) -> list[int | None]:
    """When each will be at the end of its route, at the mean speed of its trip so far; None where that is unknown."""
    found: list[int | None] = [None] * len(rows)
    by_route: dict[tuple[str, str], list[int]] = defaultdict(list)
    catalogues: dict[str, Catalogue] = {}
    for number, row in enumerate(rows):
        judged_by = desk.catalogue_for(row)
        if judged_by is not None and row.fix_ms is not None and row.fix_ms >= row.depart_ms:
            catalogues[judged_by.sha256] = judged_by
            by_route[judged_by.sha256, row.route_id].append(number)
    for (version, route_id), numbers in by_route.items():
        lat = np.array([rows[number].lat for number in numbers])
        lon = np.array([rows[number].lon for number in numbers])
        beside = along(catalogues[version], route_id, lat, lon)
        for number, done_m, left_m in zip(numbers, beside.done_m.tolist(), beside.left_m.tolist(), strict=True):
            found[number] = _arrival(rows[number], done_m, left_m)
    return found


def _arrival(row: Any, done_m: float, left_m: float) -> int | None:
    if left_m != left_m:  # noqa: PLR0124 - NaN: no such route
        return None
    hours = (row.fix_ms - row.depart_ms) / 3_600_000
    kmh = done_m / 1000 / hours if hours > 0.5 else _USUAL_KMH
    return int(row.fix_ms + left_m / 1000 / min(max(kmh, _SLOWEST_KMH), _FASTEST_KMH) * 3_600_000)
