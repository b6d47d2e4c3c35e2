"""The seals themselves: battery, silence, fixes, faults; who takes care of what, and for how long it has waited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from sealtrack.console.access.users import User
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.scope import own_seals, own_shipments, sees_all
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, seal_quality, seals
from sealtrack.console.store.tables.worked import maintenance
from sealtrack.console.times import shown
from sealtrack.schema import EVENT_BIT, FLAG_INVALID

LOW_BATTERY_PCT = 20.0
SILENT_MS = 86_400_000
WINDOW_MS = 7 * 86_400_000
"""Fixes and faults of this long are looked at."""
POOR_FIX_PCT = 70.0
_ENOUGH = 20
"""Reports, before their fixes say anything."""
_BROKEN = EVENT_BIT["motor_fault"] | EVENT_BIT["back_cover_open"]
_DAY_MS = 86_400_000


def devices(connection: Connection, user: User) -> dict[str, Any]:
    """Every seal of the user's shipments, those in need of care first; what is open of each, with owner and days."""
    clock = clock_ms(connection)
    quality = _quality(connection)
    every = sees_all(user)
    own = set() if every else set(connection.scalars(select(shipments.c.seal_id).where(own_shipments(user))))
    now = set() if every else own_seals(connection, user, clock)
    work: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(select(maintenance).where(maintenance.c.closed_ms.is_(None))):
        work.setdefault(row.seal_id, []).append(task(row, clock))
    items = [
        _device(row, quality.get(row.seal_id), clock) | {"tasks": work.get(row.seal_id, [])}
        for row in connection.execute(select(seals).order_by(seals.c.seal_id))
        if every or row.seal_id in own
    ]
    for item in items:
        if not every and item["seal_id"] not in now:
            item |= {"lat": None, "lon": None}
    items.sort(key=lambda item: (-len(item["tasks"]), item["seal_id"]))
    return {"clock": shown(clock), "items": items}


def task(row: Row[Any], clock: int) -> dict[str, Any]:
    """One open or closed piece of work."""
    until = row.closed_ms if row.closed_ms is not None else max(clock, row.opened_ms)
    return {
        "id": row.id,
        "fault": row.fault,
        "owner": row.owner,
        "text": row.text,
        "opened_at": shown(row.opened_ms),
        "days_open": round((until - row.opened_ms) / _DAY_MS, 1),
    }


def renew(connection: Connection, measured: Sequence[dict[str, Any]]) -> None:
    """Keep what `measure` found; open work for each fault that is new, close what has mended itself and is nobody's."""
    clock = clock_ms(connection)
    connection.execute(delete(seal_quality))
    if measured:
        connection.execute(insert(seal_quality), measured)
    quality = _quality(connection)
    found = {
        (row.seal_id, fault)
        for row in connection.execute(select(seals))
        for fault in faults(row, quality.get(row.seal_id), clock)
    }
    still = connection.execute(select(maintenance).where(maintenance.c.closed_ms.is_(None))).all()
    known = {(row.seal_id, row.fault) for row in still}
    new = [
        {"seal_id": seal, "fault": fault, "opened_ms": clock, "closed_ms": None, "owner": None, "text": None}
        for seal, fault in sorted(found - known)
    ]
    if new:
        connection.execute(insert(maintenance), new)
    mended = [row.id for row in still if (row.seal_id, row.fault) not in found and row.owner is None]
    if mended:
        connection.execute(update(maintenance).where(maintenance.c.id.in_(mended)).values(closed_ms=clock))


def faults(row: Row[Any], quality: Row[Any] | None, clock: int) -> list[str]:
    """What is wrong with a seal, by its latest reports."""
    told = ["low_battery"] if row.battery_pct is not None and row.battery_pct < LOW_BATTERY_PCT else []
    told += ["silent"] if clock - row.heard_ms > SILENT_MS else []
    if quality is not None:
        poor = quality.reports >= _ENOUGH and 100 * quality.fixes / quality.reports < POOR_FIX_PCT
        told += ["poor_fixes"] if poor else []
        told += ["device_fault"] if quality.broken else []
    return told


def _device(row: Row[Any], quality: Row[Any] | None, clock: int) -> dict[str, Any]:
    n = quality.reports if quality else 0
    return {
        "seal_id": row.seal_id,
        "battery_pct": None if row.battery_pct is None else round(row.battery_pct, 1),
        "satellites": row.satellites,
        "heard_at": shown(row.heard_ms),
        "silent_s": max(0, clock - row.heard_ms) // 1000,
        "reports_7d": n,
        "fix_pct": round(100 * quality.fixes / n, 1) if quality and n else None,
        "lat": row.lat,
        "lon": row.lon,
        "faults": faults(row, quality, clock),
    }


def _quality(connection: Connection) -> dict[str, Row[Any]]:
    return {row.seal_id: row for row in connection.execute(select(seal_quality))}


def measure(connection: Connection) -> list[dict[str, Any]]:
    """Rows of `seal_quality`: reports, usable fixes, and whether one told of a broken device. Looks at all reports of
    seven days: for a connection that only reads, so that no writer waits.
    """
    usable = (reports.c.lat.is_not(None)) & (reports.c.flags.op("&")(FLAG_INVALID) == 0)
    query = (
        select(
            reports.c.seal_id,
            func.count().label("reports"),
            func.sum(case((usable, 1), else_=0)).label("fixes"),
            func.max(case((reports.c.events.op("&")(_BROKEN) != 0, 1), else_=0)).label("broken"),
        )
        .where(reports.c.time_ms > clock_ms(connection) - WINDOW_MS)
        .group_by(reports.c.seal_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
