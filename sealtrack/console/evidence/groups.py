"""Which other shipments a pack may need, the fewest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from sealtrack.console.access.users import User
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.scope import own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports
from sealtrack.console.track import interval
from sealtrack.schema import Alert
from sealtrack.view.tracks import LONGEST_TRIP_MS

_NEAR_DEG = 0.3
_NEAR_MS = 7_200_000
"""Within so far and so long of an alert a neighbour can have a part in its evidence."""
_AT_ONCE = 500


def groups(connection: Connection, row: Any, alerts: Sequence[Alert]) -> Iterator[list[str]]:
    """The shipment alone, with those that its evidence names, with those that were near, with all on their way."""
    own = [row.shipment_id]
    yield own
    yield _together(own, named_in(alerts, row.shipment_id))
    yield _together(own, named_in(alerts, row.shipment_id), _near(connection, row, alerts))
    yield _together(own, _overlapping(connection, row))


def visible(connection: Connection, user: User, names: Sequence[str]) -> set[str]:
    """Those of these shipments that the user sees."""
    found: set[str] = set()
    for start in range(0, len(names), _AT_ONCE):
        part = shipments.c.shipment_id.in_(names[start : start + _AT_ONCE])
        found.update(connection.scalars(select(shipments.c.shipment_id).where(part, own_shipments(user))))
    return found


def _together(*parts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part))


def named_in(alerts: Sequence[Alert], shipment_id: str) -> list[str]:
    """The other shipments that the evidence names."""
    known: dict[str, None] = {}
    for alert in alerts:
        _names(alert.evidence, known)
    known.pop(shipment_id, None)
    return list(known)


def _names(value: Any, known: dict[str, None]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("shipment_id", "shipments", "partners", "neighbours"):
                for one in inner if isinstance(inner, list) else [inner]:
                    if isinstance(one, str):
                        known[one] = None
            _names(inner, known)
    elif isinstance(value, list):
        for inner in value:
            _names(inner, known)


def _near(connection: Connection, row: Any, alerts: Sequence[Alert]) -> list[str]:
    """Shipments whose seal was heard around where one of the alerts began, about that time."""
    found: dict[str, None] = {}
    everyone = set(_overlapping(connection, row))
    for alert in alerts:
        if alert.lat is None or alert.lon is None:
            continue
        where = (
            reports.c.time_ms.between(alert.start - _NEAR_MS, (alert.end or alert.start) + _NEAR_MS),
            reports.c.lat.between(alert.lat - _NEAR_DEG, alert.lat + _NEAR_DEG),
            reports.c.lon.between(alert.lon - _NEAR_DEG, alert.lon + _NEAR_DEG),
        )
        of_seal = select(shipments.c.shipment_id).where(
            shipments.c.seal_id.in_(select(reports.c.seal_id).where(*where).distinct())
        )
        found |= dict.fromkeys(name for name in connection.scalars(of_seal) if name in everyone)
    return sorted(found)


def _overlapping(connection: Connection, row: Any) -> list[str]:
    """Every shipment that was on its way while this one was."""
    declared = connection.execute(select(shipments).where(shipments.c.shipment_id == row.shipment_id)).one()
    first, last = interval(connection, declared)
    last = min(last, max(clock_ms(connection), first))
    ends = or_(shipments.c.closed_ms.is_(None), shipments.c.closed_ms >= first)
    where = (shipments.c.depart_ms <= last, shipments.c.depart_ms >= first - LONGEST_TRIP_MS, ends)
    return list(connection.scalars(select(shipments.c.shipment_id).where(*where).order_by(shipments.c.shipment_id)))
