"""Suppressions: incidents that nobody need look at until a given moment, and who answers for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.store.tables.worked import suppressions
from sealtrack.schema import Alert

DONE = ("closed",)
"""States of an incident that need nobody any more."""


def active(connection: Connection, at_ms: int) -> list[Any]:
    """The suppressions that hold at this moment."""
    table = suppressions
    held = (table.c.from_ms <= at_ms, table.c.until_ms > at_ms, table.c.ended_ms.is_(None))
    return list(connection.execute(select(table).where(*held)))


def apply(
    connection: Connection, number: int, values: dict[str, Any], members: Sequence[Alert], rules: Sequence[Any]
) -> None:
    """Mark the incident as suppressed or not, and whether it stands in the queue."""
    suppressed = any(_covers(rule, values, members) for rule in rules)
    table = incidents
    queued = table.c.status.not_in(DONE) & table.c.withdrawn.is_(False) if not suppressed else False
    connection.execute(update(table).where(table.c.id == number).values(suppressed=suppressed, queued=queued))


def _covers(rule: Any, values: dict[str, Any], members: Sequence[Alert]) -> bool:
    """Whether every alert of the incident is one that the rule suppresses: one that is not keeps it in the queue."""
    if rule.unit is not None and values["unit"] != rule.unit:
        return False
    if rule.scope == "zone":
        placed = [alert.evidence.get("zone_id") == rule.value for alert in members]
        matched = all(placed)
    elif rule.scope == "route":
        matched = rule.value in (values["route_id"] or "").split("|")
    else:
        matched = values[f"{rule.scope}_id"] == rule.value
    return matched and all(rule.kind in (None, alert.kind) for alert in members)
