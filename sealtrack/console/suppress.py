"""Suppressions: incidents that nobody need look at until a given moment, and who answers for that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, case, false, func, or_, select, update

from sealtrack.console.audit import append
from sealtrack.console.geometry import is_inside
from sealtrack.console.response import due_ms
from sealtrack.console.store.alerts import alert_of
from sealtrack.console.store.tables.heard import facts
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.console.store.tables.worked import suppressions
from sealtrack.console.store.upsert import put
from sealtrack.schema import Alert, Severity
from sealtrack.settings import Console

_RENEWED = "suppressions_ms"
DONE = ("closed",)
"""States of an incident that need nobody any more."""


def active(connection: Connection, at_ms: int) -> list[Any]:
    """The suppressions that hold at this moment."""
    table = suppressions
    held = (table.c.from_ms <= at_ms, table.c.until_ms > at_ms, table.c.ended_ms.is_(None))
    return list(connection.execute(select(table).where(*held)))


def apply(
    connection: Connection,
    number: int,
    values: dict[str, Any],
    members: Sequence[Alert],
    rules: Sequence[Any],
    settings: Console,
    at_ms: int,
) -> None:
    """Mark the incident as suppressed or not, and whether it stands in the queue.

    Where a suppression ends the response time begins anew: nobody could answer what nobody saw.
    """
    table = incidents
    mine = [rule for rule in rules if _is_about(rule, values)]
    suppressed = bool(members) and all(any(_covers(rule, alert) for rule in mine) for alert in members)
    queued = table.c.status.not_in(DONE) & table.c.withdrawn.is_(False) if not suppressed else false()
    changes = or_(table.c.suppressed.is_distinct_from(suppressed), table.c.queued.is_distinct_from(queued))
    changed: dict[str, Any] = {"suppressed": suppressed, "queued": queued, "updated_ms": at_ms}
    if not suppressed:
        begins = table.c.suppressed & table.c.responded_ms.is_(None)
        changed["due_ms"] = case((begins, due_ms(values["severity"], settings, at_ms)), else_=table.c.due_ms)
    connection.execute(update(table).where(table.c.id == number, changes).values(changed))


def renew(connection: Connection, settings: Console, at_ms: int, *, dry: bool = False) -> bool:
    """Judge again which incidents are suppressed, if a suppression began or ended since the last time. One whose time
    is over is told in the audit log.

    Returns whether one did; `dry` only tells.
    """
    held = connection.scalar(select(facts.c.value).where(facts.c.name == _RENEWED))
    last_ms = int(held) if held else 0
    table = suppressions
    marks = [
        or_(*(moment.between(last_ms + 1, at_ms) for moment in (table.c.from_ms, table.c.until_ms, table.c.ended_ms)))
    ]
    if not connection.scalar(select(func.count()).select_from(table).where(*marks)):
        return False
    if not dry:
        over = (table.c.until_ms.between(last_ms + 1, at_ms), table.c.ended_ms.is_(None))
        for row in connection.execute(select(table).where(*over).order_by(table.c.id)).all():
            told = {"scope": row.scope, "value": row.value, "owner": row.owner, "until_ms": row.until_ms}
            append(connection, at_ms, "", "suppression_over", f"suppression:{row.id}", told)
        judge_all(connection, settings, at_ms)
        put(connection, facts, [{"name": _RENEWED, "value": str(at_ms)}])
    return True


def judge_all(connection: Connection, settings: Console, at_ms: int) -> None:
    """Mark every incident that could be suppressed, or is."""
    rules = active(connection, at_ms)
    where = incidents.c.suppressed if not rules else incidents.c.suppressed | incidents.c.queued
    for row in connection.execute(select(incidents).where(where)).mappings().all():
        apply(connection, row["id"], dict(row), _members(connection, row["id"]), rules, settings, at_ms)


def _members(connection: Connection, number: int) -> list[Alert]:
    joined = select(alerts).join(incident_alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
    standing = (alerts.c.last, alerts.c.status != "retracted", alerts.c.severity != Severity.info)
    return [alert_of(row) for row in connection.execute(joined.where(incident_alerts.c.incident == number, *standing))]


def _is_about(rule: Any, values: dict[str, Any]) -> bool:
    """Whether the rule has to do with this incident's shipment."""
    units = json.loads(rule.units)
    if units and values["unit"] not in units:
        return False
    if rule.scope == "zone":
        return True
    if rule.scope == "route":
        return rule.value in (values["route_id"] or "").split("|")
    return bool(values[f"{rule.scope}_id"] == rule.value)


def _covers(rule: Any, alert: Alert) -> bool:
    """Whether the rule suppresses this alert: one that no rule does keeps its incident in the queue."""
    if rule.kind not in (None, alert.kind):
        return False
    if rule.scope != "zone":
        return True
    lat, lon = json.loads(rule.outline)
    return alert.lat is not None and is_inside(alert.lat, alert.lon or 0, lat, lon)
