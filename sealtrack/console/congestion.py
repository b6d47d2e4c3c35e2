"""Queues near gates and in yards: who stands there now, and how long trucks have stayed in the last day."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlalchemy import Connection, and_, false, or_, select

from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.geometry import is_inside, outline
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.scope import own_seals, sees_all
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
    """For each gate and yard: trucks in it now, those that stand, and how long trucks of the last day stayed.

    Who is there now is counted of all seals; how long they stay is taken from `seals_looked_at` of them, those that are
    there now first.
    """
    clock = clock_ms(connection)
    if desk.catalogue is None:
        return {"clock": shown(clock), "seals": 0, "seals_looked_at": 0, "items": []}
    heard = _heard(connection, user, clock)
    gates = [_Gate(desk.catalogue, number) for number in _gates(desk.catalogue)]
    now = {gate.number: [row for row in heard if _is_new(row, clock) and gate.holds(row)] for gate in gates}
    there = [row.seal_id for rows in now.values() for row in rows]
    names = list(dict.fromkeys([*there, *(row.seal_id for row in heard)]))[:_MOST_SEALS]
    fixes = _fixes(connection, names, clock, gates)
    items = [_zone(gate, now[gate.number], fixes) for gate in gates]
    shown_items = [item for item in items if item["visits"] or item["inside"]]
    return {
        "clock": shown(clock),
        "seals": len(heard),
        "seals_looked_at": len(fixes),
        "items": sorted(shown_items, key=lambda item: (-item["queue"], -item["visits"])),
    }


class _Gate:
    """A zone with its outline, and a box around it that is quickly asked."""

    def __init__(self, catalogue: Catalogue, number: int) -> None:
        self.number = number
        self.zone_id = catalogue.zone_ids[number]
        self.name = catalogue.zone_names[number] or self.zone_id
        self.role = catalogue.zone_roles[number]
        self._lat, self._lon = outline(catalogue, self.zone_id)
        lat, lon = ([one for one in column if one is not None] for column in (self._lat, self._lon))
        self.south, self.north, self.west, self.east = min(lat), max(lat), min(lon), max(lon)

    def holds(self, row: Any) -> bool:
        """Whether a fix lies in it."""
        in_box = self.south <= row.lat <= self.north and self.west <= row.lon <= self.east
        return in_box and is_inside(row.lat, row.lon, self._lat, self._lon)


def _heard(connection: Connection, user: User, clock: int) -> list[Any]:
    """Seals of the last day with a place, the latest first."""
    where = [seals.c.heard_ms > clock - DAY_MS, seals.c.lat.is_not(None)]
    if not sees_all(user):
        where.append(seals.c.seal_id.in_(own_seals(connection, user, clock)))
    return list(connection.execute(select(seals).where(*where).order_by(seals.c.heard_ms.desc())))


def _is_new(row: Any, clock: int) -> bool:
    return row.fix_ms is not None and clock - row.fix_ms < _NOW_MS


def _gates(catalogue: Catalogue) -> list[int]:
    return [number for number, role in enumerate(catalogue.zone_roles) if role in ROLES]


def _fixes(connection: Connection, names: list[str], clock: int, gates: Sequence[_Gate]) -> dict[str, list[Any]]:
    """The day's fixes near any gate: a seal has thousands a day, most of them on the road."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    columns = (reports.c.seal_id, reports.c.time_ms, reports.c.lat, reports.c.lon)
    near = [
        and_(reports.c.lat.between(gate.south, gate.north), reports.c.lon.between(gate.west, gate.east))
        for gate in gates
    ]
    where = (reports.c.seal_id.in_(names), reports.c.time_ms.between(clock - DAY_MS, clock), or_(false(), *near))
    for row in connection.execute(select(*columns).where(*where).order_by(reports.c.time_ms)):
        found[row.seal_id].append(row)
    return found


def _zone(gate: _Gate, now: list[Any], fixes: dict[str, list[Any]]) -> dict[str, Any]:
    stays = [stay for rows in fixes.values() for stay in _stays([row for row in rows if gate.holds(row)])]
    return {
        "zone_id": gate.zone_id,
        "name": gate.name,
        "role": gate.role,
        "lat": (gate.south + gate.north) / 2,
        "lon": (gate.west + gate.east) / 2,
        "inside": len(now),
        "queue": sum((row.speed_kmh or 0) < _SLOW_KMH for row in now),
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
