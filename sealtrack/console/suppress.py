"""Suppressions: incidents that nobody need look at until a given moment, and who answers for that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, false, func, or_, select, update

from sealtrack.console.geometry import is_inside
from sealtrack.console.store.alerts import alert_of
from sealtrack.console.store.tables.heard import facts
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.console.store.tables.worked import suppressions
from sealtrack.console.store.upsert import put
from sealtrack.schema import Alert, Severity

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
    at_ms: int,
) -> None:
    """Mark the incident as suppressed or not, and whether it stands in the queue."""
    table = incidents
    suppressed = any(_covers(rule, values, members) for rule in rules)
    queued = table.c.status.not_in(DONE) & table.c.withdrawn.is_(False) if not suppressed else false()
    changes = or_(table.c.suppressed.is_distinct_from(suppressed), table.c.queued.is_distinct_from(queued))
    changed = {"suppressed": suppressed, "queued": queued, "updated_ms": at_ms}
    connection.execute(update(table).where(table.c.id == number, changes).values(changed))


def renew(connection: Connection, at_ms: int, *, dry: bool = False) -> bool:
    """Judge again which incidents are suppressed, if a suppression began or ended since the last time.

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
        judge_all(connection, at_ms)
        put(connection, facts, [{"name": _RENEWED, "value": str(at_ms)}])
    return True


def judge_all(connection: Connection, at_ms: int) -> None:
    """Mark every incident that could be suppressed, or is."""
    rules = active(connection, at_ms)
    where = incidents.c.suppressed if not rules else incidents.c.suppressed | incidents.c.queued
    for row in connection.execute(select(incidents).where(where)).mappings().all():
        apply(connection, row["id"], dict(row), _members(connection, row["id"]), rules, at_ms)


def _members(connection: Connection, number: int) -> list[Alert]:
    joined = select(alerts).join(incident_alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
    standing = (alerts.c.last, alerts.c.status != "retracted", alerts.c.severity != Severity.info)
    return [alert_of(row) for row in connection.execute(joined.where(incident_alerts.c.incident == number, *standing))]


def _covers(rule: Any, values: dict[str, Any], members: Sequence[Alert]) -> bool:
    """Whether every alert of the incident is one that the rule suppresses: one that is not keeps it in the queue."""
    units = json.loads(rule.units)
    if units and values["unit"] not in units:
        return False
    if rule.scope == "zone":
        lat, lon = json.loads(rule.outline)
        matched = all(alert.lat is not None and is_inside(alert.lat, alert.lon or 0, lat, lon) for alert in members)
    elif rule.scope == "route":
        matched = rule.value in (values["route_id"] or "").split("|")
    else:
        matched = values[f"{rule.scope}_id"] == rule.value
    return matched and all(rule.kind in (None, alert.kind) for alert in members)
