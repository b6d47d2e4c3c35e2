"""Figures for heads of units: how soon incidents are answered, how often rules are right, where stops repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from sealtrack.console.access.users import User
from sealtrack.console.decisions import NOTE, SYSTEM
from sealtrack.console.repeat_stops import Deciders, Repeats, cards_of, parts, places_of
from sealtrack.console.scope import own_incidents, own_shipments
from sealtrack.console.store.tables.declared import shipment_cards, shipments
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.console.store.tables.worked import decisions
from sealtrack.console.times import shown
from sealtrack.schema import Kind, Severity, Status

GROUPS = ("unit", "route", "carrier", "seal", "card", "officer", "rule")
_COLUMNS = {"unit": "unit", "route": "route_id", "carrier": "carrier", "seal": "seal_id"}


@dataclass(slots=True)
class _Group:
    """What is counted of one unit, route, …"""

    trips: int | None = None
    incidents: int = 0
    alerts: int = 0
    repeat_stops: int = 0
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
    who = _who_decided(connection, [row.id for row in rows])
    repeats, places = places_of(connection, span, who)
    names = _names_of(connection, by, rows, who)
    kinds = _by_kind(connection, span) if by == "rule" else {}
    groups: dict[str, _Group] = defaultdict(_Group)
    for row in rows:
        for name in names(row):
            kind = name if by == "rule" else None
            told = kinds.get((row.id, name), 0) if kind else row.alerts
            # An officer answers for the incidents that were theirs to answer first.
            answered = by != "officer" or who[row.id].first == name
            _count(groups[name], row, told, _repeated(repeats, row.id, kind), answered, row.id in escalated)
    for name, trips in _trips(connection, user, by, from_ms, to_ms).items():
        groups[name].trips = trips
    items = [_figures(name, group) for name, group in groups.items()]
    items.sort(key=lambda item: (-item["incidents"], item["name"]))
    return {
        "by": by,
        "from": shown(from_ms),
        "to": shown(to_ms),
        "items": items,
        "total": _figures("", _sum(rows, repeats, escalated, _all_trips(connection, user, from_ms, to_ms))),
        "places": places,
    }


def _count(
    group: _Group,
    row: Row[Any],
    alerts_told: int,
    repeat_stops: int,
    answered: bool,  # noqa: FBT001 - a column of the table
    escalated: bool,  # noqa: FBT001
) -> None:
    group.incidents += 1
    group.alerts += alerts_told
    group.repeat_stops += repeat_stops
    group.escalated += escalated
    if answered and row.responded_ms is not None:
        group.waits_s.append((row.responded_ms - row.opened_ms) / 1000)
    if row.verdict is not None:
        group.verdicts[row.verdict] += 1


def _sum(rows: Iterable[Row[Any]], repeats: Repeats, escalated: set[int], trips: int) -> _Group:
    group = _Group(trips=trips)
    for row in rows:
        _count(group, row, row.alerts, _repeated(repeats, row.id, None), True, row.id in escalated)
    return group


def _repeated(repeats: Repeats, incident: int, kind: str | None) -> int:
    """Of an incident, or of one kind of its alerts."""
    found = repeats.get(incident, {})
    return sum(found.values()) if kind is None else found.get(kind, 0)


def _by_kind(connection: Connection, span: list[ColumnElement[bool]]) -> dict[tuple[int, str], int]:
    """(incident, kind) to its standing alerts: a rule answers for its own alerts only."""
    query = (
        select(incident_alerts.c.incident, alerts.c.kind, func.count())
        .join(alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
        .join(incidents, incidents.c.id == incident_alerts.c.incident)
        .where(*span, alerts.c.last, alerts.c.status != Status.retracted, alerts.c.severity != Severity.info)
        .group_by(incident_alerts.c.incident, alerts.c.kind)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _figures(name: str, group: _Group) -> dict[str, Any]:
    judged = sum(group.verdicts.values())
    waits = sorted(group.waits_s)
    return {
        "name": name,
        "trips": group.trips,
        "incidents": group.incidents,
        "alerts": group.alerts,
        "alerts_per_100_trips": round(100 * group.alerts / group.trips, 1) if group.trips else None,
        "repeat_stops": group.repeat_stops,
        "escalated": group.escalated,
        "answered": len(waits),
        "response_median_s": round(median(waits)) if waits else None,
        "response_p90_s": round(waits[ceil(0.9 * len(waits)) - 1]) if waits else None,
        **group.verdicts,
        # A rule is right where what it says was so, offence or not.
        "precision_pct": round(100 * (judged - group.verdicts["false"]) / judged, 1) if judged else None,
        "offences_pct": round(100 * group.verdicts["confirmed"] / judged, 1) if judged else None,
    }


def _names_of(connection: Connection, by: str, rows: Iterable[Row[Any]], who: dict[int, Deciders]) -> Any:
    """A function from an incident to the groups that it counts in."""
    if by == "rule":
        return lambda row: row.kinds.strip(",").split(",")
    if by == "officer":
        return lambda row: who[row.id].all
    if by == "card":
        cards = cards_of(connection, [row.shipment_id for row in rows])
        return lambda row: cards.get(row.shipment_id, [])
    if by == "route":
        return lambda row: (row.route_id or "").split("|")
    column = _COLUMNS[by]
    return lambda row: [getattr(row, column) or ""]


def _who_decided(connection: Connection, numbers: list[int]) -> dict[int, Deciders]:
    found: dict[int, Deciders] = defaultdict(Deciders)
    for part in parts(numbers):
        query = select(decisions.c.incident, decisions.c.user, decisions.c.action).where(
            decisions.c.incident.in_(part), decisions.c.user != SYSTEM
        )
        for row in connection.execute(query.order_by(decisions.c.id)):
            found[row.incident].add(row.user, answers=row.action != NOTE)
    return found


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


def _between(column: Any, from_ms: int | None, to_ms: int | None) -> list[ColumnElement[bool]]:
    found = [column >= from_ms] if from_ms is not None else []
    return found + ([column < to_ms] if to_ms is not None else [])
