"""A store as full as one may get."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, text

from sealtrack.console.intake.reports import note_clock
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import seals
from sealtrack.console.store.tables.judged import incidents
from sealtrack.schema import Kind

NOW_MS = 1_773_200_000_000
ON_THE_WAY = 1_000
"""Incidents of trucks that are under way: a tenth of these."""
_AT_ONCE = 10_000
_KINDS = list(Kind)


def fill(store: Store, incident_count: int, seal_count: int) -> None:
    """So many incidents, two thirds of them to be dealt with, and so many trucks, all over the country."""
    with store.writing() as connection:
        for start in range(0, incident_count, _AT_ONCE):
            rows = [_incident(number) for number in range(start, min(start + _AT_ONCE, incident_count))]
            connection.execute(insert(incidents), rows)
        trips = [_trip(number) for number in range(seal_count)]
        connection.execute(insert(shipments), trips)
        connection.execute(insert(seals), [_seal(trip, number) for number, trip in enumerate(trips)])
        note_clock(connection, NOW_MS)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _incident(number: int) -> dict[str, Any]:
    severity = ("warning", "critical", "warning")[number % 3]
    kind, at_ms = _KINDS[number % len(_KINDS)], NOW_MS - number * 60_000
    shipment = f"L{number * 10:06}" if number < ON_THE_WAY else f"VN26-{number:06}"
    carrier = f"Công ty vận tải {number % 500}"
    closed = number % 3 == 2
    return {
        "incident_id": f"{number:016x}", "shipment_id": shipment, "seal_id": f"79{number % 10_000:08}",
        "score": (number * 37) % 101, "severity": severity, "weight": 2 if severity == "critical" else 1,
        "kinds": f",{kind},", "start_ms": at_ms, "end_ms": at_ms + 600_000, "open": False, "alerts": 1 + number % 3,
        "lat": 21.0, "lon": 106.0, "detected_ms": at_ms, "opened_ms": at_ms, "updated_ms": at_ms,
        "unit": f"Đội {number % 40}", "route_id": "haiphong-huunghi", "carrier": carrier,
        "vehicle": f"15C-{number % 1_000:03}.{number % 90 + 10}", "cargo": f"hàng {number % 30}",
        "search": f"{shipment} {carrier}".casefold(), "status": "closed" if closed else "new", "due_ms": at_ms,
        "closed_ms": at_ms if closed else None, "withdrawn": False, "suppressed": False, "queued": not closed,
    }  # fmt: skip


def _trip(number: int) -> dict[str, Any]:
    names = {"shipment_id": f"L{number:06}", "seal_id": f"81{number:08}", "route_id": "haiphong-huunghi"}
    times = {"depart_ms": NOW_MS - 7_200_000, "arrive_by_ms": NOW_MS + 20_000_000}
    return names | times | {"unit": f"Đội {number % 40}"}


def _seal(trip: dict[str, Any], number: int) -> dict[str, Any]:
    at_ms = NOW_MS - (number * 97) % 1_000_000
    place = {"lat": 10.8 + 11.5 * (number * 0.618034 % 1), "lon": 104.2 + 3.6 * (number * 0.377 % 1)}
    times = {"heard_ms": at_ms, "time_ms": at_ms, "fix_ms": at_ms}
    return {"seal_id": trip["seal_id"], **times, **place, "speed_kmh": float(number % 80), "lock": 1}
