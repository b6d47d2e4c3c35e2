"""Everything about one incident: what the queue shows, and why, and what came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from sealtrack.console.access.users import User
from sealtrack.console.geometry import degrees, distance_m
from sealtrack.console.intake.unjudged import unjudged_part
from sealtrack.console.problems import not_found
from sealtrack.console.queue import item
from sealtrack.console.scope import own_incidents, own_shipments
from sealtrack.console.store.alerts import alert_of, standing, versions
from sealtrack.console.store.tables.declared import shipment_cards, shipments
from sealtrack.console.store.tables.heard import reports
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.console.store.tables.worked import decisions
from sealtrack.console.times import shown
from sealtrack.engine.score import reasons
from sealtrack.schema import Alert, Severity, fields

_EARLIER = 20
"""Earlier trips listed of each sort."""
_NEAR_M = 2_000
_NEAR_MS = 600_000


def find(connection: Connection, user: User, incident_id: str) -> Any:
    """The row of the incident that this alert belongs to; 404 also for another unit's."""
    of_alert = select(incident_alerts.c.incident).where(incident_alerts.c.alert_id == incident_id)
    where = (incidents.c.id == of_alert.scalar_subquery(), own_incidents(user))
    row = connection.execute(select(incidents).where(*where)).one_or_none()
    if row is None:
        raise not_found("incident")
    return row


def dossier(connection: Connection, user: User, row: Any) -> dict[str, Any]:
    """The incident with its reasons, alerts and their versions, decisions, earlier trips and trucks nearby."""
    members = members_of(connection, row)
    others = [alert for alert in standing(connection, [row.shipment_id])[row.shipment_id] if alert not in members]
    history = versions(connection, [alert.alert_id for alert in (*members, *others)])
    declared = connection.execute(select(shipments).where(shipments.c.shipment_id == row.shipment_id)).one_or_none()
    return {
        **item(row),
        "shipment": shipment_object(connection, declared) if declared else None,
        "reasons": [reason.record() for reason in reasons(members)],
        "alerts": [alert_object(alert, history[alert.alert_id]) for alert in members],
        "other_alerts": [alert_object(alert, history[alert.alert_id]) for alert in others],
        "decisions": decisions_of(connection, row.id),
        "verdict_reason": row.verdict_reason,
        "earlier": _earlier(connection, user, declared) if declared else {},
        "unjudged": unjudged_part(connection, row.shipment_id),
        "nearby": _nearby(connection, user, row),
    }


def members_of(connection: Connection, row: Any) -> list[Alert]:
    """The alerts of an incident that stand, by start; of a withdrawn one those that were retracted."""
    joined = select(alerts).join(incident_alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
    where = (incident_alerts.c.incident == row.id, alerts.c.last)
    found = [alert_of(one) for one in connection.execute(joined.where(*where).order_by(alerts.c.start_ms))]
    standing_ones = [one for one in found if one.status != "retracted" and one.severity != Severity.info]
    return found if row.withdrawn else standing_ones


def alerts_of(connection: Connection, shipment_id: str) -> list[dict[str, Any]]:
    """All alerts of a shipment that stand, each with its versions."""
    found = standing(connection, [shipment_id])[shipment_id]
    history = versions(connection, [alert.alert_id for alert in found])
    return [alert_object(alert, history[alert.alert_id]) for alert in found]


def alert_object(alert: Alert, history: Sequence[Alert]) -> dict[str, Any]:
    """The latest version, and all of them with the fields that changed."""
    told = [_version(one, before) for one, before in zip(history, [None, *history], strict=False)]
    return {**_alert(alert), "versions": told}


def _alert(alert: Alert) -> dict[str, Any]:
    found = {item.name: getattr(alert, item.name) for item in fields(Alert)}
    return found | {name: shown(found[name]) for name in ("start", "end", "detected_at")}


def _version(alert: Alert, before: Alert | None) -> dict[str, Any]:
    names = ("version", "status", "severity", "start", "end", "lat", "lon", "evidence", "detected_at")
    found = _alert(alert)
    changed = [name for name in names[1:-1] if before and getattr(alert, name) != getattr(before, name)]
    return {**{name: found[name] for name in names}, "changed": changed}


def decisions_of(connection: Connection, number: int) -> list[dict[str, Any]]:
    """What people decided, the first first."""
    found = connection.execute(select(decisions).where(decisions.c.incident == number).order_by(decisions.c.id))
    names = ("user", "action", "unit", "officer", "verdict", "reason", "text")
    return [{"at": shown(row.at_ms), **{name: getattr(row, name) for name in names}} for row in found]


def shipment_object(connection: Connection, row: Any) -> dict[str, Any]:
    """The declaration, by the names of `sealtrack.schema.Shipment`."""
    names = ("shipment_id", "seal_id", "route_id", "origin_zone", "destination_zone", "declaration_no", "carrier")
    cards = connection.scalars(
        select(shipment_cards.c.card).where(shipment_cards.c.shipment_id == row.shipment_id).order_by("card")
    )
    return {
        **{name: getattr(row, name) for name in (*names, "vehicle", "cargo", "unit", "policy")},
        "depart_at": shown(row.depart_ms),
        "arrive_by": shown(row.arrive_by_ms),
        "closed_at": shown(row.closed_ms),
        "amended_at": shown(row.amended_ms),
        "open_cards": list(cards),
    }


def _earlier(connection: Connection, user: User, declared: Any) -> dict[str, list[dict[str, Any]]]:
    cards = select(shipment_cards.c.card).where(shipment_cards.c.shipment_id == declared.shipment_id)
    same_card = select(shipment_cards.c.shipment_id).where(shipment_cards.c.card.in_(cards))
    sorts = {
        "seal": shipments.c.seal_id == declared.seal_id,
        "carrier": shipments.c.carrier == declared.carrier,
        "vehicle": shipments.c.vehicle == declared.vehicle,
        "card": shipments.c.shipment_id.in_(same_card),
    }
    return {name: _trips(connection, user, declared, where) for name, where in sorts.items()}


def _trips(connection: Connection, user: User, declared: Any, where: Any) -> list[dict[str, Any]]:
    counted = (
        select(
            shipments.c.shipment_id,
            shipments.c.seal_id,
            shipments.c.depart_ms,
            func.count(incidents.c.id).label("incidents"),
            func.max(incidents.c.score).label("score"),
            func.max(incidents.c.verdict).label("verdict"),
        )
        .join(incidents, (incidents.c.shipment_id == shipments.c.shipment_id) & ~incidents.c.withdrawn, isouter=True)
        .where(where, own_shipments(user), shipments.c.depart_ms < declared.depart_ms)
        .where(shipments.c.shipment_id != declared.shipment_id)
        .group_by(shipments.c.shipment_id, shipments.c.seal_id, shipments.c.depart_ms)
        .order_by(shipments.c.depart_ms.desc())
        .limit(_EARLIER)
    )
    return [
        {
            "shipment_id": row.shipment_id,
            "seal_id": row.seal_id,
            "depart_at": shown(row.depart_ms),
            "incidents": row.incidents,
            "score": row.score,
            "verdict": row.verdict,
        }
        for row in connection.execute(counted)
    ]


def _nearby(connection: Connection, user: User, row: Any) -> list[dict[str, Any]]:
    """Other seals within 2 km of where it began, in the ten minutes around it, each at its nearest."""
    if row.lat is None:
        return []
    lat_deg, lon_deg = degrees(_NEAR_M, row.lat)
    where = (
        reports.c.time_ms.between(row.start_ms - _NEAR_MS, row.start_ms + _NEAR_MS),
        reports.c.lat.between(row.lat - lat_deg, row.lat + lat_deg),
        reports.c.lon.between(row.lon - lon_deg, row.lon + lon_deg),
        reports.c.seal_id != row.seal_id,
    )
    nearest: dict[str, dict[str, Any]] = {}
    for one in connection.execute(
        select(reports.c.seal_id, reports.c.time_ms, reports.c.lat, reports.c.lon).where(*where)
    ):
        away_m = distance_m(row.lat, row.lon, one.lat, one.lon)
        if away_m <= nearest.get(one.seal_id, {"distance_m": _NEAR_M})["distance_m"]:
            nearest[one.seal_id] = {"seal_id": one.seal_id, "distance_m": round(away_m), "at_ms": one.time_ms}
            nearest[one.seal_id] |= {"lat": one.lat, "lon": one.lon}
    return _of_shipments(connection, user, nearest)


def _of_shipments(connection: Connection, user: User, nearest: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for seal_id, one in nearest.items():
        at_ms = one.pop("at_ms")
        where = (shipments.c.seal_id == seal_id, shipments.c.depart_ms <= at_ms, own_shipments(user))
        query = select(shipments.c.shipment_id).where(*where).order_by(shipments.c.depart_ms.desc()).limit(1)
        shipment_id = connection.scalar(query)
        if shipment_id is not None:
            found.append({"shipment_id": shipment_id, **one, "at": shown(at_ms)})
    return sorted(found, key=lambda one: one["distance_m"])
