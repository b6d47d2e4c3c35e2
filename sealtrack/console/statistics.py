"""Figures for heads of units: how soon incidents are answered, how often rules are right, where stops repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from sealtrack.console.access.users import User
from sealtrack.console.scope import own_incidents, own_shipments
from sealtrack.console.store.tables.declared import shipment_cards, shipments
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.console.store.tables.worked import decisions
from sealtrack.console.times import shown
from sealtrack.schema import Kind

GROUPS = ("unit", "route", "carrier", "seal", "card", "officer", "rule")
_COLUMNS = {"unit": "unit", "route": "route_id", "carrier": "carrier", "seal": "seal_id"}
_CELL_DEG = 0.005
"""Stops within about 500 m are at one place."""
_PLACES = 50


@dataclass(slots=True)
class _Group:
    """What is counted of one unit, route, …"""

    trips: int | None = None
    incidents: int = 0
    alerts: int = 0
    escalated: int = 0
    waits_s: list[float] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("confirmed", "false", "explained"), 0))


def statistics(connection: Connection, user: User, by: str, from_ms: int | None, to_ms: int | None) -> dict[str, Any]:
    """A row for each unit, route, … of the incidents that began between two moments; places where stops repeat."""
    span = [own_incidents(user), incidents.c.withdrawn.is_(False), *_between(incidents.c.start_ms, from_ms, to_ms)]
    rows = connection.execute(select(incidents).where(*span)).all()
    escalated = set(
        connection.scalars(
            select(decisions.c.incident).join(incidents).where(*span, decisions.c.action == "escalate").distinct()
        )
    )
    names = _names_of(connection, by, rows)
    groups: dict[str, _Group] = defaultdict(_Group)
    for row in rows:
        for name in names(row):
            _count(groups[name], row, escalated=row.id in escalated)
    for name, trips in _trips(connection, user, by, from_ms, to_ms).items():
        groups[name].trips = trips
    items = [_figures(name, group) for name, group in groups.items()]
    items.sort(key=lambda item: (-item["incidents"], item["name"]))
    return {
        "by": by,
        "from": shown(from_ms),
        "to": shown(to_ms),
        "items": items,
        "total": _figures("", _sum(rows, escalated, _all_trips(connection, user, from_ms, to_ms))),
        "places": _places(connection, span),
    }


def _count(group: _Group, row: Row[Any], *, escalated: bool) -> None:
    group.incidents += 1
    group.alerts += row.alerts
    group.escalated += escalated
    if row.responded_ms is not None:
        group.waits_s.append((row.responded_ms - row.opened_ms) / 1000)
    if row.verdict is not None:
        group.verdicts[row.verdict] += 1


def _sum(rows: Iterable[Row[Any]], escalated: set[int], trips: int) -> _Group:
    group = _Group(trips=trips)
    for row in rows:
        _count(group, row, escalated=row.id in escalated)
    return group


def _figures(name: str, group: _Group) -> dict[str, Any]:
    judged = sum(group.verdicts.values())
    waits = sorted(group.waits_s)
    return {
        "name": name,
        "trips": group.trips,
        "incidents": group.incidents,
        "alerts": group.alerts,
        "alerts_per_100_trips": round(100 * group.alerts / group.trips, 1) if group.trips else None,
        "escalated": group.escalated,
        "answered": len(waits),
        "response_median_s": round(median(waits)) if waits else None,
        "response_p90_s": round(waits[min(len(waits) - 1, int(0.9 * len(waits)))]) if waits else None,
        **group.verdicts,
        # A rule is right where what it says was so, offence or not.
        "precision_pct": round(100 * (judged - group.verdicts["false"]) / judged, 1) if judged else None,
        "offences_pct": round(100 * group.verdicts["confirmed"] / judged, 1) if judged else None,
    }


def _names_of(connection: Connection, by: str, rows: Iterable[Row[Any]]) -> Any:
    """A function from an incident to the groups that it counts in."""
    if by == "rule":
        return lambda row: row.kinds.strip(",").split(",")
    if by == "officer":
        done = _who_decided(connection, [row.id for row in rows])
        return lambda row: done.get(row.id, [])
    if by == "card":
        cards = _cards(connection, [row.shipment_id for row in rows])
        return lambda row: cards.get(row.shipment_id, [])
    if by == "route":
        return lambda row: (row.route_id or "").split("|")
    column = _COLUMNS[by]
    return lambda row: [getattr(row, column) or ""]


def _who_decided(connection: Connection, numbers: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for part in _parts(numbers):
        query = select(decisions.c.incident, decisions.c.user).where(decisions.c.incident.in_(part)).distinct()
        for row in connection.execute(query.where(decisions.c.user != "")):
            found[row.incident].append(row.user)
    return found


def _cards(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for part in _parts(ids):
        for row in connection.execute(select(shipment_cards).where(shipment_cards.c.shipment_id.in_(part))):
            found[row.shipment_id].append(row.card)
    return found


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    """SQLite takes so many values at once."""
    for start in range(0, len(values), 10_000):
        yield values[start : start + 10_000]


def _trips(connection: Connection, user: User, by: str, from_ms: int | None, to_ms: int | None) -> dict[str, int]:
    """Trips that departed between two moments, by group; for rules all of them, for officers none."""
    where = [own_shipments(user), *_between(shipments.c.depart_ms, from_ms, to_ms)]
    if by == "officer":
        return {}
    counted: dict[str, int] = defaultdict(int)
    if by == "rule":
        return dict.fromkeys(Kind, _all_trips(connection, user, from_ms, to_ms))
    if by == "card":
        joined = select(shipment_cards.c.card).join(shipments, shipments.c.shipment_id == shipment_cards.c.shipment_id)
        for card in connection.scalars(joined.where(*where)):
            counted[card] += 1
        return counted
    for value in connection.scalars(select(shipments.c[_COLUMNS[by]]).where(*where)):
        for name in (value or "").split("|") if by == "route" else [value or ""]:
            counted[name] += 1
    return counted


def _all_trips(connection: Connection, user: User, from_ms: int | None, to_ms: int | None) -> int:
    where = [own_shipments(user), *_between(shipments.c.depart_ms, from_ms, to_ms)]
    return len(connection.execute(select(shipments.c.shipment_id).where(*where)).all())


def _places(connection: Connection, span: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    """Where stops and openings repeat: the places that most seals used first."""
    joined = (
        select(alerts.c.lat, alerts.c.lon, alerts.c.seal_id, alerts.c.shipment_id, alerts.c.kind, incidents.c.carrier)
        .join(incident_alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
        .join(incidents, incidents.c.id == incident_alerts.c.incident)
        .where(*span, alerts.c.last, alerts.c.status != "retracted", alerts.c.lat.is_not(None))
        .where(alerts.c.kind.in_([Kind.unauthorised_stop, Kind.seal_open, Kind.rendezvous]))
    )
    cells: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in connection.execute(joined):
        cells[round(row.lat / _CELL_DEG), round(row.lon / _CELL_DEG)].append(row)
    places = [
        {
            "lat": sum(row.lat for row in rows) / len(rows),
            "lon": sum(row.lon for row in rows) / len(rows),
            "alerts": len(rows),
            "seals": len({row.seal_id for row in rows}),
            "carriers": sorted({row.carrier for row in rows if row.carrier}),
            "shipments": sorted({row.shipment_id for row in rows}),
        }
        for rows in cells.values()
        if len(rows) > 1
    ]
    places.sort(key=lambda place: (-place["seals"], -place["alerts"], place["lat"]))
    return places[:_PLACES]


def _between(column: Any, from_ms: int | None, to_ms: int | None) -> list[ColumnElement[bool]]:
    found = [column >= from_ms] if from_ms is not None else []
    return found + ([column < to_ms] if to_ms is not None else [])
