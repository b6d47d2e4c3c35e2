"""Brings the incidents of shipments in line with their alerts.

An incident is named after its first alert, and late evidence may put another one first, join two incidents or part one.
The store therefore has its own number for each, and remembers for every alert which incident it was of: a group of
alerts goes on as the incident that most of its decisions were made on, and what people decided stays with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from sealtrack.console.decisions import SYSTEM, Change, write
from sealtrack.console.intake.incident_rows import HEAD, judged, shipment_part
from sealtrack.console.response import due_ms
from sealtrack.console.store.alerts import standing
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incident_alerts, incidents
from sealtrack.console.store.tables.worked import decisions
from sealtrack.console.store.upsert import put
from sealtrack.console.suppress import active, apply
from sealtrack.engine.incidents import incidents as group
from sealtrack.schema import Alert, Severity
from sealtrack.settings import Console


class _Known(NamedTuple):
    """What the store knows of the incidents of some shipments."""

    rows: dict[int, Any]
    of_alert: dict[str, int]
    decided: dict[int, int]
    """Incident to its number of decisions."""


def regroup(connection: Connection, shipment_ids: Sequence[str], settings: Console, at_ms: int) -> None:
    """Make, change and withdraw incidents of these shipments so that they say what their standing alerts say."""
    alerts = standing(connection, shipment_ids)
    known = _known(connection, shipment_ids)
    declared = {
        row.shipment_id: row
        for row in connection.execute(select(shipments).where(shipments.c.shipment_id.in_(shipment_ids)))
    }
    rules = active(connection, at_ms)
    kept: set[int] = set()
    for shipment_id, found in alerts.items():
        for members in group(alert for alert in found if alert.severity != Severity.info):
            values = judged(members) | shipment_part(members, declared.get(shipment_id))
            number = _continued(members, known, kept)
            if number is None:
                number = _insert(connection, values, settings, at_ms)
            else:
                _update(connection, known, number, members, values, settings, at_ms)
            kept.add(number)
            apply(connection, number, values, members, rules, settings, at_ms)
            put(connection, incident_alerts, [{"alert_id": alert.alert_id, "incident": number} for alert in members])
    for number in set(known.rows) - kept:
        _withdraw(connection, known.rows[number], at_ms)


def _known(connection: Connection, shipment_ids: Sequence[str]) -> _Known:
    rows = {
        row.id: row for row in connection.execute(select(incidents).where(incidents.c.shipment_id.in_(shipment_ids)))
    }
    ids = list(rows)
    pairs = connection.execute(select(incident_alerts).where(incident_alerts.c.incident.in_(ids)))
    of_alert = {row.alert_id: row.incident for row in pairs}
    counted = select(decisions.c.incident, func.count()).where(decisions.c.incident.in_(ids))
    decided = {row[0]: row[1] for row in connection.execute(counted.group_by(decisions.c.incident))}
    return _Known(rows, of_alert, decided)


def _continued(members: Sequence[Alert], known: _Known, taken: set[int]) -> int | None:
    """The incident that this group goes on as: the one most decided upon, of those the oldest."""
    candidates = {known.of_alert[alert.alert_id] for alert in members if alert.alert_id in known.of_alert} - taken
    return min(candidates, key=lambda number: (-known.decided.get(number, 0), number), default=None)


def _insert(connection: Connection, values: dict[str, Any], settings: Console, at_ms: int) -> int:
    due = due_ms(values["severity"], settings, at_ms)
    row = values | HEAD | {"opened_ms": at_ms, "updated_ms": at_ms, "due_ms": due}
    return int(connection.execute(insert(incidents).values(row).returning(incidents.c.id)).scalar_one())


def _update(
    connection: Connection,
    known: _Known,
    number: int,
    members: Sequence[Alert],
    values: dict[str, Any],
    settings: Console,
    at_ms: int,
) -> None:
    before = known.rows[number]
    changed = {name: value for name, value in values.items() if getattr(before, name) != value}
    due = due_ms(values["severity"], settings, at_ms)
    if before.withdrawn:  # nobody could answer it meanwhile
        changed |= {"withdrawn": False, "due_ms": due}
    elif values["weight"] > before.weight:
        changed["due_ms"] = min(before.due_ms, due)
    joined = {known.of_alert.get(alert.alert_id, 0) for alert in members}
    if before.status == "closed" and 0 in joined and values["score"] > before.score:
        again = {"status": "new", "closed_ms": None, "responded_ms": None, "due_ms": due}
        write(connection, before, SYSTEM, Change("reopen", again, reason="new_evidence"), at_ms)
    if changed:
        connection.execute(update(incidents).where(incidents.c.id == number).values(updated_ms=at_ms, **changed))
    for other in joined - {0, number}:  # two incidents that prove to be one: decisions on either stay in sight
        connection.execute(update(decisions).where(decisions.c.incident == other).values(incident=number))


def _withdraw(connection: Connection, row: Any, at_ms: int) -> None:
    if not row.withdrawn:
        gone = {"withdrawn": True, "queued": False, "alerts": 0, "score": 0, "open": False, "updated_ms": at_ms}
        connection.execute(update(incidents).where(incidents.c.id == row.id).values(gone))
